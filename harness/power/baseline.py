"""The unchanged target, run beside its own copy that tells its lines: what each exchange reaches, and what is noise.

Scenarios come in; a Baseline goes out, which every mutant is judged by. What differs between the two is no mutant's
doing, and is not looked at later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.clients import client
from harness.config import Config
from harness.crew import Advance, shared
from harness.difference import Difference
from harness.endpoint import endpoint
from harness.exchange import Response
from harness.power.course import Course, NotingPlayer, Step, steps
from harness.power.memory import Memory
from harness.reach.side import Reached
from harness.reach.watch import Watch
from harness.replay import Outcome
from harness.scenarios import Scenario
from harness.targets import Target
from harness.workers import Setting

Place = tuple[str, str]
"""The aspect and the path of a difference."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange of the unchanged target; `noise` are the places in which it differs from itself.

    `inert`: later exchanges do not build on it. `watched`: what it wrote would be seen. `alike` is equal for exchanges
    that asked for the same, ran the same lines, and were answered the same.
    """

    id: str
    endpoint: str
    client: str
    judged: bool
    inert: bool
    watched: bool
    noise: frozenset[Place] = frozenset()
    alike: int = 0

    def shows(self, differences: Sequence[Difference]) -> list[Difference]:
        """Return those differences that its own noise does not explain; none where nothing was judged."""
        return [each for each in differences if place_of(each) not in self.noise] if self.judged else []


def place_of(difference: Difference) -> Place:
    """Return where a difference is."""
    return difference.aspect, difference.path


@dataclass(slots=True)
class Baseline:
    """What all exchanges showed, by the number of their scenario and in its order; what they reached; what was said.

    `since` is when the run began: see `steps`.
    """

    watch: Watch
    memory: Memory
    since: float
    seen: dict[int, list[Seen]] = field(default_factory=dict)

    @property
    def exchanges(self) -> list[Seen]:
        """All of them."""
        return [each for number in sorted(self.seen) for each in self.seen[number]]

    @property
    def judged(self) -> list[Seen]:
        """Those that can tell anything."""
        return [each for each in self.exchanges if each.judged]

    def endpoints(self) -> Mapping[str, Counter[str]]:
        """Return how many exchanges each endpoint has, by client."""
        found: dict[str, Counter[str]] = {}
        for each in self.exchanges:
            found.setdefault(each.endpoint, Counter())[each.client] += 1
        return found


def baseline(
    scenarios: Sequence[Scenario],
    old: Target,
    told: Target,
    watch: Watch,
    setting: Setting,
    since: float,
    advance: Advance = lambda done: None,
) -> Baseline:
    """Replay all scenarios at `old` and at `told`, which tells its lines to `watch`. Raises what `diff` raises."""
    found = Baseline(watch, Memory(), since)

    players: dict[tuple[int, str | None], Pair] = {}

    def replayed(index: int, scenario: Scenario) -> int:
        state = setting.state_of(scenario.recording)
        if (index, state) not in players:
            players[index, state] = Pair.open(Course(index, setting, state), old, told)
        pair = players[index, state]
        found.seen[scenario.number] = [
            _seen(step, found, setting.config) for step in steps(scenario, pair.old, pair.told, since)
        ]
        return len(scenario)

    try:
        shared(scenarios, setting.workers, replayed, advance)
    finally:
        for pair in players.values():
            pair.close()
    return found


@dataclass(frozen=True, slots=True)
class Pair:
    """Both players of a worker, and the states that they have."""

    course: Course
    old: NotingPlayer
    told: NotingPlayer

    @classmethod
    def open(cls, course: Course, old: Target, told: Target) -> Pair:
        """Make the players; their processes start with the first scenario."""
        return cls(course, course.live("old", old), course.live("new", told))

    def close(self) -> None:
        """Stop both, and give the states back."""
        self.old.close()
        self.told.close()
        self.course.close()


def _seen(step: Step, found: Baseline, config: Config) -> Seen:
    found.memory.put(step.outcome)
    request = step.outcome.exchange.request
    return Seen(
        step.outcome.exchange.id,
        endpoint(request, config.endpoints, config.parameters),
        client(request, config.clients),
        step.verdict.kind == "judged",
        step.inert,
        step.outcome.new_effects is not None,
        frozenset(map(place_of, step.verdict.differences)),
        _alike(step.outcome, found.watch.of(step.outcome.exchange.id)),
    )


def _alike(outcome: Outcome, reached: Reached) -> int:
    request, answer = outcome.exchange.request, outcome.old
    told = (answer.status, answer.headers, answer.body) if isinstance(answer, Response) else (answer.reason,)
    return hash((request.start_line, request.body, told, reached.lines))
