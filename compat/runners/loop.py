"""Waits for several descriptors at once, and does what is to be done for each that is ready.

Comes in: descriptors with an act for each. Nothing goes out: the acts know what they are for.
"""

from __future__ import annotations

import math
import select
import time
from collections.abc import Callable

LONGEST = 500
"""Milliseconds of one wait, so that the end of the process is noticed in each thread; poll(2) takes 2**31 at most."""


class Loop:
    """One poll(2), turn by turn."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._acts: dict[int, Callable[[], None]] = {}

    def __contains__(self, descriptor: int | None) -> bool:
        return descriptor in self._acts

    def listen(self, descriptor: int, events: int, act: Callable[[], None]) -> None:
        """Do something whenever a descriptor is ready."""
        self._poll.register(descriptor, events)
        self._acts[descriptor] = act

    def forget(self, descriptor: int | None) -> None:
        """Do nothing for it any more, before it is closed."""
        if descriptor is not None and self._acts.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def turn(self, deadline: float | None) -> None:
        """Wait until something can move, and move it; or for a while."""
        left = math.inf if deadline is None else (deadline - time.monotonic()) * 1000
        wait = LONGEST if left > LONGEST else max(0, math.ceil(left))
        for descriptor, _ in self._poll.poll(wait):
            act = self._acts.get(descriptor)
            if act is not None:  # an earlier one of this turn may have closed it
                act()
