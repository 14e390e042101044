"""Recordings with what nobody recorded in them: mutants of their exchanges, and their steps in another order.

Recordings come in; recordings go out, in memory, which the pipeline replays and judges like any others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.exchange import Exchange
from harness.fuzz.mutate import Mutator
from harness.fuzz.steps import is_stateful, untold, variants
from harness.recording import Recording

STEPS = 0.15
"""Share of the requests made up that are steps of scenarios in another order, where any recording writes."""


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A recording in memory. `mutants` are the numbers (from 1) of exchanges that nothing recorded builds on."""

    name: str
    state: str | None
    exchanges: tuple[Exchange, ...]
    mutants: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def up_to(self, number: int) -> Fuzzed:
        """Return what leads to an exchange, and it: all before it but the mutants."""
        before = [each for at, each in enumerate(self.exchanges[: number - 1], 1) if at not in self.mutants]
        return Fuzzed(self.name, self.state, numbered(self.name, [*before, self.exchanges[number - 1]]))


def numbered(name: str, exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """Return exchanges as those of a recording: with ids of it."""
    return tuple(replace(each, id=f"{name}#{number}") for number, each in enumerate(exchanges, 1))


def fuzzed(recordings: Sequence[Recording], mutator: Mutator, examples: int, seed: int) -> list[Fuzzed]:
    """Return recordings with `examples` requests made up: mutants, dealt out evenly, and steps in another order."""
    reordered = list(in_other_order(recordings, round(STEPS * examples), seed))
    left = examples - sum(made for made, _ in reordered)
    return [*with_mutants(recordings, mutator, left), *(recording for _, recording in reordered)]


def with_mutants(recordings: Sequence[Recording], mutator: Mutator, examples: int) -> Iterator[Fuzzed]:
    """Yield each recording with some mutants behind each of its exchanges.

    Where they may write, what was recorded behind them was answered in another state: these answers are not told.
    """
    total, seen = sum(map(len, recordings)), 0
    for recording in recordings:
        exchanges: list[Exchange] = []
        mutants: set[int] = set()
        writes = is_stateful(list(recording))
        for exchange in recording:
            exchanges.append(untold(exchange) if writes and mutants else exchange)
            share = examples * (seen + 1) // total - examples * seen // total
            seen += 1
            for _ in range(share if exchange.request.body is not None else 0):
                request = mutator.mutant(exchange.request)
                exchanges.append(Exchange("", request, started=exchange.started, scheme=exchange.scheme))
                mutants.add(len(exchanges))
        yield Fuzzed(recording.name, recording.state, numbered(recording.name, exchanges), frozenset(mutants))


def in_other_order(recordings: Sequence[Recording], most: int, seed: int) -> Iterator[tuple[int, Fuzzed]]:
    """Yield variants of the recordings that write, each in its turn, as long as their steps after the change are no
    more than `most` in all; with the number of these.
    """
    turns = [(each, variants(list(each), seed)) for each in recordings if is_stateful(list(each))]
    count = 0
    while turns:
        count += 1
        for turn in list(turns):
            recording, left = turn
            at, steps = next(left, (0, ()))
            if not steps:
                turns.remove(turn)
            elif len(steps) - at <= most:
                most -= len(steps) - at
                name = f"{recording.name}~{count}"
                yield len(steps) - at, Fuzzed(name, recording.state, numbered(name, steps))
