"""Which causes of several places are one: another record in a page or document, and what HEAD says of a changed body.

Causes by key come in, once all was seen; what each key's observations are counted in goes out. Which edits of one place
are causes is for `settled` to say. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.compare.excerpt import ELLIPSIS
from harness.group.cause import Cause, Change, Shapes, exchanges_within, share
from harness.group.edit import CASE
from harness.group.habit import HABIT_SHAPES
from harness.group.key import ANYWHERE, Key
from harness.group.observation import Example, Tally

RECORD = "record"
"""The path, and how the shape begins, of values that all became those of another record."""
VARIED = 3
"""Different values that were edited alike before the edit is the cause: a mistake in writing, not another value."""
PLACES = 3
"""Places that must hold other values, again and again others, before it is the record that is another one."""
PLACES_ONCE = 4
"""The same where each place always shows the same two values."""
SHARED = 2
"""Pairs of values that two documents have in common before they show one record."""

Found = tuple[Key, Change]


def records(causes: Mapping[Key, Cause]) -> dict[Key, Found]:
    """Return, for each place that shows values of another record, the one cause of all places of that record."""
    plausible = {key: _Values.of(cause) for key, cause in causes.items() if _may_hold_a_record(key, cause)}
    bundles = _linked([*_bundles(plausible, causes)], plausible)
    found: dict[Key, Found] = {}
    for bundle in bundles:
        key = Key("body", RECORD, "changed", "")
        shape = "\0".join((RECORD, *sorted({member.path for member in bundle})))
        found |= dict.fromkeys(bundle, (key, Change(_counted(bundle, causes), shape, at=bundle[0].path)))
    return found


@dataclass(frozen=True, slots=True)
class _Values:
    """What the changes of one place say together."""

    shapes: frozenset[str]
    pairs: frozenset[bytes]
    one_side: bool

    @classmethod
    def of(cls, cause: Cause) -> _Values:
        changes = cause.all_changes()
        pairs = frozenset(pair for change in changes for pair in change.values)
        shared = any(share(side, changes) for side in ("old", "new"))
        return cls(frozenset(_shapes(cause.changes)), pairs, shared and len(pairs) > 1)


def _shapes(changes: Iterable[Shapes]) -> Iterator[str]:
    for shapes in changes:
        yield from shapes


def _may_hold_a_record(key: Key, cause: Cause) -> bool:
    """Tell whether the values of a place were replaced by others, in no way that could be told as one mistake."""
    if (key.aspect, key.kind) != ("body", "changed") or key.path == ANYWHERE or "empty" in key.transform:
        return False
    values = _Values.of(cause)
    systematic = len(values.shapes) == 1 and len(values.pairs) >= VARIED
    if systematic or values.one_side or all(map(_is_part, cause.total.examples)):
        return False
    return all(map(_is_replacement, values.shapes))


def _is_part(example: Example) -> bool:
    """Tell whether one value is a part of the other: it was cut, or something was put before or after it."""
    old, new = (side.strip('"' + ELLIPSIS) for side in (example.old, example.new))
    return old in new or new in old


def _is_replacement(shape: str) -> bool:
    """Tell whether something took the place of something else: not inserted, removed, or written otherwise."""
    if shape in HABIT_SHAPES or shape.startswith(("around\0", "<")) or shape.endswith(CASE):
        return False
    old, separator, new = shape.partition("\0")
    return not separator or bool(old.strip() and new.strip())


def _bundles(plausible: Mapping[Key, _Values], causes: Mapping[Key, Cause]) -> Iterator[list[Key]]:
    """Yield places that differ in the same exchanges, the most frequent first; in each, several pairs or always one.

    What only some of these exchanges show, which another record need not have, belongs to them. What all show, always
    the same two values, does not where others vary: that is how a word of the page itself would differ.
    """
    left = sorted(plausible, key=lambda key: (len(plausible[key].pairs) < 2, -causes[key].total.count, key))
    while left:
        varied, anchor = len(plausible[left[0]].pairs) > 1, causes[left[0]]
        within = [key for key in left if exchanges_within(causes[key], anchor)]
        bundle = [
            key
            for key in within
            if 2 * causes[key].total.count >= anchor.total.count and (len(plausible[key].pairs) > 1) == varied
        ]
        if len({key.path for key in bundle}) >= (PLACES if varied else PLACES_ONCE):
            bundle += [key for key in within if key not in bundle and causes[key].total.count < anchor.total.count]
            yield bundle
        left = [key for key in left if key not in bundle]


def _linked(bundles: Sequence[list[Key]], plausible: Mapping[Key, _Values]) -> list[list[Key]]:
    """Return bundles in which those that show the same pairs of values, a page and a document, are one."""
    linked: list[list[Key]] = []
    for bundle in bundles:
        pairs = _pairs(bundle, plausible)
        other = next((one for one in linked if len(pairs & _pairs(one, plausible)) >= SHARED), None)
        if other is None:
            linked.append([*bundle])
        else:
            other += bundle
    return linked


def _pairs(bundle: Iterable[Key], plausible: Mapping[Key, _Values]) -> frozenset[bytes]:
    return frozenset[bytes]().union(*(plausible[key].pairs for key in bundle))


def _counted(bundle: Sequence[Key], causes: Mapping[Key, Cause]) -> Tally:
    """Return the counts of a bundle: each exchange once, though it shows several places; examples of the first only."""
    first, *others = (causes[key] for key in bundle)
    tally = Tally()
    tally.merge(first.total)
    examples, counted = tally.examples, [first]
    for cause in others:
        if any(exchanges_within(cause, other) for other in counted):
            tally.paths.update(cause.total.paths)
        else:
            counted.append(cause)
            tally.merge(cause.total)
    return replace(tally, examples=examples)


def lengths_of_head(found: Sequence[Found]) -> dict[Key, Found]:
    """Return, for what HEAD says of the length, the most frequent cause by which GET has another body there.

    Only where each answer to HEAD that says another length is to a kind of request whose answer to GET differs.
    """
    lengths: dict[Key, set[str]] = {}
    for key, change in found:
        if key[:3] == ("header", "content-length", "changed"):
            lengths.setdefault(key, set()).update(change.tally.endpoints)
    bodies = [one for one in found if one[0].aspect == "body" and one[0].kind != "spelling"] if lengths else []
    explained: dict[Key, Found] = {}
    for key, asked in lengths.items():
        with_get = {name.replace("HEAD ", "GET ", 1) for name in asked}
        explaining = [one for one in bodies if not with_get.isdisjoint(one[1].tally.endpoints)]
        told = {name for _, change in explaining for name in change.tally.endpoints}
        if all(name.startswith("HEAD ") for name in asked) and with_get <= told:
            explained[key] = max(explaining, key=lambda one: (one[1].tally.count, one[0], one[1].shape))
    return explained


def with_followers(change: Change, followers: Iterable[Change]) -> Change:
    """Return a change that also counts what follows from it; its places and examples stay its own."""
    tally = Tally()
    tally.merge(change.tally)
    for follower in followers:
        tally.count_followers(follower.tally)
    return replace(change, tally=tally)
