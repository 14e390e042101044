"""Each mutant is run against the recorded exchanges that reach its line, until one of them notices.

Mutants and a Baseline come in, a Fate for each goes out, the same for any number of workers. Replayed of a scenario is
what reaches the line and what that builds on; the rest cannot tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.crew import Advance, shared
from harness.difference import Difference
from harness.errors import TargetError
from harness.exchange import Exchange
from harness.power.baseline import Baseline, Seen
from harness.power.course import Course, NotingPlayer, steps
from harness.power.mutants import Mutant
from harness.power.shadow import Shadow
from harness.scenarios import Scenario
from harness.workers import Setting

Outcome = Literal["killed", "survived"]
TIMED_OUT = "timeout"
KEPT = 160
"""Characters of a difference that are told."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mutant.

    `by` is the exchange that noticed, or for a survivor the nearest: the first that reaches the line; `endpoint` is
    that exchange's. `oracles` are the aspects in which it showed there, `how` one difference in words. `reached` is how
    many judged exchanges reach the line, `endpoints` which these are of.
    """

    outcome: Outcome
    by: str = ""
    endpoint: str = ""
    oracles: tuple[str, ...] = ()
    how: str = ""
    reached: int = 0
    endpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leg:
    """Of one scenario: the positions (from 0) to replay, and of those the ones that reach the line."""

    scenario: Scenario
    positions: frozenset[int]
    reaching: tuple[int, ...]


class Hunt:
    """What all mutants of a run share."""

    def __init__(self, scenarios: Sequence[Scenario], found: Baseline, setting: Setting) -> None:
        self._scenarios = {scenario.number: scenario for scenario in scenarios}
        self._found, self._setting = found, setting
        self._numbered = {
            each.id: (number, position)
            for number, seen in found.seen.items()
            for position, each in enumerate(seen)
            if each.judged
        }
        self._lines = found.watch.by_line(each.id for each in found.judged)

    @property
    def reached(self) -> frozenset[tuple[str, int]]:
        """The lines that a judged exchange reaches, or the import of the program."""
        imported = self._found.watch.imported.lines if self._numbered else frozenset()
        return frozenset(self._lines) | imported

    def legs(self, mutant: Mutant) -> list[Leg]:
        """Return what is to be replayed, most promising and shortest first."""
        reaching = None if mutant.at_import else self._lines.get(mutant.line)  # None: what ran when it was imported
        exchanges: Collection[str] = self._numbered if reaching is None else reaching
        by_scenario: dict[int, list[int]] = {}
        for exchange in exchanges:
            number, position = self._numbered[exchange]
            by_scenario.setdefault(number, []).append(position)
        promising = self._promising(mutant)
        legs = [self._leg(number, tuple(sorted(positions))) for number, positions in by_scenario.items()]
        return sorted(legs, key=lambda leg: (not self._is_promising(leg, promising), *_length(leg)))

    def _promising(self, mutant: Mutant) -> frozenset[str]:
        """Return the exchanges that reach a line on which the name that a mutant changes is used."""
        if not mutant.defines:
            return frozenset()
        names = re.compile(rb"\b(?:" + b"|".join(name.encode() for name in sorted(mutant.defines)) + rb")\b")
        source = mutant.source
        used = [(source.name, number) for number, line in enumerate(source.lines, 1) if names.search(line)]
        return frozenset(exchange for line in used for exchange in self._lines.get(line, ()))

    def _is_promising(self, leg: Leg, exchanges: frozenset[str]) -> bool:
        seen = self._found.seen[leg.scenario.number]
        return any(seen[position].id in exchanges for position in leg.reaching)

    def _leg(self, number: int, reaching: tuple[int, ...]) -> Leg:
        """Leave out what comes after the last that reaches the line, and before it what nothing builds on."""
        seen = self._found.seen[number]
        watched = all(each.watched for each in seen)
        end = reaching[-1] + 1 if watched else len(seen)
        needed = {position for position in range(end) if not watched or not seen[position].inert}
        return Leg(self._scenarios[number], frozenset({0, *needed, *reaching}), reaching)

    def _unlike(self, leg: Leg, asked: set[int]) -> Leg:
        """Leave out what is like an exchange that was asked before: same request, same lines, same answer."""
        seen = self._found.seen[leg.scenario.number]
        reaching = []
        for position in leg.reaching:
            each = seen[position]
            if each.inert and each.alike in asked:
                continue
            asked.add(each.alike)
            reaching.append(position)
        if not reaching or len(reaching) == len(leg.reaching):
            return replace(leg, reaching=tuple(reaching))
        return self._leg(leg.scenario.number, tuple(reaching))

    def fate(self, mutant: Mutant, run: Callable[[Leg], Iterator[tuple[Seen, Sequence[Difference]]]]) -> Fate:
        """Return what becomes of a mutant, where `run` replays one leg of it."""
        legs = self.legs(mutant)
        reaching = [self._found.seen[leg.scenario.number][place] for leg in legs for place in leg.reaching]
        first = reaching[0] if reaching else None
        survivor = Fate(
            "survived",
            first.id if first else "",
            first.endpoint if first else "",
            reached=len(reaching),
            endpoints=tuple(sorted({each.endpoint for each in reaching})),
        )
        asked: set[int] = set()
        for leg in (self._unlike(leg, asked) for leg in legs):
            for seen, differences in run(leg) if leg.reaching else ():
                if shown := seen.shows(differences):
                    oracles = tuple(sorted({each.aspect for each in shown}))
                    how = in_words(shown[0])
                    return replace(
                        survivor, outcome="killed", by=seen.id, endpoint=seen.endpoint, oracles=oracles, how=how
                    )
        return survivor

    def run(
        self,
        mutants: Sequence[Mutant],
        shadows: Sequence[Shadow],
        done: Callable[[Mutant, Fate], None],
        advance: Advance,
    ) -> None:
        """Find out the fate of all, each worker with a shadow of its own; `done` hears each, as it is known."""
        trackers = [Tracker(index, shadow, self._found, self._setting) for index, shadow in enumerate(shadows)]

        def hunted(index: int, mutant: Mutant) -> int:
            with trackers[index].mutated(mutant) as run:
                fate = self.fate(mutant, run)
            done(mutant, fate)
            return 1

        try:
            shared(mutants, len(shadows), hunted, advance)
        finally:
            for tracker in trackers:
                tracker.close()


def _length(leg: Leg) -> tuple[int, int, int]:
    first = leg.reaching[0]
    return sum(1 for position in leg.positions if position <= first), len(leg.positions), leg.scenario.number


def in_words(difference: Difference) -> str:
    """Return one difference as a reader wants it."""
    place = " ".join(filter(None, (difference.aspect, difference.path)))
    text = f"{place} {difference.kind}: {difference.old or '(nothing)'} -> {difference.new or '(nothing)'}"
    return text if len(text) <= KEPT else f"{text[: KEPT - 3]}..."


class Tracker:
    """One worker of a hunt: its shadow, and its copies of each state."""

    def __init__(self, index: int, shadow: Shadow, found: Baseline, setting: Setting) -> None:
        self._shadow, self._found, self._setting = shadow, found, setting
        self._index = index
        self._courses: dict[str | None, Course] = {}

    def mutated(self, mutant: Mutant) -> Mutated:
        """Return the mutant as something that runs."""
        return Mutated(self, mutant)

    def course(self, state: str | None) -> Course:
        """Return the course of a starting state."""
        if state not in self._courses:
            self._courses[state] = Course(self._index, self._setting, state)
        return self._courses[state]

    def close(self) -> None:
        """Give the copies back."""
        for course in self._courses.values():
            course.close()
        self._courses.clear()


class Mutated:
    """A mutant in its shadow, run leg by leg. A context manager, which yields what runs one."""

    def __init__(self, tracker: Tracker, mutant: Mutant) -> None:
        self._tracker, self._mutant = tracker, mutant
        self._players: dict[Course, NotingPlayer] = {}

    def __enter__(self) -> Callable[[Leg], Iterator[tuple[Seen, Sequence[Difference]]]]:
        self._tracker._shadow.put(self._mutant)
        return self.run

    def __exit__(self, *error: object) -> None:
        for player in self._players.values():
            player.side.close()
        self._tracker._shadow.put_back(self._mutant)

    def run(self, leg: Leg) -> Iterator[tuple[Seen, Sequence[Difference]]]:
        """Replay one leg; a mutant that does not even start, or dies again and again, crashed at the first."""
        seen = self._tracker._found.seen[leg.scenario.number]
        try:
            for position, differences in self._replayed(leg):
                if any(each.aspect == "crash" and TIMED_OUT in each.new for each in differences):
                    differences = self._again(leg, position)
                yield seen[position], differences
        except TargetError as error:
            yield seen[leg.reaching[0]], [Difference("crash", "", "missing", "answered", _first_line(error))]

    def _again(self, leg: Leg, position: int) -> Sequence[Difference]:
        """Ask once more what took too long: this machine may have been busy."""
        return next((found for place, found in self._replayed(leg) if place == position), ())

    def _replayed(self, leg: Leg) -> Iterator[tuple[int, Sequence[Difference]]]:
        setting = self._tracker._setting
        course = self._tracker.course(setting.state_of(leg.scenario.recording))
        if course not in self._players:
            self._players[course] = course.live("new", self._tracker._shadow.target())
        new = self._players[course]
        old = course.remembered(self._tracker._found.memory)
        places = iter(sorted(leg.positions))
        for place, step in zip(places, steps(_picked(leg), old, new, self._tracker._found.since), strict=False):
            yield place, step.verdict.differences if step.verdict.kind == "judged" else ()


def _picked(leg: Leg) -> Iterator[Exchange]:
    last = max(leg.positions)
    for position, exchange in enumerate(leg.scenario):
        if position in leg.positions:
            yield exchange
        if position == last:
            return


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[-1]
