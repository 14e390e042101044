"""Recordings with mutants in them: each recorded exchange is followed by some of itself, in the state it left.

Recordings come in; recordings go out, in memory, which the pipeline replays and judges like any others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.exchange import Exchange
from harness.fuzz.mutate import Mutator
from harness.recording import Recording


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A recording in memory. `mutants` are the numbers (from 1) of the exchanges that nobody recorded."""

    name: str
    state: str | None
    exchanges: tuple[Exchange, ...]
    mutants: frozenset[int]

    def __len__(self) -> int:
        return len(self.exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def up_to(self, number: int) -> tuple[Exchange, ...]:
        """Return what leads to an exchange, and it: the recorded ones before, and the mutant itself."""
        before = (each for at, each in enumerate(self.exchanges[: number - 1], 1) if at not in self.mutants)
        return (*before, self.exchanges[number - 1])


def fuzzed(recordings: Sequence[Recording], mutator: Mutator, examples: int) -> list[Fuzzed]:
    """Return recordings with `examples` mutants dealt out evenly among their exchanges."""
    total = sum(map(len, recordings))
    made, seen = [], 0
    for recording in recordings:
        exchanges: list[Exchange] = []
        mutants: set[int] = set()
        for exchange in recording:
            exchanges.append(replace(exchange, id=f"{recording.name}#{len(exchanges) + 1}"))
            share = examples * (seen + 1) // total - examples * seen // total
            seen += 1
            for _ in range(share if exchange.request.body is not None else 0):
                request = mutator.mutant(exchange.request)
                name = f"{recording.name}#{len(exchanges) + 1}"
                exchanges.append(Exchange(name, request, started=exchange.started, scheme=exchange.scheme))
                mutants.add(len(exchanges))
        made.append(Fuzzed(recording.name, recording.state, tuple(exchanges), frozenset(mutants)))
    return made
