"""Short printable texts of two values, with what differs visible: what a `Difference` carries.

Text comes in, at most `LIMIT` characters of printable text go out. What to compare is decided elsewhere.
"""

from __future__ import annotations

LIMIT = 200
LEAD = 40
ELLIPSIS = "…"
_CHUNK = 4096


def excerpts(old: str, new: str) -> tuple[str, str]:
    """Return both texts, escaped and cut to a window around their first difference."""
    whole = _whole(old), _whole(new)
    if None not in whole:
        return whole[0] or "", whole[1] or ""
    place = first_difference(old, new)
    return _window(old, place), _window(new, place)


def excerpt(text: str) -> str:
    """Return the beginning of one text, escaped and cut."""
    whole = _whole(text)
    return _window(text, 0) if whole is None else whole


def first_difference(old: str | bytes, new: str | bytes) -> int:
    """Return the first index at which the two differ; the length of the shorter where one begins the other."""
    end = min(len(old), len(new))
    for start in range(0, end, _CHUNK):
        left, right = old[start : start + _CHUNK], new[start : start + _CHUNK]
        if left != right:
            length = min(len(left), len(right))
            return start + next((index for index in range(length) if left[index] != right[index]), length)
    return end


def printable(text: str) -> str:
    """Return `text` with everything that a terminal or a file would not show as itself escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def _whole(text: str) -> str | None:
    """Return all of a text, escaped, where that is short."""
    return whole if len(text) <= LIMIT and len(whole := printable(text)) <= LIMIT // 2 else None


def _window(text: str, place: int) -> str:
    """Return `text` around `place`; two texts that are alike before it begin at the same character."""
    before = printable(text[max(0, place - LEAD) : place])
    cut = place > LEAD or len(before) > 2 * LEAD
    lead = (ELLIPSIS if cut else "") + before[-2 * LEAD :]
    rest = printable(text[place : place + LIMIT])
    room = LIMIT - len(lead)
    if place + LIMIT >= len(text) and len(rest) <= room:
        return lead + rest
    return lead + rest[: room - len(ELLIPSIS)] + ELLIPSIS
