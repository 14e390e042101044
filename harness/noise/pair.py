"""Two values that one slot of a place had in one exchange, read from what a run has shown there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.noise.gather import Seen, Sketch
from harness.noise.slot import slots


@dataclass(frozen=True, slots=True)
class Pair:
    """Two values of one slot in one exchange; `order` says where in which run it was seen."""

    before: str
    old: str
    new: str
    order: tuple[int, int, int]


def pairs_of(sketches: Iterable[Sketch[Seen]]) -> list[Pair]:
    """Return the values of all slots of some runs, in the order of the exchanges."""
    found = []
    for run, sketch in enumerate(sketches):
        for seen in sketch.things().values():
            for old, new in seen.values:
                order = run, seen.scenario, seen.position
                found += [Pair(slot.before, slot.old, slot.new, order) for slot in slots(old, new)]
    return sorted(found, key=lambda pair: (pair.order, pair.before, pair.old, pair.new))


def by_slot(pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    """Return pairs by what stands before them."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.before, []).append(pair)
    return found
