"""A cause in one line, from which alone a reader knows what changed: `header X-A renamed to X-B`, `status 200 -> 404`.

A key and the change seen come in, text goes out. Words for "new" differ where old now is held against the recording.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from unicodedata import normalize

from harness.compare.body import CONTENT
from harness.compare.excerpt import ELLIPSIS, first_difference
from harness.compare.headers import NAMES
from harness.group.cause import Change
from harness.group.edit import CASE, Edit, edit_of
from harness.group.habit import HABIT_SHAPES
from harness.group.key import BY_VALUE, CONSTANT, Key, Pair
from harness.group.observation import Example
from harness.group.plain import plain
from harness.group.together import RECORD

LONG = 40
"""Characters of an example in a title."""
SHORT = 60
"""Characters up to which a value is part of a title."""

_SPACE = re.compile(r"(?:\s|\\[nrt])+")
_UNREADABLE = re.compile(r"not (\w+) \((.*?)\): ", re.DOTALL)

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
    what += f" (and {_counted(others, 'other place')})" if others else ""
    said = _said(key, change, what, wording)
    follow = change.tally.following.total()
    return f"{said}; {_counted(follow, 'more request')} follow{'s' * (follow == 1)} from it" if follow else said


def _said(key: Key, change: Change, what: str, wording: Wording) -> str:
    first = change.tally.examples[0]
    if key.kind == "renamed" and key.aspect != "files" and change.pair is not None:
        return f"{what} renamed to {change.pair[1]}"
    if key.aspect == "status":
        raised = f" ({key.transform})" if key.transform else ""
        return f"{what} {_pair_in_words(change.pair or ('', ''))}{raised}"
    if key.aspect == "crash" and key.kind in wording:
        return f"{what}: {wording[key.kind]}, {key.transform}"
    if key[1:] == (RECORD, "changed", ""):  # of one place, the sorts of its values are in the key
        return f"another record is shown: {what}: {_example(first)}"
    if (key.aspect, key.path) == ("header", NAMES):
        return f"header names in lower case: {first.old} -> {first.new}"
    if (key.aspect, key.path) == ("body", CONTENT):
        emptied = "body: nothing, where there was" if first.old else "body: there is one, where there was none, e.g."
        return f'{emptied} "{_cut(plain(first.old or first.new))}"'
    words = wording.get(key.kind, "" if key.kind in BY_VALUE - {"renamed"} else key.kind)
    one_sided = change.pair == ("", "") or key.kind not in BY_VALUE
    detail = _one_of(change) if one_sided else _in_words(key, change)
    if words and detail.startswith("changed, "):
        detail = detail.removeprefix("changed, ")
    return f"{what}: {', '.join(filter(None, (words, detail)))}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count > 1)}"


def _one_of(change: Change) -> str:
    """Return an example of what came or went."""
    first = change.tally.examples[0]
    return f"e.g. {_quoted(plain(first.old or first.new))}" if bool(first.old) != bool(first.new) else ""


def _in_words(key: Key, change: Change) -> str:
    """Return what became of the values: as far as it is the same for all, else with an example."""
    first = change.tally.examples[0]
    if key.kind == "type" and (unreadable := _UNREADABLE.match(first.new) or _UNREADABLE.match(first.old)) is not None:
        form, reason = unreadable.groups()
        return f"{'no longer ' if _UNREADABLE.match(first.new) else 'now '}readable as {form} ({reason})"
    if change.pair is not None and max(len(plain(side)) for side in change.pair) <= SHORT:
        return _pair_in_words(change.pair)
    if _is_one_for_many(key, change):
        old, new = ("several values" if side is None else _cut(plain(side)) for side in (change.old, change.new))
        return f"{_pair_in_words((old, new))}, e.g. {_example(first)}"
    if key.kind == "type":
        return f"{key.transform.replace('->', ' -> ')}, e.g. {_pair_in_words((_cut(first.old), _cut(first.new)))}"
    habit = change.shape in HABIT_SHAPES
    is_now = plain(first.old) != first.old or plain(first.new) != first.new
    if change.edit is not None and not habit and not is_now and not change.edit.shape.startswith("long"):
        return _edit_in_words(change.edit)
    general = "" if key.transform in ("", "text->text") else f" ({key.transform.replace('->', ' -> ')})"
    named = habit or change.shape.startswith("number ") or change.shape.endswith(CASE)
    what = change.shape if named else f"changed{general}"
    return f"{what}, e.g. {_example(first)}"


def _example(example: Example) -> str:
    """Return the two values of an example, whole where they are short, else what was replaced."""
    old, new = plain(example.old), plain(example.new)
    is_now = (old, new) != (example.old, example.new)
    if old.strip() != new.strip():  # the space around is not what differs
        old, new = old.strip(), new.strip()
    edit = edit_of(old, new)
    if edit.shape in HABIT_SHAPES and not is_now:
        old, new = _words_apart(old, new)
    if is_now or edit.shape in HABIT_SHAPES or max(len(old), len(new)) <= LONG:
        return " -> ".join(map(_quoted, _told_apart(old, new)))
    return _edit_in_words(edit)


def _words_apart(old: str, new: str) -> Pair:
    """Return the first words that differ in two long texts, if they have as many."""
    left, right = (_SPACE.split(text) for text in (old, new))
    if max(len(old), len(new)) <= LONG or abs(len(left) - len(right)) > (ELLIPSIS in old[-1:] + new[-1:]):
        return old, new
    return next(((one, other) for one, other in zip(left, right, strict=False) if one != other), (old, new))


def _quoted(text: str) -> str:
    """Return a value, cut, in quotes; as it is where it has some, as in JSON."""
    return _cut(text) if text[:1] == text[-1:] == '"' and len(text) > 1 else f'"{_cut(text)}"'


def _is_one_for_many(key: Key, change: Change) -> bool:
    """Tell whether various values became one, or one various, in no way that could be named."""
    various = change.pair is None and change.edit is None and change.shape not in HABIT_SHAPES
    return various and key.kind in CONSTANT and (change.old is not None or change.new is not None)


def _pair_in_words(pair: Pair) -> str:
    sides = _told_apart(*map(plain, pair))
    if any(side != side.strip() for side in sides):  # nobody would see the space at an end
        sides = _quoted(sides[0]), _quoted(sides[1])
    return " -> ".join(side or "(empty)" for side in sides)


def _edit_in_words(edit: Edit) -> str:
    old, new = map(_cut, _told_apart(edit.old, edit.new))
    if not old or not new:
        return f'"{old or new}" {"removed" if old else "inserted"}'
    return f'"{old}" -> "{new}"'


def _told_apart(old: str, new: str) -> Pair:
    """Return two values that a reader sees to be two: from where they differ, and accents that look alike escaped."""
    if old != new and normalize("NFC", old) == normalize("NFC", new):
        old, new = (text.encode("ascii", "backslashreplace").decode() for text in (old, new))
    if _cut(old) != _cut(new) or old == new:
        return old, new
    begin = first_difference(old, new) - LONG // 2
    return ELLIPSIS + old[begin:], ELLIPSIS + new[begin:]


def _cut(text: str) -> str:
    return text if len(text) <= LONG else text[:LONG] + ELLIPSIS
