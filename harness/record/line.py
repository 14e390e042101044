"""The recorder's end of the line to the process that writes (`keeper`), which it starts where none runs for its job.

Captures come in from a tape's thread and go out through a Unix socket; nothing of it raises. All processes with the
same job share one keeper, and so one key, one sample and one writer. Where it dies another is started; what was on its
way to it is lost, and counted, because what is not written is.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import socket
import stat
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from harness.errors import HarnessError, RecordingError, UsageError
from harness.interpreter import environment, python
from harness.record import frame
from harness.record.capture import Held
from harness.record.counts import Counters
from harness.record.job import Job

log = logging.getLogger("harness")

_AGAIN = 1.0  # seconds before another try where no keeper can be started
_START = 20.0  # seconds that starting may take
_ANSWER = 30.0  # seconds that a keeper may take to write what it has
_LONGEST = 100  # bytes of a socket's path
# Forks first: whoever records must neither find it among its children nor wait for it.
_CODE = "import os; os.fork() and os._exit(0); from harness.record.keeper import main; main()"


class Line:
    """Hand captures on to the keeper of a job."""

    def __init__(self, job: Job) -> None:
        self.unfinished = ""
        """Why the recording could not be finished; empty where it could, or was not yet to be."""
        self._job = job
        # Whoever opens does so while the tape's thread may have captures to hand on already.
        self._alone = threading.RLock()
        self._socket: socket.socket | None = None
        self._inbox: frame.Inbox | None = None
        self._not_before = 0.0
        self._said = ""
        _lines.add(self)

    def open(self, counters: Counters) -> None:
        """Connect now, and see that the file can be written.

        Raises RecordingError or UsageError, as the writer does, and RecordingError where no keeper can be started.
        """
        with self._alone:
            try:
                self._connected(counters)
                error, text = self._answer()
            except OSError as problem:
                raise RecordingError(f"the process that writes cannot be started: {problem}") from problem
            if text:
                with contextlib.suppress(OSError):
                    frame.send(self._connected(counters), frame.END)
                self.forked()
                raise (UsageError if error == "UsageError" else RecordingError)(text)

    def take(self, captures: list[Held], counters: Counters) -> None:
        """Hand on captures, in order."""
        with self._alone:
            self._take(captures, counters)

    def _take(self, captures: list[Held], counters: Counters) -> None:
        try:
            connection = self._connected(counters)
            short = []
            for capture in captures:
                value, descriptors = frame.pack(capture)
                if descriptors:
                    frame.send(connection, frame.BATCH, [value], descriptors)
                else:
                    short.append(value)
            if short:
                frame.send(connection, frame.BATCH, short)
        except (OSError, HarnessError) as error:
            self._say(f"the process that writes cannot be reached: {error}")
            counters.add("refused", len(captures))
            self.forked()
        else:
            self._said = ""

    def quiet(self) -> None:
        """Nothing is due."""

    def close(self, counters: Counters) -> None:
        """Say that this was all, and wait until it is written."""
        with self._alone:
            self._close(counters)

    def _close(self, counters: Counters) -> None:
        if self._socket is None and not counters.get("accepted"):
            return
        try:
            frame.send(self._connected(counters), frame.END)
            while True:
                error, text = self._answer()
                if error == "END":
                    self.unfinished = text
                    break
        except (OSError, HarnessError) as problem:
            self.unfinished = str(problem) or "the process that writes is gone"
            self._say(f"the recording could not be finished: {self.unfinished}")
        self.forked()

    def forked(self) -> None:
        """Let go of the connection; the next capture makes a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = self._inbox = None

    def inherited(self) -> None:
        """Begin anew in a process that was forked: the lock may have been another thread's."""
        self._alone = threading.RLock()
        self.forked()

    def _answer(self) -> tuple[str, str]:
        assert self._inbox is not None
        while True:
            for _, value, _ in self._inbox.frames():
                return str(value[0]), str(value[1])
            if not self._inbox.receive():
                raise OSError("it ended")

    def _connected(self, counters: Counters) -> socket.socket:
        if self._socket is not None and self._is_gone(self._socket):
            self.forked()
        if self._socket is None:
            if time.monotonic() < self._not_before:
                raise OSError("tried a moment ago")
            try:
                connection = connect(self._job)
            except OSError:
                self._not_before = time.monotonic() + _AGAIN
                raise
            connection.settimeout(_ANSWER)
            self._socket, self._inbox = connection, frame.Inbox(connection)
            frame.send(connection, frame.HELLO, None, [counters.descriptor])
        return self._socket

    def _is_gone(self, connection: socket.socket) -> bool:
        """Tell whether the keeper has ended since we last spoke to it; reads what it has said."""
        assert self._inbox is not None
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        try:
            while poll.poll(0):
                if not self._inbox.receive():
                    return True
        except OSError:
            return True
        return False

    def _say(self, text: str) -> None:
        if text != self._said and "a moment ago" not in text:
            log.error("recording failed: %s", text)
            self._said = text


def connect(job: Job) -> socket.socket:
    """Return a connection to the keeper of a job, started now where none runs. Raises OSError."""
    path = _folder() / job.name
    with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
        return _connection(path)
    with locked(path.with_suffix(".lock")):
        # Another process may have been faster.
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            return _connection(path)
        _start(job, path)
        return _connection(path)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be alone with a lock file, which is gone afterwards. Raises OSError."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _held.add(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Who held it before has removed it meanwhile: then this lock is nobody else's.
        with contextlib.suppress(FileNotFoundError):
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                break
        _released(descriptor)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        _released(descriptor)


def _start(job: Job, path: Path) -> None:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        _held.add(listener.fileno())
        listener.bind(str(path))
        listener.listen(128)
        command = [python(), "-P", "-c", _CODE, str(listener.fileno()), str(path)]
        with _starting:
            _held.discard(listener.fileno())  # some servers have Popen fork, as this process does
            process = subprocess.Popen(
                command, stdin=-1, stdout=subprocess.DEVNULL, pass_fds=[listener.fileno()], env=environment(), cwd="/",
                start_new_session=True,
            )  # fmt: skip
            _held.add(listener.fileno())
        try:
            process.communicate(job.packed(), _START)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            _held.discard(listener.fileno())
        if process.returncode:
            path.unlink(missing_ok=True)
            raise OSError(f"{command[0]} ended with {process.returncode}")


def _folder() -> Path:
    """Return the folder of this user's sockets, which is nobody else's. Raises OSError where it is."""
    name = f"harness-{os.getuid()}"
    folder = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(folder)) + 34 > _LONGEST:
        folder = Path("/tmp") / name  # noqa: S108 (checked below)
    folder.mkdir(0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} belongs to others, or is open to them")
    return folder


def _connection(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except BaseException:
        connection.close()
        raise
    return connection


_lines: weakref.WeakSet[Line] = weakref.WeakSet()
_held: set[int] = set()
"""Descriptors that only one process may have: a child that kept one would hold a lock, or keep a dead end open."""


def _released(descriptor: int) -> None:
    _held.discard(descriptor)
    os.close(descriptor)


_starting = threading.RLock()
"""Nobody forks while a process is started: a child would keep a pipe open at whose end the start is waited for."""


def _forget_in_child() -> None:
    _starting.release()
    for line in list(_lines):
        line.inherited()
    while _held:
        with contextlib.suppress(OSError):
            os.close(_held.pop())


os.register_at_fork(before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_forget_in_child)
