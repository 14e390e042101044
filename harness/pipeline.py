"""READ FIRST: the stages of `harness diff` in one function.

    recordings -> replay at both targets -> judge (normalise, compare) -> group -> Result

This module alone knows the order. Recordings, targets and options come in; a Result, which reports are written from,
goes out. With several workers each replays whole scenarios on copies of its own; the Result is the same for any
number.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice

from harness.config import Config
from harness.errors import UsageError
from harness.exchange import Request
from harness.group import STALE, Group
from harness.judge import Fronts, Judge, Replayed
from harness.normalise import Normaliser
from harness.recording import Recording
from harness.replay import Player, replay
from harness.report.model import COUNTS, Result
from harness.state import SideState, State, Stateless, StateSpec, open_state, read_spec
from harness.tally import Tally, count
from harness.targets import Target

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What to compare and how. `limit` bounds the exchanges replayed; `state` overrides what the recordings name."""

    old: Target
    new: Target
    config: Config
    state: str | None = None
    limit: int | None = None
    workers: int = 1


def diff(recordings: Sequence[Recording], options: Options, advance: Advance = lambda done: None) -> Result:
    """Replay recordings at two targets and say how they differ; `advance` is told how many exchanges are done.

    Raises UsageError, RecordingError, StateError and TargetError: then nothing was judged, and nothing is left running.
    """
    with ExitStack() as stack:
        states = open_states(recordings, options, stack)
        total = run_workers(recordings, options, states, advance)
    groups, stale = total.groups.finish(), total.stale.finish(STALE)
    return Result(
        old=options.old.text,
        new=options.new.text,
        counts={name: total.counts[name] for name in COUNTS},
        groups=tuple(groups),
        stale=tuple(stale),
        noise=dict(total.noise),
        reasons=dict(total.reasons),
        credentialed=(total.counts["credentialed judged"], total.counts["credentialed"]),
        requests=example_requests(recordings, [*groups, *stale]),
    )


def open_states(recordings: Sequence[Recording], options: Options, stack: ExitStack) -> Mapping[str, State]:
    """Make the snapshot of each starting state that the recordings name, if a target can be given one."""
    if not (options.old.stateful or options.new.stateful):
        return {}
    names = {state_name(recording, options) for recording in recordings} - {None}
    return {name: stack.enter_context(open_state(_spec(name, options.config))) for name in sorted(filter(None, names))}


def state_name(recording: Recording, options: Options) -> str | None:
    """Return the state that a recording starts from: as the command line, the recording, or the configuration says."""
    return options.state or recording.state or options.config.state


def _spec(name: str, config: Config) -> StateSpec:
    if name not in config.states:
        known = ", ".join(sorted(config.states)) or "none"
        raise UsageError(f"the starting state {name!r} is not in harness.toml; [state.NAME] there: {known}")
    return read_spec(name, config.states[name], config.root)


class Work:
    """The scenarios still to be replayed, and the first error that stops all workers. Shared by threads."""

    def __init__(self, recordings: Sequence[Recording], limit: int | None) -> None:
        self._left = limit
        self._scenarios: queue.SimpleQueue[tuple[Recording, int | None]] = queue.SimpleQueue()
        for recording in recordings:
            share = self._share(len(recording))
            if share != 0:
                self._scenarios.put((recording, share))
        self.failed: BaseException | None = None

    def _share(self, size: int) -> int | None:
        """How many exchanges of the next scenario are within the limit; None: all."""
        if self._left is None:
            return None
        share = min(size, self._left)
        self._left -= share
        return share

    def next(self) -> tuple[Recording, int | None] | None:
        """Take a scenario, or None when there is none left or a worker failed."""
        if self.failed is not None:
            return None
        try:
            return self._scenarios.get_nowait()
        except queue.Empty:
            return None


def run_workers(
    recordings: Sequence[Recording], options: Options, states: Mapping[str, State], advance: Advance
) -> Tally:
    """Replay all scenarios with the workers asked for; the first error of any is raised when all have stopped."""
    work = Work(recordings, options.limit)
    started = time.time()
    number = max(1, min(options.workers, len(recordings)))
    tallies = [Tally() for _ in range(number)]
    done = Progress(advance)
    workers = [Worker(index, options, states, started, done) for index in range(number)]

    def run(worker: Worker, tally: Tally) -> None:
        try:
            worker.run(work, tally)
        except BaseException as error:
            work.failed = work.failed or error
        finally:
            worker.close()

    threads = [
        threading.Thread(target=run, args=pair, daemon=True) for pair in zip(workers[1:], tallies[1:], strict=True)
    ]
    for thread in threads:
        thread.start()
    run(workers[0], tallies[0])
    for thread in threads:
        thread.join()
    if work.failed is not None:
        raise work.failed
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total


class Progress:
    """Counts what all workers have done."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._done = 0
        self._lock = threading.Lock()

    def one_more(self) -> None:
        """One exchange is done."""
        with self._lock:
            self._done += 1
            self._advance(self._done)


class Worker:
    """Replays scenarios one after another, on its own copies of each state."""

    def __init__(
        self, index: int, options: Options, states: Mapping[str, State], started: float, done: Progress
    ) -> None:
        self.index, self.options, self.states, self.started, self.done = index, options, states, started, done
        self.fronts = Fronts(old=options.old.served, new=options.new.served)
        self.replayed = Replayed(old=options.old.replayed, new=options.new.replayed)
        self._players: dict[str | None, tuple[Player, Player]] = {}

    def run(self, work: Work, tally: Tally) -> None:
        """Take scenarios until there are none."""
        while (scenario := work.next()) is not None:
            self.replay(*scenario, work, tally)

    def replay(self, recording: Recording, limit: int | None, work: Work, tally: Tally) -> None:
        """Replay one scenario and count what it showed; stop when another worker failed."""
        exchanges = islice(iter(recording), limit)
        first = next(exchanges)
        normaliser = Normaliser((self.started, float("inf")))
        judge = Judge(normaliser, Normaliser((first.started, float("inf"))), self.fronts, self.replayed)
        old, new = self.players(state_name(recording, self.options))
        for outcome in replay(chain([first], exchanges), old, new):
            count(tally, outcome.exchange, judge.judge(outcome), self.options.config)
            self.done.one_more()
            if work.failed is not None:
                return
        tally.noise.update(normaliser.acted)

    def players(self, state: str | None) -> tuple[Player, Player]:
        """The two sides for a starting state, made when first needed."""
        if state not in self._players:
            self.close()  # one pair of processes a worker is enough
            self._players[state] = (
                self._player("old", self.options.old, state),
                self._player("new", self.options.new, state),
            )
        return self._players[state]

    def _player(self, side: str, target: Target, state: str | None) -> Player:
        copy: SideState = Stateless()
        if target.stateful and state in self.states and state is not None:
            copy = self.states[state].side(self.index, side)
        return Player(target.text, target.open(), copy)

    def close(self) -> None:
        """Stop the processes and give the copies back."""
        for players in self._players.values():
            for player in players:
                player.close()
        self._players.clear()


def example_requests(recordings: Sequence[Recording], groups: Sequence[Group]) -> dict[str, Request]:
    """Fetch the requests that the groups give as examples, for reports that show them as commands."""
    wanted: dict[str, set[int]] = {}
    for example in (example for group in groups for example in group.examples):
        wanted.setdefault(example.name, set()).add(example.number)
    found: dict[str, Request] = {}
    for recording in recordings:
        numbers = wanted.get(recording.name, set())
        for number, exchange in enumerate(islice(recording, max(numbers, default=0)), 1):
            if number in numbers:
                found[exchange.id] = exchange.request
    return found
