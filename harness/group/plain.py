"""A value as people are shown it: without the placeholders that normalisers put in.

A text of a difference goes in and comes out, each placeholder of an instant of the run replaced by an instant in the
same spelling, which is marked as now. It is always the same instant, so that equal runs give equal reports.
"""

from __future__ import annotations

import re

_EPOCH = "1473170587"
_NOW = re.compile(r"\[now ([^\]]*)\]|(?<![\w.])1111111111(000000|000)?(\.5)?(?!\w|\.\d)")
_FIELD = re.compile(r"YYYY|YY|MM|DD?(?!a)|hh|mm|ss|Day(?:\+[1-6])?|Mon(?:th)?|(?<=[.,])f(?:ff)?|hexadecimal")
_SHOWN = {
    "YYYY": "2016", "YY": "16", "MM": "09", "DD": "06", "D": "6", "hh": "14", "mm": "03", "ss": "07",
    "Day": "Tue", "Mon": "Sep", "Month": "September", "f": "5", "fff": "500000000", "hexadecimal": "53bd7418e8690",
    **{f"Day+{late}": day for late, day in enumerate(("Wed", "Thu", "Fri", "Sat", "Sun", "Mon"), 1)},
}  # fmt: skip
"""The instant that stands for all of the run: 6 September 2016, 14:03:07, which every spelling writes otherwise."""


def plain(text: str) -> str:
    """Return a text with `2016-09-06 14:03:07 (now)` in the place of `[now YYYY-MM-DD hh:mm:ss]`."""
    return _NOW.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    if found[1] is None:
        return f"{_EPOCH}{found[2] or ''}{found[3] or ''} (now)"
    return f"{_FIELD.sub(lambda field: _SHOWN[field[0]], found[1])} (now)"
