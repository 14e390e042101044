"""Answers that are kept in memory: a key and what it depends on come in, the answer made for exactly that goes out.

Nothing is kept for a time: who asks says what the answer depends on (the project's serial, its roles), which costs one
question to the database. So an answer is never older than the rows, whoever wrote them, the old code included.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import NamedTuple

MOST = 64 * 1024 * 1024  # bytes of all bodies


class Kept(NamedTuple):
    """An answer: its body, and the headers that belong to it."""

    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class KeptAnswers:
    """The answers asked for last, as many as fit."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._size = 0
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, Kept]] = OrderedDict()

    def get(self, key: Hashable, state: Hashable) -> Kept | None:
        """Return the answer kept for the key, if it is one of this state."""
        with self._lock:
            known = self._kept.get(key)
            if known is None or known[0] != state:
                return None
            self._kept.move_to_end(key)
            return known[1]

    def put(self, key: Hashable, state: Hashable, made: Kept) -> Kept:
        """Keep an answer, and return it.

        The state must have been read before what the answer shows: then a change in between makes it an older one, and
        the answer is made again the next time.
        """
        with self._lock:
            self._forget(key)
            self._kept[key] = state, made
            self._size += len(made.body)
            while self._size > self._most and self._kept:
                self._forget(next(iter(self._kept)))
        return made

    def _forget(self, key: Hashable) -> None:
        known = self._kept.pop(key, None)
        if known is not None:
            self._size -= len(known[1].body)
