"""How many exchanges of a recording there are of each kind: by client, endpoint, status and what else tells them apart.

Recordings and names of columns come in, counts go out; an archive is asked by its indexes where they can tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.find import found_in, number_of
from harness.naming import Names
from harness.recording import Recording
from harness.selection import Selection
from harness.session import first_of_sessions
from harness.store.archive import Archive
from harness.store.search import Kind, kinds

Values = tuple[str, ...]

BY_KIND: Mapping[str, Callable[[Kind], str]] = {
    "client": lambda kind: kind.client,
    "endpoint": lambda kind: kind.endpoint,
    "method": lambda kind: kind.method,
    "status": lambda kind: "-" if kind.status is None else str(kind.status),
}
"""The columns that an archive's indexes know."""

BY_EXCHANGE: Mapping[str, Callable[[Exchange, Names], str]] = {
    "audience": lambda exchange, names: names.client(exchange.request).audience or "-",
    "client": lambda exchange, names: names.client(exchange.request).family,
    "endpoint": lambda exchange, names: names.endpoint(exchange.request),
    "method": lambda exchange, names: exchange.request.method.decode("latin-1"),
    "peer": lambda exchange, names: exchange.peer or "-",
    "status": lambda exchange, names: str(exchange.response.status) if exchange.response else "-",
    "user": lambda exchange, names: exchange.user or "-",
    "version": lambda exchange, names: names.client(exchange.request).version or "-",
}
"""The columns that each exchange can be asked for; `session` is asked of the whole recording."""

COLUMNS = tuple(sorted({*BY_EXCHANGE, "session"}))


def tally(
    recordings: Sequence[Recording], columns: Sequence[str], selection: Selection, names: Names
) -> Counter[Values]:
    """Return how many exchanges have each combination of values. Raises `UsageError` for an unknown column."""
    if unknown := [column for column in columns if column not in COLUMNS]:
        raise UsageError(f"--by {','.join(unknown)}: choose from {', '.join(COLUMNS)}")
    found: Counter[Values] = Counter()
    for recording in recordings:
        found.update(_tally(recording, columns, selection, names))
    return found


def _tally(recording: Recording, columns: Sequence[str], selection: Selection, names: Names) -> Mapping[Values, int]:
    if isinstance(recording, Archive) and set(columns) <= set(BY_KIND) and not selection.session:
        found: Counter[Values] = Counter()
        for kind, count in kinds(recording, selection, names).items():
            found[tuple(BY_KIND[column](kind) for column in columns)] += count
        return found
    asked = [_column(column, recording, names) for column in columns]
    heads = found_in(recording, selection, names)
    return Counter(tuple(value(exchange) for value in asked) for _, exchange in heads)


def _column(column: str, recording: Recording, names: Names) -> Callable[[Exchange], str]:
    if column == "session":
        first = first_of_sessions(recording)
        return lambda exchange: f"{recording.name}#{first[number_of(exchange) - 1]}"
    value: Any = BY_EXCHANGE[column]
    return lambda exchange: str(value(exchange, names))
