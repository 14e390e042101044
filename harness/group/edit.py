"""What was done to a value, in general: two short texts in, an `Edit` out, so that one mistake has one description.

`../a-1.0.zip#md5=12` that became `../a-1.0.zip#12` and `../b.zip#md5=34` that became `../b.zip#34` were edited alike.
Which edits are one cause is for `settled` to say. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from harness.compare.excerpt import ELLIPSIS
from harness.group.habit import habit_of

LONG = 60
"""Characters beyond which what was replaced is data, not a cause."""
FEW = 3
"""Pieces up to which a replaced stretch is taken as one edit."""
CASE = " case"
"""How the shapes of edits end that leave all but upper and lower case."""

_PIECE = re.compile(r"%[0-9A-Fa-f]{2}|\w+|\W")  # an escape is a sign, no part of the word after it
_NUMBER = re.compile(r"[+-]?\d{1,30}")
_NOW = re.compile(r"\[now ([YMDhmsf][^\]]*)\]")  # a normaliser's placeholder is a time like any other
_WITH_DIGIT = re.compile(r"[^\W_]*\d\w*")


class Edit(NamedTuple):
    """`shape` is equal for edits alike; `old` and `new` are the pieces that were replaced (all, if too long to say)."""

    shape: str
    old: str
    new: str


@lru_cache(maxsize=4096)
def edit_of(old: str, new: str) -> Edit:
    """Return what turns one text into the other: numbers by how far they moved, other texts by what was replaced."""
    if habit := habit_of(old, new):
        return Edit(habit, old, new)
    old, new = (_NOW.sub(lambda found: re.sub("[YMDhmsf]", "0", found[1]), text) for text in (old, new))
    if (around := _around(old, new)) is not None:
        return around
    left, right = _replaced(_PIECE.findall(old), _PIECE.findall(new))
    if max(len(left), len(right)) > LONG and left.lower() != right.lower():
        return Edit("long", old, new)
    return Edit(_shape(left, right), left, right)


def _around(old: str, new: str) -> Edit | None:
    """Return what was put around a text, or taken from around it: `Redirect('/a/')` for `/a/`."""
    added = len(old) < len(new)
    inner, outer = (old, new) if added else (new, old)
    if not inner or outer.count(inner) != 1 or ELLIPSIS in inner or _NUMBER.fullmatch(outer):
        return None
    before, after = outer.split(inner)
    if not before or not after or len(before + after) > LONG:
        return None
    wrapper = before + ELLIPSIS + after
    values = ("", wrapper) if added else (wrapper, "")
    return Edit("around\0" + "\0".join(_WITH_DIGIT.sub("#", text) for text in values), *values)


def skeleton(markup: str) -> str:
    """Return what elements alike have in common: their text without the words that hold digits."""
    return _WITH_DIGIT.sub("#", markup)


def _shape(old: str, new: str) -> str:
    if _NUMBER.fullmatch(old) and _NUMBER.fullmatch(new):
        return f"number {int(new) - int(old):+d}"
    if old.lower() == new.lower():
        case = "upper" if new == new.upper() else "lower" if new == new.lower() else "other"
        return case + CASE
    return f"{_WITH_DIGIT.sub('#', old)}\0{_WITH_DIGIT.sub('#', new)}"


def _replaced(old: Sequence[str], new: Sequence[str]) -> tuple[str, str]:
    """Return what stands between the common beginning and the common end; one edit made many times is that edit."""
    head = _common(old, new)
    cut = ELLIPSIS in (*old[-1:], *new[-1:])
    tail = 0 if cut else _common(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if cut or (len(left) > FEW and len(right) > FEW):
        edits = _edits(left, right)
        if edits and (cut or len(set(edits)) == 1):
            return edits[0]
    return "".join(left), "".join(right)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _edits(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """Return each replaced stretch of two lists that have anything in common."""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    if all(code[0] != "equal" for code in codes):
        return []
    return [("".join(old[i:k]), "".join(new[j:m])) for code, i, k, j, m in codes if code != "equal"]
