"""Which rows of a SQLite file two of its versions may differ in, and those rows.

A mirror (`pages`) and the pages that changed come in; rows as texts go out. A table with row ids is looked at only
where its pages changed, so that a large one costs little; one WITHOUT ROWID is read as a whole when it changed at all.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from harness.effects import Row
from harness.state.btree import (
    HEADER,
    INTERIOR_INDEX,
    LEAF_INDEX,
    ReadPage,
    Tree,
    cells,
    chain,
    is_map,
    layout,
    unused,
    walk,
)
from harness.state.driver import column_row
from harness.state.pages import Change, Mirror
from harness.state.sqlite_schema import read_constraints, read_others

BATCH = 500  # row ids asked for at once
LONG = 2000  # bytes of a blob that are shown; a longer one is told by its digest
# A text that could be taken for a value of another storage class is quoted: '1' is a text, 1 a number.
MISTAKABLE = re.compile(r"[+-]?\d+(\.\d*)?(e[+-]?\d+)?|[+-]?inf|X?'.*'|blob of .*", re.DOTALL | re.IGNORECASE)
TABLES = """
SELECT name, rootpage, ifnull(sql, '') FROM sqlite_master
WHERE type = 'table' AND rootpage > 0 AND name NOT GLOB 'sqlite_*'
"""
COLUMNS = 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?)'
INDEXES = "SELECT rootpage FROM sqlite_master WHERE type = 'index' OR name GLOB 'sqlite_*'"


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its schema says. `rowid`: the name that its row ids go by, None where it has none to go by."""

    root: int
    sql: str
    rowid: str | None
    key: tuple[str, ...]
    described: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """The tables of a database at one time, the pages of each, and what else its schema says (`others`)."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    trees: Mapping[str, Tree] = field(default_factory=dict)
    others: tuple[Row, ...] = ()

    @property
    def schema(self) -> list[Row]:
        """All that the schema says, as rows."""
        return [*(row for table in self.tables.values() for row in table.described), *self.others]


EMPTY = Version()


def read_version(mirror: Mirror, before: Version, change: Change | None) -> Version:
    """Read the schema and find each table's pages; what `change` did not touch is as `before`. May raise."""
    size = mirror.layout().size
    touched = change.pages.keys() if change else ()
    session = _open(mirror)
    try:
        tables = {
            name: _known(before.tables.get(name), root, sql) or _read_table(session, mirror, name, root, sql)
            for name, root, sql in session.execute(TABLES).fetchall()
        }
        others = read_others(session)
    finally:
        session.close()
    read = _reader(mirror, size, {})
    trees = {}
    for name, table in tables.items():
        tree = before.trees.get(name)
        same = tree is not None and before.tables[name].root == table.root and table.root not in touched
        trees[name] = tree if tree and same and tree.interior.isdisjoint(touched) else walk(table.root, read)
    return Version(tables, trees, others)


def _known(table: Table | None, root: int, sql: str) -> Table | None:
    return table if table and (table.root, table.sql) == (root, sql) else None


def _open(mirror: Mirror) -> sqlite3.Connection:
    """Open the mirror, on which nobody else works: without locks, and without what it may be wanting to recover."""
    session = sqlite3.connect(f"{mirror.path.absolute().as_uri()}?immutable=1", uri=True, isolation_level=None)
    session.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return session


def _read_table(session: sqlite3.Connection, mirror: Mirror, name: str, root: int, sql: str) -> Table:
    facts = session.execute(COLUMNS, (name,)).fetchall()
    key = tuple(column for _, column in sorted((pk, column) for column, *_, pk in facts if pk))
    columns = [column_row(name, column, kind, not bound, default) for column, kind, bound, default, _ in facts]
    described = (*columns, *read_constraints(session, name, sql, key))
    page = mirror.page(root, mirror.layout().size)
    taken = {column.lower() for column, *_ in facts}
    rowid = next((word for word in ("rowid", "_rowid_", "oid") if word not in taken), None)
    if page[HEADER if root == 1 else 0] in (LEAF_INDEX, INTERIOR_INDEX):
        rowid = None  # WITHOUT ROWID: the table is an index of its primary key
    return Table(root, sql, rowid, key, described)


def _reader(mirror: Mirror, size: int, other: Mapping[int, bytes]) -> ReadPage:
    """Read pages of the mirror, but for those given."""

    def read(number: int) -> bytes:
        return other[number] if number in other else mirror.page(number, size)

    return read


# ---- which rows ----

Wanted = Mapping[str, set[int] | None]
"""The rows to look at, by table: these row ids, or (None) all; a table that is not in it is untouched."""


def candidates(mirror: Mirror, old: Version, new: Version, change: Change, undo: Change) -> Wanted:
    """Return the rows that may differ between two versions, `change` being applied to the mirror. May raise."""
    both = [name for name in new.tables if name in old.tables]
    wanted: dict[str, set[int] | None] = {name: None for name in new.tables if name not in old.tables}
    if not both:
        return wanted
    if 1 in undo.pages and layout(undo.pages[1]).size != change.size:
        return dict.fromkeys((*old.tables, *new.tables))
    form = mirror.layout()
    read_new, read_old = _reader(mirror, form.size, {}), _reader(mirror, form.size, undo.pages)
    touched = change.pages.keys() | undo.pages.keys()
    explained: set[int] = set()
    for name in both:
        before, after = old.trees[name], new.trees[name]
        explained |= touched & (before.pages | after.pages)
        if old.tables[name].rowid is None or new.tables[name].rowid is None:
            if before != after or not touched.isdisjoint(after.pages):
                wanted[name] = None
            continue
        ids: set[int] = set()
        for leaves, others, read in ((before.leaves, after.leaves, read_old), (after.leaves, before.leaves, read_new)):
            for number in (leaves & touched) | (leaves - others if leaves is not others else frozenset()):
                for cell in cells(number, read(number), form.usable):
                    ids.add(cell.rowid)
                    if cell.overflow:
                        explained.update(chain(cell.overflow, read))
        if ids:
            wanted[name] = ids
    rest = {number for number in touched - explained if not is_map(number, form)}
    if rest - _other_pages(mirror, rest, read_new, read_old):
        wanted.update(dict.fromkeys(both))  # a value was overwritten where it overflows: no leaf tells whose it is
    return wanted


def _other_pages(mirror: Mirror, rest: Collection[int], read_new: ReadPage, read_old: ReadPage) -> set[int]:
    """Return the pages that hold no row of a table: the schema, indexes, what is free or was."""
    if not rest:
        return set()
    known = {1} | unused(read_new) | unused(read_old) | walk(1, read_new).pages
    session = _open(mirror)
    try:
        for (root,) in session.execute(INDEXES).fetchall():
            known |= walk(root, read_new).pages
    finally:
        session.close()
    return known


# ---- the rows ----


def read_rows(mirror: Mirror, version: Version, wanted: Wanted) -> dict[str, list[Row]]:
    """Read the wanted rows of each table that the version has. May raise."""
    if not any(name in version.tables for name in wanted):
        return {}
    session = _open(mirror)
    try:
        return {
            name: list(_rows(session, name, version.tables[name], ids))
            for name, ids in wanted.items()
            if name in version.tables
        }
    finally:
        session.close()


def _rows(session: sqlite3.Connection, name: str, table: Table, ids: set[int] | None) -> Iterator[Row]:
    every = f'SELECT * FROM "{name.replace(chr(34), chr(34) * 2)}"'  # noqa: S608 - quoted; names take no parameter
    if ids is None:
        yield from _texts(session.execute(every))
        return
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        yield from _texts(session.execute(f"{every} WHERE {table.rowid} IN ({','.join('?' * len(batch))})", batch))


def _texts(cursor: sqlite3.Cursor) -> Iterator[Row]:
    names = [name for name, *_ in cursor.description]
    for values in cursor:
        yield tuple((name, text_of(value)) for name, value in zip(names, values, strict=True))


def text_of(value: object) -> str | None:
    """Return a value as text that shows its storage class: 1, 1.0, '1' and X'31' stay apart."""
    if value is None:
        return None
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'" if MISTAKABLE.fullmatch(value) else value
    if isinstance(value, bytes):
        if len(value) > LONG:
            return f"blob of {len(value)} bytes sha256:{hashlib.sha256(value).hexdigest()}"
        return f"X'{value.hex()}'"
    return repr(value)
