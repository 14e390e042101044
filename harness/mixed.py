"""Two implementations mixed: which of them is asked which request, and what that is called in reports.

A scenario and a seed come in; the same scenario goes out, whose exchanges are called `NAME@SEED#N`. By that name alone
is decided who answers: the same on every machine, for any number of workers. Asking is the business of `targets.mixed`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.exchange import Exchange
from harness.recording import Recording
from harness.scenarios import Scenario

Side = Literal["old", "new"]
MIXED = ", mixed"
"""How the text of a mixed target ends."""
BEFORE = 12
"""Requests before an example of which is told who answered them."""

_ID = re.compile(r"(.*@\d+)#(\d+)", re.DOTALL)


def side_of(exchange: str) -> Side:
    """Return who is asked the exchange of this id: each about half of them."""
    return "new" if hashlib.sha256(exchange.encode("utf-8", "surrogateescape")).digest()[0] & 1 else "old"


def is_mixed(target: str) -> bool:
    """Whether the text of a target is that of a mixed one."""
    return target.endswith(MIXED)


@dataclass(frozen=True, slots=True)
class Seeded:
    """A recording under a seed: the same exchanges, by names that tell the seed."""

    recording: Recording
    seed: int

    @property
    def name(self) -> str:
        """The recording's name and the seed."""
        return f"{self.recording.name}@{self.seed}"

    @property
    def state(self) -> str | None:
        """The recording's."""
        return self.recording.state

    def __len__(self) -> int:
        return len(self.recording)

    def __iter__(self) -> Iterator[Exchange]:
        for exchange in self.recording:
            yield replace(exchange, id=f"{self.name}#{exchange.id.rpartition('#')[2]}")


def under_seeds(recordings: Sequence[Recording], seeds: Sequence[int]) -> Sequence[Recording]:
    """Return each recording once for each seed; the recordings themselves where there is none."""
    return [Seeded(recording, seed) for recording in recordings for seed in seeds] if seeds else recordings


def scenarios_under_seeds(scenarios: Sequence[Scenario], seeds: Sequence[int]) -> list[Scenario]:
    """Return each scenario once for each seed, numbered so that every shard has numbers of its own."""
    return [
        replace(scenario, number=scenario.number * len(seeds) + index, recording=Seeded(scenario.recording, seed))
        for scenario in scenarios
        for index, seed in enumerate(seeds)
    ]


def told(exchanges: Iterable[str]) -> dict[str, str]:
    """Return for the ids of exchanges who answered them, and who those shortly before in the same recording."""
    found = {exchange: _ID.fullmatch(exchange) for exchange in exchanges}
    return {exchange: _told(match[1], int(match[2])) for exchange, match in found.items() if match}


def _told(name: str, number: int) -> str:
    first = max(1, number - BEFORE)
    sides = " ".join(side_of(f"{name}#{before}") for before in range(first, number))
    before = f"; requests {first}-{number - 1}: {sides}" if number - first > 1 else f"; request {first}: {sides}"
    return f"answered by {side_of(f'{name}#{number}')}" + (before if sides else "")
