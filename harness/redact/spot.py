"""Where a secret stands in a text: spots in, the text with their tokens out, all other bytes as they were.

Spots of one text never overlap: the first finder that claims bytes has them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

Spelling = Callable[[str], bytes]
"""Writes a token as the text wants it: percent-encoded, escaped, or in base64."""


def plain(token: str) -> bytes:
    """Write a token as it is."""
    return token.encode("utf-8", "surrogatepass")


class Spot(NamedTuple):
    """A secret at `text[start:end]`: its decoded value, what kind it is, where that is, how its token is spelled there.

    `token` is set where it is not simply made of the value. `weak` says that it is there because the value looks like a
    secret, and would not be for any other.
    """

    start: int
    end: int
    value: str
    kind: str
    place: str = ""
    spelling: Spelling = plain
    token: str = ""
    weak: bool = False


_OPEN = re.compile(rb"(?:%(?:25)*+[0-9A-Fa-f]?|\\(?:u[0-9A-Fa-f]{0,3}|x[0-9A-Fa-f]?)?|&#?[Xx]?)\Z")
_GOES_ON = frozenset(bytes([byte]) for byte in b"%\\&#xXu0123456789abcdefABCDEF")
_BEFORE = 10


def is_read_with(text: bytes, at: int) -> bool:
    """Tell whether what stands here is read together with signs before it, as the rest of an escape."""
    return text[at - 1 : at] in _GOES_ON and _OPEN.search(text[max(0, at - _BEFORE) : at]) is not None


@dataclass(slots=True)
class Spots:
    """The spots of one text, in order."""

    _starts: list[int] = field(default_factory=list)
    _spots: list[Spot] = field(default_factory=list)

    def __iter__(self) -> Iterator[Spot]:
        return iter(self._spots)

    def __len__(self) -> int:
        return len(self._spots)

    def again(self) -> Spots:
        """Return the same spots, to which others may be added."""
        return Spots(self._starts[:], self._spots[:])

    def is_free(self, start: int, end: int) -> bool:
        """Tell whether nobody has claimed any of these bytes."""
        at = bisect_left(self._starts, end)
        return at == 0 or self._spots[at - 1].end <= start

    def add(self, spot: Spot) -> bool:
        """Claim the bytes of a spot; False where they are another's, or none."""
        if spot.start >= spot.end or not self.is_free(spot.start, spot.end):
            return False
        at = bisect_left(self._starts, spot.start)
        insort(self._starts, spot.start)
        self._spots.insert(at, spot)
        return True


def replaced(text: bytes, changes: Iterator[tuple[int, int, bytes]]) -> bytes:
    """Return a text with other bytes from start to end of each change; changes come in order."""
    made, done = [], 0
    for start, end, other in changes:
        made += [text[done:start], other]
        done = end
    return b"".join([*made, text[done:]]) if made else text
