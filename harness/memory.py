"""What was made of a key, remembered within bounds: keys that did not come again for long are forgotten."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Memory(Generic[Made]):
    """Values by key, of at least `most` in size together where so much was put in, and less than twice as much."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._young: dict[Hashable, tuple[Made, int]] = {}
        self._old: dict[Hashable, tuple[Made, int]] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: Hashable) -> Made | None:
        """Return what is remembered of a key."""
        kept = self._young.get(key)
        if kept is not None:
            return kept[0]
        kept = self._old.pop(key, None)
        if kept is None:
            return None
        self.put(key, *kept)
        return kept[0]

    def put(self, key: Hashable, made: Made, size: int) -> None:
        """Remember a value, which takes so much of the room."""
        if self._size + size > self._most:
            self._old, self._young, self._size = self._young, {}, 0
        self._size += size
        self._young[key] = made, size

    def take(self, key: Hashable) -> Made | None:
        """Return what is remembered of a key, and remember it no more."""
        if kept := self._young.pop(key, None):
            self._size -= kept[1]
        else:
            kept = self._old.pop(key, None)
        return kept[0] if kept else None
