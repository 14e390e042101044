"""What the exchanges of a recording show, each looked at once: lines, steps and shapes as numbers, or why it is none.

Scenarios come in, candidates for `cover` go out. With a target they are replayed, without those that are like an
earlier one; else the recorded answers are read. What is kept is not decided here.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.bind import read_logins
from harness.clients import client
from harness.config import FILE, Config
from harness.crew import shared
from harness.distill.cover import Candidate
from harness.distill.shape import shape
from harness.endpoint import endpoint
from harness.exchange import SAFE_METHODS, Exchange, Response
from harness.pipeline import Options, fixed_of, open_states
from harness.power.course import Course, NotingPlayer
from harness.reach.side import Reached, watched
from harness.reach.sources import own_sources
from harness.reach.watch import Watch
from harness.recording import Recording
from harness.replay import Outcome, replay
from harness.scenarios import Scenario
from harness.targets import Target, Unsent, parse_target
from harness.targets.recorded import RecordedSide
from harness.workers import Setting

REPEAT, UNSENT = "the same request as an earlier one", "cannot be sent"
TIRED = "not looked at: its endpoint had shown nothing new for long (--patience)"

WHO = frozenset({b"user-agent", b"referer"})
"""Headers that name the client, and where it came from."""


@dataclass(frozen=True, slots=True)
class DistillOptions:
    """By what is chosen: `target` tells lines and shapes (None: the recorded answers' shapes alone).

    Each feature is kept `times` times where it is there so often. `sources` are the target's own files (empty: its
    package). An endpoint that showed nothing new in `patience` requests that only read is not asked any more.
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


@dataclass(slots=True)
class Features:
    """Numbers for features, and the sets of them: equal sets are kept once."""

    numbers: dict[object, int] = field(default_factory=dict)
    sets: dict[frozenset[int], frozenset[int]] = field(default_factory=dict)
    known: dict[tuple[Reached, frozenset[str]], frozenset[int]] = field(default_factory=dict)

    def both(self, reached: Reached, shape: frozenset[str]) -> frozenset[int]:
        """Return the numbers of what was reached and of a shape; looked up where both came before."""
        found = self.known.get((reached, shape))
        if found is None:
            names: frozenset[object] = frozenset({*reached.lines, *reached.arcs, *shape})
            found = self.known[reached, shape] = self.of(names)
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
            _add(looked, (scenario.number, position), what, Candidate(features.of(frozenset(found)), inert))
    return looked


def _add(looked: Looked, place: tuple[int, int], what: str, candidate: Candidate) -> None:
    looked.candidates.setdefault(place[0], []).append((place[1], candidate))
    looked.endpoints[place] = what


class Fresh:
    """Which requests of a scenario need not be asked again: nothing that may write was asked since.

    A request is like another that only the client's own name and the page it came from tell apart; but each name is
    heard at each endpoint.
    """

    def __init__(self, patience: int | None = None) -> None:
        self._patience = patience
        self._seen: set[int] = set()
        self._in_vain: Counter[str] = Counter()

    def is_new(self, exchange: Exchange, endpoint: str) -> bool:
        """Whether a request is unlike all since the last that may have written."""
        request = exchange.request
        if request.method not in SAFE_METHODS:
            self._seen.clear()
            return True
        headers = tuple(pair for pair in request.headers if pair[0].lower() not in WHO)
        asked = hash((request.start_line, headers, request.body, exchange.user, exchange.scheme))
        by_whom = hash((endpoint, request.header(b"user-agent")))
        known = asked in self._seen and by_whom in self._seen
        self._seen.update((asked, by_whom))
        return not known

    def is_tiring(self, exchange: Exchange, endpoint: str) -> bool:
        """Whether a request that only reads is not worth while, by what its endpoint showed last."""
        reads = exchange.request.method in SAFE_METHODS
        return reads and self._patience is not None and self._in_vain[endpoint] >= self._patience

    def showed(self, endpoint: str, new: bool) -> None:
        """Hear whether a request showed anything new."""
        self._in_vain[endpoint] = 0 if new else self._in_vain[endpoint] + 1

    def wrote(self) -> None:
        """Hear that something was written after all."""
        self._seen.clear()


def replayed(
    recordings: Sequence[Recording],
    scenarios: Sequence[Scenario],
    options: DistillOptions,
    features: Features,
    watch: Watch,
    advance: Callable[[int], None],
) -> Looked:
    """Replay all but repeats at the target, beside the recording itself."""
    config, target = options.config, options.target
    assert target is not None
    own = own_sources(target.text, config, options.sources)
    reached: dict[str, Reached] = {}

    def heard(exchange: Exchange | None, found: Reached) -> None:
        watch.hear(exchange, found) if exchange is None else reached.update({exchange.id: found})

    telling = watched(target, own.paths, own.root, heard)
    itself = replace(parse_target("recorded", config), opener=lambda variation: Quoted())
    looked = Looked()
    with ExitStack() as stack:
        states = open_states(recordings, Options(itself, target, config, state=options.state), stack)
        logins = read_logins(config.logins, config.root / FILE, os.environ)
        setting = Setting(config, states, options.state, options.workers, logins, fixed_of(recordings, config))
        players: dict[tuple[int, str | None], tuple[NotingPlayer, NotingPlayer, Course]] = {}

        done = Steps(advance)

        def looked_through(index: int, scenario: Scenario) -> int:
            state = setting.state_of(scenario.recording)
            if (index, state) not in players:
                course = Course(index, setting, state)
                players[index, state] = course.live("old", itself), course.live("new", telling), course
            old, new, _ = players[index, state]
            fresh = Fresh(options.patience)
            for outcome in replay(_unlike(scenario, fresh, looked, config, done), old, new):
                what = endpoint(outcome.exchange.request, config.endpoints, config.parameters)
                found = reached.pop(outcome.exchange.id, Reached())
                if isinstance(outcome.new, Unsent):
                    looked.dropped[UNSENT] += 1
                    continue
                effects = outcome.new_effects
                if effects is not None and not effects.empty:
                    fresh.wrote()
                known = len(features.numbers)
                numbers = features.both(found, shape(what, outcome.new, effects))
                fresh.showed(what, len(features.numbers) > known)
                watch.hear(outcome.exchange, found)
                _add(looked, _place(outcome, looked), what, Candidate(numbers, _is_inert(outcome, new)))
            return len(scenario)

        stack.callback(lambda: [each.close() for trio in players.values() for each in trio])
        shared(scenarios, options.workers, looked_through, lambda scenarios: None)
    return looked


class Quoted(RecordedSide):
    """The recording as a side, also of a log, whose answers have no body: only the other side is looked at."""

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """Nothing is refused."""
        return None

    def send(self, exchange: Exchange) -> None:
        """Look the answer up; an empty body stands for one that was not recorded."""
        answer = exchange.response or Response(200)
        self._answer = replace(answer, body=answer.body or b"")


class Steps:
    """Counts what all workers have read."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance, self._done = advance, 0

    def one_more(self) -> None:
        """Read one."""
        self._done += 1
        self._advance(self._done)


def _unlike(scenario: Scenario, fresh: Fresh, looked: Looked, config: Config, done: Steps) -> Iterator[Exchange]:
    for position, exchange in enumerate(scenario):
        done.one_more()
        what = endpoint(exchange.request, config.endpoints, config.parameters)
        looked.recorded[what] += 1
        if not fresh.is_new(exchange, what):
            looked.dropped[REPEAT] += 1
        elif fresh.is_tiring(exchange, what):
            looked.dropped[TIRED] += 1
        else:
            looked.places[exchange.id] = scenario.number, position
            yield exchange


def _place(outcome: Outcome, looked: Looked) -> tuple[int, int]:
    return looked.places.pop(outcome.exchange.id)


def _is_inert(outcome: Outcome, new: NotingPlayer) -> bool:
    wrote = outcome.new_effects is not None and not outcome.new_effects.empty
    return not wrote and not new.learned and outcome.exchange.request.method in SAFE_METHODS
