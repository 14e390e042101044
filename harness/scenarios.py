"""Which exchanges are replayed together, from one starting state: scenarios, numbered in the order of the run.

Recordings come in; scenarios go out, each once, whatever the number of workers or machines that share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from harness.exchange import Exchange
from harness.recording import Recording
from harness.session import sessions


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` (from 1) of `of` parts of a run."""

    number: int = 1
    of: int = 1


WHOLE = Shard()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Exchanges replayed from one starting state: those of `recording`, or its first `limit`."""

    number: int
    recording: Recording
    limit: int | None = None

    def __len__(self) -> int:
        return len(self.recording) if self.limit is None else min(self.limit, len(self.recording))

    def __iter__(self) -> Iterator[Exchange]:
        return islice(iter(self.recording), self.limit)


def scenarios_of(
    recordings: Sequence[Recording], limit: int | None = None, by_session: bool = False, shard: Shard = WHOLE
) -> list[Scenario]:
    """Return the scenarios of a run: each recording, or with `by_session` each client session of it.

    `limit` bounds the exchanges of the whole run, before the shards are dealt out.
    """
    parts: list[Recording] = []
    for recording in recordings:
        parts += sessions(recording) if by_session else [recording]
    left = limit
    found: list[Scenario] = []
    for number, part in enumerate(parts):
        share = len(part) if left is None else min(len(part), left)
        if share and number % shard.of == shard.number - 1:
            found.append(Scenario(number, part, share if share < len(part) else None))
        left = None if left is None else left - share
    return found
