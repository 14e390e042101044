"""Tables copied between two SQLite files: those that were asked for, and no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from harness.state.transfer import transfer

TABLES = {
    "without a key": "CREATE TABLE t (a, b TEXT)",
    "with a key": "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)",
    "counting": "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT)",
    "with a key of text": "CREATE TABLE t (a, b TEXT PRIMARY KEY)",
    "without row numbers": "CREATE TABLE t (a, b TEXT PRIMARY KEY) WITHOUT ROWID",
    "a column called rowid": "CREATE TABLE t (a, b TEXT UNIQUE, rowid TEXT)",
    "a computed column": "CREATE TABLE t (a, b TEXT, c AS (b || '!'))",
    "an odd name": 'CREATE TABLE t (a, b, "or ""der" TEXT)',
    "a trigger": "CREATE TABLE t (a, b); CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO t VALUES (9, 'r'); END",
}


def make(path: Path, schema: str, rows: list[tuple[int, str]], other: str) -> None:
    """Make a file with a table `t` and another one."""
    with closing(sqlite3.connect(path)) as session:
        session.executescript("CREATE TABLE sessions (id TEXT);")
        session.executescript(schema)
        session.execute("INSERT INTO sessions VALUES (?)", (other,))
        session.executemany("INSERT INTO t (a, b) VALUES (?, ?)", rows)
        session.commit()


def read(path: Path, query: str) -> list[tuple[object, ...]]:
    """Ask a file."""
    with closing(sqlite3.connect(path)) as session:
        return session.execute(query).fetchall()


@pytest.fixture(params=TABLES.values(), ids=TABLES)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """Return two files that differ in both tables."""
    make(tmp_path / "old.db", request.param, [(1, "one"), (2, "two")], "old's")
    make(tmp_path / "new.db", request.param, [(1, "other"), (5, "five"), (7, "seven")], "new's")
    return tmp_path / "old.db", tmp_path / "new.db"


def test_rows_are_equal(pair: tuple[Path, Path]) -> None:
    """The table is the other's, whatever its form, under an application that has the file open."""
    old, new = pair
    with closing(sqlite3.connect(new)) as application:
        application.execute("SELECT * FROM t").fetchall()
        assert transfer(old, new, ["t"])
        assert sorted(application.execute("SELECT * FROM t"), key=str) == sorted(read(old, "SELECT * FROM t"), key=str)
    assert read(old, "SELECT id FROM sessions") == [("old's",)]
    assert read(new, "PRAGMA integrity_check") == [("ok",)]


def test_other_tables_stay(tmp_path: Path) -> None:
    """What each side calls by its own names stays."""
    for name in ("old", "new"):
        make(tmp_path / f"{name}.db", TABLES["counting"], [(1, name)], name)
    assert transfer(tmp_path / "old.db", tmp_path / "new.db", ["t"])
    assert read(tmp_path / "new.db", "SELECT id FROM sessions") == [("new",)]


def test_the_next_number(tmp_path: Path) -> None:
    """A counting key goes on where the other's does, and a row has the number that it has there."""
    make(tmp_path / "old.db", TABLES["counting"], [(1, "a"), (2, "b")], "")
    make(tmp_path / "new.db", TABLES["counting"], [(9, "c")], "")
    assert transfer(tmp_path / "old.db", tmp_path / "new.db", ["t"])
    with closing(sqlite3.connect(tmp_path / "new.db")) as session:
        assert session.execute("INSERT INTO t (b) VALUES ('x')").lastrowid == 3


def test_other_columns(tmp_path: Path) -> None:
    """Where the tables are not declared alike, the whole file is the other's."""
    make(tmp_path / "old.db", TABLES["without a key"], [(1, "a")], "old")
    make(tmp_path / "new.db", TABLES["with a key"], [(1, "b")], "new")
    assert transfer(tmp_path / "old.db", tmp_path / "new.db", ["t"])
    assert read(tmp_path / "new.db", "SELECT a, b FROM t") == [(1, "a")]
    assert read(tmp_path / "new.db", "SELECT id FROM sessions") == [("old",)]


def test_what_is_locked(tmp_path: Path) -> None:
    """A transaction under way stays as it is, and so does the file."""
    for name in ("old", "new"):
        make(tmp_path / f"{name}.db", TABLES["with a key"], [(1, name)], name)
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as application:
        application.execute("BEGIN IMMEDIATE")
        assert not transfer(tmp_path / "old.db", tmp_path / "new.db", ["t"])
        application.execute("ROLLBACK")
    assert read(tmp_path / "new.db", "SELECT b FROM t") == [("new",)]


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is not made."""
    make(tmp_path / "old.db", TABLES["with a key"], [], "")
    assert not transfer(tmp_path / "old.db", tmp_path / "none.db", ["t"])
    assert not transfer(tmp_path / "none.db", tmp_path / "old.db", ["t"])
    assert not (tmp_path / "none.db").exists()
