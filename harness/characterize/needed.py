"""The fewest exchanges with which chosen ones are answered as recorded: alone, with their client's session, or all.

A recording, exchanges of it and options come in; exchanges go out, and which of the chosen are answered otherwise even
then. How a single scenario is made smaller still is `harness.shrink`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from harness.exchange import Exchange, Response
from harness.find import number_of, whole
from harness.naming import Names, names_of
from harness.pipeline import Options
from harness.recording import Recording
from harness.selection import Selection
from harness.verdicts import Shown, verdicts

MOST = 2_000
"""Exchanges before the last chosen one that are replayed to see whether all are needed."""


@dataclass(frozen=True, slots=True)
class Part:
    """A recording of some exchanges of another, which keep their ids."""

    name: str
    state: str | None
    exchanges: Sequence[Exchange]

    def __len__(self) -> int:
        return len(self.exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)


@dataclass(frozen=True, slots=True)
class Needed:
    """The exchanges to keep, the ids of the chosen ones among them, and what these showed at the target."""

    exchanges: tuple[Exchange, ...]
    chosen: tuple[str, ...]
    shown: dict[str, Shown]

    @property
    def changed(self) -> list[str]:
        """The chosen that the target answers otherwise than recorded."""
        return [name for name in self.chosen if not self.shown[name].proved]

    def as_of_now(self, renewed: Callable[[Exchange, Response], Exchange]) -> tuple[Exchange, ...]:
        """Return the exchanges; those answered otherwise `renewed` with the answer of now."""
        now = {name: self.shown[name].answer for name in self.changed}
        return tuple(renewed(one, answer) if (answer := now.get(one.id)) is not None else one for one in self.exchanges)


def needed(recording: Recording, chosen: Sequence[Exchange], options: Options) -> Needed:
    """Return the fewest. Raises what `diff` raises."""
    found: Needed | None = None
    for part in _candidates(recording, chosen, names_of(options.config)):
        if found is not None and len(part) == len(found.exchanges):
            continue
        shown = verdicts([Part(recording.name, recording.state, part)], options)
        found = Needed(tuple(part), tuple(one.id for one in chosen), shown)
        if not found.changed:
            break
    assert found is not None, "the first candidate is always tried"
    return found


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
