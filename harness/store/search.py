"""Finds and counts exchanges of an archive by its indexes, where reading each would take too long.

A `Selection` comes in; heads of exchanges, or how many there are of each kind, go out. What an index cannot tell is
asked of the exchanges themselves, so the answer is the same for any recording.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from harness.clients import edition, families
from harness.exchange import Exchange, Request
from harness.naming import Names
from harness.selection import Selection, fits
from harness.store.archive import Archive
from harness.store.database import FIRST, reading
from harness.store.stored import Stored, header_numbers

Where = tuple[str, list[Any]]


class Kind(NamedTuple):
    """What exchanges are counted by; `status` None: no answer came."""

    endpoint: str
    client: str
    method: str
    status: int | None


def selected(archive: Archive, selection: Selection, names: Names) -> Iterator[tuple[int, Exchange]]:
    """Yield the exchanges that are meant, in time order, without their answers' bodies, each with its place.

    Raises `RecordingError` where the archive is damaged.
    """
    if archive.version == FIRST or selection == Selection():
        found: Iterable[tuple[int, Exchange]] = archive.heads()
    else:
        found = _narrowed(archive, selection, names)
    return ((place, exchange) for place, exchange in found if selection.wants(exchange, names))


def kinds(archive: Archive, selection: Selection, names: Names) -> Counter[Kind]:
    """Return how many of the exchanges that are meant there are of each kind; a session is not looked at."""
    with reading(archive.path) as connection:
        usual = archive.version != FIRST and names.usual and _is_named_by_us(connection)
        if usual:
            return _by_index(connection, selection)
        if archive.version != FIRST and not selection.by_name:
            return _by_request(connection, selection, names)
    return Counter(_kind(exchange, names) for _, exchange in selected(archive, selection, names))


def _narrowed(archive: Archive, selection: Selection, names: Names) -> Iterator[tuple[int, Exchange]]:
    """Yield at least those that are meant, and few others."""
    with reading(archive.path) as connection:
        condition, values = _where(connection, selection, names.usual and _is_named_by_us(connection))
        stored = Stored(connection)
        places = enumerate(connection.execute("SELECT seq FROM exchange ORDER BY started, seq"), 1)
        for row in connection.execute(f"{Stored.HEADS} WHERE {condition} ORDER BY started, seq", values):
            number = next(number for number, (place,) in places if place == row[0])
            for exchange in stored.exchanges([row], f"{archive.name}#", number):
                yield row[0], exchange


def _by_index(connection: sqlite3.Connection, selection: Selection) -> Counter[Kind]:
    condition, values = _where(connection, selection, by_name=True)
    query = f"SELECT kind, count(*) FROM exchange WHERE {condition} GROUP BY kind"  # noqa: S608
    known = _kind_rows(connection)
    found: Counter[Kind] = Counter()
    for kind, count in connection.execute(query, values):
        found[known[kind]] += count
    return found


def _by_request(connection: sqlite3.Connection, selection: Selection, names: Names) -> Counter[Kind]:
    """Count where names are of the configuration: they are made once for all requests that are alike.

    A name may depend on a body, so that requests with one are asked one by one.
    """
    condition, values = _where(connection, selection, by_name=False)
    known, stored, lines = _kind_rows(connection), Stored(connection), Stored(connection)
    named = names.families is families() and _is_named_by_us(connection)
    found: Counter[Kind] = Counter()
    # By line first: those of one line share its endpoint, and texts are read by runs.
    query = f"""SELECT line, kind, {"x''" if named else "request_headers"}, count(*) FROM exchange
                WHERE {condition} AND coalesce(request_body, 0) = 0 GROUP BY 1, 2, 3"""  # noqa: S608
    last, endpoint = None, ""
    for line, kind, headers, count in connection.execute(query, values):
        if line != last:
            last, endpoint = line, names.endpoint(Request(lines.text(line)))
        told = known[kind]
        client = told.client
        if not named:
            client = names.client(Request(b"", tuple(map(stored.text, header_numbers(headers))))).family
        found[Kind(endpoint, client, told.method, told.status)] += count
    rows = connection.execute(f"{Stored.HEADS} WHERE {condition} AND request_body > 0", values)
    return found + Counter(_kind(exchange, names) for exchange in stored.exchanges(rows, ""))


def _where(connection: sqlite3.Connection, selection: Selection, by_name: bool) -> Where:
    """Return the condition that the index can decide; `by_name`: the names of the file are those wanted."""
    parts: list[Where] = [("1", [])]
    if selection.status or selection.method or (by_name and selection.by_name):
        wanted = [number for number, kind in _kind_rows(connection).items() if _is_meant(kind, selection, by_name)]
        parts.append(("kind IN (SELECT value FROM json_each(?))", [json.dumps(wanted)]))
    if selection.since is not None:
        parts.append(("started >= ?", [selection.since]))
    if selection.until is not None:
        parts.append(("started < ?", [selection.until]))
    if selection.path:
        lines = _numbers(connection, lambda text: fits(selection.path, Request(text).path.decode("latin-1")))
        parts.append(("line IN (SELECT value FROM json_each(?))", [lines]))
    if selection.user:
        users = _numbers(connection, lambda text: fits(selection.user, text.decode("utf-8", "surrogateescape")))
        parts.append(("user IN (SELECT value FROM json_each(?))", [users]))
    return " AND ".join(condition for condition, _ in parts), [value for _, values in parts for value in values]


def _is_meant(kind: Kind, selection: Selection, by_name: bool) -> bool:
    return (
        selection.wants_status(kind.status)
        and fits(selection.method, kind.method)
        and (not by_name or (fits(selection.endpoint, kind.endpoint) and fits(selection.client, kind.client)))
    )


def _numbers(connection: sqlite3.Connection, wanted: Any) -> str:
    """Return the numbers of the texts that are wanted, as JSON."""
    rows = connection.execute("SELECT id, data FROM text WHERE cut IS NULL")
    empty = [0] if wanted(b"") else []
    return json.dumps([*empty, *(number for number, text in rows if wanted(text))])


def _kind_rows(connection: sqlite3.Connection) -> dict[int, Kind]:
    rows = connection.execute("SELECT id, endpoint, client, method, status FROM kind")
    return {number: Kind(*values) for number, *values in rows}


def _kind(exchange: Exchange, names: Names) -> Kind:
    request, response = exchange.request, exchange.response
    status = response.status if response else None
    return Kind(names.endpoint(request), names.client(request).family, request.method.decode("latin-1"), status)


def _is_named_by_us(connection: sqlite3.Connection) -> bool:
    """Tell whether the clients in the file were named by the table that we have."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'clients'").fetchone()
    return bool(row) and row[0] == edition()
