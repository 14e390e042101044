"""SQLite files of one side: the rows that each exchange wrote, found by the pages that it changed.

The files stand in the side's folder, which is copied and put back as such (`files`). The application's file is neither
locked nor altered, and its schema gets no triggers: they miss what REPLACE deletes, break migrations and move
total_changes(). Rows are read from a private mirror of the file (`pages`), by SQLite itself.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from harness.errors import StateError
from harness.state.btree import Malformed
from harness.state.driver import SCHEMA, Copy, Rows, added, moved
from harness.state.pages import COMPANIONS, Change, Mirror, Signature, Unfinished, is_database, signature
from harness.state.settling import SETTLE
from harness.state.tables import EMPTY, candidates, read_rows, read_version
from harness.state.transfer import transfer

FIRST = "app.db"  # the file that `{database}` names where neither the configuration nor the folder has one
UNREADABLE = (sqlite3.Error, Malformed, struct.error, IndexError, OSError)


class Watched:
    """One SQLite file: what was in it when we looked last, and what it takes to tell the difference."""

    def __init__(self, live: Path, copy: Path, start: Path | None) -> None:
        """`copy` is a place for the mirror, `start` the file as the snapshot has it: None where it has none."""
        self._live, self._copy, self._start = live, copy, start
        self._mirror: Mirror | None = None
        self.restore()

    def restore(self) -> None:
        """Begin again: the file is the snapshot's."""
        if self._mirror is not None:
            self._mirror.remove()
            self._mirror = None
        self.dirty = False
        self._version = EMPTY
        self._hung: Signature | None = None
        self._seen: Signature = signature(self._live) if self._start is not None else ()

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """The primary keys of the tables as they are now."""
        return {name: table.key for name, table in self._version.tables.items() if table.key}

    def changes(self) -> Rows:
        """Return the net row changes since the last call; raises one of UNREADABLE."""
        now = signature(self._live)
        if now in (self._seen, self._hung):
            return {}
        mirror = self._mirror or self._begin()
        try:
            change = self._settled(mirror)
        except Unfinished:
            self.dirty = True
            self._hung = signature(self._live)
            return {}
        self._seen, self._hung = now, None
        return self._follow(mirror, change)

    def _begin(self) -> Mirror:
        self._mirror = Mirror(self._live, self._copy, self._start)
        if self._start is not None:
            self._version = read_version(self._mirror, EMPTY, None)
        return self._mirror

    def _settled(self, mirror: Mirror) -> Change:
        """Read what changed when no transaction is under way."""
        until = time.monotonic() + SETTLE
        while True:
            try:
                return mirror.changed()
            except Unfinished:
                if time.monotonic() > until:
                    raise
                time.sleep(0.002)

    def _follow(self, mirror: Mirror, change: Change) -> Rows:
        """Bring the mirror up to date and tell the rows that this changed."""
        if not change.pages and change.length == mirror.length:
            return {}
        self.dirty = True
        old, undo = self._version, mirror.undo(change)
        mirror.apply(change)
        new = read_version(mirror, old, change) if change.length else EMPTY
        wanted = candidates(mirror, old, new, change, undo)
        come = read_rows(mirror, new, wanted)
        if old.tables:
            mirror.apply(undo)
            gone = read_rows(mirror, old, wanted)
            mirror.apply(change)
        else:
            gone = {}
        self._version = new
        altered = old.tables != new.tables or old.others != new.others
        return added(moved(gone, come), moved({SCHEMA: old.schema}, {SCHEMA: new.schema}) if altered else {})


class SqliteCopy:
    """One side's SQLite files. Those that appear later are watched from then on."""

    def __init__(self, driver: SqliteDriver, folder: Path, mirrors: Path) -> None:
        self._folder, self._mirrors, self._snapshot = folder, mirrors, driver.folder
        self.url = str(folder / driver.names[0])
        self._first = driver.names[0]
        self._watched = {name: self._watch(name) for name in driver.names}
        self.notes: list[str] = []
        self._refused: set[str] = set()

    def _watch(self, name: str) -> Watched:
        start = self._snapshot / name
        copy = self._mirrors / name.replace("/", "%2F")
        return Watched(self._folder / name, copy, start if is_database(start) else None)

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """The primary keys, by table as `changes` names it."""
        return {
            self._named(name, table): key
            for name, watched in self._watched.items()
            for table, key in watched.keys.items()
        }

    @property
    def in_folder(self) -> bool:
        """Whether one of the databases was written."""
        return any(watched.dirty for watched in self._watched.values())

    def _named(self, name: str, table: str) -> str:
        return table if name == self._first else f"{name}:{table}"

    def changes(self, unsafe: bool) -> Rows:
        """Return the net row changes since the last call; tables of other files than the first have its name before."""
        rows: list[Rows] = []
        for name, watched in self._watched.items():
            if name in self._refused:
                continue
            try:
                found = watched.changes()
            except UNREADABLE as error:
                self._refused.add(name)
                note = f"{name} cannot be read as a SQLite database ({error}): its digest is compared, not its rows"
                if note not in self.notes:
                    self.notes.append(note)
                continue
            rows.append({self._named(name, table): counts for table, counts in found.items()} if found else {})
        return added(*rows)

    def rejoin(self, other: Copy, tables: Collection[str]) -> bool:
        """Copy these tables from another side's folder by SQLite itself; not what is locked."""
        if not isinstance(other, SqliteCopy):
            return False
        by_file: dict[str, list[str]] = {}
        for table in tables:
            name, _, own = table.rpartition(":")
            by_file.setdefault(name or self._first, []).append(own)
        copied = all(
            is_database(self._folder / name) and transfer(other._folder / name, self._folder / name, names)
            for name, names in sorted(by_file.items())
        )
        self.changes(unsafe=True)
        return copied

    def owns(self, path: str) -> bool:
        """Whether that file is one of the databases, or SQLite's companion of one; a new one is watched from now on."""
        for suffix in COMPANIONS:
            path = path.removesuffix(suffix)
        if path in self._refused:
            return False
        if path not in self._watched and is_database(self._folder / path):
            self._watched[path] = self._watch(path)
        return path in self._watched and (is_database(self._folder / path) or not (self._folder / path).exists())

    def restore(self) -> None:
        """The files were put back with their folder: begin again."""
        for watched in self._watched.values():
            watched.restore()
        self._refused.clear()

    def close(self) -> None:
        """Remove the mirrors."""
        shutil.rmtree(self._mirrors, ignore_errors=True)


class SqliteDriver:
    """The SQLite files in the snapshot's folder."""

    def __init__(self, folder: Path, names: Sequence[str] = ()) -> None:
        """`names`: paths in the folder; none: every file there that begins as SQLite's do."""
        self.folder = folder
        self._asked = tuple(names)
        self.names = self._asked or tuple(databases(folder)) or (FIRST,)
        self.url = str(folder / self.names[0])

    def seal(self) -> None:
        """Empty the write-ahead logs into the files, and find out which files are databases."""
        self.names = self._asked or tuple(databases(self.folder)) or self.names
        for name in self.names:
            path = self.folder / name
            if self._asked and not path.exists():
                raise StateError(f"{name} is not among the files of the starting state; `sqlite` must name files there")
            if is_database(path):
                _checkpoint(path)

    def copy(self, worker: int, side: str, folder: Path) -> SqliteCopy:
        """Watch the databases in one side's folder."""
        return SqliteCopy(self, folder, folder.with_name("mirrors"))

    def close(self) -> None:
        """Nothing: the files go with their folder."""


def databases(folder: Path) -> list[str]:
    """Return the paths, from the folder, of the files in it that begin as SQLite's do."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and is_database(path))
    return sorted(str(path.relative_to(folder)) for path in found)


def _checkpoint(path: Path) -> None:
    """Leave all that was committed in the file itself; what SQLite cannot read stays as it is."""
    try:
        session = sqlite3.connect(path, timeout=SETTLE, isolation_level=None)
    except sqlite3.Error:
        return
    try:
        session.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        session.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return
    finally:
        session.close()
