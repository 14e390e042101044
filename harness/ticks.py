"""Times that both sides wrote under one told clock, apart by as many microseconds as each asked for the time.

A told clock stands still but for a microsecond a question (docs/controls.md), so a program that asks once more writes
a later time; where that time is of now it is made alike anyway, where it lies ahead (an expiry) or behind it is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.difference import Difference

TICKS = "microseconds of a told clock, one for each question"
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
