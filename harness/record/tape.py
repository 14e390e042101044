"""The one path from a recorder to its file: a bounded queue and one thread that writes.

Captures come in from any thread and are on disk a moment later. Recording never stops the recorded: where the queue is
full or writing fails, the capture is dropped and counted. After a fork the child gets a queue and a thread of its own.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
from collections.abc import Callable

from harness.errors import HarnessError
from harness.exchange import Exchange
from harness.record.capture import Capture
from harness.recording import Writer

_QUIET = 0.3  # seconds without a capture after which what was written is made durable
_LAST = 30.0  # seconds that closing may wait for the queue to empty

log = logging.getLogger("harness")


class RedactionError(HarnessError):
    """An exchange could not be redacted, and so is not written."""


class Tape:
    """Write captures through `writer`, at most `size` of them waiting, each as `redact` gives it back (None: as it is).

    What `redact` fails at is lost, never written in clear.
    """

    def __init__(self, writer: Writer, size: int = 1000, redact: Callable[[Exchange], Exchange] | None = None) -> None:
        self._writer = writer
        self._size = size
        self._redact = redact
        self._closed = False
        self._said = ""
        self.unfinished = ""
        """Why the file could not be finished; empty where it could, or was not yet to be."""
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._queue: queue.Queue[Capture | None] = queue.Queue(self._size)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._given = 0
        self._written_before = self._writer.count

    @property
    def recorded(self) -> int:
        """How many captures this process has written."""
        return self._writer.count - self._written_before

    @property
    def lost(self) -> int:
        """How many captures could not be written; while the tape runs this includes those still waiting."""
        return self._given - self.recorded

    def put(self, capture: Capture) -> None:
        """Take a capture; never waits and never raises."""
        try:
            if self._process != os.getpid():
                self._begin()
            with self._lock:
                self._given += 1
                if self._closed:
                    capture.discard()
                    return
                if self._thread is None:
                    self._start()
            self._queue.put_nowait(capture)
        except queue.Full:
            capture.discard()
        except Exception:
            log.exception("an exchange could not be recorded")

    def close(self) -> None:
        """Write what waits, finish the file, and log how much was lost. A second call does nothing."""
        with self._lock:
            if self._closed or self._process != os.getpid():
                return
            self._closed = True
            if self._thread is None:
                self._start()
        atexit.unregister(self.close)
        try:
            self._queue.put(None, timeout=_LAST)
        except queue.Full:
            log.error("the recording could not be finished: writing hangs")
        if self._thread is not None:
            self._thread.join(_LAST)
        if self.lost:
            log.warning("%d of %d exchanges were not recorded", self.lost, self._given)

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="harness-tape", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def _run(self) -> None:
        while True:
            try:
                capture = self._queue.get(timeout=_QUIET)
            except queue.Empty:
                self._attempt(self._writer.flush)
                continue
            if capture is None:
                self.unfinished = self._attempt(self._writer.close)
                return
            self._write(capture)

    def _write(self, capture: Capture) -> None:
        try:
            if not self._attempt(lambda: self._writer.add(self._redacted(capture.exchange()))):
                self._said = ""
        finally:
            capture.discard()

    def _redacted(self, exchange: Exchange) -> Exchange:
        if self._redact is None:
            return exchange
        try:
            return self._redact(exchange)
        except Exception as error:
            # Its text could quote the secret.
            raise RedactionError(f"an exchange could not be redacted ({type(error).__name__})") from None

    def _attempt(self, action: Callable[[], None]) -> str:
        """Do it, and return what went wrong; empty for nothing."""
        try:
            action()
        except Exception as error:
            # One line an error, not a traceback a request, nor the same line again and again: a full disk would fill
            # the log's as well.
            if str(error) != self._said:
                log.error("recording failed: %s", error)
            self._said = str(error)
            self._writer.abandon()
            return self._said or repr(error)
        return ""
