"""Recordings that begin a new file by time or size, and forget the oldest: `day-%Y%m%d-%H.archive`, `--keep 7`.

A writer like any other: exchanges come in, each goes whole into one file. The name of the file follows from the clock
and from what stands on the disk, so that several processes that record agree on it without speaking to each other.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange
from harness.recording import check_replaceable
from harness.store.archive import ArchiveWriter
from harness.store.cassette import SUFFIXES
from harness.store.database import is_archive

_LOOK = 1.0  # seconds between looks at the clock and the size
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_FIELD = re.compile(r"%(.)")
_WRITTEN = {
    **dict.fromkeys("YG", r"\d{4}"), **dict.fromkeys("mdHIMSyCgUVW", r"\d{2}"), **dict.fromkeys("ekl", r"[ \d]\d"),
    **dict.fromkeys("uw", r"\d"), "j": r"\d{3}", "s": r"\d+", "f": r"\d{6}", "z": r"[-+]\d{4}", "%": "%",
    **dict.fromkeys("aAbBhpPZ", r"[^\W\d_]+"), "F": r"\d{4}-\d{2}-\d{2}", "R": r"\d{2}:\d{2}",
    "T": r"\d{2}:\d{2}:\d{2}",
}  # fmt: skip
"""What each field of a name is written as (strftime); a name with another is never taken for ours."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """When a new file begins, and how many stay: bytes, seconds, files. None: never, all."""

    size: int | None = None
    age: float | None = None
    keep: int | None = None

    def wanted(self, path: Path) -> bool:
        """Tell whether anything is to be rotated: by these limits, or by a name that tells the time."""
        return self.size is not None or self.age is not None or "%" in path.name


def parse_size(text: str) -> int:
    """Read `500M`, `1G` as bytes. Raises UsageError."""
    found = re.fullmatch(r"(\d+)([kmgt]?)b?", text.strip().lower())
    if not found or not int(found[1]):
        raise UsageError(f"{text!r} is no size: give a number with K, M or G, like 500M")
    return int(found[1]) * _UNITS[found[2]]


def parse_age(text: str) -> float:
    """Read `30m`, `24h`, `7d` as seconds. Raises UsageError."""
    found = re.fullmatch(r"(\d+)([smhd]?)", text.strip().lower())
    if not found or not int(found[1]):
        raise UsageError(f"{text!r} is no age: give a number with s, m, h or d, like 24h")
    return float(int(found[1]) * _SECONDS[found[2]])


class RotatingWriter:
    """Write into the file that the rotation names, the next one when its time has come or it is full."""

    def __init__(
        self, pattern: Path, rotation: Rotation, state: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        if pattern.suffix in SUFFIXES:
            raise UsageError(f"{pattern}: a cassette is written as one file; give an archive to rotate")
        self.count = 0
        self._fresh = 0
        self._pattern, self._rotation, self._state, self._clock = pattern, rotation, state, clock
        self._writer: ArchiveWriter | None = None
        self._path = pattern
        self._identity = (0, 0)
        self._gone: list[ArchiveWriter] = []
        self._full = Path()
        self._looked = 0.0

    @property
    def path(self) -> Path:
        """The file that is written now."""
        return self._path

    @property
    def begun(self) -> bool:
        """Whether there is a file that is not finished."""
        return self._writer is not None

    def open(self) -> None:
        """Open the file of now. Raises as the writers do."""
        if self._writer is None:
            self._path = self._due()
            check_replaceable(self._path)
            writer = ArchiveWriter(self._path, self._state)
            writer.open()
            self._writer, self._identity = writer, _identity(self._path)

    def add(self, exchange: Exchange) -> None:
        """Append one exchange, to a new file where that is due."""
        self.open()
        assert self._writer is not None
        self._writer.add(exchange)
        self.count += 1
        self._fresh += 1

    def note(self, key: str, value: str) -> None:
        """Note something about the file of now, where there is one."""
        if self._writer is not None:
            self._writer.note(key, value)

    def flush(self) -> None:
        """Make durable what was added. Raises RecordingError where the file is no longer the one in that place."""
        if self._writer is None:
            return
        self._writer.flush()
        if _identity(self._path) != self._identity:
            # Finishing it would touch the files that may stand in its place: it is only let go of.
            self._gone.append(self._writer)
            self._writer = None
            raise RecordingError(f"{self._path}: was removed or replaced while it was written; another is begun")
        self._fresh = 0

    @property
    def due(self) -> bool:
        """Whether another file should be begun now."""
        now = time.monotonic()
        if self._writer is None or now - self._looked < _LOOK:
            return False
        self._looked = now
        return self._due() != self._path

    def close(self) -> None:
        """Finish the file and remove those beyond `keep`; the next exchange begins another."""
        self.open()
        assert self._writer is not None
        writer, self._writer, self._fresh = self._writer, None, 0
        writer.close()
        self._forget_oldest()

    def abandon(self) -> None:
        """After an error, forget what could not be made durable."""
        if self._writer is not None:
            self._writer.abandon()
        self.count -= self._fresh
        self._fresh = 0

    def discard(self) -> None:
        """Remove the file that is not finished."""
        if self._writer is not None:
            self._writer.discard()

    def _due(self) -> Path:
        """Return the file of now: the first of its time that is not full."""
        named = self._named()
        number, path = 1, named
        while self._is_full(path):
            number += 1
            path = named.with_name(f"{named.stem}.{number}{named.suffix}")
        return path

    def _is_full(self, path: Path) -> bool:
        if self._rotation.size is None:
            return False
        # Of the log, a part may stand in the file as well: a file that was full may be smaller when it is finished.
        size = _size(path) + _size(path.with_name(path.name + "-wal"))
        if path != self._full and size >= self._rotation.size:
            self._full = path
        return path == self._full or size >= self._rotation.size

    def _named(self) -> Path:
        """Return the pattern with the time filled in, in UTC: that of now, or of the beginning of the age."""
        now, age = self._clock(), self._rotation.age
        begun = now if age is None else now // age * age
        name = self._pattern.name
        if age is not None and "%" not in name:
            name = f"{self._pattern.stem}-%Y%m%d-%H%M%S{self._pattern.suffix}"
        return self._pattern.with_name(time.strftime(name, time.gmtime(begun)))

    def _forget_oldest(self) -> None:
        if self._rotation.keep is None:
            return
        files = [path for path in self._path.parent.iterdir() if self._is_ours(path)]
        files.sort(key=lambda path: path.stat().st_mtime)
        for path in files[: -self._rotation.keep]:
            for suffix in ("", "-wal", "-shm", "-journal"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)

    def _is_ours(self, path: Path) -> bool:
        """Tell whether a file could have been made by this rotation: by its name, and that it is an archive."""
        stem, suffix = self._pattern.stem, self._pattern.suffix
        given = "".join(
            _WRITTEN.get(part, r"(?!)") if index % 2 else re.escape(part)
            for index, part in enumerate(_FIELD.split(stem))
        )
        dated = r"(?:-\d{8}-\d{6})?" if "%" not in stem else ""
        named = re.fullmatch(rf"{given}{dated}(?:\.\d+)?{re.escape(suffix)}", path.name)
        return bool(named) and path.is_file() and not path.is_symlink() and is_archive(path)


def _identity(path: Path) -> tuple[int, int]:
    """Return what tells a file from another of the same name; two zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
