"""A SQLite database as a document: the rows of its tables; and a copy of it that has fewer of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

ROW = "rowid()"  # no column can have this name unquoted
_TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite#_%' ESCAPE '#'"

Document = dict[str, list[dict[str, Any]]]
"""{table: [row]}; each row has its number under ROW. Tables without row numbers, and virtual ones, are not in it."""


def read(file: Path) -> Document:
    """Return the rows of a database. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
        database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        return {table: list(_rows(database, table)) for table in _tables(database)}


def _tables(database: sqlite3.Connection) -> Iterator[str]:
    made = database.execute(_TABLES).fetchall()
    virtual = [name for name, sql in made if sql.upper().startswith("CREATE VIRTUAL")]
    for name, _ in made:
        if not any(name == each or name.startswith(f"{each}_") for each in virtual) and _is_numbered(database, name):
            yield name


def _is_numbered(database: sqlite3.Connection, table: str) -> bool:
    try:
        database.execute(f"SELECT rowid FROM {_quoted(table)} LIMIT 0")  # noqa: S608
    except sqlite3.Error:
        return False  # WITHOUT ROWID
    return True


def _rows(database: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    cursor = database.execute(f"SELECT rowid, * FROM {_quoted(table)}")  # noqa: S608
    columns = [ROW, *(column for column, *_ in cursor.description[1:])]
    for row in cursor:
        yield dict(zip(columns, row, strict=True))


def write(document: Document, original: Path, file: Path) -> None:
    """Copy a database, what is written ahead (WAL) included, without the rows that `document` lacks.

    What deleting them would set off (triggers, foreign keys) is not done: they never were there. Raises sqlite3.Error.
    """
    file.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"{original.resolve().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(file, isolation_level=None)) as database,
    ):
        source.backup(database)
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("BEGIN")
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {_quoted(name)}")
        for table, rows in document.items():
            name, kept = _quoted(table), {row[ROW] for row in rows}
            numbers = database.execute(f"SELECT rowid FROM {name}").fetchall()  # noqa: S608
            gone = [number for number in numbers if number[0] not in kept]
            database.executemany(f"DELETE FROM {name} WHERE rowid = ?", gone)  # noqa: S608
        for _, sql in triggers:
            database.execute(sql)
        database.execute("COMMIT")
    _pack(file)


def _pack(file: Path) -> None:
    """Give back the space of what was deleted, unless rows would get other numbers (those without a key may)."""
    packed = file.with_name(f"{file.name}.packed")
    packed.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as database:
        database.execute("VACUUM INTO ?", (str(packed),))
    if read(packed) == read(file):
        packed.replace(file)
    else:
        packed.unlink()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
