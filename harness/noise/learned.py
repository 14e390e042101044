"""What is known of one place from old's runs against itself: the shapes of its values, by what stands before them.

Samples of a place come in; whether two values of old and new fit goes out. How often they may differ, and how they
behave taken together, is `behaviour`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.noise.gather import SHUFFLED, Place, Seen, Sketch, is_comment
from harness.noise.sample import Refusal, Sample, Shape
from harness.noise.shape import shape_of
from harness.noise.slot import Slot, is_cut, slots

ANYWHERE = "*"
"""Stands before a slot where old varies behind words that are data themselves."""
MANY = 3

BY_KIND = {
    "order": ("order", "the order of the items here", "the items themselves, and how often their order differs"),
    SHUFFLED: ("order", "the order of what is listed here", "the items themselves, and how often their order differs"),
    "spelling": ("spelling", "how the same meaning is written here", "the meaning, and how often the writing differs"),
}
"""Kinds of differences that have no values to look at: type, what is hidden, what is still checked."""

REFUSED_ASPECTS = {
    "status": "the status",
    "crash": "that a side dies",
    "reason": "the reason phrase",
    "framing": "how the body is framed",
}
REFUSED_KINDS = {
    "missing": "something is missing in one run and there in another: that is more than a value that varies",
    "added": "something is there in one run and missing in another: that is more than a value that varies",
    "type": "the type of the value changes, which no client expects",
    "renamed": "a name changes, which no client expects",
    "encoding": "the encoding changes, which no client expects",
}
REFUSED_PLACES = {
    ("body", "bytes"): "of bytes only the digest is known: nothing of them could still be checked",
    ("body", "body/document"): "the whole document drifts: nothing of it could still be checked",
    ("body", "length"): "only the length is known",
}
CHECKED = (
    "that both values have this form, that new's differ from each other as old's do, how often, and the text around"
)


@dataclass(frozen=True, slots=True)
class Learned:
    """What may vary at a place. `shapes` is by what stands before the value; empty where none is needed (order).

    `rare`: old was not seen to differ from itself there; new was, and not again.
    """

    place: Place
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    refused: str = ""
    rare: bool = False

    def fits(self, old: str, new: str) -> bool:
        """Whether old and new differ in nothing but values of these shapes."""
        if self.refused:
            return False
        if self.by_kind:
            return True
        found = slots(old, new)
        return bool(found) and all(self._fits(slot) for slot in found)

    @property
    def by_kind(self) -> bool:
        """Whether no value is looked at; those of comments are, which are spelling whatever they say."""
        return self.place.kind in BY_KIND and not self.shapes

    def _fits(self, slot: Slot) -> bool:
        shape = self.shape_at(slot.before)
        return shape is not None and shape.fits(slot.old, slot.new)

    def shape_at(self, before: str) -> Shape | None:
        """Return the form of what stands behind these words."""
        return self.shapes.get(before) or self.shapes.get(ANYWHERE)

    def type_at(self, before: str) -> str:
        """Return the type of what stands behind these words; empty where it has none."""
        shape = self.shape_at(before)
        return shape.type if shape is not None else ""

    def draws(self, types: Collection[str]) -> bool:
        """Whether all that varies is of some types."""
        return bool(self.shapes) and all(shape.type in types for shape in self.shapes.values())

    def has_decimals(self, before: str) -> bool:
        """Whether numbers with a fraction stand behind these words."""
        return bool(getattr(self.shape_at(before), "decimals", 0))

    @property
    def type(self) -> str:
        """The types of what varies."""
        if self.by_kind:
            return BY_KIND[self.place.kind][0]
        return ", ".join(sorted({shape.type for shape in self.shapes.values()})) or "unknown"

    @property
    def hides(self) -> str:
        """What the rule hides, in words."""
        if self.by_kind:
            return BY_KIND[self.place.kind][1]
        if not self.shapes:
            return "nothing"
        return "which value stands " + "; ".join(
            f"{_behind(before)}: {shape.form}" for before, shape in sorted(self.shapes.items())
        )

    @property
    def checks(self) -> str:
        """What is still checked, in words."""
        if self.refused:
            return "everything"
        return BY_KIND[self.place.kind][2] if self.by_kind else CHECKED


def _behind(before: str) -> str:
    return "here" if before in ("^", ANYWHERE) else f'behind "{before.removeprefix("^")}"'


def learn(place: Place, runs: Sequence[Sketch[Seen]], rare: bool = False) -> Learned:
    """Return what old's runs against itself teach about a place, a refusal where that is nothing.

    Where `rare`, the only run is new against old, and new's values are held against old's.
    """
    refused = never(place)
    if refused or (place.kind in BY_KIND and not is_comment(place)):
        return Learned(place, refused=refused, rare=rare)
    samples: dict[str, list[Sample]] = {}
    for run, sketch in enumerate(runs):
        for old, new in (pair for seen in sketch.things().values() for pair in seen.values):
            if is_cut(old) or is_cut(new):
                return Learned(place, refused="the values are too long to be held against each other here")
            found = slots(old, new)
            if not found:
                return Learned(place, refused="too much of the text varies at once")
            for slot in found:
                samples.setdefault(slot.before, []).append(Sample(slot.old, slot.new, run))
    return replace(_shaped(place, samples, shape_of_rare if rare else shape_of), rare=rare)


def shape_of_rare(samples: Sequence[Sample]) -> Shape:
    """Return the shape of values of which the second may be wrong: a token must look like old's. Raises Refusal."""
    shape = shape_of(samples)
    if shape.type == "token":
        shape = shape_of([Sample(sample.old, sample.old) for sample in samples])
        if not all(shape.fits(sample.old, sample.new) for sample in samples):
            raise Refusal("new's value does not look like old's")
    return shape


def never(place: Place) -> str:
    """Say why a place is never noise; empty where it may be."""
    if place.aspect in REFUSED_ASPECTS:
        return f"{REFUSED_ASPECTS[place.aspect]} is never noise"
    if place.aspect == "files" and place.kind == "changed" and "/" not in place.path:
        return "of a file only the digest is known: nothing of it could still be checked"
    if place.kind == "renamed" and place.aspect == "files":
        return ""
    return REFUSED_PLACES.get((place.aspect, place.path)) or REFUSED_KINDS.get(place.kind, "")


def _shaped(
    place: Place, samples: Mapping[str, Sequence[Sample]], shape_of: Callable[[Sequence[Sample]], Shape]
) -> Learned:
    shapes: dict[str, Shape] = {}
    reasons: list[str] = []
    for before, seen in sorted(samples.items()):
        try:
            shapes[before] = shape_of(seen)
        except Refusal as refusal:
            reasons.append(str(refusal))
    if len(samples) >= MANY and 2 * len(samples) >= sum(map(len, samples.values())) and not reasons:
        try:
            shapes = {ANYWHERE: shape_of([sample for seen in samples.values() for sample in seen])}
        except Refusal:
            pass  # each place keeps its own
    refused = reasons[0] if len(reasons) == 1 else "what varies has no one place in the text and no one form"
    return Learned(place, shapes, "" if shapes else refused)
