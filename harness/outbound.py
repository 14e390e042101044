"""Where the targets tried to get though they must not: what is told of it, and what of it is a difference.

By side, the destinations that were refused, each with the exchange that first showed it, come in; sentences go out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

NETWORK = "network"
"""The control that notes what is refused."""


class First(NamedTuple):
    """The exchange in which a destination was first tried (empty: while the target started), and its scenario."""

    scenario: int
    exchange: str

    @property
    def text(self) -> str:
        """When that was, in words."""
        return f"first in {self.exchange}" if self.exchange else "while it started"


Reached = Mapping[str, Mapping[str, First]]
"""By side (`old`, `new`), by destination."""


def earliest(one: Mapping[str, First], other: Mapping[str, First]) -> dict[str, First]:
    """Put together what two workers saw of one side; the first exchange is the same for any number of them."""
    return {place: min(filter(None, (one.get(place), other.get(place)))) for place in sorted({*one, *other})}


def notes(reached: Reached) -> Iterator[str]:
    """Tell of each destination who tried to reach it, and when."""
    for side, places in sorted(reached.items()):
        for place, first in sorted(places.items()):
            what = f"{side} tried to reach {place} ({first.text}) and was refused"
            yield f"{what}; where it must, add that to network in harness.toml"


def warnings(reached: Reached, controls: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Tell of each connection that one side tried to make and the other did not: a difference, whatever was answered.

    Only where both sides' networks are controlled; and only of connections: who looks up a name may mean its own.
    """
    if not all(controls.get(side, {}).get(NETWORK) for side in ("old", "new")):
        return
    for side, other in (("old", "new"), ("new", "old")):
        for place, first in sorted(reached.get(side, {}).items()):
            if place not in reached.get(other, {}) and has_port(place):
                yield f"only {side} tried to reach {place} ({first.text}): {other} never did"


def has_port(place: str) -> bool:
    """Whether a destination is `host:port`, `[address]:port` included."""
    return place.rpartition("]")[2].count(":") == 1
