"""What brings downloads into the archive: files that workers wrote, or access logs, come in; a report of what was new,
known, torn and lost goes out. Each of them may be read again at any time.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from io import BufferedReader
from os import remove
from pathlib import Path
from typing import IO, NamedTuple, cast

from .archive import Added, Archive
from .events import BadLine, Country, Event, LogReader, read_event, row
from .spans import SILENCE, Span, extend
from .spool import Gap, begun, losses, segments

BATCH = 200_000  # downloads that are added in one step
SPOOL, ARCHIVE = "spool", "archive"  # in the folder of the statistics

Owners = Callable[[Collection[str]], Mapping[str, tuple[str, str]]]
"""Gives (project, version) of those file names that the index knows."""


class Report(NamedTuple):
    """What was read."""

    added: Added = Added(0, 0)
    lines: int = 0
    torn: int = 0  # lines that are none
    first_torn: int = 0  # which of them is the first, from 1
    cut: str = ""  # why the end of a log could not be read


class Reading(NamedTuple):
    """How events become rows, and which times are read by them."""

    country: Country = lambda address: ""
    owners: Owners = lambda names: {}
    counted: bool = True
    silence: float = SILENCE  # seconds without a line, after which lines are missing

    def rows(self, events: list[Event]) -> Iterator[dict[str, object]]:
        """The rows of events."""
        known = self.owners({event.path.rpartition("/")[2] for event in events})
        return (row(event, self.country, known.get, counted=self.counted) for event in events)


def read_spool(folder: Path, reading: Reading) -> Report:
    """Bring in what workers wrote, and note what they lost. Their files go when they are read and nobody writes."""
    began, report = time.time(), Report()
    read: list[Span] = []
    archive, spool = Archive(folder / ARCHIVE), folder / SPOOL
    for segment in segments(spool):
        events, torn = _events(segment.lines)
        report = report._replace(
            added=report.added + archive.add(reading.rows(events)), lines=report.lines + len(segment.lines),
            torn=report.torn + torn,
        )  # fmt: skip
        if times := [event.seconds for event in events]:
            first = begun(segment.process)
            read.append(Span(min(times if first is None else [first, *times]), max(times)))
        if segment.finished:
            remove(segment.path)
    _note(archive, spool, began, read, reading.silence)
    return report


def _events(lines: Iterable[bytes]) -> tuple[list[Event], int]:
    events, torn = [], 0
    for line in lines:
        try:
            events.append(read_event(line))
        except BadLine:
            torn += 1
    return events, torn


def _note(archive: Archive, spool: Path, began: float, read: list[Span], silence: float) -> None:
    """Note what was read and lost. That is everything until we began if there are workers that write, from when they
    began; else until the last that there was.
    """
    found = losses(spool)
    lost: dict[str, list[Gap]] = {
        process: [gap._replace(open=False) for gap in gaps]  # unless it is there and says otherwise
        for process, gaps in archive.manifest().lost.items()
    }
    lost |= {process.process: process.gaps for process in found if process.gaps}
    alive = [Span(begun(process.process) or began, began) for process in found if process.alive]
    archive.note(max((span.last for span in alive or read), default=None), lost, [*read, *alive], silence)
    for process in found:
        if not process.alive:
            remove(process.path)


def read_log(folder: Path, log: BufferedReader, reading: Reading) -> Report:
    """Bring in the downloads of an access log, packed or not."""
    archive, reader, report = Archive(folder / ARCHIVE), LogReader(time.time()), Report()
    lines = _Lines(unpacked(log))
    events: list[Event] = []
    read: list[Span] = []
    for line in lines:
        try:
            told = reader.read(line)
        except BadLine:
            report = report._replace(torn=report.torn + 1, first_torn=report.first_torn or lines.number)
            continue
        extend(read, told.seconds, reading.silence)
        if told.event:
            events.append(told.event)
        if len(events) == BATCH:
            report = report._replace(added=report.added + archive.add(reading.rows(events)))
            events.clear()
    added = report.added + archive.add(reading.rows(events))
    if read:
        archive.note(min(max(span.last for span in read), time.time()), {}, read, reading.silence)
    return report._replace(added=added, lines=lines.number, cut=lines.cut)


class _Lines:
    """Lines of a stream, as far as it can be read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.number = 0
        self.cut = ""

    def __iter__(self) -> Iterator[bytes]:
        try:
            for line in self._source:
                self.number += 1
                yield line
        except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
            self.cut = str(error)


def unpacked(log: BufferedReader) -> IO[bytes]:
    """The same stream, unpacked if it begins as gzip, bzip2 or xz do."""
    head = log.peek(6)
    for magic, opened in PACKED.items():
        if head.startswith(magic):
            return opened(log)
    return log


PACKED: Mapping[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda log: cast(IO[bytes], gzip.GzipFile(fileobj=log)), b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}  # fmt: skip
