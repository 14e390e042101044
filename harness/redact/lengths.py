"""Lengths that a text tells of the strings in it, kept true where a token is longer or shorter than what it replaces.

PHP writes the length of a string before it (`s:8:"password"`), and reads nothing of a text in which one is wrong.
The layers of a text and the changes to it come in, the changes with those of lengths go out.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from harness.redact.layer import Layer

Change = tuple[int, int, bytes]
"""Start and end of bytes of a text, and what takes their place."""

MANY = 10_000_000
"""Changes that are counted for the sake of lengths."""

_STRINGS = (
    (b'";', re.compile(rb"s:(\d{1,9}):\"")),
    (b'"', re.compile(rb"string\((\d{1,9})\) \"")),
    (b"}", re.compile(rb"C:\d{1,9}:\"[^\"]{1,200}\":(\d{1,9}):\{")),
)
"""What ends a string, and what tells its length: serialize, var_dump, and objects that serialize themselves."""


def with_lengths(raw: bytes, layers: Sequence[Layer], changes: list[Change]) -> list[Change]:
    """Return the changes to a text, in order, with those to the lengths around them."""
    made, counted = list(changes), 0
    for layer in layers:
        strings = list(_strings(layer.text))
        grown = [len(_read(layer, new)) - len(_read(layer, raw[start:end])) for start, end, new in made if strings]
        for found in strings:
            begin, end = layer.span(found.end(), found.end() + int(found[1]))
            first, last = bisect_left(made, (begin,)), bisect_left(made, (end,))
            counted += last - first
            if counted > MANY:
                return made
            number = layer.span(*found.span(1))
            at = bisect_left(made, number)
            if (more := sum(grown[first:last])) and at == bisect_left(made, number[1:]):
                length = b"%d" % (int(found[1]) + more)
                made.insert(at, (*number, length))
                grown.insert(at, len(length) - len(found[1]))
    return made


def _strings(text: bytes) -> Iterator[re.Match[bytes]]:
    """Yield what tells the length of a string that is as long as that, those within others first."""
    for closing, pattern in _STRINGS:
        for found in reversed(list(pattern.finditer(text))):
            if text.startswith(closing, found.end() + int(found[1])):
                yield found


def _read(layer: Layer, raw: bytes) -> bytes:
    """Return what bytes of the text read in a layer of it."""
    if layer.parent is None or layer.encoding is None:
        return raw
    undo = layer.encoding.undo
    return layer.encoding.escape.sub(lambda found: undo(found[0]), _read(layer.parent, raw))
