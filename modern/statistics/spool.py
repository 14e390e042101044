"""What workers write and the import reads: one line a download, in files of a folder, bounded; nothing here ever
fails a download.

Each process has a file of its own and holds its lock; whoever gets the lock knows that nobody will write any more. What
could not be written is counted in a second file, whose place on the disk is taken beforehand: a full disk loses lines,
never the knowledge of how many and since when.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from .events import Event, write_event

SEGMENT = 4 * 1024 * 1024  # bytes of one file
MOST = 256 * 1024 * 1024  # bytes of all files that nobody has read yet
LINES, LOSSES, NEW = ".lines", ".losses", ".new"
ROOM = 4096  # bytes that losses are noted in
REMEMBERED = 20  # gaps that are told apart; older ones are joined
PAUSE = 10.0  # seconds between attempts to begin a file
_log = logging.getLogger(__name__)


class Gap(NamedTuple):
    """Downloads that were not recorded, between two of which none was."""

    since: float
    last: float  # the last one that was lost
    lost: int
    open: bool = False  # whether it still goes on


class Recorder:
    """Writes downloads down, for all threads of a process; forked children begin files of their own."""

    def __init__(self, folder: str, *, segment: int = SEGMENT, most: int = MOST) -> None:
        self._folder = Path(folder)
        self._sizes = segment, most
        self._lock = Lock()
        self._process, self._files = os.getpid(), _Files(self._folder, *self._sizes)

    @property
    def broken_since(self) -> float | None:
        """Since when downloads are lost; None while they are not."""
        gaps = self._files.gaps
        return gaps[-1].since if gaps and gaps[-1].open else None

    def record(self, path: str, size: int, address: str, agent: str) -> None:
        """Append one download. Raises nothing: what cannot be written is counted as lost."""
        now = time.time()
        with self._lock:
            if self._process != os.getpid():
                self._files.close()  # the parent's go on with their lock
                self._process, self._files = os.getpid(), _Files(self._folder, *self._sizes)
            files = self._files
            try:
                files.write(Event(files.next_id(), now, path, size, address, agent, "index"))
            except (OSError, ValueError) as error:
                files.lose(now, error)

    def close(self) -> None:
        """End the files."""
        with self._lock:
            self._files.close()


class _Files:
    """Those of one process: what it writes, and the note of what it lost."""

    def __init__(self, folder: Path, segment: int, most: int) -> None:
        self._folder, self._segment, self._most = folder, segment, most
        self._name = f"{int(time.time()):08x}{os.urandom(8).hex()}"  # `begun` reads it
        self._number = self._written = self._begun = 0
        self._lines: int | None = None
        self._losses: int | None = None
        self._torn = False
        self._not_before = 0.0
        self.gaps: list[Gap] = []
        with suppress(OSError):  # tried again with the first line
            self._begin_losses()

    def next_id(self) -> str:
        """An id that no other download has."""
        self._number += 1
        return f"{self._name}{self._number:012x}"

    def write(self, event: Event) -> None:
        """Append a line. Raises OSError, ValueError."""
        line = write_event(event)
        descriptor = self._room(event.seconds)
        if self._torn:  # what a full disk left of a line
            line = b"\n" + line
        written = os.write(descriptor, line)
        self._torn = written < len(line)
        self._written += written
        if self._torn:
            raise OSError(f"{written} of {len(line)} bytes were written")
        if self.gaps and self.gaps[-1].open:
            self.gaps[-1] = self.gaps[-1]._replace(open=False)
            self._note_gaps()

    def lose(self, now: float, error: Exception) -> None:
        """Count a download that could not be written."""
        if self.gaps and self.gaps[-1].open:
            last = self.gaps[-1]
            self.gaps[-1] = Gap(last.since, now, last.lost + 1, open=True)
        else:
            _log.error("downloads are not recorded: %s", error)
            self.gaps.append(Gap(now, now, 1, open=True))
            if len(self.gaps) > REMEMBERED:
                first, second = self.gaps[:2]
                self.gaps[:2] = [Gap(first.since, second.last, first.lost + second.lost)]
        self._note_gaps()

    def close(self) -> None:
        """Close both."""
        for descriptor in (self._lines, self._losses):
            if descriptor is not None:
                os.close(descriptor)
        self._lines = self._losses = None

    def _room(self, now: float) -> int:
        """The file to write to, a new one where there is none or the last one is full."""
        if self._lines is not None and self._written < self._segment:
            return self._lines
        if now < self._not_before:
            raise OSError("no new file yet")
        self._not_before = now + PAUSE
        self._begin_losses()
        if self._lines is not None:
            os.close(self._lines)
            self._lines = None
        if (waiting := spooled(self._folder)) >= self._most:
            raise OSError(f"{self._folder}: {waiting} bytes wait for `statistics update`, more are not kept")
        self._begun += 1
        self._lines = descriptor = _create(self._folder / f"{self._name}-{self._begun:06d}{LINES}", os.O_APPEND)
        self._written, self._torn, self._not_before = 0, False, 0.0
        return descriptor

    def _begin_losses(self) -> None:
        if self._losses is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._losses = _create(self._folder / (self._name + LOSSES), room=ROOM)
            self._note_gaps()

    def _note_gaps(self) -> None:
        if self._losses is not None:
            note = json.dumps(self.gaps).encode().ljust(ROOM)
            with suppress(OSError):  # its place on the disk is taken; what may still fail must not fail a download
                os.pwrite(self._losses, note, 0)


def _create(path: Path, flags: int = 0, room: int = 0) -> int:
    """A new file that we hold the lock of, with so many bytes of the disk; its name appears when it is locked."""
    hidden = path.with_name(path.name + NEW)
    descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | flags, 0o640)
    try:
        if room:
            os.posix_fallocate(descriptor, 0, room)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.rename(hidden, path)
    except BaseException:
        os.close(descriptor)
        os.unlink(hidden)
        raise
    return descriptor


def spooled(folder: Path) -> int:
    """Bytes of lines that wait."""
    with os.scandir(folder) as entries:
        return sum(entry.stat().st_size for entry in entries if entry.name.endswith(LINES))


class Segment(NamedTuple):
    """A file of lines as it was found: whole ones, and whether its writer is gone, so that it can go as well."""

    path: Path
    lines: list[bytes]
    finished: bool

    @property
    def process(self) -> str:
        """The name of who wrote it."""
        return self.path.name.partition("-")[0]


def begun(process: str) -> float | None:
    """When a process began to record, by its name; None where an earlier version gave that."""
    return float(int(process[:8], 16)) if re.fullmatch("[0-9a-f]{24}", process) else None


def segments(folder: Path) -> Iterator[Segment]:
    """Give the files of lines, the oldest process' first. A last line that is being written is left for later."""
    for path in sorted(folder.glob("*" + LINES)):
        with suppress(FileNotFoundError), path.open("rb") as source:
            finished = _is_free(source.fileno())
            lines = source.read().split(b"\n")
            last = lines.pop()
            yield Segment(path, [*lines, last] if finished and last else lines, finished)


class Losses(NamedTuple):
    """What one process could not write, and whether it lives."""

    path: Path
    process: str
    gaps: list[Gap]
    alive: bool


def losses(folder: Path) -> list[Losses]:
    """What each process lost; none of a process that is gone is open."""
    found = []
    for path in sorted(folder.glob("*" + LOSSES)):
        with suppress(FileNotFoundError), path.open("rb") as source:
            alive = not _is_free(source.fileno())
            try:
                gaps = [Gap(*gap) for gap in json.loads(source.read())]
            except (ValueError, TypeError):  # just begun, or its writer died at that
                gaps = []
            gaps = [gap._replace(open=gap.open and alive) for gap in gaps]
            found.append(Losses(path, path.stem, gaps, alive))
    return found


def _is_free(descriptor: int) -> bool:
    """Whether nobody holds the lock of a file; then we do, until it is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
