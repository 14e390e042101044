"""Gathers observed differences into groups, one for each cause: the same change, wherever it was seen.

Observations come in one exchange at a time; `Group`s go out. The result is the same for any order and any partition
of the observations, and memory does not grow with their number: a group keeps counts and its few smallest examples.
Which groups are accepted, and how they are shown, does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from harness.group.cause import EDITS, EDITS_ANYWHERE, Cause, Change, by_shape, order_of
from harness.group.key import ANYWHERE, Key, keys_of
from harness.group.observation import Example, Observation, ranked
from harness.group.rest import wider
from harness.group.settled import Settled, is_varied
from harness.group.title import NEW, Wording, title


@dataclass(frozen=True, slots=True)
class Group:
    """One cause. `count` is in exchanges, the smallest example is first, `endpoint` is the most frequent one.

    `follows`: it was only seen after rows or files had come to differ, and may well be a consequence of that.
    `old` and `new` are the values where all examples have the same, else those of the first example. `wider` are the
    ids that it would have had, had more exchanges been seen, as far as no other group here has them.
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
    follows: bool = False
    wider: tuple[str, ...] = ()


class Groups:
    """Groups in the making: `add` exchange by exchange, `merge` those of other workers, `finish`."""

    def __init__(self) -> None:
        self._causes: dict[Key, Cause] = {}

    def add(self, observations: Iterable[Observation]) -> None:
        """Count the observations of one exchange; several of one cause count once."""
        by_key: dict[Key, list[Observation]] = {}
        for observation in sorted(observations, key=order_of):
            for key in keys_of(observation.difference):
                by_key.setdefault(key, []).append(observation)
        for key, alike in by_key.items():
            cause = self._cause(key)
            for part in by_shape(alike).values() if key.path == ANYWHERE else [alike]:
                cause.add(part)

    def merge(self, other: Groups) -> None:
        """Take over what another worker gathered."""
        for key, cause in other._causes.items():
            self._cause(key).merge(cause)

    def _cause(self, key: Key) -> Cause:
        if key not in self._causes:
            self._causes[key] = Cause(EDITS_ANYWHERE if key.path == ANYWHERE else EDITS)
        return self._causes[key]

    def examples(self) -> set[Example]:
        """Return whatever may be an example of a group, also after others were merged."""
        tallies = [cause.total for cause in self._causes.values()]
        tallies += [change.tally for cause in self._causes.values() for change in cause.changes.values()]
        return {example for tally in tallies for example in tally.examples}

    def finish(self, wording: Wording = NEW) -> list[Group]:
        """Return the groups, most frequent first, those that may follow from others last; titles in these words."""
        found = {_id(key, change.shape): (key, change) for key, change in Settled(self._causes)}
        return sorted((_group(key, change, wording, found) for key, change in found.values()), key=_rank)

    def assignment(self) -> Callable[[Sequence[Observation]], list[str]]:
        """Return what says of all observations of one exchange, in order, which groups count them: their ids.

        For observations that were added, once all were.
        """
        settled = Settled(self._causes)

        def ids(observations: Sequence[Observation]) -> list[str]:
            return ["" if found is None else _id(found[0], found[1].shape) for found in map(settled.of, observations)]

        return ids


def _rank(group: Group) -> tuple[bool, int, str, str, str, str]:
    return group.follows, -group.count, group.aspect, group.path, group.kind, group.id


def _may_follow(key: Key, change: Change) -> bool:
    """Tell whether this was seen only where rows or files differed before, and is of a sort that this explains."""
    if change.tally.early or key.kind not in ("changed", "missing", "added", "order"):
        return False
    if key.aspect == "status":
        return change.pair is None or not change.pair[1].startswith("5")
    return key.aspect in ("body", "rows", "files") or (key.aspect in ("header", "reason") and key.kind == "changed")


def _id(key: Key, shape: str) -> str:
    """Return what a group is called in every run that finds the same change."""
    return sha256("\0".join((*key, shape)).encode("utf-8", "surrogatepass")).hexdigest()[:10]


def _group(key: Key, change: Change, wording: Wording, others: Container[str]) -> Group:
    endpoints, clients = ranked(change.tally.endpoints), ranked(change.tally.clients)
    first = change.tally.examples[0]
    names = dict.fromkeys(_id(*name) for name in wider(key, change, is_varied(change)))
    old, new = change.pair if change.pair not in (None, ("", "")) else (first.old, first.new)
    return Group(
        id=_id(key, change.shape),
        title=title(key, change, wording),
        endpoint=change.tally.endpoint,
        endpoints=endpoints,
        aspect=key.aspect,
        path=change.path,
        kind=key.kind,
        transform=key.transform,
        old=first.old if key.aspect in ("status", "framing") else old,
        new=first.new if key.aspect in ("status", "framing") else new,
        count=change.tally.count,
        clients=clients,
        examples=change.tally.examples,
        follows=_may_follow(key, change),
        wider=tuple(name for name in names if name not in others),
    )


def group_observations(observations: Iterable[Observation]) -> list[Group]:
    """Return the groups of observations of any number of exchanges."""
    by_exchange: dict[str, list[Observation]] = {}
    for observation in observations:
        by_exchange.setdefault(observation.exchange, []).append(observation)
    groups = Groups()
    for exchange in by_exchange.values():
        groups.add(exchange)
    return groups.finish()
