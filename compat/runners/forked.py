"""A program that a zygote has forked, as the loop of `duplex` wants it.

Its parent is the zygote, not this process. It stays unreaped until `reap`, so its number is ours until then.
"""

from __future__ import annotations

import os
import signal

from ..types import Exit
from .exec import exit_of, open_pidfd
from .keeper import Keeper
from .process import readable, taken

REAP_LIMIT = 5.0


class Forked:
    """A `Process` that is a zygote's child."""

    def __init__(self, keeper: Keeper, pid: int, *, learning: bool) -> None:
        self.pid = pid
        self._pidfd = open_pidfd(pid)
        self._keeper = keeper
        self._learning = learning

    def watched(self) -> int | None:
        """Return a descriptor that becomes readable when it ends."""
        return self._pidfd

    def ended(self) -> bool:
        """Without a pidfd it has ended: its zygote is gone too, or it would still have its number."""
        return self._ended_within(0)

    def signal_group(self, number: int) -> None:
        """Send a signal to the group, or to the child where it has not made itself a group yet."""
        if self._keeper.broken and self.ended() and taken(self.pid):
            return  # nobody holds its number any more, and somebody else has it
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            self._signal(number)
        except PermissionError:
            pass  # it gave itself to another user

    def reap(self) -> Exit:
        """Learn how it ended, from the kernel or else from its zygote, which releases its number."""
        try:
            if not self._ended_within(REAP_LIMIT):
                return Exit(signal=signal.SIGKILL)  # killed, and held by the kernel: the zygote must not wait for it
            status = None if self._learning else zombie_status(self.pid)
            if status is None:
                return self._keeper.wait(self.pid)
            self._keeper.reap(self.pid)
            return exit_of(status)
        finally:
            if self._pidfd is not None:
                os.close(self._pidfd)

    def _signal(self, number: int) -> None:
        if self._pidfd is None:
            return
        try:
            signal.pidfd_send_signal(self._pidfd, number)
        except (ProcessLookupError, PermissionError):
            pass

    def _ended_within(self, seconds: float) -> bool:
        return self._pidfd is None or readable(self._pidfd, seconds)


def zombie_status(pid: int) -> int | None:
    """Return the wait status of an unreaped process, None where the kernel does not tell: it tells those who run as the
    same user (proc(5), `exit_code`).
    """
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        fields = os.read(descriptor, 4096).rpartition(b")")[2].split()
        if os.fstat(descriptor).st_uid != os.geteuid() or fields[0] != b"Z":
            return None
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return int(fields[-1])
