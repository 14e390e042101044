"""The server's side of one zygote: starts the interpreter, sends it requests, and ends it.

Comes in: a `Start` and single requests. Goes out: the number of a child for each, and how it ended. Safe to use from
several threads. When one zygote follows another is the business of `nest`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from ..errors import ProgramError
from ..types import Exit
from .exec import exit_of
from .message import Plan, Request, begin, frame, run
from .process import readable
from .python import Start, Unsuited

ZYGOTE = str(Path(__file__).with_name("zygote") / "zygote.py")
START_LIMIT = 20.0
REPLY_LIMIT = 30.0
LOOK_AGAIN = 1.0
LOOK_AFTER = 256
MAX_FORKS = 20_000
HEADER = 8
PIECE = 4096
GROWTH = 8192

Stamp = tuple[int, int, int, int, int] | None


class Gone(Unsuited):
    """The zygote ended before it had the whole request, so nothing was run."""


class Keeper:
    """One zygote, from its start to its end. Call `await_ready` before the first `fork`.

    `learned` grows by what children report; `left_out` says which wanted modules are not there, and why, `skipped` the
    same of learned ones; `forks` and `working` count the children ever and now. Raises OSError where the system
    refuses to start it.
    """

    def __init__(self, start: Start, plan: Plan) -> None:
        self.start = start
        self.plan = plan
        self.broken = False
        self.forks = self.working = 0
        self.learned: dict[bytes, bytes] = {}
        self.left_out: list[str] = []
        self.skipped: list[str] = []
        self._files: dict[str, Stamp] = {}
        self._library: dict[str, Stamp] = {}
        self._began = time.monotonic()
        self._looked = 0.0
        self._memory = 0
        self._ready = self._closed = False
        self._single = False
        self._lock = threading.Lock()
        self._output = os.memfd_create("zygote")
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(START_LIMIT)
        try:
            with theirs:
                os.set_blocking(theirs.fileno(), True)  # gevent makes every socket non-blocking
                self._process = self._spawn(theirs.fileno())
            self._send(begin(start, plan))
        except Gone:
            pass  # the first reader of its reply learns why
        except BaseException:
            self._socket.close()
            os.close(self._output)
            raise

    def await_ready(self) -> None:
        """Wait until it can serve. Raises Unsuited where it never will."""
        with self._lock:
            if not self._ready:
                self._take_greeting()

    def is_ready(self) -> bool:
        """Whether it can serve, without waiting. Raises Unsuited as `await_ready` does."""
        if self._ready:
            return True
        if readable(self._socket.fileno(), 0):
            self.await_ready()
        elif time.monotonic() - self._began > START_LIMIT:
            self.broken = True
            raise Unsuited(f"{self.start.argv[0]} is not ready after {START_LIMIT} s")
        return self._ready

    def fork(self, request: Request, descriptors: Sequence[int]) -> int:
        """Run one program on three descriptors; return its number, which is kept for it until `wait`.

        Raises Gone where nothing was run because the zygote has ended, Unsuited where the zygote will not run it, and
        ProgramError (502) where it ended and nobody knows.
        """
        self.forks += 1
        reply = self._ask(run(request), descriptors)
        if reply[0] != b"pid":
            raise Unsuited(reply[1].decode("utf-8", "replace"))
        self._count(1)
        return int(reply[1])

    def wait(self, pid: int) -> Exit:
        """Return how an ended child ended; unknown where the zygote is gone."""
        self._count(-1)
        try:
            reply = self._ask([[b"wait", b"%d" % pid]])
        except (Gone, ProgramError):
            return Exit()
        self.learned |= zip(reply[2::2], reply[3::2], strict=True)
        return exit_of(int(reply[1]))

    def reap(self, pid: int) -> None:
        """Let an ended child go, without an answer."""
        self._count(-1)
        try:
            with self._lock:
                self._send([[b"reap", b"%d" % pid]])
        except Gone:
            pass  # then somebody else has reaped it

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def watched(self) -> set[str]:
        """The files that must not change while it serves; some of them must not appear."""
        return {*self._files, *self._library}

    def changed(self) -> bool:
        """Whether a file that it has imported is another now, or one has appeared that would be imported instead.

        The program's own files are looked at each time, the library's once a second.
        """
        if any(file_stamp(path) != known for path, known in self._files.items()):
            return True
        if time.monotonic() - self._looked < LOOK_AGAIN:
            return False
        self._looked = time.monotonic()
        return any(file_stamp(path) != known for path, known in self._library.items())

    def worn(self) -> bool:
        """Whether it has served long enough, or has grown."""
        if self.forks >= MAX_FORKS:
            return True
        return self.forks % LOOK_AFTER == 0 and self.forks > 0 and self._resident() > self._memory * 3 // 2 + GROWTH

    def close(self) -> None:
        """End the zygote. Programs at work go on: each has a group of its own."""
        with self._lock:
            if self._closed:
                return
            self._closed = self.broken = True
            self._socket.close()
            os.close(self._output)
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)  # an import hangs, perhaps in the trial's process
            self._process.wait()

    def abandon(self) -> None:
        """Let go of a zygote that belongs to the parent of this process."""
        self._closed = self.broken = True
        self._socket.close()
        os.close(self._output)
        self._process.returncode = 0  # not our child: nothing to wait for

    def _spawn(self, control: int) -> subprocess.Popen[bytes]:
        """Start the interpreter with nothing but what decides at its start. A session of its own keeps a terminal's
        signals away from it.
        """
        start = self.start
        try:
            return subprocess.Popen(
                [*start.argv, ZYGOTE, str(control)],
                executable=start.executable,
                env=dict(start.environment),
                cwd=start.cwd,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                pass_fds=(control,),
                start_new_session=True,
            )
        except BaseException:
            self.broken = True
            raise

    def _take_greeting(self) -> None:
        """Read the first reply. What the interpreter prints at its start it would print for every request."""
        try:
            word, *rest = self._receive()
        except (Gone, ProgramError) as error:
            raise Unsuited(f"{self.start.argv[0]} does not start: {self._said() or error}") from error
        said = self._said()
        if word != b"ready" or said:
            self.broken = True
            raise Unsuited(f"{self.start.argv[0]}: {said or rest[0].decode()}")
        self._single = rest[0] == b"1"
        for line in rest[1:]:
            kind, _, text = os.fsdecode(line).partition(" ")
            if kind in {"left", "skipped"}:
                (self.left_out if kind == "left" else self.skipped).append(text)
            else:
                (self._files if kind == "own" else self._library)[text] = file_stamp(text)
        self._looked = time.monotonic()
        self._memory = self._resident()
        self._socket.settimeout(REPLY_LIMIT)
        self._ready = True

    def _count(self, change: int) -> None:
        with self._lock:
            self.working += change

    def _resident(self) -> int:
        """Return the memory of the zygote in pages, 0 where it is gone."""
        try:
            return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return 0

    def _said(self) -> str:
        """What the interpreter printed at its start; it would print that for every request."""
        return os.pread(self._output, 2000, 0).decode("utf-8", "replace").strip()

    def _ask(self, sections: Sequence[Sequence[bytes]], descriptors: Sequence[int] = ()) -> list[bytes]:
        """Send one message and return its reply. Raises Gone, ProgramError."""
        with self._lock:
            self._send(sections, descriptors)
            return self._receive()

    def _send(self, sections: Sequence[Sequence[bytes]], descriptors: Sequence[int] = ()) -> None:
        if self.broken:
            raise Gone("the zygote has ended")
        message = frame(sections)
        try:
            if descriptors and not self._single:
                message = message[socket.send_fds(self._socket, [message], descriptors) :]
                descriptors = ()
            if message:
                self._socket.sendall(message)
            for descriptor in descriptors:
                socket.send_fds(self._socket, [b"."], [descriptor])
        except OSError as error:
            self.broken = True
            raise Gone(f"the zygote has ended: {error}") from error

    def _receive(self) -> list[bytes]:
        try:
            data = self._read(b"", HEADER)
            return self._read(data, HEADER + int(data[:HEADER], 16))[HEADER:].split(b"\0")[:-1]
        except ConnectionResetError as error:
            self.broken = True  # it ended before it had read all: it cannot have run anything
            raise Gone(f"the zygote has ended: {error}") from error
        except (OSError, ValueError) as error:
            self.broken = True
            raise ProgramError(502, f"the zygote ended in the middle of a request: {error}") from error

    def _read(self, data: bytes, size: int) -> bytes:
        """Return what has come of a reply, and more until it is so long. Nothing follows it before the next question,
        so as much as there is may be taken.
        """
        while len(data) < size:
            piece = self._socket.recv(PIECE)
            if not piece:
                raise ConnectionError("it closed its socket")
            data += piece
        return data


def file_stamp(path: str) -> Stamp:
    """Return what tells one state of a file from another, None where there is none."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
