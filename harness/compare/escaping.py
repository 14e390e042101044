"""Tells of a page in which text came to be markup, or the reverse, in one kind of difference: it is one mistake.

The differences of two pages and their texts come in; where nothing but entities tells the texts apart, only what is
text on one side and markup on the other goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import unescape

from harness.compare.excerpt import excerpt, first_difference
from harness.difference import Difference

LEAD, SHORT = 8, 60
"""Characters shown of what is before the first escape, and in all."""


def of_escaping(found: Sequence[Difference], old: str, new: str) -> list[Difference]:
    """Return the differences of two pages; if escaping alone is another, an attribute that broke apart is no other."""
    if all(one.kind in ("type", "spelling") for one in found) or len(old) == len(new) or unescape(old) != unescape(new):
        return list(found)
    types = [one for one in found if one.kind == "type"]
    return types or [_type(next(one for one in found if one.kind != "spelling"), old, new)]


def _type(first: Difference, old: str, new: str) -> Difference:
    """Return the first of differences of which none is told as another type: what is so written at its place."""
    sorts = ("text", "markup") if len(old) > len(new) else ("markup", "text")
    begin = max(0, first_difference(old, new) - LEAD)
    texts = (excerpt(side[begin : begin + SHORT]) for side in (old, new))
    left, right = (f"{sort} {text}" for sort, text in zip(sorts, texts, strict=True))
    return replace(first, kind="type", old=left, new=right)
