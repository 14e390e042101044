"""The process that writes a recording: it reads captures from all who record the same, redacts, samples and writes.

Started by `line` with a listening socket and, on its standard input, the job. It outlives those who record, so that
what a killed one had handed on is written and what it had not is counted; after the last of them it ends.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path

from harness.errors import HarnessError
from harness.record import frame
from harness.record.counts import PREFIX, SAMPLE, Counters, encoded
from harness.record.job import Job, unpacked
from harness.record.line import locked
from harness.record.rotation import RotatingWriter
from harness.record.sink import Sink

log = logging.getLogger("harness")

_NICE = 15  # the recorded goes first
_LOOK = 1.0  # seconds between looks at what nothing announces


class Client:
    """One process that records: its connection and its counters."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.inbox = frame.Inbox(connection)
        self.counters: Counters | None = None
        self.noted = ""

    def close(self) -> None:
        """Give back all it holds."""
        self.connection.close()
        self.inbox.close()
        if self.counters:
            self.counters.close()


class Keeper:
    """Serve the clients of one job until none is left."""

    def __init__(self, job: Job, sink: Sink, listener: socket.socket, path: Path) -> None:
        self._job, self._sink, self._listener, self._path = job, sink, listener, path
        self._clients: set[Client] = set()
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._rule = f"{SAMPLE}{os.getpid()}-{time.time_ns()}"
        self._until = time.monotonic() + 10
        self._begun = self._unlisted = False
        self.told = False

    def run(self) -> None:
        """Serve until nobody has come for some time."""
        while not self._over():
            wait = self._sink.wait
            for key, _ in self._selector.select(_LOOK if wait is None else wait):
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._hear(key.data)
            if self._sink.wait == 0:
                self._sink.flush()
                self._after_flush()
        self._listener.close()

    def _over(self) -> bool:
        """Tell whether to end; if so nobody can connect any more."""
        if self._clients or (not self.told and time.monotonic() < self._until):
            return False
        if not self._unlisted:
            with locked(self._path.with_suffix(".lock")):
                self._path.unlink(missing_ok=True)
            self._unlisted = True
        self._accept()  # who was quick enough to find the path is still served
        return not self._clients

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = self._listener.accept()
                client = Client(connection)
                self._clients.add(client)
                self._selector.register(connection, selectors.EVENT_READ, client)

    def _hear(self, client: Client) -> None:
        try:
            alive = client.inbox.receive()
            for kind, value, descriptors in client.inbox.frames():
                self._do(client, kind, value, descriptors)
        except (OSError, ValueError, EOFError, TypeError) as error:
            log.error("recording failed: %s", error)
            alive = False
        if not alive and client in self._clients:
            self._part(client, killed=True)

    def _do(self, client: Client, kind: int, value: object, descriptors: list[int]) -> None:
        if kind == frame.HELLO:
            client.counters = Counters(descriptors[0])
            self._greet(client)
        elif kind == frame.BATCH and isinstance(value, list):
            self._write(client, value, descriptors)
        elif kind == frame.END:
            self._part(client, killed=False)

    def _greet(self, client: Client) -> None:
        error, text = "", ""
        try:
            self._sink.writer.open()
            self._begun = True
        except (HarnessError, OSError) as problem:
            reason = problem.strerror or problem if isinstance(problem, OSError) else problem
            text = f"{self._job.path}: cannot be written: {reason}" if isinstance(problem, OSError) else str(problem)
            error = type(problem).__name__
        frame.send(client.connection, frame.REPLY, (error, text))

    def _write(self, client: Client, captures: list[object], descriptors: list[int]) -> None:
        assert client.counters is not None
        self._begun = True
        for capture in captures:
            try:
                exchange = frame.unpack(capture, descriptors)
            except (OSError, MemoryError, ValueError) as error:
                log.error("recording failed: %s", type(error).__name__)
                client.counters.add("failed")
            else:
                self._sink.take(exchange, client.counters)
        for descriptor in descriptors:
            os.close(descriptor)

    def _part(self, client: Client, killed: bool) -> None:
        """Make durable what a client gave; with the last one the file is finished."""
        self._sink.flush()
        self._clients.discard(client)
        self._selector.unregister(client.connection)
        if killed and client.counters:
            client.counters.add("killed")
            if lost := client.counters.read().lost:
                accepted = client.counters.get("accepted")
                log.warning("a recording process was killed; of its %d exchanges %d are lost", accepted, lost)
        self._tell(client, recording=False)
        if not self._clients:
            if self._begun:
                self._sink.close()
            self._until = time.monotonic() + (0 if self._job.is_cassette else self._job.linger)
        if not killed:
            with contextlib.suppress(OSError):
                frame.send(client.connection, frame.REPLY, ("END", self._sink.unfinished))
        client.close()

    def _after_flush(self) -> None:
        """Tell the archive how complete it is, and begin another where that is due."""
        for client in self._clients:
            self._tell(client, recording=True)
        writer = self._sink.writer
        if isinstance(writer, RotatingWriter) and writer.due:
            self._sink.close()
            for client in self._clients:
                if client.counters:
                    client.counters.next_file()
                    client.noted = ""

    def _tell(self, client: Client, recording: bool) -> None:
        """Tell the archive what became of a client's captures."""
        writer = self._sink.writer
        if not isinstance(writer, RotatingWriter) or not client.counters:
            return
        counts = client.counters.of_file()
        text = encoded(counts, recording)
        if text == client.noted or not counts.accepted:
            return
        client.noted = text
        notes = {PREFIX + client.counters.name: text}
        if rule := self._sink.rule:
            notes[self._rule] = json.dumps(rule)
        self._sink.note(notes)


def main() -> None:
    """Read the job and keep it (`python -c ... DESCRIPTOR PATH`)."""
    descriptor, path = int(sys.argv[1]), Path(sys.argv[2])
    job = unpacked(sys.stdin.buffer)
    logging.basicConfig(format="harness: %(message)s", level=logging.WARNING)
    with contextlib.suppress(OSError):
        os.nice(_NICE)
        if hasattr(os, "SCHED_BATCH"):  # never takes a processor from who has it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        # Where memory runs out, the recording goes before the recorded.
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    with socket.socket(fileno=descriptor) as listener:
        listener.setblocking(False)
        keeper = Keeper(job, job.sink(), listener, path)
        signal.signal(signal.SIGTERM, lambda *_: setattr(keeper, "told", True))
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        keeper.run()
    os._exit(0)  # what is left open belongs to files that are not ours any more
