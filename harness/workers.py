"""Replays scenarios at two targets, several at a time, and counts what they show.

Scenarios come in; Evidence goes out, the same for any number of workers: each replays whole scenarios, on copies of the
starting state of its own. What the evidence means is not decided here.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.bind import NO_LOGINS, Fixed, Logins, Unbound
from harness.config import Config
from harness.difference import Difference
from harness.effects import Effects
from harness.endpoint import endpoint
from harness.evidence import Evidence, Place, count, merged
from harness.exchange import Exchange
from harness.held import Held
from harness.judge import STATE, Fronts, Judge, Replayed, Verdict
from harness.mixed import is_mixed
from harness.normalise import Normaliser
from harness.player import Player
from harness.recording import Recording
from harness.replay import Outcome, replay
from harness.scenarios import Scenario
from harness.state import SideState, State, Stateless
from harness.targets import Target
from harness.targets.url import UrlSide

Advance = Callable[[int], None]
Noted = Callable[[Outcome, Verdict], None]

NO_STATE = (
    "the recording has no starting state: each side began with the data it found, and old now is judged against new now"
)
UNNAMED = (
    "the recording does not say what it started from: both sides began from [state.{}], and old now is judged against "
    "new now"
)
OTHER = "recorded from [state.{}], replayed from [state.{}]: old now is judged against new now"
UNSEEN = "what {} writes is not seen: it is not run by the harness"
ALONE = "one worker, not {}: a hook puts running servers back, and all workers would share them"


@dataclass(frozen=True, slots=True)
class Pair:
    """The two targets compared, and the surroundings of the second: 0 the same as those of the first."""

    old: Target
    new: Target
    variation: int = 0


def state_of(recording: Recording, chosen: str | None, config: Config) -> str | None:
    """Return the state that a recording starts from: as the user chose, or it, or the configuration says."""
    return chosen or recording.state or config.state


def unnoted(outcome: Outcome, verdict: Verdict) -> None:
    """Nobody wants to hear."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all scenarios of a run share: configuration, snapshots by name, and the state to start from in any case.

    `logins` and `fixed` are what `[[login]]` and `[bind]` say, checked. `noted` hears each verdict, in any order.
    """

    config: Config
    states: Mapping[str, State]
    state: str | None = None
    workers: int = 1
    logins: Logins = NO_LOGINS
    fixed: Fixed = ()
    noted: Noted = unnoted

    def state_of(self, recording: Recording) -> str | None:
        """Return the state that a recording starts from."""
        return state_of(recording, self.state, self.config)

    def crew_for(self, pair: Pair) -> int:
        """Return how many may work at once: one where each would put back the servers that the others are asking."""
        servers = any(target.replayed and not target.stateful for target in (pair.old, pair.new))
        return 1 if servers and any(state.restores_servers for state in self.states.values()) else self.workers

    def notes(self, recording: Recording, pair: Pair) -> Iterator[str]:
        """Say how far a verdict on a recording reaches: from which snapshot, and what of the sides is not seen."""
        state = self.state_of(recording)
        own = [name for name, target in (("old", pair.old), ("new", pair.new)) if target.replayed]
        if state is None and own:
            yield NO_STATE
        elif recording.state is None and own:
            yield UNNAMED.format(state)
        elif recording.state != state and own:
            yield OTHER.format(recording.state, state)
        for name, target in (("old", pair.old), ("new", pair.new)):
            if state is not None and not target.stateful:
                yield UNSEEN.format(name)
        if self.crew_for(pair) < self.workers:
            yield ALONE.format(self.workers)


def run(scenarios: Sequence[Scenario], pair: Pair, setting: Setting, advance: Advance = lambda done: None) -> Evidence:
    """Replay all scenarios; the first error of any worker is raised when all have stopped."""
    work: queue.SimpleQueue[Scenario] = queue.SimpleQueue()
    for scenario in scenarios:
        work.put(scenario)
    crew = Crew(work, Progress(advance))
    number = max(1, min(setting.crew_for(pair), len(scenarios)))
    workers = [Worker(index, pair, setting, crew) for index in range(number)]
    threads = [threading.Thread(target=worker.work, daemon=True) for worker in workers[1:]]
    for thread in threads:
        thread.start()
    workers[0].work()
    for thread in threads:
        thread.join()
    if crew.failed is not None:
        raise crew.failed
    return merged(worker.evidence for worker in workers)


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


@dataclass(slots=True)
class Crew:
    """What the workers of a run share: the scenarios left, the progress, and the first error, which stops all."""

    left: queue.SimpleQueue[Scenario]
    progress: Progress
    failed: BaseException | None = None


class Worker:
    """Replays scenarios one after another, on its own copies of each state."""

    def __init__(self, index: int, pair: Pair, setting: Setting, crew: Crew) -> None:
        self.index, self.pair, self.setting, self.crew = index, pair, setting, crew
        self.evidence = Evidence()
        self._started = time.time()
        self._fronts = Fronts(old=pair.old.served, new=pair.new.served)
        self._replayed = Replayed(old=pair.old.replayed, new=pair.new.replayed)
        self._held = Held(setting.config, self._fronts, self._replayed)
        self._players: dict[str | None, tuple[Player, Player]] = {}

    def work(self) -> None:
        """Take scenarios until there are none left or a worker failed."""
        try:
            while self.crew.failed is None:
                self.replay(self.crew.left.get_nowait())
        except queue.Empty:
            pass
        except BaseException as error:
            self.crew.failed = self.crew.failed or error
        finally:
            self.close()

    def replay(self, scenario: Scenario) -> None:
        """Replay one scenario and count what it showed; stop when another worker failed."""
        first = next(iter(scenario))
        normaliser = Normaliser((self._started, float("inf")))
        judge = Judge(normaliser, Normaliser((first.started, float("inf"))), self._fronts, self._replayed)
        named = scenario.recording.state is not None and self.pair.old.stateful
        old, new = self.players(self.setting.state_of(scenario.recording))
        unbound = Unbound(self.setting.fixed, self.setting.logins)
        apart = is_mixed(self.pair.new.text)  # what one wrote the other must live with, and what it does then counts
        for position, outcome in enumerate(replay(scenario, old, new), 1):
            place = Place(scenario.number, position, named)
            verdict = judge.judge(outcome)
            if not self._replayed.old:
                verdict = self._held.judged(outcome, verdict)
            if verdict.diverged and (apart or new.rejoin(old, differing(outcome.wrote, verdict.differences))):
                judge.rejoined()
            count(self.evidence, place, outcome.exchange, verdict, self.setting.config)
            self.setting.noted(outcome, verdict)
            if outcome.exchange.redactions:
                self._note_unbound(unbound, outcome.exchange, verdict.kind in ("judged", "unreplayable"))
            self.crew.progress.one_more()
            if self.crew.failed is not None:
                return
        self.evidence.acted.update(normaliser.acted)
        self.evidence.notes.update(self.setting.notes(scenario.recording, self.pair))
        for name, player in (("old", old), ("new", new)):
            self.evidence.controlled(name, player.side.controls)
            self.evidence.refused(name, player.side.refused, scenario.number)
            self.evidence.notes.update(f"{name}: {note}" for note in player.state.notes)

    def _note_unbound(self, unbound: Unbound, exchange: Exchange, needless: bool) -> None:
        """Count which secrets a request lacks that was sent and not judged; `needless` is one that lacked none."""
        config = self.setting.config
        missing = unbound.missing(exchange, endpoint(exchange.request, config.endpoints, config.parameters))
        self.evidence.unbound.update(() if needless else missing)

    def players(self, state: str | None) -> tuple[Player, Player]:
        """The two sides for a starting state, made when first needed."""
        if state not in self._players:
            self.close()  # one pair of processes a worker is enough
            self._players[state] = (
                self._player("old", self.pair.old, state),
                self._player("new", self.pair.new, state, self.pair.variation),
            )
        return self._players[state]

    def _player(self, side: str, target: Target, state: str | None, variation: int = 0) -> Player:
        copy: SideState = Stateless()
        made, start = target.open(variation), self.setting.states.get(state or "")
        if start is not None and (target.stateful or start.restores_servers):
            copy = start.side(self.index, side)
        if start is not None and start.restores_servers and isinstance(made, UrlSide):
            made.allow_writes = True
        logins, fixed = (self.setting.logins, self.setting.fixed) if target.replayed else (NO_LOGINS, ())
        return Player(target.text, made, copy, logins, fixed)

    def close(self) -> None:
        """Stop the processes and give the copies back."""
        for players in self._players.values():
            for player in players:
                player.close()
        self._players.clear()


def differing(wrote: Sequence[Effects], differences: Sequence[Difference]) -> tuple[Effects, ...]:
    """Leave out the tables in which both sides wrote the same, by their own names: those names must stay theirs.

    Not where files differ: a file may be named by the id of a row, and must find that row.
    """
    aspects = {each.aspect for each in differences}
    if "files" in aspects or not aspects & STATE:  # not told either: of another answer, what it did not write, or did
        return tuple(wrote)
    paths = [each.path for each in differences if each.aspect == "rows"]

    def differs(table: str) -> bool:
        return any(path == table or path.startswith((f"{table}.", f"{table} ")) for path in paths)

    return tuple(
        replace(effects, rows={table: rows for table, rows in effects.rows.items() if differs(table)})
        for effects in wrote
    )
