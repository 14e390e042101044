"""One scenario replayed at two players and judged: what `harness.workers` does, an exchange at a time.

Used for the unchanged target beside itself, and for each mutant beside what the unchanged target did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.bind import NO_LOGINS, Fixed, Logins
from harness.effects import Effects
from harness.exchange import SAFE_METHODS, Exchange
from harness.judge import Fronts, Judge, Verdict
from harness.normalise import Normaliser
from harness.player import Half, Player
from harness.power.memory import Memory, RememberedSide
from harness.replay import Outcome, replay
from harness.state import SideState, Stateless
from harness.targets import Target
from harness.workers import Setting


class NotingPlayer(Player):
    """A player that tells whether the last exchange taught it any name."""

    learned = False

    def receive(self, exchange: Exchange) -> Half:
        """Take the answer. Raises TargetError."""
        half = super().receive(exchange)
        self.learned = bool(half.changed)
        return half


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange replayed and judged. `inert`: it wrote nothing and taught neither side a name."""

    outcome: Outcome
    verdict: Verdict
    inert: bool


class Course:
    """Both players of one worker, and the state of each; made for one starting state, and of any number of targets.

    `index` tells workers apart, whose copies of the state must differ.
    """

    def __init__(self, index: int, setting: Setting, state: str | None) -> None:
        self._index, self._setting, self._state = index, setting, state
        self._copies: dict[str, SideState] = {}

    def live(self, name: str, target: Target) -> NotingPlayer:
        """Return a player of a target that is to be run, as the side `old` or `new`."""
        logins: Logins = self._setting.logins
        fixed: Fixed = self._setting.fixed
        return NotingPlayer(target.text, target.open(), self._copy(name, target), logins, fixed)

    def _copy(self, name: str, target: Target) -> SideState:
        start = self._setting.states.get(self._state or "")
        if start is None or not target.stateful:
            return Stateless()
        if name not in self._copies:
            self._copies[name] = start.side(self._index, name)
        return self._copies[name]

    def remembered(self, memory: Memory) -> NotingPlayer:
        """Return a player that repeats what the unchanged target did."""
        side = RememberedSide(memory)
        return NotingPlayer("remembered", side, side, NO_LOGINS, self._setting.fixed)

    def close(self) -> None:
        """Give the copies back."""
        for copy in self._copies.values():
            copy.close()
        self._copies.clear()


def steps(exchanges: Iterable[Exchange], old: NotingPlayer, new: NotingPlayer, since: float) -> Iterator[Step]:
    """Replay exchanges of one scenario, the first of which comes first, and judge them.

    `since` is when (epoch seconds) the run began, before any of the states was made: a time after it is "now", whether
    it is told today or was remembered.
    """
    # Each mutant would pay for comparing what was recorded with what the unchanged target does, which is known.
    judge = Judge(Normaliser((since, float("inf"))), Normaliser((0.0, float("inf"))), Fronts(), stale=False)
    for outcome in replay(exchanges, old, new):
        verdict = judge.judge(outcome)
        yield Step(outcome, verdict, _is_inert(outcome) and not (old.learned or new.learned))


def _is_inert(outcome: Outcome) -> bool:
    effects: Sequence[Effects | None] = (outcome.old_effects, outcome.new_effects)
    wrote_nothing = all(each is not None and each.empty for each in effects)
    return wrote_nothing and outcome.exchange.request.method in SAFE_METHODS
