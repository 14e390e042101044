"""What is replayed: a recording yields exchanges in time order, has a name, and names the state it starts from.

Paths of archives, cassettes and folders of them come in, recordings go out. What cannot be read is an error and never
an empty recording. The formats themselves are in `archive` and `cassette`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from harness.errors import RecordingError
from harness.exchange import Exchange
from harness.store.archive import Archive, ArchiveWriter
from harness.store.cassette import SUFFIXES, Cassette, CassetteWriter, load_document, looks_like_cassette
from harness.store.database import is_archive
from harness.store.purge import replace, unused

_CASSETTE = re.compile(rb"^(?:interactions|harness):", re.MULTILINE)


class Recording(Protocol):
    """Exchanges in time order. `name` begins their ids; `state` is the named starting state, None where unnamed."""

    @property
    def name(self) -> str:
        """The file's name, with as many of its folders as tell it from the others."""

    @property
    def state(self) -> str | None:
        """The named starting state, or None."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Exchange]: ...


class Writer(Protocol):
    """Where exchanges are written: an archive or a cassette."""

    count: int

    def open(self) -> None:
        """Open the file, so that what hinders it shows now."""

    def add(self, exchange: Exchange) -> None:
        """Append one exchange."""

    def flush(self) -> None:
        """Make durable what was added."""

    def close(self) -> None:
        """Finish the file."""

    def abandon(self) -> None:
        """After an error, forget what could not be made durable; `count` no longer includes it."""

    def discard(self) -> None:
        """Remove what was written and not finished; nothing where the file is finished."""


def open_recordings(paths: Sequence[Path], empty: bool = False) -> list[Recording]:
    """Open archives, cassettes, and folders of both, in the order given, sorted within a folder.

    `empty`: also those that are whole and hold nothing, as a purge may leave them. Other files in a folder are passed
    over, damaged ones are not. Raises `RecordingError` naming file and reason for what is missing, empty, truncated or
    foreign, and for a folder without any recording.
    """
    files = list(dict.fromkeys(file for path in paths for file in _files(path)))
    return [open_as(file, name, empty) for file, name in zip(files, distinct_names(files), strict=True)]


def writer_for(path: Path, state: str | None = None) -> Writer:
    """Return the writer that the name of a file asks for: a cassette for .yaml, .yml and .json, else an archive.

    Raises `RecordingError` where something else than a file is in that place.
    """
    check_replaceable(path)
    return CassetteWriter(path, state) if path.suffix in SUFFIXES else ArchiveWriter(path, state)


@contextmanager
def replacing(
    path: Path, state: str | None = None, make: Callable[[Path], Writer] | None = None, held: bool = False
) -> Iterator[Writer]:
    """Write a file anew: it takes the place of an earlier one when all is written; after an error nothing is left.

    `make` makes the writer of another file that has the content; without it the name tells which writer is meant. An
    archive into which somebody records is refused, unless the caller holds it (`held`) and so knows that nobody does. A
    link stays one, to the new file.
    """
    check_replaceable(path)
    path = path.resolve() if path.is_symlink() else path
    part = path if path.suffix in SUFFIXES and make is None else path.with_name(path.name + ".part")
    if not path.parent.is_dir():
        raise RecordingError(f"{path}: cannot be written: there is no folder {path.parent}")
    if part != path:
        part.unlink(missing_ok=True)
    alone = nullcontext if held or part == path else unused
    with alone(path):
        pass  # what hinders it shows now, and again when hours may have gone by
    writer = make(part) if make else writer_for(part, state)
    try:
        writer.open()
        yield writer
        writer.close()
        with alone(path):
            if part != path:
                replace(part, path)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        writer.discard()
        if part != path:  # also what a writer could not even begin
            part.unlink(missing_ok=True)


def check_replaceable(path: Path) -> None:
    """Refuse a place that holds something else than a file: a folder, or a device, which a rename would destroy."""
    if path.exists() and not path.is_file():
        raise RecordingError(f"{path}: is no file that a recording may take the place of; give another name")


def distinct_names(files: Sequence[Path]) -> list[str]:
    """Return for each file its name, preceded by as many of its folders as make the names differ."""
    depth = dict.fromkeys(files, 1)
    for _ in range(max((len(file.parts) for file in files), default=0)):
        names = {file: "/".join(file.parts[-depth[file] :]) for file in depth}
        shared = {name for name, count in Counter(names.values()).items() if count > 1}
        if not shared:
            break
        depth = {file: depth[file] + (names[file] in shared) for file in depth}
    return [names[file] for file in files]


def open_as(file: Path, name: str, empty: bool = False) -> Recording:
    """Open an archive or a cassette under a name; raises what `open_recordings` raises."""
    recording: Recording = Cassette(file, name) if file.suffix in SUFFIXES else Archive(file, name)
    if not len(recording) and not empty:
        raise RecordingError(f"{file}: holds no exchange")
    return recording


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise RecordingError(f"{path}: no such file or folder")
    if not path.is_dir():
        return [path]
    try:
        found = [file for file in sorted(path.rglob("*")) if not _is_hidden(file, path) and is_recording(file)]
    except OSError as error:
        raise RecordingError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error
    if not found:
        raise RecordingError(f"{path}: a folder without any recording (archives, or cassettes in YAML or JSON)")
    return found


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def is_recording(file: Path) -> bool:
    """Tell recordings, also damaged ones, from the other files of a folder."""
    if not file.is_file():
        return False
    if file.suffix in SUFFIXES:
        # Most cassettes show what they are without being parsed twice.
        return bool(_CASSETTE.search(file.read_bytes())) or looks_like_cassette(load_document(file))
    return file.suffix == ".archive" or is_archive(file)
