"""Gathers observed differences into groups, one for each cause: the same change, wherever it was seen.

Observations come in one exchange at a time; `Group`s go out. The result is the same for any order and any partition
of the observations, and memory does not grow with their number: a group keeps counts and its few smallest examples.
Which groups are accepted, and how they are shown, does not belong here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from harness.compare.excerpt import ELLIPSIS
from harness.difference import Difference
from harness.edit import Edit, edit_of

EXAMPLES = 5
"""Examples kept for a group."""
EDITS = 32
"""Ways in which values may be edited before it is seen as one change of many values."""
FEW = 3
"""Edits seen again and again that may be so many causes; more are one cause, seen in many values."""
LONG = 40
"""Characters of an example in a title."""
NAMED = 20
"""Titles that a group of consequences names."""
SHORT = 60
"""Characters up to which a value is part of a title."""

NUMBERS = ("number ", "#\0#")
"""Shapes of edits that made one number (decimal, or with letters) another."""

ANYWHERE = "\0"
"""The place of a cause that is an edit, wherever it is made: no path of a difference."""

Pair = tuple[str, str]
Wording = Mapping[str, str]
"""What a title says of each kind."""

NEW: Wording = MappingProxyType(
    {"missing": "missing in new", "added": "only in new", "order": "other order", "spelling": "same meaning"}
)
STALE: Wording = MappingProxyType({**NEW, "missing": "no longer there", "added": "only now"})

_BY_VALUE = frozenset({"changed", "encoding", "renamed", "type", "spelling"})
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_MEMBER = re.compile(r"(?:[\w{}$@:-]|\[\]|\.)*?\.([A-Za-z_][\w$@:-]*)")
_ID_NUMBER = re.compile(r"(.*)#(\d+)")


@dataclass(frozen=True, slots=True)
class Observation:
    """One difference seen in one exchange, who asked for what, and how large the exchange is (bytes).

    `late` where the two sides' rows or files had come to differ in an earlier exchange.
    """

    exchange: str
    endpoint: str
    client: str
    difference: Difference
    size: int = 0
    late: bool = False


class Key(NamedTuple):
    """What makes differences one cause, how values were edited aside."""

    aspect: str
    path: str
    kind: str
    transform: str


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
    """The running counts of one key; `early` are those that no earlier difference of rows or files may explain."""

    count: int = 0
    early: int = 0
    endpoints: Counter[str] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    examples: tuple[Example, ...] = ()

    def add(self, observation: Observation, paths: Iterable[str]) -> None:
        """Count one observation, and the paths at which its exchange shows the same."""
        self.count += 1
        self.early += not observation.late
        self.paths.update(paths)
        self.endpoints[observation.endpoint] += 1
        self.clients[observation.client] += 1
        example = _example(observation)
        if len(self.examples) < EXAMPLES or example < self.examples[-1]:
            self.examples = tuple(sorted((*self.examples, example))[:EXAMPLES])

    def merge(self, other: Tally) -> None:
        """Count what `other` counted."""
        self.count += other.count
        self.early += other.early
        self.endpoints.update(other.endpoints)
        self.clients.update(other.clients)
        self.paths.update(other.paths)
        self.examples = tuple(sorted((*self.examples, *other.examples))[:EXAMPLES])


@dataclass(slots=True)
class Change:
    """All observations with edits of one shape (if several: empty).

    `pair` is the pair of values that all have, `edit` what all replaced, if any.
    """

    tally: Tally
    shape: str = ""
    pair: Pair | None = None
    edit: Edit | None = None

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
        pair = min(pairs) if len(pairs) == 1 and observations[0].difference.kind in _BY_VALUE else None
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


class Groups:
    """Groups in the making: `add` exchange by exchange, `merge` those of other workers, `finish`."""

    def __init__(self) -> None:
        self._causes: dict[Key, Cause] = {}

    def add(self, observations: Iterable[Observation]) -> None:
        """Count the observations of one exchange; several of one cause count once."""
        by_key: dict[Key, list[Observation]] = {}
        for observation in sorted(observations, key=_order):
            for key in keys_of(observation.difference):
                by_key.setdefault(key, []).append(observation)
        for key, alike in by_key.items():
            cause = self._causes.setdefault(key, Cause())
            for part in _by_shape(alike) if key.path == ANYWHERE else [alike]:
                cause.add(part)

    def merge(self, other: Groups) -> None:
        """Take over what another worker gathered."""
        for key, cause in other._causes.items():
            self._causes.setdefault(key, Cause()).merge(cause)

    def finish(self, wording: Wording = NEW) -> list[Group]:
        """Return the groups, most frequent first, their titles in words for what was compared."""
        found = list(_widest(self._causes))
        groups = [_group(key, change, wording) for key, change in found if not _may_follow(key, change)]
        following = [_group(key, change, wording) for key, change in found if _may_follow(key, change)]
        groups += [consequence(_sorted(following))] if following else []
        return _sorted(groups)


def _sorted(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (-group.count, group.aspect, group.path, group.kind, group.id))


def _may_follow(key: Key, change: Change) -> bool:
    """Tell whether this was seen only where rows or files differed before, and is of a sort that this explains."""
    if change.tally.early or key.kind not in ("changed", "missing", "added", "order"):
        return False
    if key.aspect == "status":
        return change.pair is None or not change.pair[1].startswith("5")
    return key.aspect in ("body", "rows", "files") or (key.aspect in ("header", "reason") and key.kind == "changed")


def consequence(groups: Sequence[Group]) -> Group:
    """Return the one group of what was only seen after rows or files had differed: it may well follow from that.

    Its `new` names what was seen. Counts are the least they can be: one exchange may show all.
    """
    examples = tuple(sorted({example for group in groups for example in group.examples})[:EXAMPLES])
    endpoints = _most(group.endpoints for group in groups)
    return Group(
        id=sha256(b"follows").hexdigest()[:10],
        title=f"rows: {len(groups)} further difference{'s' * (len(groups) > 1)} that may follow from those before",
        endpoint=next(iter(endpoints)),
        endpoints=endpoints,
        aspect="rows",
        path="",
        kind="follows",
        transform="",
        old="",
        new="; ".join([group.title for group in groups[:NAMED]] + ["..."] * (len(groups) > NAMED)),
        count=sum(endpoints.values()),
        clients=_most(group.clients for group in groups),
        examples=examples,
    )


def _most(counters: Iterable[Mapping[str, int]]) -> dict[str, int]:
    most: Counter[str] = Counter()
    for counts in counters:
        most |= Counter(counts)
    return _ranked(most)


def group_observations(observations: Iterable[Observation]) -> list[Group]:
    """Return the groups of observations of any number of exchanges."""
    by_exchange: dict[str, list[Observation]] = {}
    for observation in observations:
        by_exchange.setdefault(observation.exchange, []).append(observation)
    groups = Groups()
    for exchange in by_exchange.values():
        groups.add(exchange)
    return groups.finish()


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
    return (difference.old, difference.new) if difference.kind in _BY_VALUE else ("", "")


def _edit(difference: Difference, values: Pair) -> Edit:
    if difference.kind == "type":  # what it became is in the key
        return Edit("type", *values)
    if difference.aspect == "status" or (difference.kind == "renamed" and difference.aspect != "files"):
        return Edit(" -> ".join(values), *values)
    return edit_of(*values)


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


def _found(key: Key, cause: Cause) -> list[Change]:
    """Return a change for each edit that is a cause of its own, and one for the rest."""
    own, rest = _causes(key, dict(cause.changes or {}))
    if not own:
        return [Change(cause.total)]
    return [*own, replace(_together(rest), shape="", pair=None, edit=None)] if rest else own


def _widest(causes: Mapping[Key, Cause]) -> Iterator[tuple[Key, Change]]:
    """Yield each cause once: an edit made in more than `FEW` places is one cause, else each place has its own."""
    narrow = [(key, change) for key, cause in causes.items() if key.path != ANYWHERE for change in _found(key, cause)]
    places = Counter(_sort_of_change(key, change) for key, change in narrow)
    wide = {
        _sort_of_change(key, change): (key, change)
        for key, cause in causes.items()
        if key.path == ANYWHERE
        for change in (cause.changes or {}).values()
        if places[_sort_of_change(key, change)] > FEW and not change.shape.startswith(("long", *NUMBERS))
    }
    yield from wide.values()
    yield from ((key, change) for key, change in narrow if _sort_of_change(key, change) not in wide)


def _sort_of_change(key: Key, change: Change) -> tuple[str, ...]:
    return key.aspect, key.kind, key.transform, change.shape


def _causes(key: Key, changes: dict[tuple[str, ...], Change]) -> tuple[list[Change], list[Change]]:
    """Return the changes that are causes, and the rest.

    An edit is a cause when it is the only one, or seen again; a status always is. Numbers that moved by many distances,
    and more edits than `FEW`, are values that vary.
    """
    changes = _numbers_together(changes)
    if len(changes) == 1:
        return [*changes.values()], []
    always = key.aspect == "status" or (key.kind == "renamed" and key.aspect != "files")
    own = {s: change.copy() for s, change in changes.items() if len(s) == 1 and (always or change.tally.count > 1)}
    if len(own) > FEW and not always:
        return [], []
    rest = []
    for shapes, change in changes.items():
        if shapes in own:
            continue
        parts = [own[shape,] for shape in shapes if (shape,) in own]
        if len(shapes) > 1 and len(parts) == len(shapes):  # one exchange shows several causes
            for part in parts:
                part.merge(change)
        else:
            rest.append(change)
    return [own[shapes] for shapes in sorted(own)], rest


def _numbers_together(changes: dict[tuple[str, ...], Change]) -> dict[tuple[str, ...], Change]:
    """Return changes in which numbers that moved by more than two distances are one change."""
    moved = [shapes for shapes in sorted(changes) if all(shape.startswith(NUMBERS) for shape in shapes)]
    if len(moved) < 2 or (len(moved) == 2 and ("#\0#",) not in moved):
        return changes
    others = {shapes: change for shapes, change in changes.items() if shapes not in moved}
    return {**others, ("number",): replace(_together([changes[shapes] for shapes in moved]), shape="number")}


def _together(changes: Sequence[Change]) -> Change:
    together = changes[0].copy()
    for change in changes[1:]:
        together.merge(change)
    return together


def _by_shape(observations: Sequence[Observation]) -> list[list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for observation in observations:
        difference = observation.difference
        found.setdefault(_edit(difference, _values(difference)).shape, []).append(observation)
    return [*found.values()]


def _group(key: Key, change: Change, wording: Wording) -> Group:
    endpoints, clients = _ranked(change.tally.endpoints), _ranked(change.tally.clients)
    first = change.tally.examples[0]
    old, new = change.pair if change.pair not in (None, ("", "")) else (first.old, first.new)
    return Group(
        id=sha256("\0".join((*key, change.shape)).encode("utf-8", "surrogatepass")).hexdigest()[:10],
        title=title(key, change, wording),
        endpoint=next(iter(endpoints)),
        endpoints=endpoints,
        aspect=key.aspect,
        path=_path(change),
        kind=key.kind,
        transform=key.transform,
        old=first.old if key.aspect == "status" else old,
        new=first.new if key.aspect == "status" else new,
        count=change.tally.count,
        clients=clients,
        examples=change.tally.examples,
    )


def _path(change: Change) -> str:
    return next(iter(_ranked(change.tally.paths)))


def _ranked(counts: Counter[str]) -> dict[str, int]:
    """Return counts, most frequent first, ties by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def title(key: Key, change: Change, wording: Wording) -> str:
    """Return a cause in one line: `header X-A renamed to X-B`, `status 200 -> 404`, `body info.name: int -> str`."""
    path, others = _path(change), len(change.tally.paths) - 1
    what = path if path.startswith(f"{key.aspect}/") else f"{key.aspect} {path}".rstrip()
    what += f" (and {others} other place{'s' * (others > 1)})" if others else ""
    if key.kind == "renamed" and key.aspect != "files" and change.pair is not None:
        return f"{what} renamed to {change.pair[1]}"
    if key.aspect == "status":
        return f"{what} {_pair_in_words(change.pair or ('', ''))}"
    words = wording.get(key.kind, "" if key.kind in _BY_VALUE - {"renamed"} else key.kind)
    detail = _in_words(key, change) if key.kind in _BY_VALUE and change.pair != ("", "") else ""
    if words and detail.startswith("changed, "):
        detail = detail.removeprefix("changed, ")
    return f"{what}: {', '.join(filter(None, (words, detail)))}"


def _in_words(key: Key, change: Change) -> str:
    """Return what became of the values: as far as it is the same for all, else with an example."""
    if change.pair is not None and max(map(len, change.pair)) <= SHORT:
        return _pair_in_words(change.pair)
    if key.kind == "type":
        return key.transform.replace("->", " -> ")
    if change.edit is not None and not change.edit.shape.startswith(("long", "escaped ")):
        return _edit_in_words(change.edit)
    example = edit_of(change.tally.examples[0].old, change.tally.examples[0].new)
    general = "" if key.transform in ("", "text->text") else f" ({key.transform.replace('->', ' -> ')})"
    what = change.shape if change.shape.startswith(("number ", "escaped ")) else f"changed{general}"
    return f"{what}, e.g. {_edit_in_words(example)}"


def _pair_in_words(pair: Pair) -> str:
    return " -> ".join(value or "(empty)" for value in pair)


def _edit_in_words(edit: Edit) -> str:
    old, new = (text if len(text) <= LONG else text[:LONG] + ELLIPSIS for text in (edit.old, edit.new))
    if not old or not new:
        return f'"{old or new}" {"removed" if old else "inserted"}'
    return f'"{old}" -> "{new}"'
