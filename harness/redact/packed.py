"""How a name and its value stand beside each other in binary formats: the place of a name in, the value's place out.

MessagePack is followed by its own rules. Of others (Protocol Buffers, BSON, AMF) no more is known than that a readable
value stands behind a readable name; a token has the length of its value, so that they stay whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.redact.syntax import PLAIN, Value, Writing, irregular, text_of

ITEMS = 10_000
"""Values of a list that are looked at."""
BEHIND = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f-\xff][\x00-\x1f\x7f-\xff]{0,7}+([\x21-\x7e]{8,}+)")
"""From the end of a name to the next readable bytes."""

_SIZES = {0xC4: 1, 0xD9: 1, 0xC5: 2, 0xDA: 2, 0xC6: 4, 0xDB: 4}
"""Bytes of the length behind the first byte of a `bin` or `str`."""
_LISTS = {0xDC: 2, 0xDD: 4}


def _head(text: bytes, at: int) -> tuple[int, int]:
    """Return how long the head of the value at this place is, and the value; -1 for what is no text."""
    first = text[at] if at < len(text) else 0
    if 0xA0 <= first <= 0xBF:
        return 1, first & 31
    size = _SIZES.get(first)
    return (1 + size, int.from_bytes(text[at + 1 : at + 1 + size])) if size else (0, -1)


def _written(token: str) -> bytes:
    raw = token.encode("utf-8", "surrogatepass")
    if len(raw) < 32:
        return bytes([0xA0 | len(raw)]) + raw
    return (b"\xd9" + bytes([len(raw)]) if len(raw) < 256 else b"\xda" + len(raw).to_bytes(2)) + raw


def in_msgpack(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """The text behind a name, or each of a list."""
    at = found.start()
    if not _is_name(text, start, at):
        return
    first, count = text[at], 1
    if 0x90 <= first <= 0x9F:
        at, count = at + 1, first & 15
    elif size := _LISTS.get(first):
        at, count = at + 1 + size, int.from_bytes(text[at + 1 : at + 1 + size])
    for _ in range(min(count, ITEMS)):
        head, length = _head(text, at)
        if length < 0 or at + head + length > len(text):
            return
        yield Value(at, at + head + length, _TEXTS[head])
        at += head + length


def _reader(head: int) -> Writing:
    return Writing("msgpack", lambda raw: text_of(raw[head:]), _written)


_TEXTS = {head: _reader(head) for head in (1, 2, 3, 5)}


def _is_name(text: bytes, start: int, end: int) -> bool:
    """Tell whether what stands before a name says how long it is."""
    length = end - start
    before = text[max(0, start - 2) : start]
    return before[-1:] == bytes([0xA0 | length & 31]) if length < 32 else before == b"\xd9" + bytes([length])


def in_binary(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """The readable bytes behind a name, as many as the byte before them says; only what is irregular."""
    begin, end = found.span(1)
    if text[begin] == end - begin - 1:  # a length that is a sign, too
        begin += 1
    length = text[begin - 1]
    if 8 <= length <= end - begin:
        end = begin + length
    yield from irregular(text, iter([Value(begin, end, PLAIN)]))
