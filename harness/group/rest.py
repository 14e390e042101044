"""What is left of a place where no edit is a cause: one cause of values that vary; of free text one for each endpoint.

The paths of texts of pages say little: `html/body/p/text()` stands for other words in each page, so that what became of
them at two endpoints has two explanations. A member, a header or a column is named, and means the same wherever it is.
Changes come in once all was seen; what is told of them goes out. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.group.cause import Change, Shapes
from harness.group.key import ANYWHERE, BY_VALUE, CONSTANT, Key, is_text

NUMBER = "number"
"""The shape of numbers that moved by many distances."""
TO, FROM = "to\0", "from\0"
"""How the shapes begin of various values that became one, and of one that became various."""
AT = "at\0"
"""How the shape begins of texts that vary at one endpoint."""
MANY = 16
"""Endpoints at which free text may have come to differ by so many causes; more are one cause, seen in many texts."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What is told of values that vary, by shape; `alike` says which other shapes are counted as which."""

    changes: Mapping[str, Change] = field(default_factory=dict)
    alike: Mapping[str, str] = field(default_factory=dict)

    def change_of(self, shape: str, endpoint: str) -> Change | None:
        """Return the change that counts an edit of this shape at an endpoint."""
        name = self.alike.get(shape, f"{AT}{endpoint}")
        return self.changes.get(name) or self.changes.get("") or self.changes.get(NUMBER)


def is_free(key: Key) -> bool:
    """Tell whether values of a place are text that people wrote, of which the place says nothing."""
    return (key.aspect, key.kind, key.transform) == ("body", "changed", "text->text") and is_text(key.path)


def is_number(shape: str) -> bool:
    """Tell whether an edit made one number (decimal, or with letters) another."""
    return shape.startswith("number ") or shape in ("#\0#", NUMBER)


def rest_of(key: Key, changes: Mapping[Shapes, Change], others: Change | None) -> Rest:
    """Return what is told of what is left: what is alone as it is, the others together."""
    places: dict[str, list[Shapes]] = {}
    for shapes, change in sorted(changes.items()):
        endpoints = change.tally.endpoints
        at = f"{AT}{next(iter(endpoints))}" if is_free(key) and len(endpoints) == 1 else ""
        places.setdefault(at, []).append(shapes)
    if len(places) > MANY:
        places = {"": sorted(changes)}
    several = {at: [changes[shapes] for shapes in found] for at, found in places.items()}
    if others is not None:
        several.setdefault("", []).append(others)
    named = {at: _named(at, places.get(at, []), found) for at, found in several.items()}
    alike = {shapes[0]: named[at].shape for at, found in places.items() for shapes in found if len(shapes) == 1}
    return Rest({change.shape: change for change in named.values()}, alike)


def _named(at: str, shapes: Sequence[Shapes], changes: Sequence[Change]) -> Change:
    """Return changes as one: a single edit has its own name, of which it is known again when seen more often."""
    if len(changes) == len(shapes) == 1 and len(shapes[0]) == 1:
        return changes[0].copy()
    numbers = len(changes) == len(shapes) and all(is_number(shape) for found in shapes for shape in found)
    return replace(together(changes), shape=NUMBER if numbers else at, pair=None, edit=None)


def together(changes: Sequence[Change]) -> Change:
    """Return changes as one."""
    merged = changes[0].copy()
    for change in changes[1:]:
        merged.merge(change)
    return merged


def wider(key: Key, change: Change, is_varied: bool) -> Iterator[tuple[Key, str]]:
    """Yield what would count a change, too, had more exchanges been seen: the names by which it may be known.

    What it was accepted as in a run over many exchanges holds in one over few.
    """
    shape = change.shape
    if key.path != ANYWHERE and key.aspect in ("body", "rows", "files"):
        yield key._replace(path=ANYWHERE), shape
    if key.kind not in BY_VALUE or key.aspect == "status":
        return
    if key.kind in CONSTANT:
        yield from ((key, f"{side}{value}") for side, value in ((TO, change.new), (FROM, change.old)) if value)
        if key.aspect in ("header", "reason"):
            yield key._replace(transform=f"any->{key.transform.partition('->')[2]}"), f"{TO}{change.new}"
    if is_number(shape):
        yield key, NUMBER
    if not is_varied:
        yield from ((key, f"{AT}{endpoint}") for endpoint in change.tally.endpoints if is_free(key))
        yield key, ""
