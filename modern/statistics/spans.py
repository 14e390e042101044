"""Times that were read: spans in any order come in, the same ones joined go out. Pure.

Only within a span is it known that what was not read did not happen: everywhere else 0 may be a log that nobody gave.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

SILENCE = 3600.0  # seconds: an index that nobody asks anything for so long is rarer than a log that is missing


class Span(NamedTuple):
    """From the first thing that was read to the last, both in seconds since the epoch."""

    first: float
    last: float


def joined(spans: Iterable[Span], silence: float) -> list[Span]:
    """The spans in order, as one where not more than `silence` seconds are between them."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.first - found[-1].last <= silence:
            found[-1] = Span(found[-1].first, max(found[-1].last, span.last))
        else:
            found.append(span)
    return found


def extend(spans: list[Span], when: float, silence: float) -> None:
    """Add a time to the last of the spans, or begin another one. Quick for lines, which are nearly in order."""
    first, last = spans[-1] if spans else (when, when)
    if spans and first <= when <= last:
        return
    if spans and first - silence <= when <= last + silence:
        spans[-1] = Span(min(first, when), max(last, when))
    else:
        spans.append(Span(when, when))
