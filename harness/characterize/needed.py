"""The fewest exchanges with which chosen ones are answered as recorded: alone, with their client's session, or of all.

A recording, exchanges of it and options come in; exchanges go out, under the ids that they will have in a cassette of
their own, since random numbers are drawn by these, and which of the chosen are answered otherwise even then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from harness.exchange import Exchange, Response
from harness.find import number_of, whole
from harness.held import place_of
from harness.minimal import minimal
from harness.naming import Names, names_of
from harness.pipeline import Options
from harness.recording import Recording
from harness.selection import Selection
from harness.verdicts import Shown, verdicts

MOST = 2_000
"""Exchanges before the last chosen one that are replayed to see whether all are needed."""
SECONDS = 60.0
"""How long fewer and fewer are tried."""

Trace = frozenset[tuple[str, ...]]
"""How the chosen are answered otherwise than recorded: which, and where."""


@dataclass(frozen=True, slots=True)
class Part:
    """A recording of some exchanges of another."""

    name: str
    state: str | None
    exchanges: Sequence[Exchange]

    def __len__(self) -> int:
        return len(self.exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)


@dataclass(frozen=True, slots=True)
class Needed:
    """The exchanges to keep, the ids of the chosen ones among them, and what these showed at the target.

    `known` has what each of the chosen is called in the recording it is from. `finished`: none can be left out.
    `untried` are how many before them were too many to be replayed.
    """

    exchanges: tuple[Exchange, ...]
    chosen: tuple[str, ...]
    shown: dict[str, Shown]
    known: Mapping[str, str]
    finished: bool = True
    untried: int = 0

    @property
    def changed(self) -> list[str]:
        """The chosen that the target answers otherwise than recorded."""
        return [name for name in self.chosen if not self.shown[name].proved]

    @property
    def trace(self) -> Trace:
        """How they are answered otherwise."""
        return frozenset(sign for name in self.changed for sign in signs(self.known[name], self.shown[name]))

    def as_of_now(self, renewed: Callable[[Exchange, Response], Exchange]) -> tuple[Exchange, ...]:
        """Return the exchanges; those answered otherwise `renewed` with the answer of now."""
        now = {name: self.shown[name].answer for name in self.changed}
        return tuple(renewed(one, answer) if (answer := now.get(one.id)) is not None else one for one in self.exchanges)


def needed(
    recording: Recording, chosen: Sequence[Exchange], options: Options, name: str, seconds: float = SECONDS
) -> Needed:
    """Return the fewest, as the exchanges of a recording called `name`. Raises what `diff` raises."""
    until = time.monotonic() + seconds
    ids = {one.id for one in chosen}

    def tried(part: Sequence[Exchange]) -> Needed:
        own = tuple(replace(one, id=f"{name}#{number}") for number, one in enumerate(part, 1))
        known = {its.id: one.id for its, one in zip(own, part, strict=True) if one.id in ids}
        return Needed(own, tuple(known), verdicts([Part(name, recording.state, own)], options), known)

    found: list[tuple[Sequence[Exchange], Needed]] = []
    for part in _candidates(recording, chosen, names_of(options.config)):
        if not found or len(part) > len(found[-1][0]):
            found.append((part, tried(part)))
        if not found[-1][1].changed:
            break
    most = found[-1][1].trace
    part, best = next((part, each) for part, each in found if each.trace <= most)
    last = max(map(number_of, chosen))
    untried = last - len(found[-1][0]) if last > MOST and best.changed else 0
    # what a server was asked before it keeps: nothing can be told from asking it less
    fewer = _fewer(part, best, ids, tried, until) if options.new.stateful else best
    return replace(fewer, untried=untried)


def _fewer(
    part: Sequence[Exchange], best: Needed, ids: set[str], tried: Callable[[Sequence[Exchange]], Needed], until: float
) -> Needed:
    """Leave out what is not built upon, until time is up; what was chosen stays."""
    late = False

    def suffices(kept: Sequence[Exchange]) -> bool:
        nonlocal best, late
        late = late or time.monotonic() > until
        if late:
            return False
        names = {one.id for one in kept} | ids
        each = tried([one for one in part if one.id in names])
        if each.trace <= best.trace:
            best = each
            return True
        return False

    minimal([one for one in part if one.id not in ids], suffices)
    return replace(best, finished=not late)


def signs(name: str, shown: Shown) -> Iterator[tuple[str, ...]]:
    """Yield by what it is known again how an exchange is answered otherwise; nothing where it is not."""
    if shown.kind != "judged":
        yield name, shown.kind, shown.reason
    for difference in shown.differences:
        yield name, *place_of(difference)


def _candidates(recording: Recording, chosen: Sequence[Exchange], names: Names) -> Iterator[Sequence[Exchange]]:
    yield chosen
    last = max(map(number_of, chosen))
    sessions = {
        one.id: one
        for each in chosen
        for one in whole(recording, Selection(session=each.id), names)
        if number_of(one) <= last
    }
    yield sorted(sessions.values(), key=number_of)
    if last <= MOST:
        yield list(islice(recording, last))
