"""What an earlier difference led to: the sides were asked for different things, because one answer led elsewhere.

A redirect to the wrong place, or a cookie that was not set, shows once; each request that was made of it is then asked
of new in another way than of old. Differences come in, exchange by exchange, and what an answer follows from goes out.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence

from harness.bind import Asked
from harness.difference import Difference
from harness.exchange import Response

KEPT = 200
"""Differences of headers that are remembered: clients follow soon."""
PLACES = 3
"""Places of a body that must differ before it is another page, not one that was changed."""
LEADING = frozenset({"location", "set-cookie", "refresh", "content-location", "link", "etag", "last-modified"})
"""Headers by which an answer says what to ask for, or what to ask with (RFC 9110, 8.7, 8.8, 10.2.2; RFC 6265)."""
VALIDATORS = frozenset({"etag", "modified"})
"""Sorts of names by which is only asked whether there is anything new (RFC 9110 section 13.1)."""
NOT_MODIFIED = 304


class Astray:
    """Remembers, for one scenario, where new's answers led elsewhere than old's."""

    def __init__(self) -> None:
        self._led: deque[Difference] = deque(maxlen=KEPT)

    def note(self, differences: Iterable[Difference]) -> None:
        """Remember what differs in where an answer leads."""
        self._led.extend(one for one in differences if one.aspect == "header" and one.path.lower() in LEADING)

    def cause(self, asked: Iterable[Asked], old: Response, new: Response) -> Difference | None:
        """Return the latest difference by which requests came to hold these names; None where there is none.

        Another validator explains no more than that one side says that nothing is new.
        """
        unmodified = (old.status == NOT_MODIFIED) != (new.status == NOT_MODIFIED)
        names = [(mine, theirs) for sort, mine, theirs in asked if unmodified or sort not in VALIDATORS]
        return next((one for one in reversed(self._led) for pair in names if _leads_to(one, *pair)), None)


def _leads_to(difference: Difference, old: bytes, new: bytes) -> bool:
    """Tell whether old's answer gave old's name, and new's gave new's, or none at all."""
    given = _holds(difference.old, old)
    return given and (difference.kind == "missing" or _holds(difference.new, new))


def _holds(text: str, name: bytes) -> bool:
    return re.search(rf"(?<!\w){re.escape(name.decode('latin-1'))}(?!\w)", text) is not None


def is_another_page(old: Response, new: Response, differences: Sequence[Difference]) -> bool:
    """Tell whether differences may all be those of another page: its status, where it leads, values in many places."""
    if new.status >= 500:
        return False
    if old.status != new.status or any((one.aspect, one.path.lower()) == ("header", "location") for one in differences):
        return True
    return len({one.path for one in differences if (one.aspect, one.kind) == ("body", "changed")}) >= PLACES
