"""Archives are written here: exchanges come in one by one and are durable batch by batch.

This is about transactions, several writers, forks and errors; what stands in the tables is `rows`'s. Nothing is
redacted here: what comes in is what the file holds.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.clients import edition
from harness.errors import HarnessError, RecordingError, UsageError
from harness.exchange import Exchange
from harness.store.database import APPLICATION_ID, LATER_INDEXES, SCHEMA, VERSION, check, check_version, connected
from harness.store.fork import suspend_at_fork
from harness.store.rows import Rows


class ArchiveWriter:
    """Append exchanges to an archive, which is made where it does not exist.

    Everything goes through one thread at a time. What was added becomes durable batch by batch: a crash loses at most
    the last `batch` exchanges and leaves a readable file. Several writers, in one process or many, may share a file.
    `alike`: equal heads are mostly one object, which makes the work quicker.
    """

    def __init__(self, path: Path, state: str | None = None, batch: int = 1000, alike: bool = False) -> None:
        self.path = path
        self.state = state
        self.count = 0
        self._batch, self._alike = batch, alike
        self._waiting = 0
        self._rows: Rows | None = None
        self._connection: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._process = 0
        self._closed = False
        self._lock = threading.RLock()
        self._errors = _Errors(path)
        suspend_at_fork(self)

    def open(self) -> None:
        """Open the file; raises `RecordingError` for what is no archive, `UsageError` for one of another state."""
        if self._closed or (self._connection is not None and self._process == os.getpid()):
            return
        if self._connection is not None:
            # Made before a fork: closing it here would disturb the process that made it.
            self._inherited.append(self._connection)
        if not self.path.parent.is_dir():
            raise RecordingError(f"{self.path}: cannot be written: there is no folder {self.path.parent}")
        if self.path.exists() and self.path.stat().st_size:
            check(self.path)
        try:
            connection = connected(self.path)
        except sqlite3.Error as error:
            raise RecordingError(f"{self.path}: cannot be written: {error}") from error
        try:
            self._prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise RecordingError(f"{self.path}: cannot be written: {error}") from error
        except HarnessError:
            connection.close()
            raise
        self._connection = connection
        self._process, self._waiting, self._rows = os.getpid(), 0, Rows(connection, self._alike)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables unless another writer was first, and agree on the state."""
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise RecordingError(f"{self.path}: an SQLite file, but not an archive")
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('state', ?), ('clients', ?)", (self.state, edition()))
        self._check_version(connection)
        (state,) = connection.execute("SELECT value FROM meta WHERE key = 'state'").fetchone()
        connection.execute("COMMIT")
        if state != self.state:
            raise UsageError(
                f"{self.path}: what it holds starts from state {state or 'unnamed'!r}, "
                f"not {self.state or 'unnamed'!r}; give another file"
            )

    def _check_version(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        check_version(self.path, version)
        if version != VERSION:
            raise RecordingError(
                f"{self.path}: an archive of version {version}, which is read but no longer added to; give another "
                f"file, or make one of version {VERSION}: harness export {self.path} -o new.archive"
            )
        (named_by,) = connection.execute("SELECT value FROM meta WHERE key = 'clients'").fetchone()
        if named_by != edition():  # some of its clients were named by another table: none can be relied upon
            connection.execute("UPDATE meta SET value = '' WHERE key = 'clients'")

    def add(self, exchange: Exchange) -> None:
        """Append one exchange; its id is not kept, the archive numbers exchanges itself.

        Raises `RecordingError` where it cannot be written, as `note` and `flush` do: then call `abandon`.
        """
        with self._lock, self._errors:
            self._begun().add(exchange)
            self._waiting += 1
            self.count += 1
            if self._waiting >= self._batch:
                self._commit()

    def note(self, key: str, value: str) -> None:
        """Note something about the recording as a whole, in the place of what was noted under this key."""
        with self._lock, self._errors:
            self._begun()
            assert self._connection is not None
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"note {key}", value))

    def _begun(self) -> Rows:
        """Open the file and a transaction where they are not."""
        self.open()
        assert self._connection is not None
        assert self._rows is not None
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
            self._rows.begin()
        return self._rows

    def flush(self) -> None:
        """Make durable what was added so far."""
        with self._lock, self._errors:
            self._commit()

    def _commit(self) -> None:
        if self._connection is not None and self._rows is not None and self._connection.in_transaction:
            self._rows.finish()
            self._connection.execute("COMMIT")
            self._waiting = 0

    def suspend(self) -> None:
        """Let nobody write until `resume`, and hold no connection: SQLite must not be open while a process forks."""
        self._lock.acquire()
        if self._connection is None or self._process != os.getpid():
            return
        try:
            self._commit()
        except sqlite3.Error:
            self.abandon()
        self._connection.close()
        self._connection = None

    def resume(self) -> None:
        """Go on after `suspend`, in the process that forked and in its child."""
        self._lock.release()

    def abandon(self) -> None:
        """After an error, forget what was added since the last flush; `count` no longer includes it."""
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            # Closing the connection rolls back as well.
            pass
        # Numbers given within the transaction are void now.
        self.count -= self._waiting
        self._waiting = 0
        self._rows = Rows(self._connection, self._alike) if self._connection is not None else None

    def close(self) -> None:
        """Finish the file: one file again, indexed. A second call does nothing."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        self.open()
        self._closed = True
        if self._connection is None:
            return
        try:
            self._commit()
            for statement in LATER_INDEXES.strip().split("\n"):
                self._connection.execute(statement)
            self._connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            self.abandon()
            # Another writer still has the file open: it will finish it.
            if "locked" not in str(error):
                raise RecordingError(f"{self.path}: cannot be written: {error}") from error
        finally:
            self._connection.close()
            self._connection = None

    def discard(self) -> None:
        """Remove the whole file, unless it was closed."""
        if self._connection is not None:
            self._connection.close()
            self._connection, self._closed = None, True
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.close()


class _Errors:
    """Says of the errors of SQLite which file they are about."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, sqlite3.Error):
            raise RecordingError(f"{self._path}: cannot be written: {error}") from error
