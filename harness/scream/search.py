"""Finds what breaks a client in few runs: many changes at once that are likely harmless, halves of what is not.

Changes, the answers that they are made to, and a way to try some of them at once come in; `Found` goes out, the same
whatever else runs. Where a change breaks, the graver ones at its place need not be tried. Whatever is said to alter
what a client does has done so in two runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from harness.scream.operators import GRAVE, MILD, SUSPECT, Change, Place
from harness.scream.outcome import BREAKS, READS, SAME, Evidence, Verdict
from harness.scream.together import Answers, layers

Try = Callable[[Sequence[Change], int], Verdict]
"""Makes some changes at once; another number asks for another run of the same."""


@dataclass
class Found:
    """Places by what came of changing them; `breaks` has the smallest change that broke there."""

    breaks: dict[Place, tuple[Change, Evidence]] = field(default_factory=dict)
    reads: set[Place] = field(default_factory=set)
    tried: set[Place] = field(default_factory=set)
    doubtful: str = ""

    @property
    def ignores(self) -> set[Place]:
        """The places that were changed and nothing came of it."""
        return self.tried - self.reads - self.breaks.keys()


def search(changes: Sequence[Change], answers: Answers, attempt: Try) -> Found:
    """Try all changes: mild ones and suspects in layers, each of the grave ones alone."""
    return _Search(changes, attempt).run(answers)


class _Search:
    def __init__(self, changes: Sequence[Change], attempt: Try) -> None:
        self._changes, self._attempt = changes, attempt
        self._first = {change.place: -number for number, change in enumerate(changes[::-1])}
        self._rank = {one.id: (one.operator.gravity, number) for number, one in enumerate(changes)}
        self.found = Found(tried={change.place for change in changes})

    def run(self, answers: Answers) -> Found:
        for gravity in (MILD, SUSPECT):
            for layer in layers(self._of(gravity), answers):
                for some in self._parted(layer):
                    self._split(some)
        for together in _detours(self._of(GRAVE)):
            self._group(together)
        return self.found

    def _try(self, changes: Sequence[Change], number: int) -> Verdict:
        """Make changes at once, in the order in which they were found to show beside each other."""
        return self._attempt(sorted(changes, key=lambda one: self._rank[one.id]), number)

    def _of(self, gravity: int) -> list[Change]:
        return [change for change in self._changes if change.operator.gravity == gravity]

    def _parted(self, layer: Sequence[Change]) -> list[list[Change]]:
        """Return a layer by places, and those apart that the client is known to read: it will, among others, again."""
        ordered = sorted(layer, key=lambda one: (self._first[one.place], self._rank[one.id]))
        known = [list(some) for place, some in groupby(ordered, key=lambda one: one.place) if place in self.found.reads]
        return [[one for one in ordered if one.place not in self.found.reads], *known]

    def _left(self, changes: Sequence[Change]) -> list[Change]:
        """Return those that a smaller change at their place does not answer for; none once the client is doubtful."""
        if self.found.doubtful:
            return []
        broken = self.found.breaks
        return [one for one in changes if one.place not in broken or self._smaller(one, broken[one.place][0])]

    def _smaller(self, one: Change, other: Change) -> bool:
        return self._rank[one.id] < self._rank[other.id]

    def _split(self, changes: Sequence[Change], guilty: bool = False) -> bool:
        """Find those of some changes that are not harmless; return whether any is.

        `guilty`: it is known that together they are not, since what was tried with them is harmless.
        """
        left = self._left(changes)
        guilty = guilty and len(left) == len(changes)
        if len(left) < 2:
            return bool(left) and self._alone(left[0], guilty)
        one_place = len({one.place for one in left}) == 1
        if not guilty or one_place:
            level = self._try(left, 0).level
            if level == SAME:
                return False
            if level == READS and one_place:
                return self._alike(left)
        middle = _middle(left)
        first = self._split(left[:middle])
        second = self._split(left[middle:], guilty=not first)
        # Changes may be harmless each and break together: that happens again, and is no whim.
        if not (guilty or first or second or self.found.doubtful) and self._try(left, 1).level == SAME:
            self.found.doubtful = "the same changes made it do one thing, and then another"
        return first or second

    def _alike(self, changes: Sequence[Change]) -> bool:
        """Note what none of some changes at one place did more than: alter what the client does."""
        if changes[0].place in self.found.reads:
            return True
        if self._try(changes, 1).level != READS:
            self._doubt(changes[0], READS)
        else:
            self.found.reads.add(changes[0].place)
        return True

    def _group(self, changes: Sequence[Change]) -> None:
        """Try changes at one place that are likely to be noticed and to break nothing; each alone if they do."""
        left = self._left(changes)
        if len(left) > 1 and (level := self._try(left, 0).level) != BREAKS:
            if level == READS:
                self._alike(left)
            return
        for change in left:
            for still in self._left([change]):
                self._alone(still, seen=False)

    def _alone(self, change: Change, seen: bool) -> bool:
        """Try one change; `seen`: a run of others that are harmless with it has shown already that it is not."""
        verdict = self._try([change], 0)
        if verdict.level != SAME and not seen and self._try([change], 1).level != verdict.level:
            self._doubt(change, verdict.level)
            return True
        if verdict.level == BREAKS and verdict.evidence is not None:
            self.found.breaks[change.place] = change, verdict.evidence
        if verdict.level != SAME:
            self.found.reads.add(change.place)
        return verdict.level != SAME

    def _doubt(self, change: Change, level: str) -> None:
        did = "broke it" if level == BREAKS else "altered what it does"
        self.found.doubtful = f"{change.operator.name} at {change.endpoint} {did} once, and then not"


def _middle(changes: Sequence[Change]) -> int:
    """Return where to part changes: near the middle, and between two places if there are several."""
    bounds = [at for at in range(1, len(changes)) if changes[at].place != changes[at - 1].place]
    return min(bounds or [len(changes) // 2], key=lambda at: abs(2 * at - len(changes)))


def _detours(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield changes one by one, but detours at one place together."""
    for _, some in groupby(changes, key=lambda one: one.place if one.operator.detour else one.id):
        yield list(some)
