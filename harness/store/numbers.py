"""Numbers for what stands once in a table of an archive: a key comes in, its number goes out.

Looked up in memory, then in the table, and only then given. What is new is inserted by the hundred. As long as nobody
else writes and nothing was forgotten, what is not in memory is not in the table either, and is not looked for there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable
from typing import Any

Row = tuple[Any, ...]

_AT_ONCE = 256


class Numbers:
    """The numbers of one table; `find` is the statement that finds one, `insert` takes a number and the rest of a row.

    At least `most` keys are kept in memory, and less than twice as many. `begin` comes after each BEGIN.
    """

    def __init__(self, connection: sqlite3.Connection, table: str, find: str, insert: str, most: int) -> None:
        self._execute, self._executemany = connection.execute, connection.executemany
        self._table, self._find, self._insert, self._most = table, find, insert, most
        self._young: dict[Hashable, int] = {}
        self._old: dict[Hashable, int] = {}
        self._rows: list[Row] = []
        self._next = 0
        self._whole = False

    def begin(self, others: bool) -> None:
        """Learn which numbers are free; `others` tells that somebody else may have written since the last time."""
        (last,) = self._execute(f"SELECT coalesce(max(id), 0) FROM {self._table}").fetchone()  # noqa: S608
        self._whole = (self._whole and not others) or not last
        self._next = last + 1

    def known(self, key: Hashable) -> int | None:
        """Return a number that is in memory."""
        number = self._young.get(key)
        if number is None and self._old and (number := self._old.get(key)) is not None:
            self._keep(key, number)
        return number

    def number(self, key: Hashable, found_by: Row) -> int | None:
        """Return the number of a key that is not in memory; None where it has none."""
        if self._whole:
            return None
        self.insert()
        found = self._execute(self._find, found_by).fetchone()
        if found:
            self._keep(key, found[0])
        return found[0] if found else None

    def new(self, key: Hashable, row: Row) -> int:
        """Give a key the next number, and have its row inserted."""
        number = self._next
        self._next += 1
        self._rows.append((number, *row))
        self._keep(key, number)
        if len(self._rows) >= _AT_ONCE:
            self.insert()
        return number

    def insert(self) -> None:
        """Insert what waits."""
        if self._rows:
            self._executemany(self._insert, self._rows)
            self._rows = []

    def _keep(self, key: Hashable, number: int) -> None:
        if len(self._young) >= self._most:
            self._whole = self._whole and not self._old
            self._old, self._young = self._young, {}
        self._young[key] = number
