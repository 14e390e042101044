"""What varies within two texts: the stretches at which they differ, each with the word that stands before it.

Two short texts (the excerpts of a difference) come in, slots go out; nothing else of the texts differs. What a slot's
values are is `shape`'s to say. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from harness.compare.excerpt import ELLIPSIS
from harness.instant import SPELLINGS

MOST = 8
"""Slots beyond which two texts are not one text with values that vary, but two texts."""
_CONTEXT = 40

TIME = "|".join(f"(?:{spelling.pattern.decode()})" for spelling in SPELLINGS)
UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
DECIMAL = r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?"
_ATOM = re.compile(
    rf"\[now [^\]]*\]|\\[nrt]|\\x[0-9a-f]{{2}}|(?<![\w.])(?:{TIME})(?!\d)|(?<!\w){UUID}(?!\w)"
    rf"|(?<![\w.+-]){DECIMAL}(?!\d|\.\d)|[\w~+%-]+(?:\.[\w~+%-]+)*|\s+|.",
    re.DOTALL,
)
"""A time, a UUID, a decimal number, a word (a token is one), white space, or a sign."""
_WORD = re.compile(r"\w")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_DIGITS = re.compile(r"\d+")


class Slot(NamedTuple):
    """A stretch at which two texts differ: what stands `before` it (the nearest word and signs), and both values."""

    before: str
    old: str
    new: str


def is_cut(text: str) -> bool:
    """Whether an excerpt does not show all that follows."""
    return text.endswith(ELLIPSIS)


@lru_cache(maxsize=4096)
def slots(old: str, new: str) -> tuple[Slot, ...]:
    """Return where two texts differ; empty where that cannot be told (cut off, or too many places)."""
    if is_cut(old) or is_cut(new):
        return ()
    left, right = _ATOM.findall(old), _ATOM.findall(new)
    found = []
    for i, k, j, m in _regions(left, right):
        found.append(Slot(_before(left[:i]), "".join(left[i:k]), "".join(right[j:m])))
    return tuple(found) if len(found) <= MOST else ()


Region = tuple[int, int, int, int]


def _regions(old: Sequence[str], new: Sequence[str]) -> list[Region]:
    """Return the replaced stretches; those apart by nothing but the signs of Base64 or of a path are one.

    Where nothing but numbers differs, each is held against the one in its place.
    """
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(left) == 1 or len(right) == 1:
        codes = [(0, len(left), 0, len(right))]
    elif _are_numbers(left, right):
        codes = [(n, n + 1, n, n + 1) for n, atom in enumerate(left) if atom != right[n]]
    else:
        opcodes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
        codes = [(i, k, j, m) for code, i, k, j, m in opcodes if code != "equal"]
    regions = [(head + i, head + k, head + j, head + m) for i, k, j, m in codes]
    return [_widened(region, old, new) for region in _joined(regions, old, new)]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    length = min(len(old), len(new))
    return next((index for index in range(length) if old[index] != new[index]), length)


def _are_numbers(left: Sequence[str], right: Sequence[str]) -> bool:
    return len(left) == len(right) and all(
        one == other or bool(_NUMBER.fullmatch(one) and _NUMBER.fullmatch(other))
        for one, other in zip(left, right, strict=True)
    )


def _divides(atoms: Sequence[str], at: int) -> bool:
    """Whether a stroke stands between two numbers (`3/147`), which are two values, and not in a path or in Base64."""
    beyond = (*atoms[max(0, at - 2) : max(0, at - 1)], *atoms[at + 2 : at + 3])
    numbers = atoms[max(0, at - 1) : at + 2 : 2]
    return len(numbers) == 2 and all(map(_NUMBER.fullmatch, numbers)) and not {"/", "="}.intersection(beyond)


def _joined(regions: Sequence[Region], old: Sequence[str], new: Sequence[str]) -> list[Region]:
    joined = list(regions[:1])
    for before, region in pairwise(regions):
        between = old[before[1] : region[0]]
        divided = len(between) == 1 and _divides(old, before[1]) and _divides(new, before[3])
        if all(atom in "/=" for atom in between) and not divided:
            joined[-1] = (joined[-1][0], region[1], joined[-1][2], region[3])
        else:
            joined.append(region)
    return joined


def _widened(region: Region, old: Sequence[str], new: Sequence[str]) -> Region:
    """Return a stretch with the signs beside it that may be part of its value: those of Base64."""
    i, k, j, m = region
    if i and old[i - 1] == "/" and not (_divides(old, i - 1) and _divides(new, j - 1)):
        i, j = i - 1, j - 1
    while k < len(old) and old[k] in "/=" and not (_divides(old, k) and _divides(new, m)):
        k, m = k + 1, m + 1
    return i, k, j, m


def _before(atoms: Sequence[str]) -> str:
    """Return the nearest word before a slot and the signs between, numbers as `#`; `^` at the beginning."""
    context = ""
    for atom in reversed(atoms):
        context = (" " if atom.isspace() else atom) + context
        if _WORD.search(atom) or len(context) > _CONTEXT:
            return _DIGITS.sub("#", context)[-_CONTEXT:]
    return "^" + context
