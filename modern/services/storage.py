"""Where files are: paths and bytes in; files that appear and go whole out. On local disk, or wherever fsspec reaches.

On disk a file appears together with its row or not at all, whoever is killed in between, by the protocol that the old
code keeps as well: before a file takes its place a note of that place is written below `.incoming` and locked, and it
goes when the row is committed. A note that nobody holds is of a process that died: what it names goes too, unless the
database has the row.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import fsspec

FOLDER, PART = ".incoming", ".part"
BEGINNING = 60  # seconds that a note may be empty: somebody is about to write it
ATTEMPTS = 5
CHUNK = 64 * 1024

HasRow = Callable[[str], bool]


class Stat(NamedTuple):
    """What validators of a stored file are made of."""

    size: int
    mtime_ns: int


class Placed(Protocol):
    """Files that wait for their transaction."""

    def settle(self) -> None:
        """It is committed: they stay."""

    def undo(self) -> None:
        """It is dropped: they go."""

    def abandon(self) -> None:
        """Nobody knows, since the commit failed: whoever looks next asks the database."""


class FileStore(Protocol):
    """A store of files by relative path. Paths come from rows or from URLs: none leads out of the store."""

    def place(self, files: Mapping[str, bytes], seconds: int, has_row: HasRow) -> Placed:
        """Store files, dated `seconds` since the epoch; readers never see half of one."""

    def remove(self, paths: Iterable[str]) -> None:
        """Delete files; those that are not there are no error."""

    def stat(self, path: str) -> Stat | None:
        """Size and time of a file; None where there is none."""

    def read(self, path: str, start: int, end: int) -> Iterator[bytes]:
        """Give the bytes from start to end in pieces."""


def file_store(location: str) -> FileStore:
    """Return the store at a folder or at a URL with a scheme (s3://bucket/prefix)."""
    return RemoteStore(location) if "://" in location else LocalStore(location)


def inside(path: str) -> bool:
    """Whether a relative path stays below its root."""
    return all(part not in ("", ".", "..") and "\0" not in part for part in path.split("/"))


class LocalStore:
    """A folder on disk."""

    def __init__(self, root: str) -> None:
        self._root = root

    def place(self, files: Mapping[str, bytes], seconds: int, has_row: HasRow) -> LocalNote:
        """Store files under a note; clears up after dead processes by the way."""
        self._sweep(has_row)
        note = LocalNote(self._root, list(files))
        try:
            for path, content in files.items():
                write_file(self._root, path, content, seconds)
        except BaseException:
            note.undo()
            raise
        return note

    def remove(self, paths: Iterable[str]) -> None:
        """Delete files, and the folders that only they were in."""
        remove_files(self._root, paths)

    def stat(self, path: str) -> Stat | None:
        """Size and time of a regular file that is really inside the folder."""
        if not self._root or not inside(path):
            return None
        full = os.path.join(self._root, path)
        if not os.path.realpath(full).startswith(os.path.realpath(self._root) + os.sep) or not os.path.isfile(full):
            return None
        found = os.stat(full)
        return Stat(found.st_size, found.st_mtime_ns)

    def read(self, path: str, start: int, end: int) -> Iterator[bytes]:
        """Give the bytes in pieces."""
        with open(os.path.join(self._root, path), "rb") as source:
            yield from pieces(source, start, end)

    def _sweep(self, has_row: HasRow) -> None:
        folder = os.path.join(self._root, FOLDER)
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            with suppress(BlockingIOError, FileNotFoundError):
                self._sweep_note(os.path.join(folder, name), has_row)

    def _sweep_note(self, note: str, has_row: HasRow) -> None:
        with open(note, encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            paths = file.read().splitlines()
            if paths:
                clear(self._root, note, [] if has_row(paths[0]) else paths)
            elif time.time() - os.fstat(file.fileno()).st_mtime > BEGINNING:
                clear(self._root, note, [])


class LocalNote:
    """The locked note of files that wait for their transaction."""

    def __init__(self, root: str, paths: list[str]) -> None:
        self._root, self._paths = root, paths
        folder = os.path.join(root, FOLDER)
        os.makedirs(folder, exist_ok=True)
        self._name = os.path.join(folder, os.urandom(16).hex())
        self._file = open(self._name, "w", encoding="utf-8")  # noqa: SIM115  # its lock lives as long as the note
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.write("\n".join(paths))
        self._file.flush()  # not synced: it is for processes that die, and after a power cut nothing waits

    def settle(self) -> None:
        """The files stay: the note goes."""
        os.unlink(self._name)
        self._file.close()

    def undo(self) -> None:
        """The files go, then the note."""
        clear(self._root, self._name, self._paths)
        self._file.close()

    def abandon(self) -> None:
        """The note stays, unlocked, for the next sweep."""
        self._file.close()


class RemoteStore:
    """Whatever fsspec reaches: objects that appear whole when their last byte was taken."""

    def __init__(self, url: str) -> None:
        self._files, root = fsspec.core.url_to_fs(url)
        self._root = root.rstrip("/")

    def place(self, files: Mapping[str, bytes], seconds: int, has_row: HasRow) -> RemoteNote:
        """Store files; the store's own clock dates them."""
        for path, content in files.items():
            self._files.pipe_file(self._full(path), content)
        return RemoteNote(self, list(files))

    def remove(self, paths: Iterable[str]) -> None:
        """Delete objects."""
        for path in paths:
            with suppress(FileNotFoundError):
                self._files.rm_file(self._full(path))

    def stat(self, path: str) -> Stat | None:
        """Size and time of an object."""
        if not inside(path):
            return None
        try:
            info: dict[str, Any] = self._files.info(self._full(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        if info["type"] != "file":
            return None
        return Stat(info["size"], int(self._files.modified(self._full(path)).timestamp()) * 10**9)

    def read(self, path: str, start: int, end: int) -> Iterator[bytes]:
        """Give the bytes in pieces."""
        with self._files.open(self._full(path), "rb") as source:
            yield from pieces(source, start, end)

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"


class RemoteNote:
    """Objects that wait for their transaction. Their names are never used twice: one left by a dead process is
    unknown to the database, and harmless.
    """

    def __init__(self, store: RemoteStore, paths: list[str]) -> None:
        self._store, self._paths = store, paths

    def settle(self) -> None:
        """They stay."""

    def undo(self) -> None:
        """They go."""
        self._store.remove(self._paths)

    def abandon(self) -> None:
        """They stay: perhaps there are rows of them."""


def pieces(source: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    """Give the bytes of an open file from start to end."""
    source.seek(start)
    while start < end and (chunk := source.read(min(CHUNK, end - start))):
        start += len(chunk)
        yield chunk


def clear(root: str, note: str, paths: Iterable[str]) -> None:
    """Remove files, with what was written of them, and the note of them."""
    remove_files(root, [name for path in paths for name in (path, path + PART)])
    with suppress(FileNotFoundError):
        os.unlink(note)


def write_file(root: str, path: str, content: bytes, seconds: int) -> None:
    """Write one file and make sure that it is on the disk before its name appears."""
    target = Path(root, path)
    part = target.with_name(target.name + PART)
    for attempt in range(ATTEMPTS):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(part, "wb") as output:
                output.write(content)
                output.flush()
                os.fsync(output.fileno())
            break
        except FileNotFoundError:  # somebody has just removed the folder, since it was empty
            if attempt == ATTEMPTS - 1:
                raise
    os.utime(part, (seconds, seconds))
    os.replace(part, target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_files(root: str, paths: Iterable[str]) -> None:
    """Delete files, and the folders that only they were in."""
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(os.path.join(root, path))
        folder = os.path.dirname(path)
        while folder:
            try:
                os.rmdir(os.path.join(root, folder))
            except OSError:
                break  # not empty
            folder = os.path.dirname(folder)
