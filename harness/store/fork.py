"""What holds a database open lets go of it while the process forks.

SQLite keeps its locks in the memory of the process: a child that inherits them believes that it holds what its parent
holds, and each destroys what the other writes.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Suspended(Protocol):
    """What can let go for a moment."""

    def suspend(self) -> None:
        """Close what must not be open while a process forks, and let nobody open it."""

    def resume(self) -> None:
        """Go on, in the process that forked and in its child."""


_all: weakref.WeakSet[Suspended] = weakref.WeakSet()
_suspended: list[Suspended] = []
_registered = False


def suspend_at_fork(held: Suspended) -> None:
    """Have something suspended whenever this process forks, as long as it lives."""
    global _registered
    if not _registered:
        _registered = True
        os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
    _all.add(held)


def _before_fork() -> None:
    for held in list(_all):
        held.suspend()
        _suspended.append(held)


def _after_fork() -> None:
    while _suspended:
        _suspended.pop().resume()
