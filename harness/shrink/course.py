"""READ FIRST: the order in which a scenario is made smaller.

    the exchange alone | its client's session | all before it -> fewer requests -> fewer parts of each
    -> fewer entries of the starting state -> answers of now

A group of a report and the recording of one of its examples come in, a Small goes out; also when time is up or the user
stops it: the best so far. Where a candidate is replayed is `trial`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from harness.bind import aliased
from harness.errors import TargetError
from harness.exchange import Exchange, Response
from harness.find import number_of, whole
from harness.group import Group
from harness.minimal import minimal
from harness.naming import Names
from harness.recording import Recording
from harness.renewed import Renewing
from harness.selection import Selection
from harness.shrink.parts import SORTS, Sort
from harness.shrink.rows import Rows, Stopped
from harness.shrink.trial import Sign, Trials, signs, signs_of

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Small:
    """A scenario that shows the cause in its last exchange; `finished` where nothing more can be left out.

    `document` is what a smaller starting state is loaded from; None: the state is the recording's.
    """

    exchanges: tuple[Exchange, ...]
    finished: bool = False
    document: Any = None


class Shrinking:
    """One search for the smallest scenario that shows a group in its last exchange; `until` is in monotonic seconds.

    `rows` makes the starting state smaller; without it that stays as it is. `sorts` are the parts that are tried.
    """

    def __init__(
        self,
        trials: Trials,
        group: Group,
        until: float,
        say: Say = lambda text: None,
        rows: Rows | None = None,
        sorts: Sequence[Sort] = SORTS,
    ) -> None:
        self._trials, self._group, self._until, self._say, self._rows = trials, group, until, say, rows
        self._sorts = sorts
        self._wanted: frozenset[Sign] = frozenset()
        self.best: tuple[Exchange, ...] = ()

    def run(self, recording: Recording, number: int, names: Names) -> Small | None:
        """Shrink what leads to exchange `number` of a recording; None where that shows nothing of the group."""
        finished = False
        try:
            if not self._begin(recording, number, names):
                return None
            self._fewer_requests()
            if self._trials.options.old.replayed:  # who only repeats the recording cannot be asked anything else
                self._fewer_parts()
            if self._rows:
                self._rows.run(self.best, self._wanted, self._say)
            finished = True
        except (Stopped, KeyboardInterrupt):
            self._say("stopped: this is the smallest so far")
        if not self.best:
            return None
        document = self._rows.best if self._rows else None
        if document is None or self._rows is None:
            return Small(self._answered(self._trials), finished)
        with self._rows.opened(document) as trials:
            return Small(self._answered(trials), finished, document)

    def _begin(self, recording: Recording, number: int, names: Names) -> bool:
        """Find a beginning that shows the group: the exchange alone, or after as little as is known to suffice."""
        for what, exchanges in _beginnings(recording, number, names):
            if not exchanges or (self.best and len(exchanges) >= len(self.best)):
                continue
            self._say(f"tried: {what}, {_requests(exchanges)}")
            wanted = signs_of(self._group, self._trials.differences(exchanges))
            if wanted:
                self._wanted, self.best = wanted, exchanges
                return True
        return False

    def _shows(self, exchanges: Sequence[Exchange]) -> bool:
        """Replay a candidate; it is the best so far if it shows what is looked for."""
        self._check_time()
        shows = bool(self._wanted & signs(self._trials.differences(exchanges)))
        if shows:
            self.best = tuple(exchanges)
        return shows

    def _check_time(self) -> None:
        if time.monotonic() > self._until:
            raise Stopped

    def _fewer_requests(self) -> None:
        *before, last = self.best
        minimal(before, lambda kept: self._shows([*kept, last]))
        self._say(f"{_requests(self.best)} left after {self._trials.count} replays")

    def _fewer_parts(self) -> None:
        for at in range(len(self.best)):
            for sort in self._sorts:
                self._without(at, sort)

    def _without(self, at: int, sort: Sort) -> None:
        """Leave out what can be left out of one sort of parts of one request."""
        exchange = self.best[at]
        items = sort.split(exchange.request)

        def shows(kept: Sequence[bytes]) -> bool:
            changed = replace(exchange, request=sort.join(exchange.request, kept))
            return self._shows([*self.best[:at], changed, *self.best[at + 1 :]])

        left = minimal(items, shows)
        if len(left) < len(items):
            self._say(f"request {at + 1}: {len(left)} of {len(items)} {sort.name} left")

    def _answered(self, trials: Trials) -> tuple[Exchange, ...]:
        """Return the best with what old answers now, redacted: the recorded answers were given to other requests."""
        if not trials.options.old.replayed:
            return self.best
        renewed = Renewing(self.best, trials.options.config)
        try:
            return tuple(
                renewed(exchange, _answer(outcome.old, outcome.names[0], exchange))
                for exchange, (outcome, _) in zip(self.best, trials.outcomes(self.best), strict=True)
            )
        except (KeyboardInterrupt, TargetError) as error:
            self._say(f"old was not asked to its end ({error or 'stopped'}): these are the recorded answers")
            return self.best


def _answer(answer: object, names: Mapping[bytes, bytes], exchange: Exchange) -> Response | None:
    return aliased(answer, names, exchange.request.path) if isinstance(answer, Response) else None


def _beginnings(recording: Recording, number: int, names: Names) -> Iterator[tuple[str, tuple[Exchange, ...]]]:
    """Yield what may lead to an exchange, which is the last of each; least first."""
    every = tuple(islice(recording, number))
    yield "the request alone", every[-1:]
    session = Selection(session=str(number))
    yield "its client's session", tuple(each for each in whole(recording, session, names) if number_of(each) <= number)
    yield "all requests before it", every


def _requests(exchanges: Sequence[Exchange]) -> str:
    return f"{len(exchanges)} request{'s' * (len(exchanges) != 1)}"
