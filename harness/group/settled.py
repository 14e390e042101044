"""Settles, when all was seen, which changes are causes: causes with their edits come in, changes by key go out.

Which edits of one place are causes of their own, which are one with many values, and which are the same wherever they
were made. The same tables then say of a single observation which change it was counted in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from harness.group.cause import Cause, Change, Shapes, share
from harness.group.edit import CASE
from harness.group.habit import HABIT_SHAPES, UNSURE
from harness.group.key import ANYWHERE, BY_VALUE, CONSTANT, Key, edit_in, keys_of, place
from harness.group.observation import Observation
from harness.group.rest import FROM, NUMBER, TO, Rest, is_number, rest_of, together
from harness.group.together import VARIED, Found, lengths_of_head, records, with_followers

FEW = 3
"""Values seen again and again that may be so many causes; more are one cause, seen in many values."""
PLACES = 2
"""Places in which the same edit is one cause."""
WIDE = 16
"""Edits that may be causes wherever they are made; more are values that vary, and stand in several places."""

Sort = tuple[str, str, str, str]


def sort_of(key: Key, shape: str) -> Sort:
    """Return what makes the changes of several places one."""
    return key.aspect, key.kind, key.transform, shape


@dataclass(frozen=True, slots=True)
class Place:
    """The changes of one key that no other place shares: by shape those that are causes, and the rest.

    `alike` says which shapes are counted as another one.
    """

    own: Mapping[str, Change]
    rest: Rest = field(default_factory=Rest)
    alike: Mapping[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Change]:
        yield from self.own.values()
        yield from self.rest.changes.values()

    def change_of(self, shape: str, endpoint: str) -> Change | None:
        """Return the change that counts an edit of this shape at an endpoint."""
        only = next(iter(self.own.values())) if len(self.own) == 1 else self.own.get(NUMBER)
        return self.own.get(self.alike.get(shape, shape)) or self.rest.change_of(shape, endpoint) or only


class Settled:
    """All changes that are causes, and which of them counts an observation."""

    def __init__(self, causes: Mapping[Key, Cause]) -> None:
        causes, self._united = _united(causes)
        self._records = records(causes)
        self._wide = _wide(causes, self._records)
        self._places = {
            key: settle(key, cause, self._wide)
            for key, cause in causes.items()
            if key.path != ANYWHERE and key not in self._records
        }
        self._followed = lengths_of_head(list(self._found()))

    def __iter__(self) -> Iterator[Found]:
        """Yield each cause once."""
        for key, change in self._found():
            if key not in self._followed:
                follow = [one for one, (_, cause) in self._followed.items() if cause is change]
                yield key, with_followers(change, [one for key in follow for one in self._places[key]])

    def _found(self) -> Iterator[Found]:
        yield from {id(change): (key, change) for key, change in self._records.values()}.values()
        yield from self._wide.values()
        for key, found in self._places.items():
            yield from ((key, change) for change in found)

    def of(self, observation: Observation) -> Found | None:
        """Return what counts an observation; None for what was never added."""
        key, shape = keys_of(observation.difference)[0], edit_in(observation.difference).shape
        if (wide := self._wide.get(sort_of(key, shape))) is not None:
            return wide
        key = self._united.get(key, key)
        if (cause := self._records.get(key) or self._followed.get(key)) is not None:
            return cause
        change = self._places[key].change_of(shape, observation.endpoint) if key in self._places else None
        return None if change is None else (key, change)


def _wide(causes: Mapping[Key, Cause], records: Iterable[Key]) -> dict[Sort, Found]:
    """Return the edits that are one cause in all their places: made in many values, or in few values but few such.

    An edit that is only made where `records` are told as a whole is none.
    """
    told = {key.path for key in records}
    found: dict[Sort, Found] = {}
    for key, cause in causes.items():
        if key.path == ANYWHERE:
            several = [change for change in cause.changes.values() if _is_wide(key, change, told)]
            found |= {sort_of(key, change.shape): (key, change) for change in _strong(several)}
    return found


def _strong(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield those made in many values; and those of one element, where they are few. Of too many of a sort, none."""
    sorts: dict[str | None, list[Change]] = {}
    for change in changes:
        sorts.setdefault(None if is_varied(change) else _element_of(change.shape), []).append(change)
    for sort, alike in sorts.items():
        if len(alike) <= (WIDE if sort is None else 2 * FEW):
            yield from alike


def _element_of(shape: str) -> str:
    """Return the name of the element that a shape is of, if any: many links that differ do not hide one field."""
    return shape.partition(">")[0].partition(" ")[0] if shape.startswith("<") else ""


def _is_wide(key: Key, change: Change, told: Set[str]) -> bool:
    if change.shape.startswith("long") or is_number(change.shape):
        return False
    if change.shape.endswith(CASE) and change.pair is None and not is_varied(change):
        return False  # one word here and another there
    places = {place(key.aspect, key.kind, path) for path in change.tally.paths}
    return len(places) >= PLACES and not (key.aspect == "body" and key.kind == "changed" and places <= told)


def is_varied(change: Change) -> bool:
    """Tell whether an edit was made in so many values that it is a cause, whatever else its place shows."""
    return len(change.values) >= VARIED or change.shape in HABIT_SHAPES - UNSURE


def settle(key: Key, cause: Cause, wide: Mapping[Sort, Found]) -> Place:
    """Return the changes of one key that are causes, and the rest; edits that are `wide` are counted there.

    An edit is a cause when it is the only one, made in many values, or in few that return; a status always is. Numbers
    that moved by many distances, and more values than `FEW`, are values that vary.
    """
    changes, others = _left(key, cause, wide)
    if not changes:
        return Place({}, rest_of(key, {}, others))
    if key.kind == "type":  # one member, whatever writes it
        changes = {("type",): replace(together([*changes.values()]), shape="type")}
    if (constant := _constant(key, [*changes.values(), *([] if others is None else [others])])) is not None:
        return Place({constant.shape: constant})
    changes, alike = _alike_together(key, changes)
    if others is not None and (NUMBER,) in changes and key.transform == "number->number":
        changes[NUMBER,] = replace(together([changes[NUMBER,], others]), shape=NUMBER)
        others = None
    if len(changes) == 1 and others is None:
        (change,) = changes.values()
        return Place({change.shape: change}, alike=alike)
    own = {shape: changes[shape,].copy() for shape in _own(key, changes)}
    rest: dict[Shapes, Change] = {}
    for shapes, change in changes.items():
        several = zip(shapes, change.parts, strict=True) if len(shapes) > 1 else ()  # one exchange shows several causes
        for shape, part in several:
            if shape in own:
                own[shape].merge(part)
        if not all(shape in own for shape in shapes):
            rest[shapes] = change
    return Place({shape: own[shape] for shape in sorted(own)}, rest_of(key, rest, others), alike)


def _own(key: Key, changes: Mapping[Shapes, Change]) -> list[str]:
    """Return the shapes of edits that are causes of their own at one place."""
    if key.kind not in BY_VALUE:
        return []
    single = {shapes[0]: change for shapes, change in changes.items() if len(shapes) == 1}
    if key.aspect == "status" or (key.kind == "renamed" and key.aspect != "files"):
        return [*single]
    varied = [shape for shape, change in single.items() if is_varied(change) and not shape.startswith("long")]
    again = [shape for shape, change in single.items() if shape not in varied and change.tally.count > 1]
    return [*varied, *(again if len(again) <= FEW else [])]


def _left(key: Key, cause: Cause, wide: Mapping[Sort, Found]) -> tuple[dict[Shapes, Change], Change | None]:
    """Return what is left of a place's changes without those that are one cause in all places."""
    left: dict[Shapes, Change] = {}
    for shapes, change in cause.changes.items():
        narrow = tuple(shape for shape in shapes if sort_of(key, shape) not in wide)
        if not narrow:
            continue
        part = change.copy() if narrow == shapes else _narrowed(change, shapes, narrow)
        if narrow in left:
            left[narrow].merge(part)
        else:
            left[narrow] = part
    return left, None if cause.others is None else cause.others.copy()


def _narrowed(change: Change, shapes: Shapes, narrow: Shapes) -> Change:
    """Return what exchanges showed of some shapes only."""
    parts = [part.copy() for shape, part in zip(shapes, change.parts, strict=True) if shape in narrow]
    if len(parts) == 1:
        return parts[0]
    return Change(change.copy().tally, parts=tuple(parts))


def _united(causes: Mapping[Key, Cause]) -> tuple[Mapping[Key, Cause], Mapping[Key, Key]]:
    """Return causes in which numbers and texts that all became one value at a place are one, and their new keys."""
    places: dict[tuple[str, str, str], list[Key]] = {}
    for key in causes:
        if key.kind in CONSTANT and key.aspect in ("header", "reason"):
            places.setdefault(key[:3], []).append(key)
    united, keys = dict(causes), dict[Key, Key]()
    for place_, several in places.items():
        changes = [change for key in several for change in causes[key].all_changes()]
        if len(several) < 2 or not share("new", changes):
            continue
        key = Key(*place_, f"any->{several[0].transform.partition('->')[2]}")
        cause = Cause()
        for one in sorted(several):
            cause.merge(united.pop(one))
            keys[one] = key
        united[key] = cause
    return united, keys


def _constant(key: Key, changes: Sequence[Change]) -> Change | None:
    """Return all changes as one where all values became one value, or one value became many others."""
    if key.kind not in CONSTANT or key.aspect == "status" or len(changes) < 2:
        return None
    merged = together(changes)
    if share("new", changes):
        return replace(merged, shape=f"{TO}{merged.new}", edit=None)
    if share("old", changes) and len(merged.values) >= VARIED:
        return replace(merged, shape=f"{FROM}{merged.old}", edit=None)
    return None


def _alike_together(key: Key, changes: Mapping[Shapes, Change]) -> tuple[dict[Shapes, Change], dict[str, str]]:
    """Return changes in which those that are one in general are one, and which shapes are counted as which."""
    changes, constants = _constants_together(key, changes)
    changes, numbers = _numbers_together(changes)
    return changes, {**dict.fromkeys(numbers, NUMBER), **constants}


def _constants_together(key: Key, changes: Mapping[Shapes, Change]) -> tuple[dict[Shapes, Change], dict[str, str]]:
    """Return changes in which various values that became one value are one change."""
    by_value: dict[str, list[Shapes]] = {}
    for shapes, change in sorted(changes.items()) if key.kind in CONSTANT and key.aspect != "status" else ():
        if len(shapes) == 1 and change.new is not None:
            by_value.setdefault(change.new, []).append(shapes)
    found, alike = dict(changes), dict[str, str]()
    for value, several in by_value.items():
        merged = together([changes[shapes] for shapes in several])
        if len(several) > 1 and len(merged.values) >= VARIED:
            shape = f"{TO}{value}"
            found = {shapes: change for shapes, change in found.items() if shapes not in several}
            found[shape,] = replace(merged, shape=shape, edit=None)
            alike |= {one: shape for (one,) in several}
    return found, alike


def _numbers_together(changes: Mapping[Shapes, Change]) -> tuple[dict[Shapes, Change], frozenset[str]]:
    """Return changes in which numbers that moved by more than two distances are one change, and which those are."""
    moved = [shapes for shapes in sorted(changes) if all(map(is_number, shapes))]
    if len(moved) < 2 or (len(moved) == 2 and ("#\0#",) not in moved):
        return dict(changes), frozenset()
    others = {shapes: change for shapes, change in changes.items() if shapes not in moved}
    number = replace(together([changes[shapes] for shapes in moved]), shape=NUMBER)
    return {**others, (NUMBER,): number}, frozenset(shape for shapes in moved for shape in shapes)
