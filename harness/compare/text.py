"""Compares two texts by lines, pairing equal lines first. Line endings are spelling, everything else counts.

Decoded text comes in, one difference for each changed stretch goes out, at most so many as `bounds` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from harness.compare.align import matches
from harness.compare.bounds import bounded
from harness.compare.excerpt import excerpts
from harness.difference import Difference

PATH = "text"
HUNKS = 1_000
"""Changed stretches that are looked at."""

_LINE_END = re.compile(r"\r\n|\r|\n")


def compare_text(old: str, new: str) -> list[Difference]:
    """Return how two texts differ; empty where only line endings do."""
    return bounded(islice(_hunks(_LINE_END.split(old), _LINE_END.split(new)), HUNKS))


def _without_end(lines: Sequence[str]) -> Sequence[str]:
    """Return lines without empty ones at the end."""
    count = len(lines)
    while count and not lines[count - 1]:
        count -= 1
    return lines[:count]


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    if old == new:
        return
    if _without_end(old) == _without_end(new):
        longer = "\\n" * abs(len(old) - len(new))
        texts = (longer, "") if len(old) > len(new) else ("", longer)
        yield Difference("body", f"{PATH}/last line's end", "missing" if texts[0] else "added", *texts)
        return
    if sorted(old) == sorted(new):
        yield Difference("body", PATH, "order", *excerpts("\n".join(old), "\n".join(new)))
        return
    for (i, j), (k, m) in pairwise([(-1, -1), *matches(old, new), (len(old), len(new))]):
        left, right = old[i + 1 : k], new[j + 1 : m]
        if left and right:
            yield Difference("body", PATH, "changed", *excerpts("\n".join(left), "\n".join(right)))
        elif left:
            yield Difference("body", PATH, "missing", old=excerpts("\n".join(left), "")[0])
        elif right:
            yield Difference("body", PATH, "added", new=excerpts("", "\n".join(right))[1])
