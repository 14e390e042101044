"""Which exchanges old is asked again, in other surroundings, to learn what of its answers is noise.

What differed comes in, scenarios to replay go out. Only places where the two sides differ need be looked at, and hardly
those where chance is ruled out already: were it noise, each side would have it about as often as the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.difference import Difference
from harness.evidence import Finding
from harness.scenarios import Scenario

ENOUGH = 25
"""Differing exchanges looked at for each place."""
GLIMPSE = 1
"""Exchanges looked at where two sides always show the same two values: each process may have drawn its own."""
PROOF = 16
"""Exchanges that all differ in one direction: by chance in one case of 2 to the power of 15."""
OPPOSITE = {"missing": "added", "added": "missing"}

Place = tuple[str, str, str, str]
Change = tuple[str, str, str]


def again(scenarios: Sequence[Scenario], found: Iterable[Finding], everything: bool = False) -> list[Scenario]:
    """Return the scenarios to replay with old on both sides: as far as needed for each place to be seen often enough.

    `found` is read twice. With `everything`, each scenario that showed a difference is replayed whole: then the
    evidence does not depend on which scenarios one machine was given.
    """
    needed = {} if everything else one_sided(found)
    seen: Counter[Place] = Counter()
    until: dict[int, int] = {}
    for finding in found:
        places = dict(_places(finding, needed))
        if everything or any(seen[place] < enough for place, enough in places.items()):
            until[finding.scenario] = finding.position
        if until.get(finding.scenario) == finding.position:
            seen.update(places.keys())
    chosen = [scenario for scenario in scenarios if scenario.number in until]
    return [scenario if everything else _as_far_as(scenario, until[scenario.number]) for scenario in chosen]


@dataclass(slots=True)
class Direction:
    """In how many exchanges a change was seen, and with which values: None where they vary."""

    count: int = 0
    values: set[tuple[str, str]] | None = field(default_factory=set)

    def add(self, difference: Difference) -> None:
        """Count one."""
        self.count += 1
        if self.values is not None:
            self.values.add((difference.old, difference.new))
            if len(self.values) > 1:
                self.values = None


def one_sided(found: Iterable[Finding]) -> dict[Change, int]:
    """Return how many exchanges need be looked at for each change that goes one way: always gone, always added (none).

    Or always the same other value: each process may have drawn its own, so that is looked at, though not often.
    """
    seen: dict[Change, Direction] = {}
    for finding in found:
        for change, difference in {_change(each.difference): each.difference for each in finding.observations}.items():
            seen.setdefault(change, Direction()).add(difference)
    often = {change: direction for change, direction in seen.items() if direction.count >= PROOF}
    gone = {change: 0 for change in often if change[2] in OPPOSITE and (*change[:2], OPPOSITE[change[2]]) not in seen}
    other = {
        change: GLIMPSE
        for change, direction in often.items()
        if change[2] not in (*OPPOSITE, "order") and direction.values is not None
    }
    return gone | other


def _change(difference: Difference) -> Change:
    return difference.aspect, difference.path, difference.kind


def _places(finding: Finding, needed: Mapping[Change, int]) -> Iterator[tuple[Place, int]]:
    for seen in finding.observations:
        change = _change(seen.difference)
        yield (seen.endpoint, *change), needed.get(change, ENOUGH)


def _as_far_as(scenario: Scenario, position: int) -> Scenario:
    return scenario if position >= len(scenario) else replace(scenario, limit=position)
