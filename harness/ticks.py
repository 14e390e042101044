"""Times that two sides wrote by their own clocks: what of a difference between them only the clocks make.

A told clock stands still but for a microsecond a question (docs/controls.md), so a program that asks once more writes
a later time. And where the clocks of both sides are apart, so are the times they write: those of now are made alike
by `normalise`, those ahead or behind (an expiry) stay, and are held against the clocks here. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from harness.difference import Difference
from harness.instant import ANY, SPELLINGS, Spelling, readings

TICKS = "microseconds of a told clock, one for each question"
STEPS = "times ahead or behind that are apart as the clocks of both sides are"
MOST = 1000
"""Microseconds that the questions of one exchange may come to."""

_TIME = re.compile(r"(?P<second>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)\.(?P<fraction>\d{4,6})(?P<zone>\D.*)?", re.ASCII)


def without_ticks(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """Return the differences without those between times in rows that only these microseconds set apart."""
    return tuple(each for each in differences if not _is_tick(each))


def _is_tick(difference: Difference) -> bool:
    if difference.aspect != "rows" or difference.kind != "changed":
        return False
    old, new = _TIME.fullmatch(difference.old), _TIME.fullmatch(difference.new)
    if old is None or new is None or (old["second"], old["zone"]) != (new["second"], new["zone"]):
        return False
    apart = int(old["fraction"].ljust(6, "0")) - int(new["fraction"].ljust(6, "0"))
    return abs(apart) <= MOST


def without_steps(differences: Sequence[Difference], apart: float, tolerance: float) -> tuple[Difference, ...]:
    """Return the differences without those between times that keep step with clocks `apart` (seconds, new's ahead).

    `tolerance` is in seconds; clocks that are no further apart than that explain nothing.
    """
    if abs(apart) <= tolerance:
        return tuple(differences)
    return tuple(each for each in differences if not _keeps_step(each, apart, tolerance))


@dataclass(frozen=True, slots=True)
class _Written:
    """A time in a text: how it is spelled, and what it may mean."""

    spelling: Spelling
    text: bytes

    def follows(self, old: _Written, apart: float, tolerance: float) -> bool:
        """Whether this is the other side's time by a clock `apart`, or the same fixed one."""
        pairs = product(readings(old.spelling, old.text), readings(self.spelling, self.text))
        return any(
            then[:2] == now[:2] and abs(now.when - then.when - apart) <= tolerance + _step(now.spelling)
            for then, now in pairs
        )


def _step(spelling: Spelling) -> int:
    return spelling.resolution if spelling.resolution > 1 else 0


def _keeps_step(difference: Difference, apart: float, tolerance: float) -> bool:
    if difference.kind != "changed":
        return False
    (around_old, old), (around_new, new) = _times(difference.old), _times(difference.new)
    return (
        bool(old)
        and around_old == around_new
        and all(
            now.text == then.text or now.follows(then, apart, tolerance) for then, now in zip(old, new, strict=True)
        )
    )


def _times(text: str) -> tuple[list[bytes], list[_Written]]:
    """Return what stands around the times in a text, and the times."""
    around, found, end = [], [], 0
    raw = text.encode("utf-8", "surrogatepass")
    for match in ANY.finditer(raw):
        around.append(raw[end : match.start()])
        found.append(_Written(SPELLINGS[(match.lastindex or 1) - 1], match.group()))
        end = match.end()
    return [*around, raw[end:]], found
