"""Runs a program by fork and exec, once per request: any language, full isolation.

Comes in: a `Command`. Goes out: a `Running` whose program has a session of its own. Everything after the start is
`duplex`.
"""

from __future__ import annotations

import errno
import os
import subprocess
import time

from ..body import Body
from ..types import Command, Exit
from .duplex import ErrorSink, Pipes, Running, Started

BUSY_RETRIES = (0.005, 0.01, 0.02, 0.04, 0.08, 0.1)


def execute(
    command: Command,
    body: Body,
    errors: ErrorSink,
    timeout: float | None = None,
    idle_timeout: float | None = None,
) -> Running:
    """Start a program in a process of its own; the `Runner` of this module. Raises OSError where exec fails."""
    return Running(spawn(command, body.length is not None), body, errors, timeout, idle_timeout)


class Child:
    """A `Process` that is our own child."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid
        self.pidfd = open_pidfd(process.pid)

    def ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def signal_group(self, number: int) -> None:
        """Send a signal to the group; the leader is not reaped yet, so its number is still ours."""
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # gone, or a set-uid program that is not ours to end

    def reap(self) -> Exit:
        """Wait for the end."""
        code = self._process.wait()
        if self.pidfd is not None:
            os.close(self.pidfd)
        return Exit(signal=-code) if code < 0 else Exit(status=code)


def open_pidfd(pid: int) -> int | None:
    """Return a descriptor that becomes readable when a process ends, None where that is not to be had."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None  # an old kernel; or a server that ignores SIGCHLD, whose children the kernel reaps: gone already


def spawn(command: Command, has_body: bool) -> Started:
    """Start the program in a session of its own; return it with our ends of its pipes. Raises OSError where exec fails.

    No preexec_fn: it would copy the whole server process. SIGPIPE, which Python ignores, is put back to its default in
    the child.
    """
    with Pipes(has_body=has_body) as pipes:
        process = _start(command, *pipes.theirs)
        return pipes.started(Child(process))


def _start(command: Command, stdin: int, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
    """A file that was just written may still be open for writing: try again for a quarter of a second (ETXTBSY)."""
    for pause in (*BUSY_RETRIES, None):
        try:
            return subprocess.Popen(
                command.argv,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=command.cwd,
                env=command.environment,
                start_new_session=True,
            )
        except OSError as error:
            if error.errno != errno.ETXTBSY or pause is None:
                raise
            time.sleep(pause)
    raise AssertionError("unreachable")
