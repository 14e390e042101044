"""Removes exchanges from an archive for good: what is kept is written anew, and the old file's bytes are overwritten.

A path and a choice come in; the file under that path is the old one or the new one, whole, at every moment. Copies of
the file, and what a file system or a disk keeps of what was overwritten, are beyond it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from harness.errors import RecordingError
from harness.store.archive import Archive
from harness.store.database import check, is_archive
from harness.store.writer import ArchiveWriter

_BLOCK = 1 << 20
_BESIDE = ("-wal", "-shm", "-journal")
_PATIENCE = 10.0  # seconds that readers are waited for


def purge(path: Path, unwanted: Callable[[Archive], set[int]]) -> int:
    """Remove the exchanges at the places that `unwanted` names; return how many that were.

    Raises `RecordingError` where the file is being written, or there is no room for the new one; then nothing changed.
    """
    check(path)
    part = path.with_name(f"{path.name}.purge")
    # Opened before SQLite locks the file: closing any descriptor of it would undo the lock (SQLite, "How To Corrupt").
    with path.open("r+b") as old, _locked(path) as lock:
        _remove(part)  # of a purge that was killed
        archive = Archive(path)
        places = unwanted(archive)
        if not places:
            return 0
        try:
            _copy(archive, part, places)
            _wait_for_readers(path, lock)
            _durable(part)
            part.replace(path)
            _durable(path.parent)
        except (sqlite3.Error, OSError) as error:
            raise RecordingError(f"{path}: cannot be purged, nothing is changed: {error}") from error
        finally:
            _remove(part)
        _overwrite(old.fileno())
    return len(places)


@contextmanager
def overwriting(path: Path) -> Iterator[None]:
    """Have the block put another file in the place of a recording, then overwrite what stood there, its journals too.

    Raises `RecordingError` where an archive is being written, or its old bytes still have another name (a link).
    """
    with ExitStack() as stack:
        # Opened first, closed last: see `purge`.
        olds = [stack.enter_context(path.open("r+b"))]
        if is_archive(path):
            journals = (path.with_name(path.name + suffix) for suffix in ("-wal", "-journal"))
            olds += [stack.enter_context(each.open("r+b")) for each in journals if each.exists()]
            stack.enter_context(_locked(path))
        yield
        left = [old for old in olds if os.fstat(old.fileno()).st_nlink]
        for old in olds:
            if old not in left:
                _overwrite(old.fileno())
        if left:
            raise RecordingError(f"{path}: what stood there has another name, too (a link): remove it, it is in clear")


@contextmanager
def unused(path: Path) -> Iterator[None]:
    """Have nobody write what stands in a place, if anything; raises `RecordingError` where an archive is written."""
    with ExitStack() as stack:
        if path.exists() and is_archive(path):
            with suppress(sqlite3.DatabaseError):  # nobody can write what is damaged
                stack.enter_context(_locked(path))
        yield


def replace(part: Path, path: Path) -> None:
    """Put a whole file in the place of another that is `unused`.

    The log and the journal that may stand there go first: SQLite plays them into whatever file stands beside them ("How
    To Corrupt An SQLite Database File", section 1.4).
    """
    for suffix in _BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    part.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Let nobody write, and have all of the archive in its one file."""
    with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise RecordingError(f"{path}: is in use; stop what records into it, then try again: {error}") from error
        yield connection


def _copy(archive: Archive, part: Path, unwanted: set[int]) -> None:
    with ArchiveWriter(part, archive.state) as writer:
        for place, exchange in zip(archive.places(), archive, strict=True):
            if place not in unwanted:
                writer.add(exchange)
        for key, value in archive.notes().items():
            writer.note(key, value)


def _wait_for_readers(path: Path, lock: sqlite3.Connection) -> None:
    """Let nobody read either; raises `RecordingError` where somebody still does, or wrote in the moment between."""
    (before,) = lock.execute("PRAGMA data_version").fetchone()
    lock.execute("ROLLBACK")
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        raise RecordingError(f"{path}: somebody reads it; purge when that has ended: {error}") from error
    if lock.execute("PRAGMA data_version").fetchone() != (before,):
        raise RecordingError(f"{path}: somebody wrote into it meanwhile; nothing is changed, purge again")


def _remove(part: Path) -> None:
    for suffix in ("", *_BESIDE):
        part.with_name(part.name + suffix).unlink(missing_ok=True)


def _durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    """Write zeros over a file that has no name any more."""
    size = os.fstat(descriptor).st_size
    for start in range(0, size, _BLOCK):
        os.pwrite(descriptor, bytes(min(_BLOCK, size - start)), start)
    os.fsync(descriptor)
