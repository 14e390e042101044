"""Answers and effects under the names that both sides share: this side's names out, the recording's in.

What both sides call by names of their own reads the same afterwards, wherever it stands, and everything else as before.
Which names may be given so is decided by `correlation`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from harness.bind.place import place_at, stem_of
from harness.bind.spelling import DOCUMENT, Spot, Values, rewritten
from harness.effects import Effects, Row
from harness.exchange import Response, with_length

SEPARATOR = b"\0"
"""Between the stem and the name of a weak token: `item NUL 12`."""


class Names(Mapping[bytes, bytes]):
    """This side's names and the recording's for the same. A key `STEM NUL NAME` holds only at places of that stem."""

    def __init__(self, names: Mapping[bytes, bytes] | None = None) -> None:
        self._names: dict[bytes, bytes] = {}
        self.values_searched = Values()
        self.stems: set[bytes] = set()
        for own, recorded in (names or {}).items():
            self.add(own, recorded)

    def __getitem__(self, own: bytes) -> bytes:
        return self._names[own]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, own: bytes, recorded: bytes) -> None:
        """Call `own` as the recording does from now on."""
        self._names[own] = recorded
        self.values_searched.add(own.rpartition(SEPARATOR)[2])
        if SEPARATOR in own:
            self.stems.add(own.partition(SEPARATOR)[0])

    def clear(self) -> None:
        """Forget all."""
        self._names.clear()
        self.values_searched = Values()
        self.stems.clear()


def aliased(response: Response, names: Mapping[bytes, bytes], path: bytes = b"") -> Response:
    """Return an answer with the recording's names in header values and body; `path` is that of the request.

    The same object where none occurs. Content-Length follows the body.
    """
    if not names:
        return response
    shared = _names(names)
    headers = tuple([(name, _renamed(value, shared, path)) for name, value in response.headers])
    body = _renamed(response.body, shared, path) if response.body else response.body
    if body != response.body:
        headers = with_length(headers, len(response.body or b""), len(body or b""))
    if headers == response.headers and body == response.body:
        return response
    return replace(response, headers=headers, body=body)


def aliased_text(names: Mapping[bytes, bytes]) -> Callable[[str], str]:
    """Return a function that gives a text the recording's names: a mail, the path of a file, a value."""
    shared = _names(names)

    def renamed(text: str) -> str:
        return _renamed(text.encode("utf-8", "surrogatepass"), shared, b"").decode("utf-8", "surrogatepass")

    return renamed


def aliased_effects(effects: Effects, names: Mapping[bytes, bytes]) -> Effects:
    """Return what a side wrote under the recording's names; the ids of rows by column and table."""
    if not names or effects.empty:
        return effects
    shared = _names(names)
    renamed = effects.mapped(aliased_text(shared))
    rows = {table: _rows(counted, table, shared) for table, counted in renamed.rows.items()}
    return replace(renamed, rows={table: counted for table, counted in rows.items() if counted})


def _names(names: Mapping[bytes, bytes]) -> Names:
    return names if isinstance(names, Names) else Names(names)


def _renamed(text: bytes, names: Names, path: bytes) -> bytes:
    def choose(spot: Spot) -> bytes | None:
        recorded = names.get(spot.value)
        if recorded is not None:
            return recorded
        place = place_at(text, spot.start, spot.end, path)
        return names.get(place.stem + SEPARATOR + spot.value) if place is not None else None

    return rewritten(text, names.values_searched, DOCUMENT, choose)


def _rows(rows: Mapping[Row, int], table: str, names: Names) -> dict[Row, int]:
    if not names.stems:
        return dict(rows)
    counted: Counter[Row] = Counter()
    for row, count in rows.items():
        counted[tuple((column, _value(column, value, table, names)) for column, value in row)] += count
    return {row: count for row, count in counted.items() if count}


def _value(column: str, value: str | None, table: str, names: Names) -> str | None:
    stem = column_stem(column, table)
    if value is None or stem not in names.stems:
        return value
    recorded = names.get(stem + SEPARATOR + value.encode("utf-8", "surrogatepass"))
    return value if recorded is None else recorded.decode("utf-8", "surrogatepass")


@lru_cache(maxsize=1024)
def column_stem(column: str, table: str) -> bytes:
    """Return the stem of a column: `item` of `item_id`, and of `id` in a table `items`."""
    return stem_of(column.encode(), b"/" + table.rpartition(".")[2].encode())
