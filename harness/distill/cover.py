"""The smallest set that has all features, as near as a greedy choice gets: candidates in, what to keep out. Pure.

A candidate may build on earlier ones of its scenario (what wrote, what taught a name): these are kept with it, and are
its price. Each feature is wanted a number of times, or as often as it is there.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Place = tuple[int, int]
"""A scenario, and the position in it, from 0."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One exchange: its features, and whether nothing later builds on it."""

    features: frozenset[int]
    inert: bool


Scenarios = Mapping[int, Sequence[tuple[int, Candidate]]]
"""By number: the candidates of a scenario with their positions, in their order."""


def cover(scenarios: Scenarios, times: int = 1) -> dict[Place, bool]:
    """Return the places to keep; False for those that are kept only because others build on them."""
    wanted = _wanted(scenarios, times)
    choice = _Choice(scenarios, wanted)
    waiting = [(-choice.worth(place), place) for place in choice.distinct(times)]
    heapq.heapify(waiting)
    while waiting:
        promised, place = heapq.heappop(waiting)
        worth = choice.worth(place)
        if not worth or place in choice.kept:
            continue
        if worth < -promised:
            heapq.heappush(waiting, (-worth, place))
            continue
        for cheaper in choice.keep(place):
            heapq.heappush(waiting, (-choice.worth(cheaper), cheaper))
    return choice.kept


def _wanted(scenarios: Scenarios, times: int) -> Counter[int]:
    there: Counter[int] = Counter()
    for candidates in scenarios.values():
        for _, candidate in candidates:
            there.update(candidate.features)
    return Counter({feature: min(times, count) for feature, count in there.items()})


class _Choice:
    """What is kept so far, and what is still wanted."""

    def __init__(self, scenarios: Scenarios, wanted: Counter[int]) -> None:
        self._candidates = {
            (number, position): candidate
            for number, candidates in scenarios.items()
            for position, candidate in candidates
        }
        self._active = {
            number: [position for position, candidate in candidates if not candidate.inert]
            for number, candidates in scenarios.items()
        }
        self._wanted = wanted
        self.kept: dict[Place, bool] = {}

    def distinct(self, times: int) -> list[Place]:
        """Return the candidates, without more than needed of those that are equal and cost the same: one."""
        seen: defaultdict[tuple[int, frozenset[int]], int] = defaultdict(int)
        found = []
        for place, candidate in self._candidates.items():
            alike = place[0], candidate.features
            seen[alike] += 1
            if seen[alike] <= times or not candidate.inert:
                found.append(place)
        return found

    def _with(self, place: Place) -> list[Place]:
        """Return a place and what it builds on that is not kept yet."""
        number, position = place
        before = [(number, active) for active in self._active[number] if active < position]
        return [each for each in (*before, place) if each not in self.kept]

    def worth(self, place: Place) -> float:
        """Return how much that is wanted a place brings, for each exchange that it costs."""
        needed = self._with(place)
        brought = {
            feature for each in needed for feature in self._candidates[each].features if self._wanted[feature] > 0
        }
        return len(brought) / len(needed) if needed else 0.0

    def keep(self, place: Place) -> list[Place]:
        """Keep a place with what it builds on; return the others of the scenario that cost less by that."""
        needed = self._with(place)
        for each in needed:
            self.kept[each] = self._brings(each) or each == place
            self._wanted.subtract(self._candidates[each].features)
        if len(needed) == 1 and self._candidates[place].inert:
            return []
        return [each for each in self._candidates if each[0] == place[0] and each not in self.kept]

    def _brings(self, place: Place) -> bool:
        return any(self._wanted[feature] > 0 for feature in self._candidates[place].features)
