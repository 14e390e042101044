"""One observed difference, and running counts of many: the vocabulary of grouping.

Frozen observations come in from the pipeline; a `Tally` counts them in bounded memory, and merges with those of other
workers to the same result in any order. Which observations belong together is decided in `cause`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.difference import Difference

EXAMPLES = 5
"""Examples kept for a group."""
FAR = 1 << 40
"""Added to the size of an exchange that only follows from the cause, so that others are examples before it."""

_ID_NUMBER = re.compile(r"(.*)#(\d+)")


@dataclass(frozen=True, slots=True)
class Observation:
    """One difference seen in one exchange, who asked for what, and how large the exchange is (bytes).

    `late` where the two sides' rows or files had come to differ in an earlier exchange; `astray` where the difference
    is one of an earlier exchange, by which new was asked for something else than old in this one. `stated` where it is
    one of GET's body, of which this answer to HEAD states the length.
    """

    exchange: str
    endpoint: str
    client: str
    difference: Difference
    size: int = 0
    late: bool = False
    astray: bool = False
    stated: bool = False


class Example(NamedTuple):
    """An exchange that shows a group; compares smallest first, then by name and number."""

    size: int
    name: str
    number: int
    exchange: str
    endpoint: str
    old: str
    new: str


@dataclass(slots=True)
class Tally:
    """The running counts of one key.

    `early` are those that no earlier difference of rows or files may explain, `following` those of the `endpoints`
    where requests were only led astray by it, or that only state a length.
    """

    count: int = 0
    early: int = 0
    endpoints: Counter[str] = field(default_factory=Counter)
    following: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    examples: tuple[Example, ...] = ()

    def add(self, observation: Observation, paths: Iterable[str]) -> None:
        """Count one observation, and the paths at which its exchange shows the same."""
        self.count += 1
        self.early += not observation.late
        self.paths.update(paths)
        self.endpoints[observation.endpoint] += 1
        if observation.astray or observation.stated:
            self.following[observation.endpoint] += 1
        self.clients[observation.client] += 1
        if observation.stated:  # it shows nothing of what differs
            return
        example = _example(observation)
        if len(self.examples) < EXAMPLES or example < self.examples[-1]:
            self.examples = tuple(sorted((*self.examples, example))[:EXAMPLES])

    def merge(self, other: Tally) -> None:
        """Count what `other` counted."""
        self.count += other.count
        self.early += other.early
        self.endpoints.update(other.endpoints)
        self.following.update(other.following)
        self.clients.update(other.clients)
        self.paths.update(other.paths)
        self.examples = tuple(sorted((*self.examples, *other.examples))[:EXAMPLES])

    @property
    def endpoint(self) -> str:
        """The most frequent endpoint of those that show it themselves."""
        return next(iter(ranked(self.endpoints - self.following or self.endpoints)))

    def count_followers(self, other: Tally) -> None:
        """Count what follows from this, whose places and examples are none of this."""
        self.count += other.count
        self.early += other.early
        self.endpoints.update(other.endpoints)
        self.following.update(other.endpoints)
        self.clients.update(other.clients)


def _example(observation: Observation) -> Example:
    name, number = split_id(observation.exchange)
    difference = observation.difference
    return Example(
        observation.size + FAR * observation.astray,
        name,
        number,
        observation.exchange,
        observation.endpoint,
        difference.old,
        difference.new,
    )


def split_id(exchange: str) -> tuple[str, int]:
    """Return the recording's name and the number of an exchange's id (`NAME#N`)."""
    found = _ID_NUMBER.fullmatch(exchange)
    return (found.group(1), int(found.group(2))) if found else (exchange, 0)


def ranked(counts: Counter[str]) -> dict[str, int]:
    """Return counts, most frequent first, ties by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
