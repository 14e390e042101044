"""The server's side of one zygote: starts the interpreter, sends it requests, and ends it.

Comes in: a `Start` and single requests. Goes out: a `Forked` for each, a `Process` as the loop of `duplex` wants it.
Safe to use from several threads. Which zygote serves which program is the business of `warm`.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ProgramError
from ..types import Exit
from .exec import open_pidfd
from .python import Start, Unsuited

ZYGOTE = str(Path(__file__).with_name("zygote.py"))
START_LIMIT = 20.0
REPLY_LIMIT = 30.0
REAP_LIMIT = 5.0

logger = logging.getLogger("compat")


class Gone(Unsuited):
    """The zygote ended before it had the whole request, so nothing was run."""


@dataclass(frozen=True, slots=True)
class Request:
    """One program to run: the stamp of its file's state (empty: do not keep its code), and how exec would start it."""

    stamp: str
    path: str
    cwd: str
    argv: tuple[str, ...]
    words: tuple[str, ...]
    limits: tuple[str, ...]
    environment: Mapping[bytes, bytes]


class Keeper:
    """One zygote. Raises Unsuited where it does not start, or is no use; OSError where the system refuses."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.broken = False
        self._lock = threading.Lock()
        self._output = os.memfd_create("zygote")
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = self._spawn(theirs.fileno())
            try:
                self._greet()
            except BaseException:
                self.close()
                raise
        finally:
            if self.broken:
                self._socket.close()
            os.close(self._output)

    def fork(self, request: Request, descriptors: Sequence[int]) -> Forked:
        """Run one program on three descriptors.

        Raises Gone where nothing was run because the zygote has ended, Unsuited where the zygote will not run it, and
        ProgramError (502) where it ended and nobody knows.
        """
        reply = self._ask(encoded(request), descriptors)
        if reply[0] != b"pid":
            raise Unsuited(reply[1].decode("utf-8", "replace"))
        return Forked(self, int(reply[1]))

    def wait(self, pid: int) -> Exit:
        """Return how an ended child ended; unknown where the zygote is gone."""
        try:
            reply = self._ask([[b"wait", b"%d" % pid]])
        except (Gone, ProgramError):
            return Exit()
        code = os.waitstatus_to_exitcode(int(reply[1]))
        return Exit(signal=-code) if code < 0 else Exit(status=code)

    def close(self) -> None:
        """End the zygote. Children at work go on."""
        self.broken = True
        self._socket.close()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def abandon(self) -> None:
        """Let go of a zygote that belongs to the parent of this process."""
        self.broken = True
        self._socket.close()
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

    def _greet(self) -> None:
        """Send the settings, and wait until the interpreter is ready."""
        self._single = False
        startup = [name + b"=" + value for name, value in self.start.environment]
        folder = os.path.dirname(self.start.script)
        self._socket.settimeout(START_LIMIT)
        try:
            reply = self._ask([[b"begin"], startup, [os.fsencode(folder)]])
        except (Gone, ProgramError) as error:
            raise Unsuited(f"{self.start.argv[0]} does not start: {self._said() or error}") from error
        said = self._said()
        if reply[0] != b"ready" or said:
            raise Unsuited(f"{self.start.argv[0]}: {said or reply[1].decode()}")
        self._single = reply[1] == b"1"
        self._socket.settimeout(REPLY_LIMIT)

    def _said(self) -> str:
        """What the interpreter printed at its start; it would print that for every request."""
        return os.pread(self._output, 2000, 0).decode("utf-8", "replace").strip()

    def _ask(self, sections: Sequence[Sequence[bytes]], descriptors: Sequence[int] = ()) -> list[bytes]:
        """Send one message and return its reply. Raises Gone, ProgramError."""
        message = frame(sections)
        with self._lock:
            if self.broken:
                raise Gone("the zygote has ended")
            try:
                self._socket.sendall(message)
                self._pass(descriptors)
            except OSError as error:
                self.broken = True
                raise Gone(f"the zygote has ended: {error}") from error
            try:
                return self._read(int(self._read(8), 16)).split(b"\0")[:-1]
            except OSError as error:
                self.broken = True
                raise ProgramError(502, f"the zygote ended in the middle of a request: {error}") from error

    def _pass(self, descriptors: Sequence[int]) -> None:
        groups = [[one] for one in descriptors] if self._single else [list(descriptors)]
        for group in groups:
            if group:
                socket.send_fds(self._socket, [b"."], group)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise ConnectionError("it closed its socket")
            data += piece
        return data


class Forked:
    """A `Process` that is the zygote's child. It stays unreaped until `reap`, so its number is ours until then."""

    def __init__(self, keeper: Keeper, pid: int) -> None:
        self.pid = pid
        self.pidfd = open_pidfd(pid)
        self._keeper = keeper

    def ended(self) -> bool:
        """Without a pidfd it has ended: its zygote is gone too, or it would still have its number."""
        return True

    def signal_group(self, number: int) -> None:
        """Send a signal to the group, or to the child where it has not made itself a group yet."""
        if self._ended_within(0) and self._keeper.broken:
            return  # nobody holds its number any more
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            self._signal(number)
        except PermissionError:
            pass  # it gave itself to another user

    def reap(self) -> Exit:
        """Ask the zygote how it ended."""
        try:
            if not self._ended_within(REAP_LIMIT):
                return Exit(signal=signal.SIGKILL)  # killed, and held by the kernel: the zygote must not wait for it
            return self._keeper.wait(self.pid)
        finally:
            if self.pidfd is not None:
                os.close(self.pidfd)

    def _signal(self, number: int) -> None:
        if self.pidfd is None:
            return
        try:
            signal.pidfd_send_signal(self.pidfd, number)
        except (ProcessLookupError, PermissionError):
            pass

    def _ended_within(self, seconds: float) -> bool:
        if self.pidfd is None:
            return True
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(seconds * 1000))


def encoded(request: Request) -> list[list[bytes]]:
    """Return a request as sections of words."""
    return [
        [b"run"],
        [os.fsencode(request.stamp), os.fsencode(request.path), os.fsencode(request.cwd)],
        [os.fsencode(word) for word in request.argv],
        [os.fsencode(word) for word in request.words],
        [os.fsencode(limit) for limit in request.limits],
        [name + b"=" + value for name, value in request.environment.items()],
    ]


def frame(sections: Sequence[Sequence[bytes]]) -> bytes:
    """Return a message: its length, the length of each section, and their words, each ended by a NUL."""
    packed = [b"".join(word + b"\0" for word in section) for section in sections]
    payload = b" ".join(b"%d" % len(section) for section in packed) + b"\n" + b"".join(packed)
    return b"%08x" % len(payload) + payload
