"""The tape: what is put on it is written in order, and what cannot be is counted."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import pytest

from harness.errors import RecordingError
from harness.exchange import Exchange, Request
from harness.record.capture import Capture
from harness.record.counts import Counters
from harness.record.sink import Sink
from harness.record.tape import Tape
from harness.store.archive import Archive, ArchiveWriter


def capture(number: int) -> Capture:
    """Return a finished capture of a request that names the number."""
    made = Capture(b"GET /%d HTTP/1.1" % number, (), "none")
    made.request_complete = True
    made.started = float(number)
    return made


def written(path: Path) -> int:
    """Return how many exchanges can be read; none while the file is being made."""
    try:
        return len(Archive(path))
    except RecordingError:
        return 0


def test_durable_soon(tmp_path: Path) -> None:
    """What was put is on disk a moment later, while the tape still runs."""
    tape = Tape(ArchiveWriter(tmp_path / "a.archive"))
    tape.put(capture(1))
    until = time.monotonic() + 10
    while not written(tmp_path / "a.archive"):
        assert time.monotonic() < until
        time.sleep(0.05)
    tape.close()
    assert (tape.recorded, tape.lost) == (1, 0)


def test_after_close_everything_is_lost(tmp_path: Path) -> None:
    """What comes after the end is counted, not written."""
    tape = Tape(ArchiveWriter(tmp_path / "a.archive"))
    tape.put(capture(1))
    tape.close()
    tape.put(capture(2))
    tape.close()
    assert (tape.recorded, tape.lost) == (1, 1)


class Stuttering(ArchiveWriter):
    """A writer that fails once, in the middle of a batch."""

    def add(self, exchange: Exchange) -> None:
        """Fail for number 3."""
        if exchange.request.path == b"/3":
            raise OSError(28, "No space left on device")
        super().add(exchange)


def test_recovers_after_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An error costs the batch it happened in; what comes later is written, and the counts say what is in the file."""
    tape = Tape(Stuttering(tmp_path / "a.archive", batch=100))
    with caplog.at_level(logging.WARNING, "harness"):
        for number in range(10):
            tape.put(capture(number))
        tape.close()
    written = list(Archive(tmp_path / "a.archive"))
    assert tape.recorded == len(written)
    assert tape.lost == 10 - len(written)
    assert [exchange.request.path for exchange in written][-6:] == [b"/4", b"/5", b"/6", b"/7", b"/8", b"/9"]
    assert [record.getMessage() for record in caplog.records] == [
        "recording failed: [Errno 28] No space left on device",
        f"{tape.lost} of 10 exchanges were not recorded",
    ]


class Full(ArchiveWriter):
    """A writer on a disk that is full."""

    def add(self, exchange: Exchange) -> None:
        """Fail."""
        raise OSError(28, "No space left on device")

    close = flush = lambda self: self.add(None)  # type: ignore[assignment, arg-type]


def test_a_file_that_cannot_be_finished(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The tape knows why, for those who must say so; the same error again and again is one line of the log."""
    tape = Tape(Full(tmp_path / "a.archive"))
    with caplog.at_level(logging.WARNING, "harness"):
        for number in range(3):
            tape.put(capture(number))
        tape.close()
    assert tape.unfinished == "[Errno 28] No space left on device"
    assert [record.getMessage() for record in caplog.records] == [
        "recording failed: [Errno 28] No space left on device",
        "3 of 3 exchanges were not recorded",
    ]


class Filling(ArchiveWriter):
    """A writer that takes exchanges and finds no room for them when they are to be made durable."""

    room = False

    def flush(self) -> None:
        """Fail unless there is room."""
        if not self.room:
            raise OSError(28, "No space left on device")
        super().flush()


def test_an_error_that_lasts_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """However many exchanges are lost meanwhile; when it comes back after all went well, it is said again."""
    writer, counters = Filling(tmp_path / "a.archive"), Counters()
    sink = Sink(writer)
    with caplog.at_level(logging.WARNING, "harness"):
        for number, writer.room in enumerate([False, False, False, True, False, False]):
            sink.take(Exchange("", Request(b"GET /%d HTTP/1.1" % number)), counters)
            sink.flush()
    writer.room = True
    writer.close()
    assert len(caplog.records) == 2


def test_many_threads(tmp_path: Path) -> None:
    """Captures from many threads are all written."""
    tape = Tape(ArchiveWriter(tmp_path / "a.archive"), size=10_000)
    threads = [
        threading.Thread(target=lambda start=start: [tape.put(capture(start + number)) for number in range(100)])
        for start in range(0, 1000, 100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tape.close()
    paths = {int(exchange.request.path[1:]) for exchange in Archive(tmp_path / "a.archive")}
    assert (paths, tape.lost) == (set(range(1000)), 0)
