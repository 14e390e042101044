"""A program that has been started, and the pipes between it and us.

Comes in: the system's numbers and descriptors. Goes out: a `Started` for the loop of `duplex`. How it is started is the
business of `exec` and `warm`.
"""

from __future__ import annotations

import fcntl
import os
import select
from typing import NamedTuple, Protocol

from ..types import Exit

NARROW = 65536
WIDE = 1 << 20


class Process(Protocol):
    """A started program, as the loop needs it: the leader of its own process group."""

    pid: int

    def ended(self) -> bool:
        """Whether it has ended; its number stays taken until `reap`."""

    def watched(self) -> int | None:
        """Return a descriptor that becomes readable when it ends, which `reap` closes; None where the system has no
        such descriptors, or where it has ended.
        """

    def signal_group(self, number: int) -> None:
        """Send a signal to its group, so far as there is one and its number cannot be somebody else's by now."""

    def reap(self) -> Exit:
        """Wait for its end, release its number and what `watched` opened, and return how it ended."""


class Started(NamedTuple):
    """A program at work and our ends of its pipes; `stdin` is None for one that has no body to read."""

    process: Process
    stdin: int | None
    stdout: int
    stderr: int


class Pipes:
    """The pipes of a program about to start. Leaving the block closes its ends; ours too, unless `started` took them.

    Without a body its input, None, shall be /dev/null.
    """

    __slots__ = ("_kept", "_open", "theirs")

    def __init__(self, *, has_body: bool) -> None:
        self._open: list[int] = []
        try:
            for _ in range(3 if has_body else 2):
                self._open += os.pipe()
        except BaseException:
            self._close()
            raise
        out, stdout, err, stderr = self._open[-4:]
        stdin, into = self._open[:2] if has_body else (None, None)
        self.theirs = (stdin, stdout, stderr)
        self._kept = (into, out, err)

    def __enter__(self) -> Pipes:
        return self

    def __exit__(self, *exception: object) -> None:
        self._close()

    def started(self, process: Process) -> Started:
        """Hand our ends over, with the program that has the others."""
        for end in self._kept:
            if end is not None:
                self._open.remove(end)
        return Started(process, *self._kept)

    def with_null(self) -> tuple[int, int, int]:
        """Return the program's ends, with /dev/null opened for one that has no body."""
        stdin, stdout, stderr = self.theirs
        if stdin is None:
            stdin = os.open(os.devnull, os.O_RDWR)
            self._open.append(stdin)
        return stdin, stdout, stderr

    def _close(self) -> None:
        for descriptor in self._open:
            os.close(descriptor)
        self._open = []


def taken(pid: int) -> bool:
    """Whether a process has a number now. The number of a group is given to no process while anybody is in the group,
    so one that is free can only be that group's.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def readable(descriptor: int, seconds: float) -> bool:
    """Whether a descriptor becomes readable within some seconds."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def widen(pipe: int, length: int) -> None:
    """Let a pipe hold more at once where a long body will come through it, if the system allows that (Linux)."""
    if length > NARROW and hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, WIDE)
        except OSError:
            pass  # this user's pipes hold too much already
