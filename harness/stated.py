"""Finds the answers to HEAD that state the length of a body which GET shows to differ in spelling only.

What noise left of all findings of a run comes in, exchange by exchange; the same goes out, in which such a length has
given way to what GET shows. HEAD may come before GET, or have been asked by another worker or machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.difference import Difference
from harness.evidence import Evidence, Finding, Spool
from harness.group.observation import Observation

HEAD = "HEAD "
"""How the endpoints of HEAD begin."""

Unexplained = Callable[[Sequence[Observation]], list[Observation]]
Told = tuple[Finding, list[Observation]]


@dataclass(frozen=True, slots=True)
class Remaining:
    """What differs in each exchange, as often as it is read: without noise, which `unexplained` takes away.

    `spelt` is what differs in the body of GET, by the target and the two lengths of it that HEAD states.
    """

    found: Spool
    unexplained: Unexplained
    spelt: dict[str, tuple[Difference, ...]]

    def __iter__(self) -> Iterator[Told]:
        for finding in self.found:
            shown = self.spelt.get(finding.lengths, ()) if _is_head(finding) else ()
            left = self.unexplained(finding.observations)
            yield finding, _replaced(left, shown) if shown else left


def remaining(evidence: Evidence, unexplained: Unexplained) -> Remaining:
    """Return what noise does not explain. Where GETs of one length differ in meaning too, so may HEAD: that stays."""
    found = evidence.found
    heads = any(name.startswith(HEAD) for name in evidence.endpoints)
    asked = {finding.lengths for finding in found if _is_head(finding) and finding.lengths} if heads else set()
    spelt: dict[str, tuple[Difference, ...]] = {}
    other = set[str]()
    for finding in found if asked else ():
        if finding.lengths not in asked or _is_head(finding) or finding.observations[0].astray:
            continue
        bodies = [seen.difference for seen in unexplained(finding.observations) if seen.difference.aspect == "body"]
        if any(difference.kind != "spelling" for difference in bodies):
            other.add(finding.lengths)
        elif bodies:
            spelt.setdefault(finding.lengths, tuple(bodies))
    return Remaining(found, unexplained, {key: shown for key, shown in spelt.items() if key not in other})


def _is_head(finding: Finding) -> bool:
    return finding.observations[0].endpoint.startswith(HEAD)


def _replaced(observations: Sequence[Observation], shown: Sequence[Difference]) -> list[Observation]:
    """Return what HEAD shows, in which the length is what differs in the body."""
    left = [one for one in observations if not _is_length(one.difference)]
    if len(left) == len(observations) or any(one.difference.aspect == "body" for one in left):
        return list(observations)
    return [*left, *(replace(observations[0], difference=difference, stated=True) for difference in shown)]


def _is_length(difference: Difference) -> bool:
    return (difference.aspect, difference.path.lower(), difference.kind) == ("header", "content-length", "changed")
