"""The pages of a SQLite file that an application writes, followed without taking a lock or touching the file.

A database that others have open comes in, in whatever journal mode; out go the pages that changed, and a private copy
that is brought up to date with them. What the pages mean is in `btree`, the rows are read in `sqlite`.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from harness.state.btree import MAGIC, Layout, Malformed, layout

COMPANIONS = ("-wal", "-shm", "-journal")
CHUNK = 1 << 20  # bytes compared at once: a multiple of every page size
WAL_HEADER, FRAME_HEADER = 32, 24
JOURNAL_HEADER = 28  # bytes; zeros when its transaction is over, its magic alone is zero while it is not synced (3)
Signature = tuple[object, ...]


class Unfinished(Exception):
    """A transaction is under way in the file (or was never ended): it says nothing definite yet."""


def is_database(path: Path) -> bool:
    """Whether it is a file, and begins as SQLite's do; a pipe is not opened, which would wait for its other end."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def signature(path: Path) -> Signature:
    """Return what moves with each committed transaction, without a lock.

    The change counter does it in the rollback modes (file format 1.3.6), the start of the shared memory (its own change
    counter) with a write-ahead log; sizes, times and inodes for what replaces, empties or removes the files.
    """
    return (
        _facts(path),
        _read(path, 24, 4),
        _facts(_with(path, "-wal")),
        _read(_with(path, "-shm"), 8, 16),
        _read(_with(path, "-journal"), 0, JOURNAL_HEADER),
    )


def _with(path: Path, suffix: str) -> str:
    return f"{path}{suffix}"


def _facts(path: Path | str) -> tuple[int, int, int] | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _read(path: Path | str, start: int, size: int) -> bytes:
    """Return what stands at a place of a file; nothing where it cannot be read, or has no places: a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would be waited for
    except OSError:
        return b""
    try:
        return os.pread(descriptor, size, start)
    except OSError as error:
        if error.errno == errno.ESPIPE:
            return b""
        raise
    finally:
        os.close(descriptor)


class Change(NamedTuple):
    """Pages that became others, by number; how large a page is, and the file then (bytes)."""

    pages: Mapping[int, bytes]
    size: int
    length: int


@dataclass
class _Log:
    """How far a write-ahead log was read: which log (its salts), up to where, what pages it holds, how large it left
    the database (in pages; 0: it says nothing).
    """

    salts: bytes = b""
    end: int = WAL_HEADER
    pages: set[int] = field(default_factory=set)
    count: int = 0


class Mirror:
    """A private copy of one database file, always as a plain file in rollback mode, so that anybody may open it."""

    def __init__(self, live: Path, copy: Path, start: Path | None) -> None:
        """`copy` begins as the file `start` (None: as an empty database)."""
        self.live, self.path = live, copy
        copy.parent.mkdir(parents=True, exist_ok=True)
        if start is None:
            copy.write_bytes(b"")
        else:
            shutil.copyfile(start, copy)
            size = self.layout().size
            self._write(Change({1: _plain(self.page(1, size))}, size, 0))
        self._log = _Log()
        self._facts: tuple[int, int, int] | None = None

    def layout(self) -> Layout:
        """Return the form of the copy. Raises Malformed."""
        return layout(_read(self.path, 0, 100))

    @property
    def length(self) -> int:
        """The size of the copy in bytes."""
        return self.path.stat().st_size

    def page(self, number: int, size: int) -> bytes:
        """Return a page of the copy."""
        return _read(self.path, (number - 1) * size, size)

    def changed(self) -> Change:
        """Return what makes the live file of the copy; the next call expects that it was applied.

        Raises Unfinished while a transaction is under way, and Malformed for what is no database.
        """
        header = _read(self.live, 0, 100)
        if not header:
            return Change({}, 0, 0)
        if any(_read(_with(self.live, "-journal"), 0, JOURNAL_HEADER)):
            raise Unfinished(f"{self.live.name}-journal")
        size = layout(header).size
        pages, log = self._logged(size)
        count = log.count or self.live.stat().st_size // size
        if not count:
            raise Malformed("it ends within its first page")
        facts = _facts(self.live)
        if not log.pages or facts != self._facts:  # with a log, the file itself moves at checkpoints only
            pages.update(self._moved(size, log.pages, count))
        self._log, self._facts = log, facts
        if 1 in pages:
            pages[1] = _plain(pages[1])
            if pages[1] == self.page(1, size):
                del pages[1]
        return Change({number: page for number, page in pages.items() if number <= count}, size, count * size)

    def undo(self, change: Change) -> Change:
        """Return what takes `change` back, which must not have been applied yet."""
        size, length = change.size, self.length
        last = -(-length // size) if size else 0
        numbers = {number for number in change.pages if number <= last}
        numbers.update(range(change.length // size + 1, last + 1) if size else ())
        if not size and length:
            return Change({1: _read(self.path, 0, length)}, length, length)
        return Change({number: self.page(number, size) for number in numbers}, size, length)

    def _logged(self, size: int) -> tuple[dict[int, bytes], _Log]:
        """Read what was committed to the write-ahead log (file format 4) since we last looked."""
        try:
            file = open(_with(self.live, "-wal"), "rb")  # noqa: SIM115 - closed below
        except OSError:
            return {}, _Log()
        with file:
            header = file.read(WAL_HEADER)
            if len(header) < WAL_HEADER or struct.unpack_from(">I", header, 8)[0] != size:
                return {}, _Log()
            salts = header[16:24]
            log = self._log if self._log.salts == salts else _Log(salts)
            return _read_frames(file.fileno(), size, log)

    def _moved(self, size: int, logged: set[int], count: int) -> dict[int, bytes]:
        """Compare the file itself, but for the pages whose newest content stands in the log."""
        found: dict[int, bytes] = {}
        ours, theirs = os.open(self.path, os.O_RDONLY), os.open(self.live, os.O_RDONLY)
        try:
            for start in range(0, count * size, CHUNK):
                old, new = os.pread(ours, CHUNK, start), os.pread(theirs, CHUNK, start)
                if old == new:
                    continue
                for at in range(0, len(new), size):
                    number = (start + at) // size + 1
                    page = new[at : at + size]
                    if page != old[at : at + size] and number not in logged:
                        found[number] = page
        finally:
            os.close(ours)
            os.close(theirs)
        return found

    def apply(self, change: Change) -> None:
        """Write the changed pages to the copy."""
        self._write(change)
        os.truncate(self.path, change.length)

    def _write(self, change: Change) -> None:
        descriptor = os.open(self.path, os.O_WRONLY)
        try:
            for number, page in change.pages.items():
                os.pwrite(descriptor, page, (number - 1) * change.size)
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Remove the copy."""
        self.path.unlink(missing_ok=True)


def _read_frames(descriptor: int, size: int, log: _Log) -> tuple[dict[int, bytes], _Log]:
    """Read the committed frames after `log.end`; the last of a transaction says how large the database is then."""
    pages: dict[int, bytes] = {}
    waiting: dict[int, bytes] = {}
    held, end, count, at = set(log.pages), log.end, log.count, log.end
    while len(frame := os.pread(descriptor, FRAME_HEADER + size, at)) == FRAME_HEADER + size:
        number, commit = struct.unpack_from(">II", frame)
        if frame[8:16] != log.salts:
            break
        at += len(frame)
        waiting[number] = frame[FRAME_HEADER:]
        if commit:
            pages.update(waiting)
            held.update(waiting)
            waiting.clear()
            end, count = at, commit
    return pages, _Log(log.salts, end, held, count)


def _plain(page: bytes) -> bytes:
    """Return page 1 in rollback mode (file format 1.3.3), so that the copy needs no log."""
    return page[:18] + b"\x01\x01" + page[20:]
