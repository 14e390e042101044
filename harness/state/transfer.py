"""Tables of one SQLite file made equal to those of another, by SQLite itself, while an application has both open.

Only the tables asked for: what stands in others (sessions, tokens) goes by each side's own names. Where that cannot be
done table by table the whole file is copied, or nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from harness.state.driver import SCHEMA

TIMEOUT = 1.0
"""Seconds to wait for whoever has a file locked."""


def transfer(source: Path, target: Path, tables: Collection[str]) -> bool:
    """Make tables of `target` those of `source`; say whether that was done."""
    try:
        with closing(_opened(target, "rw")) as taken:
            taken.execute("ATTACH ? AS given", (f"{source.absolute().as_uri()}?mode=ro",))
            if SCHEMA not in tables and all(_is_alike(taken, table) for table in tables):
                _transfer_tables(taken, tables)
                return True
            taken.execute("DETACH given")
            with closing(_opened(source, "ro")) as given:
                given.backup(taken)
            return True
    except sqlite3.Error:
        return False


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=TIMEOUT, isolation_level=None)


def _is_alike(session: sqlite3.Connection, table: str) -> bool:
    """Tell whether a table is declared alike on both sides, and writing to it does nothing else."""
    declared = [
        session.execute(f"SELECT type, name, sql FROM {side}.sqlite_master WHERE tbl_name = ?", (table,)).fetchall()  # noqa: S608
        for side in ("main", "given")
    ]
    return (
        sorted(map(str, declared[0])) == sorted(map(str, declared[1]))
        and bool(declared[0])
        and not any(kind == "trigger" for kind, _, _ in declared[0])
    )


def _transfer_tables(session: sqlite3.Connection, tables: Collection[str]) -> None:
    session.execute("PRAGMA foreign_keys = OFF")
    session.execute("BEGIN IMMEDIATE")
    try:
        for table in sorted(tables):
            columns = ", ".join(_columns(session, table))
            session.execute(f"DELETE FROM main.{_quoted(table)}")  # noqa: S608
            session.execute(
                f"INSERT INTO main.{_quoted(table)} ({columns}) SELECT {columns} FROM given.{_quoted(table)}"  # noqa: S608
            )
            if _has_sequences(session):
                session.execute("DELETE FROM main.sqlite_sequence WHERE name = ?", (table,))
                session.execute(
                    "INSERT INTO main.sqlite_sequence SELECT * FROM given.sqlite_sequence WHERE name = ?", (table,)
                )
        session.execute("COMMIT")
    except sqlite3.Error:
        session.execute("ROLLBACK")
        raise


def _columns(session: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns that can be written, and the row's number where it has one of its own."""
    found = session.execute("SELECT name, pk FROM main.pragma_table_xinfo(?) WHERE hidden = 0", (table,)).fetchall()
    names = [name for name, _ in found]
    if any(key for _, key in found) or "rowid" in {name.lower() for name in names}:
        return [*map(_quoted, names)]
    return ["rowid", *map(_quoted, names)]


def _has_sequences(session: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM {}.sqlite_master WHERE name = 'sqlite_sequence'"
    return all(session.execute(query.format(side)).fetchone()[0] for side in ("main", "given"))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
