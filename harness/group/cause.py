"""Which differences have one cause: the same aspect, place, kind and edit of values, wherever it was seen.

Observations of one exchange come in; changes, each a cause of its own, go out. The result is the same for any order and
any partition of the observations, and memory is bounded. How causes are shown is `group`'s and `title`'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.difference import Difference
from harness.group.edit import Edit, edit_of
from harness.group.observation import Observation, Tally, ranked

EDITS = 32
"""Ways in which values may be edited before it is seen as one change of many values."""
ANYWHERE = "\0"
"""The place of a cause that is an edit, wherever it is made: no path of a difference."""

BY_VALUE = frozenset({"changed", "encoding", "renamed", "type", "spelling"})
"""Kinds of differences of which both values say something."""

Pair = tuple[str, str]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_MEMBER = re.compile(r"(?:[\w{}$@:-]|\[\]|\.)*?\.([A-Za-z_][\w$@:-]*)")


class Key(NamedTuple):
    """What makes differences one cause, how values were edited aside."""

    aspect: str
    path: str
    kind: str
    transform: str


@dataclass(slots=True)
class Change:
    """All observations with edits of one shape (if several: empty).

    `pair` is the pair of values that all have, `edit` what all replaced, if any.
    """

    tally: Tally
    shape: str = ""
    pair: Pair | None = None
    edit: Edit | None = None

    @property
    def path(self) -> str:
        """The most frequent of the paths at which it was seen."""
        return next(iter(ranked(self.tally.paths)))

    def merge(self, other: Change) -> None:
        """Count what `other` counted; what both do not share is not shared."""
        self.tally.merge(other.tally)
        self.shape = self.shape if self.shape == other.shape else ""
        self.pair = self.pair if self.pair == other.pair else None
        self.edit = self.edit if self.edit == other.edit else None

    def copy(self) -> Change:
        """Return one that may grow apart."""
        tally = Tally()
        tally.merge(self.tally)
        return Change(tally, self.shape, self.pair, self.edit)


@dataclass(slots=True)
class Cause:
    """All observations of one aspect, path, kind and transform, apart by what was edited while that is little.

    `changes` is by the shapes of the edits seen in one exchange. It is None once there were more than `EDITS`: which
    is so, or not, whatever the order.
    """

    total: Tally = field(default_factory=Tally)
    changes: dict[tuple[str, ...], Change] | None = field(default_factory=dict)

    def add(self, observations: Sequence[Observation]) -> None:
        """Count one exchange's observations."""
        paths = {observation.difference.path for observation in observations}
        self.total.add(observations[0], paths)
        if self.changes is None:
            return
        pairs = {_values(observation.difference) for observation in observations}
        edits = {_edit(observations[0].difference, pair) for pair in pairs}
        tally = Tally()
        tally.add(observations[0], paths)
        shapes = tuple(sorted({edit.shape for edit in edits}))
        pair = min(pairs) if len(pairs) == 1 and observations[0].difference.kind in BY_VALUE else None
        edit = min(edits) if len(edits) == 1 else None
        self._count(shapes, Change(tally, shapes[0] if len(shapes) == 1 else "", pair, edit))

    def merge(self, other: Cause) -> None:
        """Take over what `other` observed."""
        self.total.merge(other.total)
        if self.changes is None or other.changes is None:
            self.changes = None
            return
        for shapes, change in other.changes.items():
            self._count(shapes, change.copy())

    def _count(self, shapes: tuple[str, ...], change: Change) -> None:
        """Count a change, and forget all when they are too many to be causes."""
        if self.changes is None:
            return
        if shapes in self.changes:
            self.changes[shapes].merge(change)
        else:
            self.changes[shapes] = change
        if len(self.changes) > EDITS:
            self.changes = None


def keys_of(difference: Difference) -> list[Key]:
    """Return the causes that a difference may have, values aside: its place, and the same change anywhere."""
    what = difference.kind, transform(difference)
    keys = [Key(difference.aspect, place(difference), *what)]
    if difference.aspect in ("body", "rows") and difference.kind in ("changed", "type"):
        keys.append(Key(difference.aspect, ANYWHERE, *what))
    return keys


def place(difference: Difference) -> str:
    """Return where a cause sits: a member of a value is the same one wherever a format puts it (`urls[].size`)."""
    if difference.aspect == "files" and difference.kind in ("changed", "renamed"):
        return "*"  # whatever the suffix: it was written, but otherwise
    found = _MEMBER.fullmatch(difference.path) if difference.aspect == "body" else None
    return found.group(1) if found else difference.path


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


def _values(difference: Difference) -> Pair:
    """Return the values where they may be the cause, else nothing: what was added or lost differs in every exchange."""
    if difference.aspect == "status":  # the reason phrase follows from the status, or is data
        return _first_word(difference.old), _first_word(difference.new)
    if (difference.aspect, difference.path) == ("header", "order"):  # of other headers in each answer
        return "", ""
    return (difference.old, difference.new) if difference.kind in BY_VALUE else ("", "")


def _edit(difference: Difference, values: Pair) -> Edit:
    if difference.kind == "type":  # what it became is in the key
        return Edit("type", *values)
    if difference.aspect == "status" or (difference.kind == "renamed" and difference.aspect != "files"):
        return Edit(" -> ".join(values), *values)
    return edit_of(*values)


def order_of(observation: Observation) -> tuple[str | int, ...]:
    """Return what observations of one exchange are sorted by."""
    difference = observation.difference
    values = difference.aspect, difference.path, difference.kind, difference.old, difference.new
    return *values, observation.endpoint, observation.client, observation.size, observation.late


def shape_of(difference: Difference) -> str:
    """Return the shape of the edit that a difference shows."""
    return _edit(difference, _values(difference)).shape


def by_shape(observations: Sequence[Observation]) -> list[list[Observation]]:
    """Put apart what was edited in different ways."""
    found: dict[str, list[Observation]] = {}
    for observation in observations:
        found.setdefault(shape_of(observation.difference), []).append(observation)
    return [*found.values()]
