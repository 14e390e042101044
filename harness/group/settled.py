"""Settles, when all was seen, which changes are causes: causes with their edits come in, changes by key go out.

Which edits of one place are causes of their own, which are one with many values, and which are the same wherever they
were made. The same tables then say of a single observation which change it was counted in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.group.cause import ANYWHERE, Cause, Change, Key, keys_of, shape_of
from harness.group.observation import Observation

FEW = 3
"""Edits seen again and again that may be so many causes; more are one cause, seen in many values."""
NUMBERS = ("number ", "#\0#")
"""Shapes of edits that made one number (decimal, or with letters) another."""
NUMBER = "number"
"""The shape of numbers that moved by many distances."""

Sort = tuple[str, str, str, str]
Found = tuple[Key, Change]


@dataclass(frozen=True, slots=True)
class Place:
    """The changes of one key: those of a shape of their own, and one for the rest. `numbers` are the shapes in one."""

    own: Mapping[str, Change]
    rest: Change | None = None
    numbers: frozenset[str] = field(default=frozenset())

    def __iter__(self) -> Iterator[Change]:
        yield from self.own.values()
        if self.rest is not None:
            yield self.rest

    def change_of(self, shape: str, shapes: Sequence[str]) -> Change | None:
        """Return the change that counts an edit of one shape in an exchange that shows edits of these shapes."""
        shape, shapes = self._known(shape), [*map(self._known, shapes)]
        if self.rest is None and len(self.own) == 1:
            return next(iter(self.own.values()))
        return self.own[shape] if all(one in self.own for one in shapes) else self.rest

    def _known(self, shape: str) -> str:
        return NUMBER if shape in self.numbers else shape


class Settled:
    """All changes that are causes, and which of them counts an observation."""

    def __init__(self, causes: Mapping[Key, Cause]) -> None:
        self._places = {key: settle(key, cause) for key, cause in causes.items() if key.path != ANYWHERE}
        self._wide = _wide(causes, self._places)

    def __iter__(self) -> Iterator[Found]:
        """Yield each cause once: an edit made in more than `FEW` places is one cause, else each place has its own."""
        yield from self._wide.values()
        for key, place in self._places.items():
            yield from ((key, change) for change in place if sort_of(key, change) not in self._wide)

    def of(self, observations: Sequence[Observation]) -> list[Found | None]:
        """Return what counts each of the observations of one exchange; None for what was never added."""
        keys = [keys_of(observation.difference)[0] for observation in observations]
        shapes = [shape_of(observation.difference) for observation in observations]
        together: dict[Key, list[str]] = {}
        for key, shape in zip(keys, shapes, strict=True):
            together.setdefault(key, []).append(shape)
        return [self._of(key, shape, together[key]) for key, shape in zip(keys, shapes, strict=True)]

    def _of(self, key: Key, shape: str, shapes: Sequence[str]) -> Found | None:
        change = self._places[key].change_of(shape, shapes) if key in self._places else None
        if change is None:
            return None
        return self._wide.get(sort_of(key, change), (key, change))


def sort_of(key: Key, change: Change) -> Sort:
    """Return what makes the changes of several places one."""
    return key.aspect, key.kind, key.transform, change.shape


def _wide(causes: Mapping[Key, Cause], places: Mapping[Key, Place]) -> dict[Sort, Found]:
    """Return the edits that were made in more than `FEW` places."""
    numbers = Counter(sort_of(key, change) for key, place in places.items() for change in place)
    return {
        sort_of(key, change): (key, change)
        for key, cause in causes.items()
        if key.path == ANYWHERE
        for change in (cause.changes or {}).values()
        if numbers[sort_of(key, change)] > FEW and not change.shape.startswith(("long", *NUMBERS))
    }


def settle(key: Key, cause: Cause) -> Place:
    """Return the changes of one key that are causes, and the rest.

    An edit is a cause when it is the only one, or seen again; a status always is. Numbers that moved by many distances,
    and more edits than `FEW`, are values that vary.
    """
    if not cause.changes:
        return Place({}, Change(cause.total))
    changes, numbers = _numbers_together(cause.changes)
    if len(changes) == 1:
        (change,) = changes.values()
        return Place({change.shape: change}, None, numbers)
    always = key.aspect == "status" or (key.kind == "renamed" and key.aspect != "files")
    own = {s[0]: change.copy() for s, change in changes.items() if len(s) == 1 and (always or change.tally.count > 1)}
    if not own or (len(own) > FEW and not always):
        return Place({}, Change(cause.total))
    rest = []
    for shapes, change in changes.items():
        if len(shapes) > 1 and all(shape in own for shape in shapes):  # one exchange shows several causes
            for shape in shapes:
                own[shape].merge(change)
        elif len(shapes) > 1 or shapes[0] not in own:
            rest.append(change)
    remaining = replace(_together(rest), shape="", pair=None, edit=None) if rest else None
    return Place({shape: own[shape] for shape in sorted(own)}, remaining, numbers)


def _numbers_together(
    changes: Mapping[tuple[str, ...], Change],
) -> tuple[dict[tuple[str, ...], Change], frozenset[str]]:
    """Return changes in which numbers that moved by more than two distances are one change, and which those are."""
    moved = [shapes for shapes in sorted(changes) if all(shape.startswith(NUMBERS) for shape in shapes)]
    if len(moved) < 2 or (len(moved) == 2 and ("#\0#",) not in moved):
        return dict(changes), frozenset()
    others = {shapes: change for shapes, change in changes.items() if shapes not in moved}
    number = replace(_together([changes[shapes] for shapes in moved]), shape=NUMBER)
    return {**others, (NUMBER,): number}, frozenset(shape for shapes in moved for shape in shapes)


def _together(changes: Sequence[Change]) -> Change:
    together = changes[0].copy()
    for change in changes[1:]:
        together.merge(change)
    return together
