"""Runs a program by fork and exec, once per request: any language, full isolation.

Comes in: a `Command`. Goes out: a `Running` whose program leads a group of its own. Everything after the start is
`duplex`.
"""

from __future__ import annotations

import errno
import os
import subprocess
import time

from ..body import Body
from ..types import Command, Exit
from .duplex import ErrorSink, Running
from .process import Pipes, Started, readable, taken
from .spawn import spawn, suits

PAUSES = (0.005, 0.01, 0.02, 0.04, 0.08, 0.1, None)
"""Seconds between attempts to execute a file that is open for writing; then it is given up."""


def execute(
    command: Command,
    body: Body,
    errors: ErrorSink,
    timeout: float | None = None,
    idle_timeout: float | None = None,
) -> Running:
    """Start a program in a process of its own; the `Runner` of this module. Raises OSError where exec fails."""
    return Running(start(command, body.length is not None), body, errors, timeout, idle_timeout, name=command.name)


class Child:
    """A `Process` that is our own child."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._pidfd: int | None = None

    def watched(self) -> int | None:
        """Return a descriptor that becomes readable when it ends, opened when first asked for; None where there is
        none.
        """
        if self._pidfd is None:
            self._pidfd = open_pidfd(self.pid)
        return self._pidfd

    def ended(self) -> bool:
        """Whether it has ended; its number stays taken."""
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True  # a server that ignores SIGCHLD: the kernel has reaped it

    def signal_group(self, number: int) -> None:
        """Send a signal to the group: the leader is not reaped yet, so its number is still ours, or nobody has it."""
        try:
            if not (self._reaped() and taken(self.pid)):
                os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # gone, or a set-uid program that is not ours to end

    def reap(self) -> Exit:
        """Wait for the end."""
        try:
            return exit_of(self._wait())
        finally:
            if self._pidfd is not None:
                os.close(self._pidfd)

    def _reaped(self) -> bool:
        """Whether somebody else has reaped it: gevent, or the kernel, for a server that ignores SIGCHLD."""
        try:
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        return False

    def _wait(self) -> int:
        try:
            return os.waitpid(self.pid, 0)[1]
        except ChildProcessError:
            return 0  # the kernel has reaped it, and does not tell


class Watched(Child):
    """A child that the `Popen` of this server waits for, which may be another library's (gevent's)."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(process.pid)
        self._process = process
        self.watched()  # while its number is certainly ours: others may reap it

    def ended(self) -> bool:
        """Whether it has ended; its number stays taken where a pidfd tells."""
        return self._process.poll() is not None if self._pidfd is None else readable(self._pidfd, 0)

    def _wait(self) -> int:
        code = self._process.wait()
        return -code if code < 0 else code << 8


def exit_of(status: int) -> Exit:
    """Turn the status of wait(2) into an `Exit`."""
    code = os.waitstatus_to_exitcode(status)
    return Exit(signal=-code) if code < 0 else Exit(status=code)


def open_pidfd(pid: int) -> int | None:
    """Return a descriptor that becomes readable when a process ends, None where that is not to be had."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None  # an old kernel; or a server that ignores SIGCHLD, whose children the kernel reaps: gone already


def start(command: Command, has_body: bool) -> Started:
    """Start the program in a group of its own; return it with our ends of its pipes. Raises OSError where exec fails.

    No preexec_fn: it would copy the whole server process. SIGPIPE, which Python ignores, is put back to its default in
    the child.
    """
    with Pipes(has_body=has_body) as pipes:
        return pipes.started(_start(command, pipes.theirs))


def _start(command: Command, descriptors: tuple[int | None, int, int]) -> Child:
    """A file that was just written may still be open for writing: try again for a quarter of a second (ETXTBSY)."""
    for pause in PAUSES:
        try:
            if suits(descriptors):
                return Child(spawn(command.argv, command.environment, command.cwd, descriptors))
            return Watched(_opened(command, *descriptors))
        except OSError as error:
            if error.errno != errno.ETXTBSY or pause is None:
                raise
            time.sleep(pause)
    raise AssertionError("unreachable")


def _opened(command: Command, stdin: int | None, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.argv,
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=command.cwd,
        env=command.environment,
        start_new_session=True,
    )
