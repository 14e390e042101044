"""Which exchanges old is asked again, in other surroundings, to learn what of its answers is noise.

What differed comes in, scenarios to replay go out. Only places where the two sides differ need be looked at: a change
that noise cannot explain is proved by a few exchanges in which old agrees with itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.evidence import Finding
from harness.scenarios import Scenario

ENOUGH = 10
"""Differing exchanges looked at for each place."""

Place = tuple[str, str, str, str]


def again(scenarios: Sequence[Scenario], found: Iterable[Finding], everything: bool = False) -> list[Scenario]:
    """Return the scenarios to replay with old on both sides: as far as needed for each place to be seen often enough.

    With `everything`, each scenario that showed a difference is replayed whole: then the evidence does not depend on
    which scenarios one machine was given.
    """
    seen: Counter[Place] = Counter()
    until: dict[int, int] = {}
    for finding in found:
        places = _places(finding)
        if everything or any(seen[place] < ENOUGH for place in places):
            until[finding.scenario] = finding.position
        if until.get(finding.scenario) == finding.position:
            seen.update(places)
    chosen = [scenario for scenario in scenarios if scenario.number in until]
    return [scenario if everything else _as_far_as(scenario, until[scenario.number]) for scenario in chosen]


def _places(finding: Finding) -> set[Place]:
    return {
        (seen.endpoint, seen.difference.aspect, seen.difference.path, seen.difference.kind)
        for seen in finding.observations
    }


def _as_far_as(scenario: Scenario, position: int) -> Scenario:
    return scenario if position >= len(scenario) else replace(scenario, limit=position)
