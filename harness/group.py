"""Gathers observed differences into groups, one for each cause: the same change, wherever it was seen.

Observations come in one exchange at a time; `Group`s go out. The result is the same for any order and any partition
of the observations, and memory does not grow with their number: a group keeps counts and its few smallest examples.
Which groups are accepted, and how they are shown, does not belong here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from harness.difference import Difference

EXAMPLES = 5
"""Examples kept for a group."""
LITERALS = 32
"""Pairs of values a cause may have before it is seen as one change of many values."""
SHORT = 60
"""Characters up to which a value may name a cause."""

_BY_VALUE = frozenset({"changed", "encoding", "renamed", "type"})
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_ID_NUMBER = re.compile(r"(.*)#(\d+)")


@dataclass(frozen=True, slots=True)
class Observation:
    """One difference seen in one exchange, who asked for what, and how large the exchange is (bytes)."""

    exchange: str
    endpoint: str
    client: str
    difference: Difference
    size: int = 0


class Key(NamedTuple):
    """What makes differences one cause. `old` and `new` are empty unless the values themselves are the cause."""

    aspect: str
    path: str
    kind: str
    transform: str
    old: str = ""
    new: str = ""


class Example(NamedTuple):
    """An exchange that shows a group; compares smallest first, then by name and number."""

    size: int
    name: str
    number: int
    exchange: str
    endpoint: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Group:
    """One cause. `count` is in exchanges, the smallest example is first, `endpoint` is the most frequent one.

    `old` and `new` are the values where all examples have the same, else those of the first example.
    """

    id: str
    title: str
    endpoint: str
    endpoints: dict[str, int]
    aspect: str
    path: str
    kind: str
    transform: str
    old: str
    new: str
    count: int
    clients: dict[str, int]
    examples: tuple[Example, ...]


@dataclass(slots=True)
class Tally:
    """The running counts of one key."""

    count: int = 0
    endpoints: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    examples: tuple[Example, ...] = ()

    def add(self, observation: Observation) -> None:
        """Count one observation."""
        self.count += 1
        self.endpoints[observation.endpoint] += 1
        self.clients[observation.client] += 1
        example = _example(observation)
        if len(self.examples) < EXAMPLES or example < self.examples[-1]:
            self.examples = tuple(sorted((*self.examples, example))[:EXAMPLES])

    def merge(self, other: Tally) -> None:
        """Count what `other` counted."""
        self.count += other.count
        self.endpoints.update(other.endpoints)
        self.clients.update(other.clients)
        self.examples = tuple(sorted((*self.examples, *other.examples))[:EXAMPLES])


@dataclass(slots=True)
class Cause:
    """All observations of one aspect, path, kind and transform, apart by value for as long as there are few values.

    `literals` is None once there were more than `LITERALS`: which is so, or not, whatever the order.
    """

    total: Tally = field(default_factory=Tally)
    literals: dict[tuple[str, str], Tally] | None = field(default_factory=dict)

    def add(self, observations: Sequence[Observation]) -> None:
        """Count one exchange's observations; several pairs of values in one exchange are no cause by value."""
        self.total.add(observations[0])
        if self.literals is not None:
            values = {_values(observation.difference) for observation in observations}
            self.literals.setdefault(values.pop() if len(values) == 1 else ("", ""), Tally()).add(observations[0])
            self.bound()

    def merge(self, other: Cause) -> None:
        """Take over what `other` observed."""
        self.total.merge(other.total)
        if self.literals is None or other.literals is None:
            self.literals = None
            return
        for values, tally in other.literals.items():
            self.literals.setdefault(values, Tally()).merge(tally)
        self.bound()

    def bound(self) -> None:
        """Forget the values when they are too many to be causes."""
        if self.literals is not None and len(self.literals) > LITERALS:
            self.literals = None


class Groups:
    """Groups in the making: `add` exchange by exchange, `merge` those of other workers, `finish`."""

    def __init__(self) -> None:
        self._causes: dict[Key, Cause] = {}

    def add(self, observations: Iterable[Observation]) -> None:
        """Count the observations of one exchange; several of one cause count once."""
        by_key: dict[Key, list[Observation]] = {}
        for observation in sorted(observations, key=_order):
            by_key.setdefault(key_of(observation.difference), []).append(observation)
        for key, alike in by_key.items():
            self._causes.setdefault(key, Cause()).add(alike)

    def merge(self, other: Groups) -> None:
        """Take over what another worker gathered."""
        for key, cause in other._causes.items():
            self._causes.setdefault(key, Cause()).merge(cause)

    def finish(self) -> list[Group]:
        """Return the groups, most frequent first."""
        groups = [group for key, cause in self._causes.items() for group in _groups(key, cause)]
        return sorted(groups, key=lambda group: (-group.count, group.aspect, group.path, group.kind, group.id))


def group_observations(observations: Iterable[Observation]) -> list[Group]:
    """Return the groups of observations of any number of exchanges."""
    by_exchange: dict[str, list[Observation]] = {}
    for observation in observations:
        by_exchange.setdefault(observation.exchange, []).append(observation)
    groups = Groups()
    for exchange in by_exchange.values():
        groups.add(exchange)
    return groups.finish()


def key_of(difference: Difference) -> Key:
    """Return the cause of a difference, its values aside."""
    return Key(difference.aspect, difference.path, difference.kind, transform(difference))


def transform(difference: Difference) -> str:
    """Return what happened to the value, in general: `text->text`, `int->str`; empty where that says nothing."""
    if difference.aspect == "status":
        return ""
    if difference.kind == "type":
        return f"{_first_word(difference.old)}->{_first_word(difference.new)}"
    if difference.kind in ("changed", "encoding"):
        return f"{_sort(difference.old)}->{_sort(difference.new)}"
    return ""


def _first_word(text: str) -> str:
    return text.partition(" ")[0]


def _sort(text: str) -> str:
    return "empty" if text in ("", '""') else "number" if _NUMBER.fullmatch(text) else "text"


def _values(difference: Difference) -> tuple[str, str]:
    """Return the values where they may be the cause, else nothing: what was added or lost differs in every exchange."""
    if difference.aspect == "status":  # the reason phrase follows from the status, or is data
        return _first_word(difference.old), _first_word(difference.new)
    short = len(difference.old) <= SHORT and len(difference.new) <= SHORT
    return (difference.old, difference.new) if difference.kind in _BY_VALUE and short else ("", "")


def _order(observation: Observation) -> tuple[str | int, ...]:
    difference = observation.difference
    values = difference.aspect, difference.path, difference.kind, difference.old, difference.new
    return *values, observation.endpoint, observation.client, observation.size


def _example(observation: Observation) -> Example:
    name, number = split_id(observation.exchange)
    difference = observation.difference
    return Example(
        observation.size, name, number, observation.exchange, observation.endpoint, difference.old, difference.new
    )


def split_id(exchange: str) -> tuple[str, int]:
    """Return the recording's name and the number of an exchange's id (`NAME#N`)."""
    found = _ID_NUMBER.fullmatch(exchange)
    return (found.group(1), int(found.group(2))) if found else (exchange, 0)


def _groups(key: Key, cause: Cause) -> Iterator[Group]:
    """Yield a group for each pair of values that is a cause of its own, and one for the rest."""
    literals = cause.literals or {}
    own = {values: tally for values, tally in literals.items() if _is_cause(key, values, tally, literals)}
    rest = [tally for values, tally in literals.items() if values not in own]
    for (old, new), tally in own.items():
        yield _group(key._replace(old=old, new=new), tally)
    if not own:
        yield _group(key, cause.total)
    elif rest:
        together = Tally()
        for tally in rest:
            together.merge(tally)
        yield _group(key, together)


def _is_cause(key: Key, values: tuple[str, str], tally: Tally, literals: dict[tuple[str, str], Tally]) -> bool:
    """A pair of values is a cause of its own when it is the only one, or seen again; a status always is."""
    if values == ("", ""):
        return False
    return len(literals) == 1 or tally.count > 1 or key.aspect == "status" or key.kind == "renamed"


def _group(key: Key, tally: Tally) -> Group:
    endpoints, clients = _ranked(tally.endpoints), _ranked(tally.clients)
    first = tally.examples[0]
    return Group(
        id=sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:10],
        title=title(key),
        endpoint=next(iter(endpoints)),
        endpoints=endpoints,
        aspect=key.aspect,
        path=key.path,
        kind=key.kind,
        transform=key.transform,
        old=key.old or first.old,
        new=key.new or first.new,
        count=tally.count,
        clients=clients,
        examples=tally.examples,
    )


def _ranked(counts: Counter[str]) -> dict[str, int]:
    """Return counts, most frequent first, ties by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def title(key: Key) -> str:
    """Return a cause in one line: `header X-A renamed to X-B`, `status 200 -> 404`, `body info.name: int -> str`."""
    what = f"{key.aspect} {key.path}".rstrip()
    if key.kind == "renamed":
        return f"{what} renamed to {key.new}"
    if key.kind not in ("changed", "type", "encoding"):
        return f"{what}: {_WORDING.get(key.kind, key.kind)}"
    literal = f"{key.old or '(empty)'} -> {key.new or '(empty)'}" if key.old or key.new else ""
    if key.aspect == "status":
        return f"{what} {literal}"
    general = "changed" if key.transform == "text->text" else key.transform.replace("->", " -> ")
    return f"{what}: {literal or general}"


_WORDING = {
    "missing": "missing in new",
    "added": "only in new",
    "order": "other order",
    "spelling": "same meaning, other bytes",
}
