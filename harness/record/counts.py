"""How complete a recording is: counters that a killed process leaves behind, and the same figures in an archive.

Each recording process counts in memory that it shares with the process that writes; that one adds the figures to the
archive's notes, one for each process that records. Whoever reads an archive asks `completeness`.
"""

from __future__ import annotations

import json
import mmap
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from harness.errors import RecordingError
from harness.store.archive import Archive
from harness.store.database import is_archive

PREFIX, SAMPLE = "counts:", "sample:"


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many exchanges passed a recorder, and what became of them.

    `accepted` finished while recording was on; of these `written` are in the file, `sampled_out` were left out by the
    sample, `aborted` are written but were cut off or never answered. `bodies_dropped` bodies are missing for want of
    room. `killed` processes ended without a word. `refused` and `failed` are known to be lost: there was no room for
    them, or they could not be written.
    """

    accepted: int = 0
    written: int = 0
    sampled_out: int = 0
    aborted: int = 0
    bodies_dropped: int = 0
    killed: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def lost(self) -> int:
        """How many exchanges should be in the file and are not."""
        return max(0, self.accepted - self.written - self.sampled_out)

    @property
    def waiting(self) -> int:
        """How many of these are only on their way, as long as nobody was killed."""
        return max(0, self.lost - self.refused - self.failed)

    def __add__(self, other: Completeness) -> Completeness:
        return Completeness(*(mine + theirs for mine, theirs in zip(_values(self), _values(other), strict=True)))

    def __sub__(self, other: Completeness) -> Completeness:
        return Completeness(*(mine - theirs for mine, theirs in zip(_values(self), _values(other), strict=True)))

    def lines(self) -> Iterator[str]:
        """Yield what a reader must know, a line each: first the sums, then only what is missing."""
        yield f"capture: accepted {self.accepted:,}, written {self.written:,}, lost {self.lost:,}"
        if self.sampled_out:
            yield f"{self.sampled_out:,} left out by sampling"
        if self.bodies_dropped:
            yield f"{self.bodies_dropped:,} bodies not kept: too long, or no room in memory or on the disk"
        if self.aborted:
            yield f"{self.aborted:,} cut off or never answered"
        if self.killed:
            yield f"{self.killed:,} recording processes were killed; what they had not handed on is lost"


NAMES = tuple(field.name for field in fields(Completeness))


def _values(counts: Completeness) -> list[int]:
    return [getattr(counts, name) for name in NAMES]


class Counters:
    """The same figures while they grow, in memory that can be shared by its descriptor.

    Each figure has one process that changes it, and in that one thread at a time. Beside them stand the figures at the
    beginning of the file that is written now, and a name for whose they are.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self.descriptor = _memory() if descriptor is None else descriptor
        self._map = mmap.mmap(self.descriptor, mmap.PAGESIZE)
        self._words = memoryview(self._map).cast("Q")
        if descriptor is None:
            self._words[2 * _SIZE] = os.getpid()
            self._words[2 * _SIZE + 1] = time.time_ns()

    @property
    def name(self) -> str:
        """A name of the process that records, and of no other."""
        return f"{self._words[2 * _SIZE]}-{self._words[2 * _SIZE + 1]}"

    def add(self, name: str, number: int = 1) -> None:
        """Count."""
        self._words[_PLACE[name]] += number

    def get(self, name: str) -> int:
        """Return one figure."""
        return self._words[_PLACE[name]]

    def read(self) -> Completeness:
        """Return all figures as they are now."""
        return Completeness(*self._words[:_SIZE])

    def of_file(self) -> Completeness:
        """Return the figures of the file that is written now."""
        return self.read() - Completeness(*self._words[_SIZE : 2 * _SIZE])

    def next_file(self) -> None:
        """Begin the figures of another file; what is on its way will be in that."""
        now = self.read()
        begun = replace(now, accepted=now.accepted - now.waiting)
        for place, value in enumerate(_values(begun), _SIZE):
            self._words[place] = value

    def close(self) -> None:
        """Give back the memory; another process that has it keeps it."""
        self._words.release()
        self._map.close()
        os.close(self.descriptor)


_SIZE = len(NAMES)
_PLACE = {name: place for place, name in enumerate(NAMES)}


def _memory() -> int:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("harness-counts")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, mmap.PAGESIZE)
    return descriptor


def encoded(counts: Completeness, recording: bool) -> str:
    """Return the row of a process that records."""
    return json.dumps({**asdict(counts), "recording": recording})


def _noted(path: Path, prefix: str) -> list[dict[str, object]]:
    """Return what recorders noted in an archive; nothing for a file that is none."""
    if not path.is_file() or not is_archive(path):
        return []
    return [json.loads(value) for key, value in sorted(Archive(path).notes().items()) if key.startswith(prefix)]


def completeness(path: Path) -> Completeness | None:
    """Return how complete the capture in an archive is; None where nobody counted (an import, a cassette).

    Raises RecordingError where the figures cannot be read.
    """
    return _sum(_noted(path, PREFIX), path)


def sampling(path: Path) -> list[dict[str, object]]:
    """Return the samples an archive was taken by, empty where all was kept.

    Each has `sample` (the share of sessions kept), `rare` (how many of an endpoint are kept each hour regardless) and
    `seen` (how many passed of each endpoint): the figures to scale by.
    """
    return _noted(path, SAMPLE)


def _sum(found: Iterable[Mapping[str, object]], path: Path) -> Completeness | None:
    total = None
    for row in found:
        try:
            one = Completeness(*(int(str(row.get(name, 0))) for name in NAMES))
        except ValueError as error:
            raise RecordingError(f"{path}: its counts cannot be read: {error}") from error
        total = one if total is None else total + one
    return total
