"""The target on a stage, beside the recording itself: scenarios are replayed, and what each exchange shows is noted.

Scenarios come in, what was looked at goes out. Requests that are like an earlier one are not asked. What is kept is not
decided here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from threading import Lock
from types import TracebackType
from typing import Self

from harness.bind import read_logins
from harness.config import FILE
from harness.crew import shared
from harness.distill.cover import Candidate
from harness.distill.fresh import Fresh
from harness.distill.journal import Journal
from harness.distill.look import REPEAT, TIRED, UNSENT, DistillOptions, Features, Looked
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

Players = tuple[NotingPlayer, NotingPlayer]


class Stage:
    """A target that tells its lines, and its starting states, for any number of replays. A context manager."""

    def __init__(
        self, recordings: Sequence[Recording], target: Target, options: DistillOptions, features: Features
    ) -> None:
        """Make the starting states. Raises UsageError and StateError."""
        config = options.config
        own = own_sources(target.text, config, options.sources)
        self.watch = Watch()
        self._options, self._features = options, features
        self._reached: dict[str, Reached] = {}
        self._shown: set[int] = set()
        self._noting = Lock()
        self._telling = watched(target, own.paths, own.root, self._hear)
        self._itself = replace(parse_target("recorded", config), opener=lambda variation: Quoted())
        self._courses: dict[tuple[int, str | None], tuple[Course, Players]] = {}
        with ExitStack() as stack:
            states = open_states(recordings, Options(self._itself, target, config, state=options.state), stack)
            logins = read_logins(config.logins, config.root / FILE, os.environ)
            fixed = fixed_of(recordings, config)
            self._setting = Setting(config, states, options.state, options.workers, logins, fixed)
            stack.callback(self._close_players)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._stack.close()

    def _close_players(self) -> None:
        for course, players in self._courses.values():
            for each in (*players, course):
                each.close()

    def _hear(self, exchange: Exchange | None, found: Reached) -> None:
        if exchange is None:
            self.watch.hear(exchange, found)
        else:
            self._reached[exchange.id] = found

    def look(
        self,
        scenarios: Sequence[Scenario],
        advance: Callable[[int], None],
        patience: int | None = None,
        journal: Journal | None = None,
    ) -> Looked:
        """Replay all but repeats, and of what the journal knows only what others build on.

        Raises RecordingError, StateError and TargetError.
        """
        looked, steps = Looked(), Steps(advance)

        def looked_through(index: int, scenario: Scenario) -> int:
            fresh = Fresh(patience)
            old, new = self._players(index, scenario)
            for outcome in replay(self._unlike(scenario, fresh, looked, steps, journal), old, new):
                with self._noting:
                    self._note(outcome, new, fresh, looked, journal)
            return len(scenario)

        shared(scenarios, self._options.workers, looked_through, lambda scenarios: None)
        return looked

    def _players(self, index: int, scenario: Scenario) -> Players:
        """Return the players of a worker, made when first needed."""
        state = self._setting.state_of(scenario.recording)
        if (index, state) not in self._courses:
            course = Course(index, self._setting, state)
            players = course.live("old", self._itself), course.live("new", self._telling)
            self._courses[index, state] = course, players
        return self._courses[index, state][1]

    def _endpoint(self, exchange: Exchange) -> str:
        config = self._options.config
        return endpoint(exchange.request, config.endpoints, config.parameters)

    def _unlike(
        self, scenario: Scenario, fresh: Fresh, looked: Looked, steps: Steps, journal: Journal | None
    ) -> Iterator[Exchange]:
        for position, exchange in enumerate(scenario):
            steps.one_more()
            what = self._endpoint(exchange)
            looked.recorded[what] += 1
            if not fresh.is_new(exchange, what):
                looked.dropped[REPEAT] += 1
            elif fresh.is_tiring(exchange, what):
                looked.dropped[TIRED] += 1
            elif journal is not None and (known := journal.known.get(exchange.id)) is not None and known.inert:
                with self._noting:
                    self._showed(known, what, fresh)
                    looked.add((scenario.number, position), what, known)
            else:
                looked.places[exchange.id] = scenario.number, position
                yield exchange

    def _showed(self, candidate: Candidate, endpoint: str, fresh: Fresh) -> None:
        fresh.showed(endpoint, not candidate.features <= self._shown)
        self._shown |= candidate.features

    def _note(self, outcome: Outcome, new: NotingPlayer, fresh: Fresh, looked: Looked, journal: Journal | None) -> None:
        """Note what an exchange showed, unless it could not be sent."""
        exchange, what = outcome.exchange, self._endpoint(outcome.exchange)
        place = looked.places.pop(exchange.id)
        found = self._reached.pop(exchange.id, Reached())
        if isinstance(outcome.new, Unsent):
            looked.dropped[UNSENT] += 1
            return
        effects, safe = outcome.new_effects, exchange.request.method in SAFE_METHODS
        wrote = not safe if effects is None else not effects.empty
        if wrote:
            fresh.wrote()
        numbers = self._features.both(found, shape(what, outcome.new, effects), _as_recorded(outcome))
        candidate = Candidate(numbers, inert=safe and not wrote and not new.learned)
        self._showed(candidate, what, fresh)
        self.watch.hear(exchange, found)
        looked.add(place, what, candidate)
        if journal is not None:
            journal.add(exchange.id, candidate)


def _as_recorded(outcome: Outcome) -> bool:
    """Whether the answer is of the recorded one's class: others are stale, and not judged."""
    recorded, now = outcome.exchange.response, outcome.new
    return isinstance(now, Response) and (recorded is None or recorded.status // 100 == now.status // 100)


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
