"""Finds what breaks a client in few runs: all harmless changes at once, and halves of what is not harmless.

Changes and a way to try some of them at once come in; `Found` goes out, the same whatever else runs. Changes at one
place are a ladder, smallest first: not made together, and what is above a rung that breaks need not be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.scream.operators import Change
from harness.scream.outcome import BREAKS, READS, SAME, Evidence, Verdict

Try = Callable[[Sequence[Change], int], Verdict]
"""Makes some changes at once; another number asks for another run of the same."""
Place = tuple[str, str, str]


@dataclass
class Found:
    """Places by what came of changing them; `breaks` has the smallest change that broke, `implied` what lies above."""

    breaks: dict[Place, tuple[Change, Evidence]] = field(default_factory=dict)
    reads: set[Place] = field(default_factory=set)
    tried: set[Place] = field(default_factory=set)
    implied: int = 0
    doubtful: str = ""

    @property
    def ignores(self) -> set[Place]:
        """The places that were changed and nothing came of it."""
        return self.tried - self.reads - self.breaks.keys()


def search(changes: Sequence[Change], attempt: Try) -> Found:
    """Try all changes: mild ones in layers of one a place, then each of the others alone."""
    found = Found(tried={change.place for change in changes})
    for mild in (True, False):
        ladders = _ladders([change for change in changes if change.operator.mild is mild])
        for rung in range(max(map(len, ladders), default=0)):
            layer = [ladder[rung] for ladder in ladders if rung < len(ladder)]
            left = [change for change in layer if change.place not in found.breaks]
            found.implied += len(layer) - len(left)
            if mild:
                _split(left, attempt, found)
            else:
                for change in left:
                    _alone(change, attempt, found)
            if found.doubtful:
                return found
    return found


def _ladders(changes: Sequence[Change]) -> list[list[Change]]:
    ladders: dict[Place, list[Change]] = {}
    for change in changes:
        ladders.setdefault(change.place, []).append(change)
    return list(ladders.values())


def _split(changes: Sequence[Change], attempt: Try, found: Found, guilty: bool = False) -> bool:
    """Find those of some changes that are not harmless; return whether any is.

    `guilty`: it is known that together they are not, since what was tried with them is harmless.
    """
    if not changes:
        return False
    if len(changes) == 1:
        return _note(changes[0], attempt(changes, 0), found)
    if not guilty and attempt(changes, 0).level == SAME:
        return False
    middle = len(changes) // 2
    first = _split(changes[:middle], attempt, found)
    second = _split(changes[middle:], attempt, found, guilty=not first)
    # Changes may be harmless each and break together: that happens again, and is no whim.
    if not (guilty or first or second) and attempt(changes, 1).level == SAME:
        found.doubtful = "the same changes made it do one thing, and then another"
    return first or second


def _alone(change: Change, attempt: Try, found: Found) -> None:
    """Try one change; what breaks a client must do so twice."""
    verdict = attempt([change], 0)
    if verdict.level == BREAKS and attempt([change], 1).level != BREAKS:
        found.doubtful = f"{change.operator.name} at {change.endpoint} broke it once, and then not"
    else:
        _note(change, verdict, found)


def _note(change: Change, verdict: Verdict, found: Found) -> bool:
    if verdict.level == BREAKS and verdict.evidence is not None:
        found.breaks[change.place] = change, verdict.evidence
    if verdict.level in (READS, BREAKS):
        found.reads.add(change.place)
    return verdict.level != SAME
