"""A store of objects (S3, or whatever else fsspec reaches): the same promises as on disk, by other means.

An object appears whole or not at all. Before files take their places, an object below `.incoming` notes them; it goes
when their rows are committed. A note an hour old is of a process that died, or could not tell how its commit ended:
what it names goes unless the database has the row.
"""

from __future__ import annotations

import os
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import fsspec

from .storage import FOLDER, Condemned, HasRow, Stat, StoreUnavailable, inside, noted, unhindered

PIECE = 4 * 1024 * 1024  # bytes that are asked for at once
OLD, BETWEEN = 3600.0, 600.0  # seconds: the age of a note that nobody waits for; between two looks for such
# Where a scheme's own options are not those of a server that answers people: half a minute, then an error.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 2}}},
}


class ObjectStore:
    """Objects below a URL like s3://bucket/prefix. Access is set up by the environment, as fsspec documents it."""

    def __init__(self, url: str) -> None:
        scheme = url.partition("://")[0]
        options = OPTIONS.get(scheme, {})
        self._files, root = fsspec.core.url_to_fs(url, use_listings_cache=False, **options)
        self._root = root.rstrip("/")
        self._looked = 0.0

    def place(self, files: Mapping[str, bytes], seconds: int, has_row: HasRow) -> ObjectNote:
        """Store files under a note; the store's own clock dates them."""
        self._sweep(has_row)
        note = ObjectNote(self, list(files))
        try:
            for path, content in files.items():
                self.write(path, content)
        except BaseException:
            with suppress(StoreUnavailable):  # else the note stays, and tells whoever looks next
                note.undo()
            raise
        return note

    def condemn(self, paths: Iterable[str]) -> Condemned:
        """Note objects that are to go."""
        return Condemned(ObjectNote(self, list(paths)))

    def write(self, path: str, content: bytes) -> None:
        """Store one object."""
        with available():
            self._files.pipe_file(self._full(path), content)

    def remove(self, paths: Iterable[str]) -> None:
        """Delete objects; those that are not there are no error."""
        for path in paths:
            with suppress(FileNotFoundError), available(FileNotFoundError):
                self._files.rm_file(self._full(path))

    def stat(self, path: str) -> Stat | None:
        """Size and time of an object."""
        if not inside(path):
            return None
        try:
            with available(FileNotFoundError, NotADirectoryError):
                info: dict[str, Any] = self._files.info(self._full(path))
                return Stat(info["size"], int(self._modified(path, info)) * 10**9) if info["type"] == "file" else None
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, path: str, start: int, end: int) -> Iterator[bytes]:
        """Give the bytes in pieces, each asked for by itself: no more of a file is in memory."""
        while start < end:
            wanted = min(PIECE, end - start)
            with available():
                piece: bytes = self._files.cat_file(self._full(path), start=start, end=start + wanted)
            yield piece
            if len(piece) < wanted:  # it ends here
                return
            start += wanted

    def replace_folder(self, folder: str, archive: zipfile.ZipFile) -> None:
        """Store the members of a zip below a folder; then what else was there goes."""
        fresh = {f"{folder}/{name}": member for member in archive.infolist() if (name := member_path(member))}
        for path, member in fresh.items():
            self.write(path, archive.read(member))
        self.remove(path for path in self._below(folder) if path not in fresh)

    def _below(self, folder: str) -> Mapping[str, dict[str, Any]]:
        """{path: what is known} of all objects below a folder."""
        with available():
            found: dict[str, dict[str, Any]] = self._files.find(self._full(folder), detail=True)
        return {name[len(self._full("")) :].lstrip("/"): info for name, info in found.items()}

    def _sweep(self, has_row: HasRow) -> None:
        if time.monotonic() - self._looked < BETWEEN and self._looked:
            return
        self._looked = time.monotonic()
        for note, info in self._below(FOLDER).items():
            with unhindered(note, StoreUnavailable, ValueError), suppress(FileNotFoundError):  # somebody else did it
                self._sweep_note(note, info, has_row)

    def _sweep_note(self, note: str, info: Mapping[str, Any], has_row: HasRow) -> None:
        with available(FileNotFoundError):
            if time.time() - self._modified(note, info) <= OLD:
                return
            paths = noted(self._files.cat_file(self._full(note)).decode())
        self.remove([note] if paths and has_row(paths[0]) else [*paths, note])

    def _modified(self, path: str, info: Mapping[str, Any]) -> float:
        when = info.get("LastModified")
        found: datetime = when if isinstance(when, datetime) else self._files.modified(self._full(path))
        return found.timestamp()

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"


class ObjectNote:
    """The note of objects that wait for their transaction."""

    def __init__(self, store: ObjectStore, paths: list[str]) -> None:
        self._store, self._paths = store, paths
        self._name = f"{FOLDER}/{os.urandom(16).hex()}"
        store.write(self._name, "\n".join(paths).encode())

    def settle(self) -> None:
        """The files stay: the note goes, sooner or later."""
        with suppress(StoreUnavailable):
            self._store.remove([self._name])

    def undo(self) -> None:
        """The files go, then the note."""
        self._store.remove([*self._paths, self._name])

    def abandon(self) -> None:
        """The note stays, for a sweep in an hour."""


@contextmanager
def available(*expected: type[Exception]) -> Iterator[None]:
    """Whatever goes wrong but this is the store's fault. Raises StoreUnavailable."""
    try:
        yield
    except expected:
        raise
    except Exception as error:
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error


def member_path(member: zipfile.ZipInfo) -> str:
    """The path of a zip's member, below wherever it is put; empty for a folder."""
    parts = [part for part in member.filename.split("/") if part not in ("", ".", "..")]
    return "" if member.is_dir() else "/".join(parts)
