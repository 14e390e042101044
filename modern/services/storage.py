"""Where files are: paths and bytes in; files that appear and go whole out. Here on disk, in `objects` elsewhere.

On disk a file appears together with its row or not at all, whoever is killed in between, by the protocol that the old
code keeps as well: before a file takes its place a note of that place is written below `.incoming` and locked, and it
goes when the row is committed. A note that nobody holds is of a process that died: what it names goes too, unless the
database has the row. Files that are removed with their rows are noted alike: so they go, whoever is killed after that.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, NamedTuple, Protocol

FOLDER, PART = ".incoming", ".part"
BEGINNING = 60  # seconds that a note may be empty: somebody is about to write it
ATTEMPTS = 5
CHUNK = 64 * 1024
NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)  # how the system says that there is none, nor could be
_log = logging.getLogger(__name__)

HasRow = Callable[[str], bool]


class StoreUnavailable(Exception):
    """The store cannot be reached, or answers with an error."""


class Stat(NamedTuple):
    """What validators of a stored file are made of."""

    size: int
    mtime_ns: int


class Placed(Protocol):
    """Files that wait for their transaction, to stay or to go with it."""

    def settle(self) -> None:
        """It is committed: those that came stay, those that were to go are gone."""

    def undo(self) -> None:
        """It is dropped: the other way round."""

    def abandon(self) -> None:
        """Nobody knows, since the commit failed: whoever looks next asks the database."""


class FileStore(Protocol):
    """A store of files by relative path. Paths come from rows or from URLs: none leads out of the store."""

    def place(self, files: Mapping[str, bytes], seconds: int, has_row: HasRow) -> Placed:
        """Store files, dated `seconds` since the epoch; readers never see half of one."""

    def condemn(self, paths: Iterable[str]) -> Placed:
        """Have files go with their rows, all of one transaction; those that are not there are no error."""

    def stat(self, path: str) -> Stat | None:
        """Size and time of a file; None where there is none."""

    def read(self, path: str, start: int, end: int) -> Iterator[bytes]:
        """Give the bytes from start to end in pieces."""

    def replace_folder(self, folder: str, archive: zipfile.ZipFile) -> None:
        """Put the members of a zip in place of a folder, whatever their names say inside of it."""


def inside(path: str) -> bool:
    """Whether a relative path stays below its root, and is no note."""
    parts = path.split("/")
    return parts[0] != FOLDER and all(part not in ("", ".", "..") and "\0" not in part for part in parts)


def moved(source: str, place: str) -> bool:
    """Rename a folder; False where another is in its place. Raises OSError."""
    try:
        os.rename(source, place)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        return False
    return True


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
            with suppress(OSError):  # else the note stays, and tells whoever looks next
                note.undo()
            raise
        return note

    def condemn(self, paths: Iterable[str]) -> Condemned:
        """Note files that are to go, with the folders that only they were in."""
        return Condemned(LocalNote(self._root, list(paths)))

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

    def replace_folder(self, folder: str, archive: zipfile.ZipFile) -> None:
        """Unpack a zip beside the folder, then change their places. Raises what zipfile and the disk raise."""
        place = os.path.join(self._root, folder)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=os.path.dirname(place)) as beside:  # no folder has such a name
            fresh, gone = os.path.join(beside, "new"), os.path.join(beside, "old")
            archive.extractall(fresh)  # below the folder: zipfile drops dots and drives of names
            while not moved(fresh, place):
                with suppress(FileNotFoundError):  # another upload was faster
                    os.rename(place, gone)
                shutil.rmtree(gone, ignore_errors=True)

    def _sweep(self, has_row: HasRow) -> None:
        folder = os.path.join(self._root, FOLDER)
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            note = os.path.join(folder, name)
            with unhindered(note, OSError, ValueError), suppress(BlockingIOError, FileNotFoundError):
                self._sweep_note(note, has_row)

    def _sweep_note(self, note: str, has_row: HasRow) -> None:
        with open(note, encoding="utf-8", newline="\n") as file:  # names may hold all else that ends lines
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            paths = noted(file.read())
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
        self._file = os.open(self._name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)  # which lives as long as the note
            os.write(self._file, "\n".join(paths).encode())  # not synced: it is for processes that die, not power cuts
        except BaseException:
            os.close(self._file)
            raise

    def settle(self) -> None:
        """The files stay: the note goes."""
        self._end([])

    def undo(self) -> None:
        """The files go, then the note."""
        self._end(self._paths)

    def abandon(self) -> None:
        """The note stays, unlocked, for the next sweep."""
        os.close(self._file)

    def _end(self, gone: Iterable[str]) -> None:
        try:
            clear(self._root, self._name, gone)
        finally:
            os.close(self._file)


class Condemned:
    """Files that go with their rows: a note of them is followed up like any other, by whether the row is there, and
    ended the other way round.
    """

    def __init__(self, note: Placed) -> None:
        self.settle, self.undo, self.abandon = note.undo, note.settle, note.abandon


def noted(text: str) -> list[str]:
    """Return the paths of a note; none where it is empty."""
    return text.split("\n") if text else []


@contextmanager
def unhindered(note: str, *failures: type[Exception]) -> Iterator[None]:
    """Whatever a note's following up fails with is logged: an upload has nothing to do with the note of another."""
    try:
        yield
    except failures as error:
        _log.warning("the note %s cannot be followed up, and stays: %s", note, error)


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
    """Write one file whole, and return when it is on the disk.

    It is asked for once, under the file's last name: file systems with a journal (ext4, XFS, Btrfs) then keep this name
    and its new folders too. The row, without which nobody reads the file, is committed after.
    """
    target = os.path.join(root, path)
    with part_file(target) as output:
        output.write(content)
        output.flush()
        os.utime(output.fileno(), (seconds, seconds))
        os.replace(target + PART, target)
        os.fsync(output.fileno())


def part_file(target: str, attempts: int = ATTEMPTS) -> IO[bytes]:
    """Open the file that is to take a place, in its folder."""
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        return open(target + PART, "wb")
    except FileNotFoundError:  # somebody has just removed the folder, since it was empty
        if attempts == 1:
            raise
        return part_file(target, attempts - 1)


def remove_files(root: str, paths: Iterable[str]) -> None:
    """Delete files, and the folders that only they were in."""
    for path in paths:
        try:
            os.unlink(os.path.join(root, path))
        except OSError as error:
            if error.errno not in NO_FILE:
                raise
        folder = os.path.dirname(path)
        while folder:
            try:
                os.rmdir(os.path.join(root, folder))
            except OSError:
                break  # not empty
            folder = os.path.dirname(folder)
