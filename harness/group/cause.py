"""What was seen of the differences that may have one cause: counts, examples, and the edits of their values.

Observations of one exchange come in; what was seen of each place is kept, by how values were edited. Any order and any
partition of the observations leaves the same, in bounded memory. What is a cause is settled at the end, by `settled`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from harness.group.edit import Edit
from harness.group.key import BY_VALUE, Pair, edit_in, values_of
from harness.group.observation import Observation, Tally, ranked

EDITS = 64
"""Ways in which the values of one place may be edited that are told apart."""
EDITS_ANYWHERE = 1_000
"""The same for edits wherever they are made."""
VARIETY = 8
"""Different pairs of values of one edit that are counted."""
SEEN = 64
"""Exchanges of one cause that are remembered."""

Shapes = tuple[str, ...]


@dataclass(slots=True)
class Change:
    """All observations with edits of one shape (if several: empty).

    `pair` is the pair of values that all have, `old` and `new` the value that all have on that side, `edit` what all
    replaced, if any. `values` holds the smallest digests of the pairs of values, at most `VARIETY`: so many different
    values were edited alike. `parts` are the changes of each shape, in their order, where exchanges showed several.
    `at` is the path of examples, where only those of one are kept.
    """

    tally: Tally
    shape: str = ""
    pair: Pair | None = None
    edit: Edit | None = None
    values: tuple[bytes, ...] = ()
    parts: tuple[Change, ...] = ()
    old: str | None = None
    new: str | None = None
    at: str = ""

    @property
    def path(self) -> str:
        """The path at which examples show it, else the most frequent of those at which it was seen."""
        return self.at or next(iter(ranked(self.tally.paths)))

    def merge(self, other: Change) -> None:
        """Count what `other` counted; what both do not share is not shared."""
        self.tally.merge(other.tally)
        self.shape = self.shape if self.shape == other.shape else ""
        self.pair = self.pair if self.pair == other.pair else None
        self.old = self.old if self.old == other.old else None
        self.new = self.new if self.new == other.new else None
        self.edit = self.edit if self.edit == other.edit else None
        self.values = _smallest((*self.values, *other.values))
        if len(self.parts) == len(other.parts):
            for part, more in zip(self.parts, other.parts, strict=True):
                part.merge(more)

    def copy(self) -> Change:
        """Return one that may grow apart."""
        tally = Tally()
        tally.merge(self.tally)
        return replace(self, tally=tally, parts=tuple(part.copy() for part in self.parts))


def _smallest(digests: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(sorted(set(digests))[:VARIETY])


def _digest(*texts: str) -> bytes:
    return blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=8).digest()


@dataclass(slots=True)
class Cause:
    """All observations of one aspect, path, kind and transform, apart by what was edited.

    `changes` is by the shapes of the edits seen in one exchange: the `limit` of the smallest digests, so that which are
    kept does not depend on any order, and each kept one was counted from the first. `others` counts the rest.
    `seen` are the smallest digests of the exchanges that show another value in the body, at most `SEEN`.
    """

    limit: int = EDITS
    total: Tally = field(default_factory=Tally)
    changes: dict[Shapes, Change] = field(default_factory=dict)
    others: Change | None = None
    seen: tuple[bytes, ...] = ()
    _digests: dict[Shapes, bytes] = field(default_factory=dict)
    _greatest: Shapes | None = None

    def add(self, observations: Sequence[Observation]) -> None:
        """Count one exchange's observations."""
        paths = {observation.difference.path for observation in observations}
        first = observations[0]
        self.total.add(first, paths)
        if (first.difference.aspect, first.difference.kind) == ("body", "changed"):
            self._note((_digest(first.exchange),))
        parts = by_shape(observations)
        shapes = tuple(sorted(parts))
        whole = _change(observations, shapes[0] if len(shapes) == 1 else "")
        if len(shapes) > 1:
            whole.parts = tuple(_change(parts[shape], shape) for shape in shapes)
        self._count(shapes, whole)

    def merge(self, other: Cause) -> None:
        """Take over what `other` observed."""
        self.total.merge(other.total)
        self._note(other.seen)
        for shapes, change in other.changes.items():
            self._count(shapes, change.copy())
        if other.others is not None:
            self._rest(other.others.copy())

    def all_changes(self) -> list[Change]:
        """Return the changes that are kept, and what counts the rest."""
        return [*self.changes.values(), *([] if self.others is None else [self.others])]

    def _note(self, digests: tuple[bytes, ...]) -> None:
        if len(self.seen) < SEEN or min(digests, default=self.seen[-1]) < self.seen[-1]:
            self.seen = tuple(sorted({*self.seen, *digests})[:SEEN])

    def _count(self, shapes: Shapes, change: Change) -> None:
        if shapes in self.changes:
            self.changes[shapes].merge(change)
            return
        digest = _digest(*shapes)
        if self._greatest is not None and digest > self._digests[self._greatest]:
            self._rest(change)
            return
        self.changes[shapes], self._digests[shapes] = change, digest
        if len(self.changes) > self.limit and self._greatest is not None:
            del self._digests[self._greatest]
            self._rest(self.changes.pop(self._greatest))
        if len(self.changes) >= self.limit:
            self._greatest = max(self._digests, key=self._digests.__getitem__)

    def _rest(self, change: Change) -> None:
        change.parts = ()
        if self.others is None:
            self.others = change
        else:
            self.others.merge(change)


def share(side: str, changes: Sequence[Change]) -> bool:
    """Tell whether all values of one side (`old`, `new`) are the same one."""
    values = {getattr(change, side) for change in changes}
    return len(values) == 1 and None not in values


def exchanges_within(one: Cause, other: Cause) -> bool:
    """Tell whether all exchanges that show one cause show the other too, as far as they were noted."""
    end = other.seen[-1] if len(other.seen) == SEEN else None
    return {digest for digest in one.seen if end is None or digest <= end} <= set(other.seen)


def order_of(observation: Observation) -> tuple[str | int, ...]:
    """Return what observations of one exchange are sorted by."""
    difference = observation.difference
    values = difference.aspect, difference.path, difference.kind, difference.old, difference.new
    what = observation.endpoint, observation.client, observation.size
    return *values, *what, observation.late, observation.astray, observation.stated


def by_shape(observations: Sequence[Observation]) -> dict[str, list[Observation]]:
    """Put apart what was edited in different ways."""
    found: dict[str, list[Observation]] = {}
    for observation in observations:
        found.setdefault(edit_in(observation.difference).shape, []).append(observation)
    return found


def _change(observations: Sequence[Observation], shape: str) -> Change:
    """Return what one exchange shows of a change."""
    tally, first = Tally(), observations[0]
    tally.add(first, {observation.difference.path for observation in observations})
    pairs = {values_of(observation.difference) for observation in observations}
    edits = {edit_in(observation.difference) for observation in observations}
    pair = min(pairs) if len(pairs) == 1 and first.difference.kind in BY_VALUE else None
    old, new = (next(iter(side)) if len(side) == 1 else None for side in map(set, zip(*pairs, strict=True)))
    values = _smallest(_digest(*(side.strip('"') for side in pair)) for pair in pairs)  # JSON quotes, pages do not
    return Change(tally, shape, pair, min(edits) if len(edits) == 1 else None, values, old=old, new=new)
