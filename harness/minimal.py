"""Delta debugging: items come in, of which all together show something; the fewest that still do go out.

The search knows nothing of what items are. It is greedy: larger pieces are left out first, then smaller ones, until no
single item can be left out (1-minimal, as ddmin of Zeller and Hildebrandt, 2002).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def minimal(items: Sequence[Item], shows: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """Return items, in their order, none of which can be left out: `shows` says of a selection whether it suffices.

    All together are taken to suffice, and are not tried.
    """
    left = list(items)
    if not left or shows([]):
        return []
    size = max(1, len(left) // 2)
    while True:
        before = len(left)
        left = _without_pieces(left, size, shows)
        if size == 1 and len(left) == before:
            return left
        size = max(1, min(size // 2, len(left) // 2))


def _without_pieces(items: list[Item], size: int, shows: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """Leave out each piece of so many items that is not needed; the last first, since nothing builds on it."""
    end = len(items)
    while end > 0 and len(items) > 1:
        rest = items[: max(0, end - size)] + items[end:]
        if rest and shows(rest):
            items = rest
        end -= size
    return items
