"""How a value is spelled where it stands (percent-encoded, escaped for HTML or JSON), and finding it there whole.

Values and a text come in, spots come out, each with the spelling that another value must be given to stand in its
place. Nothing is decoded as a whole, so that all that is not replaced stays the same to the byte.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from harness.bind.token import strength

Spelling = Callable[[bytes], bytes]

_RUN = re.compile(rb"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.|[A-Za-z0-9]+", re.DOTALL)
_ESCAPE_BEFORE = re.compile(rb"(?:%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[nrtbf])\Z")
_PIECE = re.compile(rb"[A-Za-z0-9]+")
_WORD = re.compile(rb"[A-Za-z0-9_-]")
_ALPHANUMERIC = re.compile(rb"[A-Za-z0-9]")
FEW = 40
"""So many values are searched for one by one; more are looked up word by word."""


def _raw(value: bytes) -> bytes:
    return value


def _percent(value: bytes) -> bytes:
    return quote(value, safe="").encode()


def _percent_small(value: bytes) -> bytes:
    return re.sub(rb"%..", lambda found: found[0].lower(), _percent(value))


def _percent_path(value: bytes) -> bytes:
    return quote(value, safe="/:=@,;!~*'()").encode()


def _plus(value: bytes) -> bytes:
    return quote_plus(value).encode()


def _html(value: bytes) -> bytes:
    return html.escape(value.decode("latin-1")).encode("latin-1")


def _json(value: bytes) -> bytes:
    return json.dumps(value.decode("utf-8", "replace"), ensure_ascii=False)[1:-1].encode()


def _json_slashes(value: bytes) -> bytes:
    return _json(value).replace(b"/", b"\\/")


URL: tuple[Spelling, ...] = (_percent, _plus, _percent_small, _percent_path, _raw)
JSON: tuple[Spelling, ...] = (_json, _json_slashes, _raw)
MARKUP: tuple[Spelling, ...] = (_html, _raw, _percent)
PLAIN: tuple[Spelling, ...] = (_raw, _percent, _percent_small)
DOCUMENT: tuple[Spelling, ...] = (_raw, _html, _percent, _percent_small, _json, _json_slashes)
"""Spellings by the kind of text; the first is taken where a value does not show which it is in."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands in a text, and how it is spelled there."""

    start: int
    end: int
    value: bytes
    spelling: Spelling


class Values:
    """The values to be looked for, by the longest piece of letters and digits in each."""

    def __init__(self) -> None:
        self._by_piece: dict[bytes, dict[bytes, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_piece)

    def add(self, value: bytes) -> None:
        """Look for this one too; without a letter or digit it cannot be found."""
        piece = max(_PIECE.finditer(value), key=lambda found: found.end() - found.start(), default=None)
        if piece is not None:
            self._by_piece.setdefault(piece[0], {})[value] = piece.start()

    def discard(self, value: bytes) -> None:
        """Look for this one no longer."""
        for piece in set(_PIECE.findall(value)):
            values = self._by_piece.get(piece, {})
            values.pop(value, None)
            if not values:
                self._by_piece.pop(piece, None)

    def spots(self, text: bytes, spellings: tuple[Spelling, ...]) -> Iterator[Spot]:
        """Yield each value that stands whole in the text, in order, the longest where several do."""
        after = 0
        for start, end in self._pieces(text):
            if start < after:
                continue
            found = [
                spot
                for value, offset in self._by_piece[text[start:end]].items()
                if (spot := _spot(text, start, end, value, offset, spellings)) and spot.start >= after
            ]
            if found:
                longest = max(found, key=lambda spot: spot.end - spot.start)
                after = longest.end
                yield longest

    def _pieces(self, text: bytes) -> Iterator[tuple[int, int]]:
        if len(self._by_piece) <= FEW and not any(piece in text for piece in self._by_piece):
            return
        for run in _RUN.finditer(text):
            if run[0] in self._by_piece:
                yield run.span()


def _spot(text: bytes, start: int, end: int, value: bytes, offset: int, spellings: tuple[Spelling, ...]) -> Spot | None:
    before, after = value[:offset], value[offset + end - start :]
    for spelling in spellings:
        left, right = spelling(before), spelling(after)
        if text.startswith(right, end) and text[max(0, start - len(left)) : start] == left:
            spot = Spot(start - len(left), end + len(right), value, spelling)
            return spot if _is_whole(text, spot) else None
    return None


def _is_whole(text: bytes, spot: Spot) -> bool:
    """Whether a value is no part of a longer word; a strong token is whole in `sess_TOKEN` and `TOKEN-small` too."""
    word = _ALPHANUMERIC if strength(spot.value) == "strong" else _WORD
    if word.match(text, spot.end):
        return False
    if not spot.start or not word.match(text, spot.start - 1):
        return True
    return _ESCAPE_BEFORE.search(text, max(0, spot.start - 6), spot.start) is not None


def rewritten(
    text: bytes, values: Values, spellings: tuple[Spelling, ...], choose: Callable[[Spot], bytes | None]
) -> bytes:
    """Return a text with the value that `choose` gives in the place of each spot; None leaves it as it is."""
    made, done = [], 0
    for spot in values.spots(text, spellings):
        other = choose(spot)
        if other is not None and other != spot.value:
            made += [text[done : spot.start], spot.spelling(other)]
            done = spot.end
    return b"".join([*made, text[done:]]) if made else text
