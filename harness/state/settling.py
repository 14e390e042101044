"""Waits, after an answer, for transactions that still write: what asks for them comes in, nothing goes out.

How a server tells who writes is for its driver.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

SETTLE = 1.0  # seconds; how long we wait for a transaction that outlives the answer


class Settling:
    """One copy's transactions; `writing` returns the numbers of those that write in it, `pause` (s) is between two."""

    def __init__(self, writing: Callable[[], Collection[object]], pause: float) -> None:
        self._writing = writing
        self._pause = pause
        self._unfinished: frozenset[object] = frozenset()

    def wait(self) -> None:
        """Return when none writes; at once where only those do that were waited for in vain."""
        until = time.monotonic() + SETTLE
        while writing := frozenset(self._writing()):
            if writing <= self._unfinished:
                return
            if time.monotonic() > until:
                self._unfinished = writing
                return
            time.sleep(self._pause)
