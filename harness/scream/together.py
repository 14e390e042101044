"""Which changes can be made at once: each must still show beside the others.

Changes in their order and the answers that they are made to come in, layers of them go out. What breaks is not known
here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.exchange import Response
from harness.scream.operators import Change, Place, made

Answers = Mapping[str, Sequence[Response]]
"""By endpoint, the answers that a client got."""


def layers(changes: Sequence[Change], answers: Answers) -> list[list[Change]]:
    """Return the changes in few layers, one of a place in no earlier layer than those before it."""
    found: list[_Layer] = []
    lowest: dict[Place, int] = {}
    for change in sorted(changes, key=lambda one: one.operator.stage):
        number = lowest.get(change.place, 0)
        while number < len(found) and not found[number].takes(change):
            number += 1
        if number == len(found):
            found.append(_Layer(answers))
        found[number].add(change)
        lowest[change.place] = number
    order = {change.id: number for number, change in enumerate(changes)}
    return [sorted(layer.changes, key=lambda one: order[one.id]) for layer in found]


class _Layer:
    """Changes that are made at once, and what the answers are then."""

    def __init__(self, answers: Answers) -> None:
        self._before = answers
        self._after: dict[str, list[Response]] = {}
        self.changes: list[Change] = []

    def takes(self, change: Change) -> bool:
        """Tell whether a change shows beside the others, and hides none of them."""
        near = [one for one in self.changes if _near(one, change)]
        held = change.operator.delay or any(_holds(one, change) for one in near)
        return (held or self._shows(change)) and all(self._both_show(one, change) for one in near)

    def add(self, change: Change) -> None:
        """Make it with the others."""
        self.changes.append(change)
        self._after[change.endpoint] = [change.operator.edit(one) for one in self._now(change.endpoint)]

    def _now(self, endpoint: str) -> Sequence[Response]:
        return self._after.get(endpoint, self._before.get(endpoint, ()))

    def _shows(self, change: Change) -> bool:
        return any(change.operator.edit(one) != one for one in self._now(change.endpoint))

    def _both_show(self, one: Change, other: Change) -> bool:
        """Tell whether neither of two changes is all that is seen of both."""
        if _holds(one, other) or _holds(other, one):
            return True
        before = self._before.get(one.endpoint, ())
        both = [made(answer, (one.operator, other.operator)) for answer in before]
        alone = ([made(answer, (which.operator,)) for answer in before] for which in (one, other))
        return both not in alone


def _near(one: Change, other: Change) -> bool:
    """Tell whether two changes might touch the same: at a place, within another, of heads, of how markup is spelt."""
    if one.endpoint != other.endpoint:
        return False
    heads = one.operator.stage == other.operator.stage > 0
    # Whatever is done to an element may take its spelling along; values (`info.name`) have none of their own.
    spelling = "body/" in (one.path[:5], other.path[:5]) and "/" in one.path and "/" in other.path
    return heads or spelling or one.place == other.place or _holds(one, other) or _holds(other, one)


def _holds(outer: Change, inner: Change) -> bool:
    """Tell whether a place lies within another: who bears that the whole is changed does not read the part."""
    within = inner.path.startswith(tuple(outer.path + mark for mark in ".[/"))
    return outer.endpoint == inner.endpoint and outer.aspect == inner.aspect == "body" and bool(outer.path) and within
