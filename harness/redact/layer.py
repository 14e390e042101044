"""A text as it is, and as it reads when an encoding is undone: bytes in, layers out, each knowing its way back.

Percent-encoding, character references of HTML and escapes of JSON are undone over the whole text, whatever its type, so
that a secret is found however it is spelled, and in texts within texts. Nothing is parsed: broken texts are as good.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from json import dumps, loads
from urllib.parse import quote, quote_plus

from harness.redact.spot import Spelling, plain

DEPTH = 3

_WORDS = bytes(byte if byte < 128 and chr(byte).isalnum() else 32 for byte in range(256))


@dataclass(frozen=True, slots=True)
class Encoding:
    """How characters are spelled: what an escape looks like, what it stands for, and how to write a text so."""

    name: str
    mark: bytes
    sign: re.Pattern[bytes]
    escape: re.Pattern[bytes]
    undo: Callable[[bytes], bytes]
    spell: Callable[[str], str]


def _unpercent(escape: bytes) -> bytes:
    return bytes([int(escape[1:], 16)])


def _unplus(escape: bytes) -> bytes:
    return b" " if escape == b"+" else _unpercent(escape)


def _unreference(escape: bytes) -> bytes:
    return html.unescape(escape.decode("ascii")).encode("utf-8", "surrogatepass")


def _unescape(escape: bytes) -> bytes:
    if escape[1:2] in b"x'":
        return bytes([int(escape[2:], 16)]) if escape[1:2] == b"x" else b"'"
    return str(loads(b'"' + escape + b'"')).encode("utf-8", "surrogatepass")


ENCODINGS = (
    Encoding(  # a text of several lines in a form, whose blanks are plus signs: in one line, they tell nothing
        "form",
        b"+",
        re.compile(rb"%0[AaDd]"),
        re.compile(rb"%[0-9A-Fa-f]{2}|\+"),
        _unplus,
        quote_plus,
    ),
    Encoding(
        "percent",
        b"%",
        re.compile(rb"%[0-9A-Fa-f]{2}"),
        re.compile(rb"%[0-9A-Fa-f]{2}"),
        _unpercent,
        lambda text: quote(text, safe=""),
    ),
    Encoding(
        "html",
        b"&",
        re.compile(rb"&(?:#|quot|apos|commat|equals|colon|period|sol|lowbar|num|excl|dollar|percnt|quest|plus|ast)"),
        re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"),
        _unreference,
        html.escape,
    ),
    Encoding(
        "json",
        b"\\",
        re.compile(rb"\\"),
        re.compile(
            rb"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[bfnrt\"'/\\]"
        ),
        _unescape,
        lambda text: dumps(text)[1:-1],
    ),
)


@dataclass(slots=True)
class Layer:
    """A text in which secrets are looked for; `words` are its runs of letters and digits, to be looked up at once."""

    text: bytes
    parent: Layer | None = None
    encoding: Encoding | None = None
    ends: list[int] = field(default_factory=list)
    shifts: list[int] = field(default_factory=list)
    words: frozenset[bytes] = frozenset()
    base: int = 0

    def __post_init__(self) -> None:
        self.words = words_of(self.text)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where `text[start:end]` stands in the text that was given first."""
        if self.parent is None:
            return self.base + start, self.base + end
        return self.parent.span(*self._above(start, end))

    def _above(self, start: int, end: int) -> tuple[int, int]:
        shifts, ends = self.shifts, self.ends
        return start + shifts[bisect_right(ends, start)], end + shifts[bisect_right(ends, end)]

    def spelling(self, inner: Spelling, start: int, end: int) -> Spelling:
        """Return how a token is written in the text that was given first, when `inner` writes it at `text[start:end]`.

        Where nothing was undone, nothing is done again.
        """
        if self.parent is None or self.encoding is None:
            return inner
        first, last = self._above(start, end)
        if self.text[start:end] == self.parent.text[first:last]:
            return self.parent.spelling(inner, first, last)
        spell = self.encoding.spell
        return self.parent.spelling(
            lambda token: plain(spell(inner(token).decode("utf-8", "surrogatepass"))), first, last
        )


def words_of(text: bytes) -> frozenset[bytes]:
    """Return the runs of letters and digits in a text."""
    return frozenset(text.translate(_WORDS).split())


def layers(text: bytes, base: int = 0) -> list[Layer]:
    """Return the text, and what it reads when encodings are undone, up to three of them one after the other.

    `base` is where it starts in a longer one, in which spans are then told.
    """
    found = [Layer(text, base=base)]
    if b"%" in text or b"\\" in text or b"&" in text:
        _add_below(found[0], DEPTH, found)
    return found


def _add_below(layer: Layer, depth: int, found: list[Layer]) -> None:
    for encoding in ENCODINGS:
        undone = _undone(layer, encoding) if _is_new(layer, encoding) else None
        if undone is not None:
            found.append(undone)
            if depth > 1:
                _add_below(undone, depth - 1, found)


def _is_new(layer: Layer, encoding: Encoding) -> bool:
    """Tell whether undoing an encoding shows what was not seen: not where the text above had the same escapes."""
    if encoding.mark not in layer.text or not encoding.sign.search(layer.text):
        return False
    above = layer.parent
    return above is None or layer.encoding is encoding or not encoding.sign.search(above.text)


def _undone(layer: Layer, encoding: Encoding) -> Layer | None:
    """Return a layer with an encoding undone; None where there was nothing to undo."""
    text, made, done, length, shift = layer.text, [], 0, 0, 0
    ends: list[int] = []
    shifts = [0]
    for found in encoding.escape.finditer(text):
        piece = text[done : found.start()]
        undone = encoding.undo(found[0])
        made += [piece, undone]
        length += len(piece) + len(undone)
        shift += found.end() - found.start() - len(undone)
        ends.append(length)
        shifts.append(shift)
        done = found.end()
    if not made:
        return None
    return Layer(b"".join([*made, text[done:]]), layer, encoding, ends, shifts)
