"""What a kind of database must be able to do, so that both sides of a replay start from equal rows.

A driver is the snapshot: a database that `load` fills, sealed, then copied once a side. Its copies tell which rows each
exchange wrote and take everything back. One module a driver: `postgres`, `mysql`, `sqlite`, `hook`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from harness.effects import Row

Rows = Mapping[str, Mapping[Row, int]]
"""By table, how often each row was added (positive) or taken away (negative)."""

SCHEMA = "(schema)"
"""The pseudo table whose rows are the tables and columns themselves, their indexes, constraints, triggers and views."""


class Copy(Protocol):
    """One side's database. Used by one thread at a time; raises StateError."""

    @property
    def url(self) -> str:
        """What `{database}` stands for: the same for ever."""

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """The primary keys' columns of the tables that have one."""

    @property
    def in_folder(self) -> bool:
        """Whether files of the side's folder were written that `owns` claims: the folder must be put back."""

    @property
    def notes(self) -> Sequence[str]:
        """What could not be watched as asked, in sentences for the report."""

    def changes(self, unsafe: bool) -> Rows:
        """Return the net row changes since the last call; `unsafe`: a write is likely, wait for its end."""

    def rejoin(self, other: Copy, tables: Collection[str]) -> bool:
        """Make the rows of these tables those of another copy of the same driver, unseen by `changes`; say whether."""

    def owns(self, path: str) -> bool:
        """Whether that file (by its path in the side's folder) is part of the database, and told as rows."""

    def restore(self) -> None:
        """Make the rows equal to the snapshot's; the folder was put back before."""

    def close(self) -> None:
        """Remove the copy."""


class Driver(Protocol):
    """The snapshot that copies are made of."""

    @property
    def url(self) -> str:
        """The `{database}` that `load` fills."""

    def seal(self) -> None:
        """Nobody writes to the snapshot any more; copies may be made."""

    def copy(self, worker: int, side: str, folder: Path) -> Copy:
        """Make one side's copy; `folder` is where that side's files are."""

    def close(self) -> None:
        """Remove the snapshot and all copies."""


def net(changes: Iterable[tuple[str, Row, int]]) -> Rows:
    """Return what (table, row, how often) come to, without what cancels out."""
    counted: Counter[tuple[str, Row]] = Counter()
    for table, row, times in changes:
        counted[table, row] += times
    tables: dict[str, dict[Row, int]] = {}
    for (table, row), times in counted.items():
        if times:
            tables.setdefault(table, {})[row] = times
    return tables


def added(*several: Rows) -> Rows:
    """Return what several changes come to."""
    filled = [rows for rows in several if rows]
    if len(filled) < 2:
        return filled[0] if filled else {}
    return net((table, row, times) for rows in filled for table in rows for row, times in rows[table].items())


def moved(before: Mapping[str, Iterable[Row]], after: Mapping[str, Iterable[Row]]) -> Rows:
    """Return the rows of `after` that are not in `before`, and the reverse (negative), by table."""
    gone = ((table, row, -1) for table, rows in before.items() for row in rows)
    come = ((table, row, 1) for table, rows in after.items() for row in rows)
    return net([*gone, *come])


def column_row(table: str, column: str, kind: str, nullable: bool, default: str | None) -> Row:
    """Return a column as a row of the pseudo table `(schema)`."""
    null = "yes" if nullable else "no"
    return (("table", table), ("column", column), ("type", kind), ("null", null), ("default", default))


def definition_row(table: str, kind: str, name: str, definition: str) -> Row:
    """Return an index, a constraint, a view ... as a row of `(schema)`; its kind names a column."""
    return (("table", table), (kind, name), ("definition", definition))
