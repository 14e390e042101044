"""Compares two values made of dicts, lists and scalars, whatever they were written in (JSON, XML-RPC).

Types count: 1, 1.0, True and "1" are four values. Lists are paired by a discovered key, else by what they hold.
Paths name members, never positions: `info.classifiers[]`; members whose names are data (version numbers) are `{}`, as
in `releases.{}[].url`. Parsing does not belong here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from harness.compare.align import Item, align
from harness.compare.excerpt import excerpts
from harness.compare.unreadable import TooLarge
from harness.difference import Difference

KEYS = ("id", "name", "key", "href", "filename", "url")
"""Members that are usually identities, tried before any other."""
ENOUGH = 5_000
"""Differences after which a comparison stops."""
LONG = 200_000
"""Items beyond which two lists are not aligned."""
MANY = 50
"""An object with more members than this is a map, not a record."""

_MEMBER = re.compile(r"[A-Za-z_$@][A-Za-z0-9_$@:-]{0,59}")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar that Python has no plain type for: its type's name (`dateTime`, `base64`) and its text."""

    type: str
    text: str


def compare_values(old: Any, new: Any, path: str = "") -> list[Difference]:
    """Return the differences of two values; none where they mean the same. Lists beyond `LONG` raise `TooLarge`."""
    return list(islice(_compare(old, new, path), ENOUGH))


def members(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; a name that comes again keeps its last value, as parsers do, and the others beside it."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            earlier = next(other for n in range(1, len(found) + 2) if (other := f"{name}@{n}") not in found)
            found[earlier] = found[name]
        found[name] = value
    return found


def type_name(value: Any) -> str:
    """Return the name of a value's type, as reports show it."""
    return value.type if isinstance(value, Scalar) else _TYPES.get(type(value), type(value).__name__)


_TYPES = {
    type(None): "null", bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "object",
}  # fmt: skip


def canonical(value: Any) -> str:
    """Return one text for each value: equal texts, equal values, types included."""
    if type(value) in _PLAIN:
        return repr(value)
    return json.dumps(value, sort_keys=True, default=_plain, separators=(",", ":"), ensure_ascii=False)


_PLAIN = (int, str, bool, float, type(None))


def _plain(scalar: Scalar) -> list[Any]:
    return [scalar.type, scalar.text, None]


def literal(value: Any) -> str:
    """Return a value as a reader would write it."""
    if isinstance(value, Scalar):
        return value.text
    return json.dumps(value, default=lambda scalar: scalar.text, ensure_ascii=False)


def _compare(old: Any, new: Any, path: str) -> Iterator[Difference]:
    if type_name(old) != type_name(new):
        left, right = excerpts(literal(old), literal(new))
        yield Difference("body", path, "type", f"{type_name(old)} {left}"[:200], f"{type_name(new)} {right}"[:200])
    elif isinstance(old, dict):
        yield from _compare_objects(old, new, path)
    elif isinstance(old, list):
        yield from _compare_lists(old, new, path)
    elif literal(old) != literal(new):
        yield Difference("body", path, "changed", *excerpts(literal(old), literal(new)))


def _compare_objects(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Difference]:
    is_map = _is_map(old) or _is_map(new)
    renamed = {} if is_map else dict(_renames(old, new))
    for name in [*old, *(name for name in new if name not in old)]:
        if name in renamed:
            yield Difference("body", _join(path, name), "renamed", name, renamed[name])
        if name in renamed or name in renamed.values():
            continue
        place = _join(path, "{}" if is_map else name)
        if name not in new:
            yield Difference("body", place, "missing", old=excerpts(_member(name, old, is_map), "")[0])
        elif name not in old:
            yield Difference("body", place, "added", new=excerpts("", _member(name, new, is_map))[1])
        else:
            yield from _compare(old[name], new[name], place)


def _renames(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a member that went and one that came with the same value, where no other came or went with that value."""
    gone, come = ([name for name in one if name not in other] for one, other in ((old, new), (new, old)))
    for name in gone:
        value = canonical(old[name])
        others = [other for other in come if canonical(new[other]) == value]
        if len(others) == 1 and sum(canonical(old[one]) == value for one in gone) == 1:
            yield name, others[0]


def _member(name: str, owner: Mapping[str, Any], is_map: bool) -> str:
    return f"{literal(name)}: {literal(owner[name])}" if is_map else literal(owner[name])


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_map(value: Mapping[str, Any]) -> bool:
    """Tell whether an object's names are data (versions, file names) and not the words of a schema."""
    return len(value) > MANY or any(not _MEMBER.fullmatch(name) for name in value)


def _compare_lists(old: Sequence[Any], new: Sequence[Any], path: str) -> Iterator[Difference]:
    place = f"{path}[]"
    left, right = [canonical(value) for value in old], [canonical(value) for value in new]
    if left == right:
        return
    if max(len(old), len(new)) > LONG:
        raise TooLarge(f"a list of more than {LONG} items")
    key = _discover_key(old, new)
    found = align(_items(old, left, key), _items(new, right, key))
    # One item in the place of one other, of another sort: it is what that became.
    replaced = [(*gone, *come) for gone, come in found.gaps if len(gone) == len(come) == 1 and key is None]
    for one, other in (*found.pairs, *replaced):
        yield from _compare(one, other, place)
    for value in _without(found.missing, [one for one, _ in replaced]):
        yield Difference("body", place, "missing", old=excerpts(literal(value), "")[0])
    for value in _without(found.added, [other for _, other in replaced]):
        yield Difference("body", place, "added", new=excerpts("", literal(value))[1])
    if found.moved:
        yield Difference("body", place, "order", *excerpts(_sequence(old, key), _sequence(new, key)))


def _without(values: Sequence[Any], others: Sequence[Any]) -> Iterator[Any]:
    """Yield values but for so many of each as are among the others; equal ones may be one object."""
    told = Counter(map(id, others))
    for value in values:
        if told[id(value)]:
            told[id(value)] -= 1
        else:
            yield value


def _sequence(values: Sequence[Any], key: str | None) -> str:
    return ", ".join(literal(value[key] if key is not None else value) for value in values[:100])


def _items(values: Sequence[Any], digests: Sequence[str], key: str | None) -> list[Item[Any]]:
    return [_item(value, digest, key) for value, digest in zip(values, digests, strict=True)]


def _item(value: Any, digest: str, key: str | None) -> Item[Any]:
    scalar = not isinstance(value, (dict, list))
    return Item(
        value=value,
        sort="scalar" if scalar else type_name(value),
        digest=digest,
        labels=(digest if key is None else canonical(value[key]), digest),
        words=lambda: frozenset(_WORD.findall(digest)),
        strict=key is not None,
    )


def _discover_key(old: Sequence[Any], new: Sequence[Any]) -> str | None:
    """Return the member that identifies the objects of two lists: scalar, unique on each side, mostly shared."""
    if not old or not new or not all(isinstance(value, dict) for value in (*old, *new)):
        return None
    names = [name for name in old[0] if name in KEYS] + [name for name in old[0] if name not in KEYS]
    names.sort(key=lambda name: KEYS.index(name) if name in KEYS else len(KEYS))
    return next((name for name in names if _identifies(name, old, new)), None)


def _identifies(name: str, old: Sequence[Any], new: Sequence[Any]) -> bool:
    sides = []
    for values in (old, new):
        members = [value.get(name) for value in values]
        if not all(isinstance(member, (str, int)) and not isinstance(member, bool) for member in members):
            return False
        if len(set(members)) != len(members):
            return False
        sides.append({canonical(member) for member in members})
    return 2 * len(sides[0] & sides[1]) >= min(len(sides[0]), len(sides[1]))
