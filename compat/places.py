"""The places of `max_concurrency`: how many programs may run at once, in all processes that share them.

A place is a byte of an unlinked file, locked by whoever holds it (POSIX record locks). So the places are shared by
every process forked after they were made, and the places of a process that dies are free at once. Within one process,
which such a lock does not see, a list of the free ones keeps order.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
import time

PAUSE = 0.01
"""Seconds between two looks for a place that another process gave back: nothing tells us of it."""


class Places:
    """`limit` places. Made before a server forks, they are shared by its workers; else each process has its own."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._file, path = tempfile.mkstemp(prefix="compat-places-")
        os.unlink(path)
        self._by_process: dict[int, _Free] = {}

    def take(self, timeout: float) -> int | None:
        """Return a place, None if none became free within `timeout` seconds."""
        limit = time.monotonic() + timeout
        free = self._here()
        with free.changed:
            while (place := self._try(free.places)) is None:
                remaining = limit - time.monotonic()
                if remaining <= 0:
                    return None
                free.changed.wait(min(PAUSE, remaining))
            return place

    def leave(self, place: int) -> None:
        """Give a place back."""
        free = self._here()
        with free.changed:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)
            free.places.append(place)
            free.changed.notify()

    def _here(self) -> _Free:
        """What this process knows: what a parent held at the fork is held by the parent, not by us."""
        found = self._by_process.get(os.getpid())
        return found or self._by_process.setdefault(os.getpid(), _Free(list(range(self.limit))))

    def _try(self, free: list[int]) -> int | None:
        for place in free:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except (BlockingIOError, PermissionError):  # POSIX allows either for "another process has it"
                continue
            free.remove(place)
            return place
        return None

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            os.close(self._file)


class _Free:
    """The places that no thread of this process holds; another process may."""

    def __init__(self, places: list[int]) -> None:
        self.places = places
        self.changed = threading.Condition()
