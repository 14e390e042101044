"""A program that a zygote has forked, as the loop of `duplex` wants it.

Its parent is the zygote, not this process. It stays unreaped until `reap`, so its number is ours until then.
"""

from __future__ import annotations

import os
import signal

from ..types import Exit
from .exec import open_pidfd
from .keeper import Keeper, readable

REAP_LIMIT = 5.0


class Forked:
    """A `Process` that is a zygote's child."""

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
        return self.pidfd is None or readable(self.pidfd, seconds)
