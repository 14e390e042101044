"""A cause in one line, from which alone a reader knows what changed: `header X-A renamed to X-B`, `status 200 -> 404`.

A key and the change seen come in, text goes out. Words for "new" differ where old now is held against the recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.compare.excerpt import ELLIPSIS
from harness.group.cause import BY_VALUE, CONSTANT, Change, Key, Pair
from harness.group.edit import HABIT_SHAPES, Edit, edit_of

LONG = 40
"""Characters of an example in a title."""
SHORT = 60
"""Characters up to which a value is part of a title."""

Wording = Mapping[str, str]
"""What a title says of each kind."""

NEW: Wording = MappingProxyType(
    {"missing": "missing in new", "added": "only in new", "order": "other order", "spelling": "same meaning"}
)
STALE: Wording = MappingProxyType({**NEW, "missing": "no longer there", "added": "only now"})


def title(key: Key, change: Change, wording: Wording) -> str:
    """Return a cause in one line: `header X-A renamed to X-B`, `status 200 -> 404`, `body info.name: int -> str`."""
    path, others = change.path, len(change.tally.paths) - 1
    what = path if path.startswith(f"{key.aspect}/") else f"{key.aspect} {path}".rstrip()
    what += f" (and {others} other place{'s' * (others > 1)})" if others else ""
    if key.kind == "renamed" and key.aspect != "files" and change.pair is not None:
        return f"{what} renamed to {change.pair[1]}"
    if key.aspect == "status":
        return f"{what} {_pair_in_words(change.pair or ('', ''))}"
    words = wording.get(key.kind, "" if key.kind in BY_VALUE - {"renamed"} else key.kind)
    detail = _one_of(change) if change.pair == ("", "") else _in_words(key, change) if key.kind in BY_VALUE else ""
    if words and detail.startswith("changed, "):
        detail = detail.removeprefix("changed, ")
    return f"{what}: {', '.join(filter(None, (words, detail)))}"


def _one_of(change: Change) -> str:
    """Return an example of what came or went, where that is no part of a cause (comments)."""
    first = change.tally.examples[0]
    return f"e.g. {_edit_in_words(Edit('', first.old, first.new))}" if bool(first.old) != bool(first.new) else ""


def _in_words(key: Key, change: Change) -> str:
    """Return what became of the values: as far as it is the same for all, else with an example."""
    if change.pair is not None and max(map(len, change.pair)) <= SHORT:
        return _pair_in_words(change.pair)
    if _is_one_for_many(key, change):
        old, new = ("several values" if side is None else _cut(side) for side in (change.old, change.new))
        return _pair_in_words((old, new))
    if key.kind == "type":
        return key.transform.replace("->", " -> ")
    habit = change.shape in HABIT_SHAPES
    if change.edit is not None and not habit and not change.edit.shape.startswith("long"):
        return _edit_in_words(change.edit)
    example = edit_of(change.tally.examples[0].old, change.tally.examples[0].new)
    general = "" if key.transform in ("", "text->text") else f" ({key.transform.replace('->', ' -> ')})"
    what = change.shape if habit or change.shape.startswith("number ") else f"changed{general}"
    return f"{what}, e.g. {_edit_in_words(example)}"


def _is_one_for_many(key: Key, change: Change) -> bool:
    """Tell whether various values became one, or one various, in no way that could be named."""
    various = change.pair is None and change.edit is None and change.shape not in HABIT_SHAPES
    return various and key.kind in CONSTANT and (change.old is not None or change.new is not None)


def _pair_in_words(pair: Pair) -> str:
    return " -> ".join(value or "(empty)" for value in pair)


def _edit_in_words(edit: Edit) -> str:
    old, new = _cut(edit.old), _cut(edit.new)
    if not old or not new:
        return f'"{old or new}" {"removed" if old else "inserted"}'
    return f'"{old}" -> "{new}"'


def _cut(text: str) -> str:
    return text if len(text) <= LONG else text[:LONG] + ELLIPSIS
