"""How much of what differs is kept: the first few differences of each place, kind and form of values.

Differences come in, fewer go out: what repeats is said a few times, and what varies by itself (a token in each of a
hundred rows) does not displace what is of another form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from harness.compare.excerpt import LIMIT
from harness.difference import Difference

ALIKE = 5
"""Differences of one place, kind and form of values that are kept."""
SEVERAL = 40
"""Differences of one place and kind that are kept."""

OTHER = {"missing": "added", "added": "missing"}
"""Kinds of which each is the other's reverse."""

_VALUE = re.compile(r"[\w~+-]+")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d]")
_WHOLE = re.compile(r"\w+")


def bounded(differences: Iterable[Difference]) -> list[Difference]:
    """Return the first few differences of each place, kind and form of values, with short paths.

    Where as many things went as came, as many of both are kept: each may have gone for another.
    """
    found = list(dict.fromkeys(replace(one, path=_short(one.path)) for one in differences))
    kept = _first(found)
    had, left = _sides(found), _sides(kept)
    even = {path for path, kind in left if had[path, "missing"] == had[path, "added"]}
    chosen = set(kept)
    for difference in found:
        path, kind = difference.path, difference.kind
        if path in even and left[path, kind] < left[path, OTHER.get(kind, kind)] and difference not in chosen:
            left[path, kind] += 1
            chosen.add(difference)
    return [difference for difference in found if difference in chosen]


def _sides(differences: Iterable[Difference]) -> Counter[tuple[str, str]]:
    """Count what went and what came at each place."""
    return Counter((one.path, one.kind) for one in differences if one.kind in OTHER)


def _first(differences: Iterable[Difference]) -> list[Difference]:
    places: Counter[tuple[str, str]] = Counter()
    forms: Counter[tuple[str, str, str, str]] = Counter()
    kept: list[Difference] = []
    for difference in differences:
        form = difference.path, difference.kind, _form(difference.old), _form(difference.new)
        if forms[form] < ALIKE and places[form[:2]] < SEVERAL:
            forms[form] += 1
            places[form[:2]] += 1
            kept.append(difference)
    return kept


def _form(text: str) -> str:
    """Return what values alike have in common: words, numbers, and what has letters and digits, as tokens have."""
    return _VALUE.sub(lambda found: _sort(found[0]), text)


def _sort(value: str) -> str:
    if _DIGIT.search(value) and _LETTER.search(value):
        return "*"
    return _WHOLE.sub("0" if _DIGIT.search(value) else "a", value)


def _short(path: str) -> str:
    return path if len(path) <= LIMIT else f"{path[: LIMIT // 2]}…{path[1 - LIMIT // 2 :]}"
