"""Judging one outcome: three-way evidence in (recorded answer, old now, new now), a verdict out. Pure.

An exchange is judged when old-now has the recorded status class, where one was recorded: two sides that agree on "401,
please log in" have proved nothing. Old differing from the recording is staleness, told apart from new differing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.astray import Astray, is_another_page
from harness.bind import aliased, aliased_effects, as_redacted
from harness.compare import compare
from harness.compare.effects import compare_effects
from harness.compare.length import two_lengths
from harness.difference import Difference
from harness.exchange import Exchange, Response
from harness.normalise import Normaliser
from harness.replay import Outcome
from harness.targets import Answer, Unsent
from harness.ticks import STEPS, TICKS, without_steps, without_ticks
from harness.turned_away import turned_away

Kind = Literal["judged", "stale", "unreplayable", "error"]

# What a server adds by itself (RFC 9110 sections 6.6.1, 7.6.1, 10.2.4); an application called without one has none.
SERVER_HEADERS = frozenset({b"date", b"server", b"connection", b"keep-alive", b"transfer-encoding"})
FAILED = 4
"""The first class of statuses that say that a request was not done (RFC 9110 section 15)."""
STATE = frozenset({"rows", "files"})
"""Aspects that later exchanges build on."""
WITHOUT_SERVER = "headers and framing that only a server adds"
OWN_NAMES = "each side's own names for the same (cookies, tokens, ids)"

_HALF_A_WORD = re.compile(rb"[\w ,.:+/-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one exchange showed.

    `reason` says why it was not judged. `differences` are old against new, `stale` the recorded answer against old now.
    `diverged`: rows or files differ by what this exchange wrote. `late`: they did already, by an earlier exchange.
    `astray`: new was asked for something else than old, and its one difference is an earlier one: why. `lengths` stands
    for the target of GET or HEAD and how long its content is on both sides; empty where it is as long.
    """

    kind: Kind
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    stale: tuple[Difference, ...] = ()
    late: bool = False
    diverged: bool = False
    astray: bool = False
    lengths: str = ""


@dataclass(frozen=True, slots=True)
class Fronts:
    """Whether a real server stood before each side, so that its headers are among the answer's."""

    recorded: bool = True
    old: bool = False
    new: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """Whether each side answers in this run; else its answers are those of the recording, given at their own time."""

    old: bool = True
    new: bool = True


class Judge:
    """Judges the outcomes of one scenario.

    `normaliser` knows the time of this run, `recorded` that of the recording; `fronts` says where a server stood,
    `replayed` which sides answer now. Without `stale`, what old does otherwise than it was recorded is not looked for.
    """

    def __init__(
        self,
        normaliser: Normaliser,
        recorded: Normaliser,
        fronts: Fronts,
        replayed: Replayed | None = None,
        stale: bool = True,
    ) -> None:
        self.replayed = replayed or Replayed()
        self._looks_for_stale = stale
        self.normaliser = normaliser
        self.recorded = recorded
        self.fronts = fronts
        self._diverged = False
        self._astray = Astray()

    def judge(self, outcome: Outcome) -> Verdict:
        """Judge one outcome; those of a scenario come in their order."""
        late = self._diverged
        verdict = self._judge(outcome)
        return replace(verdict, late=late, diverged=not late) if self._diverged else verdict

    def rejoined(self) -> None:
        """Hear that rows and files are equal again, so that what differs from now on has a cause of its own."""
        self._diverged = False

    def _judge(self, outcome: Outcome) -> Verdict:
        for answer in (outcome.old, outcome.new):
            if isinstance(answer, Unsent):
                return Verdict("unreplayable", answer.reason)
        answers, effects = self._answers(outcome), self._effects(outcome)
        self._diverged = self._diverged or any(difference.aspect in STATE for difference in effects)
        # What a side that refused or crashed did not write follows from that; not so if a page replaces a redirect.
        differences = answers if _only_one_did_it(outcome) else answers + effects
        if not isinstance(outcome.old, Response):
            return Verdict("error", "old crashed", differences)
        astray = self._cause(outcome, answers)
        if astray is not None:
            differences = (astray,)
        else:
            self._astray.note(answers)
        lengths = _lengths(outcome) if differences else ""
        named = aliased(outcome.old, outcome.names[0], outcome.exchange.request.path)
        stale = self._staleness(outcome.exchange, named, outcome.at, outcome.told[0])
        recorded = outcome.exchange.response
        if recorded is not None and recorded.status // 100 != outcome.old.status // 100:
            reason = f"recorded {recorded.status}, old now {outcome.old.status}"
            return Verdict("stale", reason, differences, stale, astray=astray is not None, lengths=lengths)
        if stale and recorded is not None and (reason := turned_away(recorded, named)):
            return Verdict("stale", reason, differences, stale, astray=astray is not None, lengths=lengths)
        return Verdict("judged", "", differences, stale, astray=astray is not None, lengths=lengths)

    def _cause(self, outcome: Outcome, answers: Sequence[Difference]) -> Difference | None:
        """Return the earlier difference by which new was led to another page than old; None where it was not."""
        old, new = outcome.old, outcome.new
        if not (outcome.astray and answers and isinstance(old, Response) and isinstance(new, Response)):
            return None
        return self._astray.cause(outcome.astray, old, new) if is_another_page(old, new, answers) else None

    def _answers(self, outcome: Outcome) -> tuple[Difference, ...]:
        old, new, request = outcome.old, outcome.new, outcome.exchange.request
        if not (isinstance(old, Response) and isinstance(new, Response)):
            return () if _died_alike(old, new) else (crash_difference(old, new),)
        if self.fronts.old != self.fronts.new and old != new:
            old, new, acted = level(old, self.fronts.old, new)
            self.normaliser.acted[WITHOUT_SERVER] += acted
        if old != new:
            old, new = self._under_shared_names(outcome, old, new)
        if self.replayed.old and self.replayed.new:
            found = compare(*self.normaliser.normalise_pair(old, new, outcome.at, outcome.told), request)
            return self._in_step(outcome, found)
        old, new = self._at_its_time(outcome, old, 0), self._at_its_time(outcome, new, 1)
        if not (old.complete or self.replayed.old):
            old, new = as_far_as_recorded(old, new)
        elif not (new.complete or self.replayed.new):
            new, old = as_far_as_recorded(new, old)
        return tuple(compare(old, new, request))

    def _under_shared_names(self, outcome: Outcome, old: Response, new: Response) -> tuple[Response, Response]:
        """Return both answers with the recording's names in the place of each side's own."""
        path = outcome.exchange.request.path
        named = aliased(old, outcome.names[0], path), aliased(new, outcome.names[1], path)
        self.normaliser.acted[OWN_NAMES] += named != (old, new)
        return named

    def _at_its_time(self, outcome: Outcome, answer: Response, side: int) -> Response:
        """Return an answer normalised by the time at which it was given: in this run, or when it was recorded."""
        told = outcome.told[side]  # by another recording: when its answer was given
        if told is not None or (self.replayed.old, self.replayed.new)[side]:
            return self.normaliser.normalised(answer, side, outcome.at, told)
        return self.recorded.normalised(answer, side, recorded_at(outcome.exchange))

    def _effects(self, outcome: Outcome) -> tuple[Difference, ...]:
        old, new = outcome.old_effects, outcome.new_effects
        if old is None or new is None or (old.empty and new.empty):
            return ()
        if old != new:
            old, new = (aliased_effects(*pair) for pair in zip((old, new), outcome.names, strict=True))
        found = self._in_step(
            outcome, compare_effects(*self.normaliser.normalise_effects(old, new, outcome.at, outcome.told))
        )
        if None in outcome.told:
            return found
        left = without_ticks(found)
        self.normaliser.acted[TICKS] += len(left) != len(found)
        return left

    def _in_step(self, outcome: Outcome, found: Iterable[Difference]) -> tuple[Difference, ...]:
        """Return the differences without the times that only follow each side's own clock."""
        differences = tuple(found)
        if outcome.told[0] == outcome.told[1]:
            return differences
        old, new = (outcome.at if told is None else told for told in outcome.told)
        left = without_steps(differences, new - old, self.normaliser.tolerance)
        self.normaliser.acted[STEPS] += len(left) != len(differences)
        return left

    def _staleness(self, exchange: Exchange, old: Response, at: float, told: float | None) -> tuple[Difference, ...]:
        recorded = exchange.response
        if recorded is None or recorded == old or not self._looks_for_stale:
            return ()
        if recorded.body is None:  # an access log: only the status is known
            changed = Difference("status", "", "changed", str(recorded.status), str(old.status))
            return (changed,) if recorded.status != old.status else ()
        if self.fronts.recorded != self.fronts.old:
            recorded, old, _ = level(recorded, self.fronts.recorded, old)
        if exchange.redactions:
            old = as_redacted(recorded, old, exchange.redactions)
        then = self.recorded.normalised(recorded, 0, recorded_at(exchange))
        now = self.normaliser.normalised(old, 0, at, told)
        return tuple(compare(*(as_far_as_recorded(then, now) if not recorded.complete else (then, now))))


def recorded_at(exchange: Exchange) -> float:
    """Return when an exchange had been recorded whole (epoch seconds)."""
    return exchange.started + (exchange.duration or 0)


def as_far_as_recorded(cut_off: Response, now: Response) -> tuple[Response, Response]:
    """Return both answers as far as the recorded one goes: that its client went away is not the old program's doing.

    What stands at the cut may be half an instant, which no normaliser knew; where the rest agrees it is left out.
    """
    if now.body is None or cut_off.body is None:
        return replace(cut_off, complete=now.complete), now
    sure = _HALF_A_WORD.sub(b"", cut_off.body)
    there = len(sure) if now.body.startswith(sure) else len(cut_off.body)
    then = replace(cut_off, body=cut_off.body[:there], complete=now.complete)
    return then, replace(now, body=now.body[:there])


def _lengths(outcome: Outcome) -> str:
    old, new = outcome.old, outcome.new
    if not (isinstance(old, Response) and isinstance(new, Response)):
        return ""
    return two_lengths(outcome.exchange.request, old, new)


def _only_one_did_it(outcome: Outcome) -> bool:
    """Tell whether a side failed, and the other did not or in another way: then they cannot have written the same."""
    old, new = outcome.old, outcome.new
    if not (isinstance(old, Response) and isinstance(new, Response)):
        return not _died_alike(old, new)
    classes = {old.status // 100, new.status // 100}
    return len(classes) > 1 and max(classes) >= FAILED


def level(left: Response, left_served: bool, right: Response) -> tuple[Response, Response, bool]:
    """Take from the answer that came through a server what only the server added; say whether there was any."""
    if left_served:
        levelled = without_server(left, right)
        return levelled, right, levelled is not left
    levelled = without_server(right, left)
    return left, levelled, levelled is not right


def without_server(served: Response, bare: Response) -> Response:
    """Return `served` without the headers that a server adds and `bare`, an application's own answer, does not have."""
    own = {name.lower() for name, _ in bare.headers}
    added = SERVER_HEADERS - own
    headers = tuple(pair for pair in served.headers if pair[0].lower() not in added)
    if headers == served.headers and served.framing == bare.framing and served.version == bare.version:
        return served
    return replace(served, headers=headers, framing=bare.framing, version=bare.version, raw_head=bare.raw_head)


def _died_alike(old: Answer, new: Answer) -> bool:
    """Tell whether both sides died in the same way: that proves nothing of new, and is no difference either."""
    return _in_short(old) == _in_short(new)


def crash_difference(old: Answer, new: Answer) -> Difference:
    """Describe that a side died instead of answering, or both, each in its own way."""
    kind = "added" if isinstance(old, Response) else "missing" if isinstance(new, Response) else "changed"
    return Difference("crash", "", kind, _in_short(old), _in_short(new))


def _in_short(answer: Answer) -> str:
    return f"answered {answer.status}" if isinstance(answer, Response) else answer.reason
