"""What the exchanges of a recording show, each looked at once: lines, steps and shapes as numbers, or why it is none.

Scenarios come in, candidates for `cover` go out. Here the recorded answers are read; `stage` replays at a target. What
is kept is not decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.clients import client
from harness.config import Config
from harness.distill.cover import Candidate
from harness.distill.fresh import Fresh
from harness.distill.shape import shape
from harness.endpoint import endpoint
from harness.exchange import SAFE_METHODS
from harness.reach.side import Reached
from harness.scenarios import Scenario
from harness.targets import Target, Unsent

REPEAT, UNSENT = "the same request as an earlier one", "cannot be sent"
TIRED = "not looked at: its endpoint had shown nothing new for long (--patience)"


@dataclass(frozen=True, slots=True)
class DistillOptions:
    """By what is chosen: `target` tells lines and shapes (None: the recorded answers' shapes alone).

    Each feature is kept `times` times where it is there so often. `sources` are the target's own files (empty: its
    package). An endpoint that showed nothing new in `patience` requests that only read is not asked any more.
    `journal` keeps what is known so far.
    """

    config: Config
    target: Target | None = None
    times: int = 1
    workers: int = 1
    sources: Sequence[Path] = ()
    state: str | None = None
    limit: int | None = None
    by_session: bool = False
    patience: int | None = None
    journal: Path | None = None


@dataclass(slots=True)
class Features:
    """Numbers for features, and the sets of them: equal sets are kept once.

    What an exchange shows that is answered as it was recorded is a feature twice, the second time by the number's
    complement: only such exchanges are judged later (`harness diff`, `harness power`), so others cannot stand for them.
    """

    numbers: dict[object, int] = field(default_factory=dict)
    sets: dict[frozenset[int], frozenset[int]] = field(default_factory=dict)
    known: dict[tuple[Reached, frozenset[str], bool], frozenset[int]] = field(default_factory=dict)

    def both(self, reached: Reached, shape: frozenset[str], judged: bool) -> frozenset[int]:
        """Return the numbers of what was reached and of a shape; looked up where both came before."""
        found = self.known.get((reached, shape, judged))
        if found is None:
            names: frozenset[object] = frozenset({*reached.lines, *reached.arcs, *shape})
            found = self.of(names)
            if judged:
                found = found.union(~number for number in found)
                found = self.sets.setdefault(found, found)
            self.known[reached, shape, judged] = found
        return found

    def of(self, names: frozenset[object]) -> frozenset[int]:
        """Return the numbers of features."""
        found = frozenset(self.numbers.setdefault(name, len(self.numbers)) for name in names)
        return self.sets.setdefault(found, found)


@dataclass(slots=True)
class Looked:
    """What a replay showed: candidates by scenario, and why others are none; counts of exchanges by endpoint."""

    candidates: dict[int, list[tuple[int, Candidate]]] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)
    endpoints: dict[tuple[int, int], str] = field(default_factory=dict)

    def add(self, place: tuple[int, int], endpoint: str, candidate: Candidate) -> None:
        """Note a candidate."""
        self.candidates.setdefault(place[0], []).append((place[1], candidate))
        self.endpoints[place] = endpoint


def recorded(
    scenarios: Sequence[Scenario], config: Config, features: Features, advance: Callable[[int], None]
) -> Looked:
    """Look at the recorded answers: their shapes, and which clients ask; what may write is built upon."""
    looked, done = Looked(), 0
    for scenario in scenarios:
        fresh = Fresh()
        for position, exchange in enumerate(scenario):
            done += 1
            advance(done)
            what = endpoint(exchange.request, config.endpoints, config.parameters)
            looked.recorded[what] += 1
            if not fresh.is_new(exchange, what):
                looked.dropped[REPEAT] += 1
                continue
            answer = exchange.response
            found: set[object] = {f"{what} by {client(exchange.request, config.clients)}"}
            found |= shape(what, answer if answer is not None else Unsent("no answer"))
            inert = exchange.request.method in SAFE_METHODS and not (answer and answer.header(b"set-cookie"))
            if exchange.request.method not in SAFE_METHODS:
                fresh.wrote()
            looked.add((scenario.number, position), what, Candidate(features.of(frozenset(found)), inert))
    return looked
