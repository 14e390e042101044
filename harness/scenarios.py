"""Which exchanges are replayed together, from one starting state: scenarios, numbered in the order of the run.

Recordings come in; scenarios go out, each once, whatever the number of workers or machines that share them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from harness.errors import UsageError
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

    `limit` bounds the exchanges of the whole run, before the shards are dealt out. Raises UsageError where there are
    fewer scenarios than shards: a shard with nothing to do proves nothing.
    """
    parts: list[Recording] = []
    for recording in recordings:
        parts += sessions(recording) if by_session else [recording]
    shares = list(_shares(map(len, parts), limit))
    if (there := sum(1 for share in shares if share)) < shard.of:
        hint = "" if by_session else "; --by-session makes each client session one, where one recording is one scenario"
        raise UsageError(f"{shard.of} shards, but there is only {there} to replay from a starting state{hint}")
    return [
        Scenario(number, part, share if share < len(part) else None)
        for number, (part, share, dealt_to) in enumerate(zip(parts, shares, deal(shares, shard.of), strict=True))
        if share and dealt_to == shard.number
    ]


def _shares(sizes: Iterable[int], limit: int | None) -> Iterator[int]:
    """Yield how many exchanges of each scenario are within the limit of the run."""
    left = limit
    for size in sizes:
        share = size if left is None else min(size, left)
        left = None if left is None else left - share
        yield share


def deal(sizes: Sequence[int], shards: int) -> list[int]:
    """Return for scenarios of these sizes the number of the shard (from 1) that replays each.

    The largest first, each to the shard with least to do: the same on every machine with the same recordings, and no
    shard has more than its part of all and one scenario.
    """
    loads = [(0, number) for number in range(1, shards + 1)]
    dealt = [0] * len(sizes)
    for index in sorted(range(len(sizes)), key=lambda index: (-sizes[index], index)):
        load, number = heapq.heappop(loads)
        dealt[index] = number
        heapq.heappush(loads, (load + sizes[index], number))
    return dealt
