"""The one path from a recorder to what writes: a bounded queue and one thread that empties it.

Captures come in from any thread and are on disk a moment later. Recording never stops the recorded: where the queue is
full or writing fails, the capture is dropped and counted. After a fork the child gets a queue and a thread of its own.
What writes is a `Line` to another process, or, for a writer of the caller's own, a `Sink` in this one.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from harness.exchange import Exchange
from harness.record import frame
from harness.record.capture import MEMORY, Held
from harness.record.counts import Completeness, Counters
from harness.record.sink import PATIENCE, Sink
from harness.record.spool import Budget
from harness.recording import Writer

_TICK = 0.05  # seconds that captures gather: waking a thread for each would cost a request more than the rest
_IDLE = 1.0  # seconds without a capture after which the thread sleeps until the next
_LAST = 30.0  # seconds that closing may wait for the queue to empty
QUEUE = 10_000  # captures

log = logging.getLogger("harness")


@runtime_checkable
class Outlet(Protocol):
    """What takes captures from a tape, on its thread; nothing of it raises."""

    @property
    def unfinished(self) -> str:
        """Why the recording could not be finished; empty where it could, or was not yet to be."""

    def take(self, captures: list[Held], counters: Counters) -> None:
        """Hand on captures, in order; their memory is the tape's to give back."""

    def quiet(self) -> None:
        """Do what is due while no captures come; called several times a second."""

    def close(self, counters: Counters) -> None:
        """Finish, and wait until what was taken is written."""

    def forked(self) -> None:
        """Forget what belongs to the process that this one was forked from."""


class Tape:
    """Hand captures on to `writer`, at most `size` of them and `memory` bytes waiting.

    Each is written as `redact` gives it back (None: as it is); what that fails at is lost, never written in clear.
    While the file `switch` exists nothing is recorded, and nothing counted.
    """

    def __init__(
        self,
        writer: Writer | Outlet,
        size: int = QUEUE,
        redact: Callable[[Exchange], Exchange] | None = None,
        memory: int = MEMORY,
        switch: Path | None = None,
    ) -> None:
        self._outlet: Outlet = writer if isinstance(writer, Outlet) else Here(Sink(writer, redact))
        self._size, self._memory, self._switch = size, memory, switch
        self._closed = False
        self._on = True
        self._stopped = False
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._queue: deque[Held] = deque()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._asleep = False
        self.budget = Budget(self._memory)
        self.counters = Counters()
        self._look()

    @property
    def enabled(self) -> bool:
        """Whether recording is on; may be set, at any time."""
        return self._on and not self._stopped

    @enabled.setter
    def enabled(self, on: bool) -> None:
        self._on = on

    @property
    def unfinished(self) -> str:
        """Why the file could not be finished; empty where it could, or was not yet to be."""
        return self._outlet.unfinished

    @property
    def recorded(self) -> int:
        """How many captures of this process are written."""
        return self.counters.get("written")

    @property
    def lost(self) -> int:
        """How many captures could not be written; while the tape runs this includes those still waiting."""
        return self.completeness.lost

    @property
    def completeness(self) -> Completeness:
        """What became of the captures of this process."""
        return self.counters.read()

    def watching(self) -> bool:
        """Tell a recorder whether to capture what begins now; makes this process ready to."""
        if self._process != os.getpid():
            self._fork()
        if self._thread is None and self._switch is not None:
            self._look()
        return self.enabled

    def put(self, capture: Held) -> None:
        """Take a capture; never waits and never raises."""
        try:
            if not self.watching():
                capture.discard()
                return
            with self._lock:
                self.counters.add("accepted")
                if dropped := capture.bodies_dropped:
                    self.counters.add("bodies_dropped", dropped)
                full = self._closed or len(self._queue) >= self._size or not capture.reserve()
                if not full:
                    self._queue.append(capture)
                    if self._thread is None:
                        self._start()
                else:
                    self.counters.add("refused")
            if full:
                capture.discard()
            elif self._asleep:
                self._wake.set()
        except Exception:
            log.exception("an exchange could not be recorded")

    def missed(self, number: int) -> None:
        """Count exchanges of which a recorder knows only that they were: they should be in the file and are not."""
        if self.watching():
            with self._lock:
                for name in ("accepted", "refused"):
                    self.counters.add(name, number)

    def close(self) -> None:
        """Write what waits, finish the file, and log how much was lost. A second call does nothing."""
        with self._lock:
            if self._closed or self._process != os.getpid():
                return
            self._closed = True
            if self._thread is None:
                self._start()
        atexit.unregister(self.close)
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_LAST)
            if self._thread.is_alive():
                log.error("the recording could not be finished: writing hangs")
        if lost := self.completeness.lost:
            log.warning("%d of %d exchanges were not recorded", lost, self.completeness.accepted)

    def _fork(self) -> None:
        self._outlet.forked()
        self._begin()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="harness-tape", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def _run(self) -> None:
        busy = time.monotonic()
        while True:
            closed = self._closed  # before the queue is looked at: what came earlier is in it
            if captures := self._taken():
                self._hand_on(captures)
                busy = time.monotonic()
            elif closed:
                self._outlet.close(self.counters)
                return
            self._outlet.quiet()
            self._look()
            self._rest(time.monotonic() - busy > _IDLE)

    def _taken(self) -> list[Held]:
        """Take some of the queue: so many that a full one is emptied in parts, and its room given back."""
        queue = self._queue
        return [queue.popleft() for _ in range(min(len(queue), 200))]

    def _hand_on(self, captures: list[Held]) -> None:
        try:
            self._outlet.take(captures, self.counters)
        except Exception:
            log.exception("exchanges could not be recorded")
        finally:
            for capture in captures:
                capture.discard()

    def _rest(self, idle: bool) -> None:
        if self._closed or len(self._queue) >= 200:
            return
        if not idle:
            time.sleep(_TICK)
            return
        self._asleep = True
        if not self._queue:
            self._wake.wait(PATIENCE)
        self._asleep = False
        self._wake.clear()

    def _look(self) -> None:
        """See whether the file is there that stops recording."""
        try:
            self._stopped = self._switch is not None and self._switch.exists()
        except OSError:
            self._stopped = False


class Here:
    """The outlet for a writer of the caller's own: redaction and writing on the tape's thread."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    @property
    def unfinished(self) -> str:
        """Why the file could not be finished."""
        return self._sink.unfinished

    def take(self, captures: list[Held], counters: Counters) -> None:
        """Write captures, in order."""
        for capture in captures:
            try:
                exchange = frame.unpack(*frame.pack(capture))
            except (OSError, MemoryError, ValueError) as error:
                log.error("recording failed: %s", type(error).__name__)
                counters.add("failed")
                continue
            self._sink.take(exchange, counters)

    def quiet(self) -> None:
        """Make durable what has waited long enough."""
        if self._sink.wait == 0:
            self._sink.flush()

    def close(self, counters: Counters) -> None:
        """Finish the file."""
        self._sink.close()

    def forked(self) -> None:
        """Forget what the parent has yet to make durable."""
        self._sink.forget_parents()
