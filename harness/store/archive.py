"""Archives: recordings of any length in one SQLite file, metadata in columns, each body and header list once.

Exchanges come in one by one and go out in time order, streamed. Bodies and header lists are content-addressed (SHA-256
of the bytes) and compressed with zstd where that helps; header lists are JSON arrays of pairs in Latin-1. `raw_head`
columns hold a whole head with its blank line. Nothing is redacted here or in any other module yet: what clients sent,
passwords included, is what the file holds.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.errors import HarnessError, RecordingError, UsageError
from harness.exchange import Exchange, Headers, Request, Response
from harness.store.database import APPLICATION_ID, COLUMNS, LATER_INDEXES, SCHEMA, check, connected, reading

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_INSERT = f"INSERT INTO exchange ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_SELECT = f"SELECT seq, {', '.join(COLUMNS)} FROM exchange"  # noqa: S608
_SMALL = 256  # bytes; below this compression gains nothing
_REMEMBERED = 50_000  # blobs whose number the writer keeps in memory
_LISTS = 4096  # header lists the reader keeps; most answers have one of their own, with their date
_RECENT, _SHORT = 256, 1 << 15  # how many bodies, of how many bytes at most, the reader keeps: pages come again


class ArchiveWriter:
    """Append exchanges to an archive, which is made where it does not exist.

    Everything goes through one thread at a time. What was added becomes durable batch by batch: a crash loses at most
    the last `batch` exchanges and leaves a readable file. Several writers, in one process or many, may share a file.
    """

    def __init__(self, path: Path, state: str | None = None, batch: int = 1000) -> None:
        self.path = path
        self.state = state
        self.count = 0
        self._batch = batch
        self._waiting = 0
        self._blobs: dict[bytes | Headers, int] = {}
        self._connection: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._process = 0
        self._closed = False
        self._lock = threading.RLock()
        _suspend_at_fork(self)

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
        self._process, self._waiting, self._blobs = os.getpid(), 0, {}

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables unless another writer was first, and agree on the state."""
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise RecordingError(f"{self.path}: an SQLite file, but not an archive")
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES ('state', ?)", (self.state,))
        (state,) = connection.execute("SELECT value FROM meta WHERE key = 'state'").fetchone()
        connection.execute("COMMIT")
        if state != self.state:
            raise UsageError(
                f"{self.path}: what it holds starts from state {state or 'unnamed'!r}, "
                f"not {self.state or 'unnamed'!r}; give another file"
            )

    def add(self, exchange: Exchange) -> None:
        """Append one exchange; its id is not kept, the archive numbers exchanges itself."""
        with self._lock:
            self.open()
            assert self._connection is not None
            if not self._waiting:
                self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(_INSERT, self._row(exchange))
            self._waiting += 1
            self.count += 1
            if self._waiting >= self._batch:
                self.flush()

    def flush(self) -> None:
        """Make durable what was added so far."""
        with self._lock:
            if self._connection is not None and self._waiting:
                self._connection.execute("COMMIT")
                self._waiting = 0

    def suspend(self) -> None:
        """Let nobody write until `resume`, and hold no connection: SQLite must not be open while a process forks."""
        self._lock.acquire()
        if self._connection is None or self._process != os.getpid():
            return
        try:
            self.flush()
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
        self._waiting, self._blobs = 0, {}

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
            self.flush()
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

    def _row(self, exchange: Exchange) -> tuple[Any, ...]:
        request, response = exchange.request, exchange.response
        return (
            exchange.started, exchange.duration, _text(request.method), _text(request.path),
            response.status if response else None, exchange.scheme, exchange.peer, exchange.user, exchange.user_by,
            request.start_line, self._headers(request.headers), self._body(request.body), request.framing,
            request.raw_head,
            *(self._response(response) if response else (None,) * 8),
        )  # fmt: skip

    def _response(self, response: Response) -> tuple[Any, ...]:
        return (
            response.version, response.reason, self._headers(response.headers), self._body(response.body),
            response.framing, response.raw_head, response.complete, response.size,
        )  # fmt: skip

    def _body(self, body: bytes | None) -> int | None:
        return None if body is None else self._blob(body)

    def _headers(self, headers: Headers) -> int:
        number = self._blobs.get(headers)
        if number is None:
            number = self._blob(json.dumps([(_text(name), _text(value)) for name, value in headers]).encode("ascii"))
            self._blobs[headers] = number
        return number

    def _blob(self, data: bytes) -> int:
        """Return the number of the stored bytes, storing them where they are new."""
        key = hashlib.sha256(data).digest()
        number = self._blobs.get(key)
        if number is None:
            number = self._store(key, data)
            if len(self._blobs) >= _REMEMBERED:
                self._blobs.clear()
            self._blobs[key] = number
        return number

    def _store(self, key: bytes, data: bytes) -> int:
        assert self._connection is not None
        found = self._connection.execute("SELECT id FROM blob WHERE digest = ?", (key,)).fetchone()
        if found:
            return int(found[0])
        packed = zstd.compress(data) if len(data) >= _SMALL else data
        smaller = len(packed) < len(data)
        row = (key, len(data), smaller, packed if smaller else data)
        cursor = self._connection.execute("INSERT INTO blob (digest, size, zstd, data) VALUES (?, ?, ?, ?)", row)
        return int(cursor.lastrowid or 0)


class Archive:
    """A finished or growing archive, read without changing it.

    Holds no connection: each iteration opens its own, in the process that iterates. A file that is missing, empty,
    truncated, of another version or not an archive raises `RecordingError`, while reading too.
    """

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = name or path.name
        check(path)
        with reading(path) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'state'").fetchone()
            self.state: str | None = row[0] if row else None
            (self._count,) = connection.execute("SELECT count(*) FROM exchange").fetchone()

    def __len__(self) -> int:
        return int(self._count)

    def __iter__(self) -> Iterator[Exchange]:
        """Yield the exchanges by start, then in the order they were added; the numbers in ids follow that order."""
        with reading(self.path) as connection:
            rows = connection.execute(f"{_SELECT} ORDER BY started, seq")
            blobs = _Blobs(connection)
            for number, row in enumerate(rows, 1):
                yield _exchange(f"{self.name}#{number}", row, blobs)

    def heads(self) -> Iterator[tuple[int, Exchange]]:
        """Yield the exchanges as iteration does, but without the answers' bodies, each with its place in the file."""
        with reading(self.path) as connection:
            rows = connection.execute(f"{_SELECT} ORDER BY started, seq")
            blobs = _WithoutAnswers(connection)
            for number, row in enumerate(rows, 1):
                yield row[0], _exchange(f"{self.name}#{number}", row, blobs)

    def pick(self, numbered: Iterable[tuple[int, int]]) -> Iterator[Exchange]:
        """Yield the exchanges at (number, place), in that order; places are those that `heads` gave."""
        with reading(self.path) as connection:
            blobs = _Blobs(connection)
            for number, place in numbered:
                row = connection.execute(f"{_SELECT} WHERE seq = ?", (place,)).fetchone()
                if row is None:
                    raise RecordingError(f"{self.path}: has no exchange {number} any more")
                yield _exchange(f"{self.name}#{number}", row, blobs)

    def get(self, number: int) -> Exchange:
        """Return the exchange whose id ends in `#number`; raises `RecordingError` where there is none."""
        with reading(self.path) as connection:
            row = connection.execute(f"{_SELECT} ORDER BY started, seq LIMIT 1 OFFSET ?", (number - 1,)).fetchone()
            if row is None or number < 1:
                raise RecordingError(f"{self.path}: has no exchange {number}, only {len(self)}")
            return _exchange(f"{self.name}#{number}", row, _Blobs(connection))


class _Blobs:
    """Stored bytes by number; header lists, which repeat, are kept once read, and so are the latest short bodies."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._recent: dict[int, bytes] = {}
        self.headers = lru_cache(_LISTS)(self._headers)
        self.answer: Callable[[int | None], bytes | None] = self.data

    def data(self, number: int | None) -> bytes | None:
        if number is None:
            return None
        known = self._recent.get(number)
        return self._kept(number) if known is None else known

    def _kept(self, number: int) -> bytes:
        data = self._read(number)
        if len(data) <= _SHORT:
            if len(self._recent) >= _RECENT:
                del self._recent[next(iter(self._recent))]
            self._recent[number] = data
        return data

    def _read(self, number: int) -> bytes:
        row = self._connection.execute("SELECT digest, zstd, data FROM blob WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise ValueError(f"the body or header list number {number} is missing")
        data = _unpacked(row[2]) if row[1] else bytes(row[2])
        if hashlib.sha256(data).digest() != row[0]:
            raise ValueError(f"the body or header list number {number} has other bytes than were written")
        return data

    def _headers(self, number: int) -> Headers:
        pairs = json.loads(self._read(number) or b"[]")
        return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs)


class _WithoutAnswers(_Blobs):
    """Stored bytes by number, but no answer's body: neither read nor unpacked."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.answer = lambda number: None


def _exchange(identity: str, row: tuple[Any, ...], blobs: _Blobs) -> Exchange:
    (_, started, duration, _, _, status, scheme, peer, user, user_by, start_line, headers, body, framing, raw_head,
     *answer) = row  # fmt: skip
    request = Request(start_line, blobs.headers(headers), blobs.data(body), framing, raw_head)
    response = None if status is None else _response(status, answer, blobs)
    return Exchange(identity, request, response, started, duration, scheme, peer, user, user_by)


def _response(status: int, answer: list[Any], blobs: _Blobs) -> Response:
    version, reason, headers, body, framing, raw_head, complete, size = answer
    pairs, data = blobs.headers(headers), blobs.answer(body)
    return Response(status, reason, pairs, data, version, framing, raw_head, bool(complete), size)


def _text(value: bytes) -> str:
    return value.decode("latin-1")


def _unpacked(data: bytes) -> bytes:
    try:
        return bytes(zstd.decompress(data))
    except zstd.ZstdError as error:
        raise ValueError(f"a stored body cannot be unpacked: {error}") from error


_writers: weakref.WeakSet[ArchiveWriter] = weakref.WeakSet()
_suspended: list[ArchiveWriter] = []
_registered = False


def _suspend_at_fork(writer: ArchiveWriter) -> None:
    """Have a writer suspended whenever this process forks.

    SQLite keeps its locks in the memory of the process: a child that inherits them believes that it holds what its
    parent holds, and each destroys what the other writes.
    """
    global _registered
    if not _registered:
        _registered = True
        os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
    _writers.add(writer)


def _before_fork() -> None:
    for writer in list(_writers):
        writer.suspend()
        _suspended.append(writer)


def _after_fork() -> None:
    while _suspended:
        _suspended.pop().resume()
