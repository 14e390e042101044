"""Replays candidates of a scenario one after another, on targets and starting states that stay open between them.

Exchanges come in; what the last of them showed goes out. A candidate that kills a target shows nothing, and the target
is started anew for the next. Which candidates are tried is `course`'s.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from harness.bind import read_logins
from harness.config import FILE
from harness.difference import Difference
from harness.errors import TargetError
from harness.exchange import Exchange
from harness.group import Group
from harness.group.groups import group_observations
from harness.group.key import Key, edit_in, keys_of
from harness.group.observation import Observation
from harness.judge import Fronts, Judge, Replayed
from harness.normalise import Normaliser
from harness.pipeline import Options, fixed_of, open_states
from harness.recording import Recording
from harness.replay import Outcome, replay
from harness.state import State
from harness.workers import Crew, Pair, Progress, Setting, Worker, differing, state_of

Sign = tuple[Key, str]
"""By what a cause is known again in an exchange that differs: where, of what kind, and the edit it shows."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some exchanges as a recording: `name` and `state` are those of the recording they come from."""

    name: str
    state: str | None
    exchanges: tuple[Exchange, ...]

    def __len__(self) -> int:
        return len(self.exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)


def signs(differences: Sequence[Difference]) -> frozenset[Sign]:
    """Return by what the causes of these differences are known again."""
    return frozenset((keys_of(each)[0], edit_in(each).shape) for each in differences)


def signs_of(group: Group, differences: Sequence[Difference]) -> frozenset[Sign]:
    """Return the signs of those differences of an exchange that a group of a report is about; empty: of none.

    A group may have got its id from many exchanges: where none has that id alone, its place and kind tell.
    """
    alike = [each for each in differences if (each.aspect, each.kind) == (group.aspect, group.kind)]
    for found in (
        [each for each in alike if id_alone(each) == group.id],
        [each for each in alike if each.path == group.path],
        [each for each in alike if each.old == group.old and each.new == group.new],
    ):
        if found:
            return signs(found)
    return frozenset()


def id_alone(difference: Difference) -> str:
    """Return the id of the group that a difference makes by itself."""
    return group_observations([Observation("x#1", "", "", difference)])[0].id


class Trials:
    """Two targets, and a starting state, for any number of replays. A context manager."""

    def __init__(self, recording: Recording, options: Options, states: Mapping[str, State] | None = None) -> None:
        """Open the starting state that `recording` names, unless `states` are open already. Raises StateError."""
        self.options, self.count = options, 0
        self._recording = recording
        self._stack = ExitStack()
        try:
            opened = open_states([recording], options, self._stack) if states is None else states
            logins = read_logins(options.config.logins, options.config.root / FILE, os.environ)
            fixed = fixed_of([recording], options.config)
            self._setting = Setting(options.config, opened, options.state, 1, logins, fixed)
            self._worker = self._new_worker()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop the targets and give the state back."""
        try:
            self._worker.close()
        finally:
            self._stack.close()

    def _new_worker(self) -> Worker:
        crew = Crew(queue.SimpleQueue(), Progress(lambda done: None))
        return Worker(0, Pair(self.options.old, self.options.new), self._setting, crew)

    def differences(self, exchanges: Sequence[Exchange]) -> tuple[Difference, ...]:
        """Replay exchanges from the starting state; return how the answers to the last one differ."""
        shown: tuple[Difference, ...] = ()
        try:
            for _, shown in self.outcomes(exchanges):  # noqa: B007 -- the last one counts
                pass
        except TargetError:  # died three times running
            self._worker.close()
            self._worker = self._new_worker()
            return ()
        return shown

    def outcomes(self, exchanges: Sequence[Exchange]) -> Iterator[tuple[Outcome, tuple[Difference, ...]]]:
        """Replay exchanges from the starting state; yield each outcome and how it differs. Raises TargetError."""
        self.count += 1
        pair, now = self._worker.pair, time.time()
        old, new = self._worker.players(state_of(self._recording, self.options.state, self.options.config))
        judge = Judge(
            Normaliser((now, float("inf"))),
            Normaliser((exchanges[0].started, float("inf"))),
            Fronts(old=pair.old.served, new=pair.new.served),
            Replayed(old=pair.old.replayed, new=pair.new.replayed),
        )
        for outcome in replay(exchanges, old, new):
            verdict = judge.judge(outcome)
            if verdict.diverged and new.rejoin(old, differing(outcome.wrote, verdict.differences)):
                judge.rejoined()
            yield outcome, verdict.differences if verdict.kind != "unreplayable" else ()
