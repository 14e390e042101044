"""What PHP prints of its variables: the place of a telling name in, the values of it out.

print_r, var_dump (also as xdebug writes it in pages) and serialize; var_export writes literals
(`harness.redact.syntax`). Strings are not escaped there: their length says where they end (`harness.redact.lengths`
keeps it true).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.redact.syntax import MARKUP, NUMBER, PLAIN, TAG, Value

NESTED = 1 << 16
"""Bytes within which an array must end."""
BRACES = 4
"""Braces before a name that are tried as the beginning of its array."""

PRINTED = re.compile(rb"(?:[\w\\:]*\])?[ \t]*+=(?:>|&gt;)(?: |(?=[\r\n]))")
"""From the end of a name to what print_r tells of it: `[password] => x`, `[password:App\\User:private] => x`."""
DUMPED = re.compile(rb"[\"'](?::[^\]\s]*+)?\]=>\s*+(?=[a-z&*])")
"""From the end of a name to what var_dump tells of it: `["password":protected]=>`, and a line below `string(1) "x"`."""
COLOURED = re.compile(rb"'(?:\s*+<[^<>]*+>)*+\s*+=(?:>|&gt;)(?:\s*+<[^<>]*+>(?:(?:string|int|float)\b)?)++\s*+(?='|\d)")
"""The same as xdebug writes it: `'password' <font>=&gt;</font> <small>string</small> <font>'x'</font>`."""
SERIALIZED = re.compile(rb"(?:[\"'];|\|)(?=(?:[sSid]:[-\d]|[aOC]:\d))")
"""From the end of a name to what serialize, or the file of a session, says of it: `s:8:"password";s:1:"x";`."""

_TO_END = re.compile(rb"[^\r\n]*+")
_TO_SIGN = re.compile(rb"[^\s\"'<>\\]++")
_TAIL = re.compile(rb"(?i)\s*(?:<br\b[^<>]*>|</[a-z]+>)*\s*\Z")
_OPENED = re.compile(rb"(?:Array|[\w\\]+ Object)[ \t]*\r?\n([ \t]*+)\(")
_ENTRY = re.compile(rb"\n[ \t]*+\[[^\r\n]*?\] =(?:>|&gt;) ([^\r\n]*+)")
_ARRAY_LINES = re.compile(rb"(?:\r?\n[ \t]*+(?:\[[^\r\n]*+|[()]?)(?=\r?\n|\Z))*+")
_STRING = re.compile(rb"string\((\d{1,9})\) \"")
_SCALAR = re.compile(rb"(?:int|float)\((-?\d[\d.]*+)\)")
_SHOWN = re.compile(rb"'([^'<]*+)|(-?\d[\d.]*+)")
_PIECE = re.compile(
    rb"[sS]:(\d{1,9}):\"|[id]:(-?[\d.]++)[^;]*+;|([aO]:\d++(?::\"[^\"]*+\":\d++)?:\{)|(\})|[bNrRE](?::[^;{}]*+)?;"
)


def printed(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`[password] => ...` of print_r: to the end of the line, or each line of an array or an object."""
    if text[start : start + 1] != b"[":
        return
    line = max(text.rfind(b"\n", 0, start), text.rfind(b"\r", 0, start), text.rfind(b">", 0, start)) + 1
    if lead := text[line:start].rstrip():
        if not lead.endswith(b"\\n") and (value := _TO_SIGN.match(text, found.end(), stop)):
            yield Value(*value.span(), PLAIN)
    elif opened := _OPENED.match(text, found.end(), stop):
        closing = text.find(b"\n" + opened[1] + b")", opened.end(), min(stop, opened.end() + NESTED))
        end = closing if closing >= 0 else _lines_of_array(text, opened.end(), stop)
        for entry in _ENTRY.finditer(text, opened.end(), end):
            if not _OPENED.match(text, entry.start(1)):
                yield from _printed(text, *entry.span(1))
        yield Value(end, end, PLAIN)
    elif value := _TO_END.match(text, found.end(), stop):
        yield from _printed(text, *value.span())


def _lines_of_array(text: bytes, at: int, stop: int) -> int:
    """Return where the last line ends that is one of an array that does not end."""
    lines = _ARRAY_LINES.match(text, at, stop)
    return lines.end() if lines else at


def _printed(text: bytes, start: int, end: int) -> Iterator[Value]:
    tail = _TAIL.search(text, start, end)
    end = tail.start() if tail else end
    if start < end:
        yield Value(start, end, MARKUP if b"=&gt;" in text[max(0, start - 8) : start] else PLAIN)


def dumped(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`["password"]=> string(1) "..."` of var_dump, or each text in an array or an object."""
    at = found.end()
    if text.startswith((b"array(", b"object("), at):
        line = text.rfind(b"\n", 0, start) + 1
        indent = text[line:start][: -len(text[line:start].lstrip(b" \t")) or None]
        closing = text.find(b"\n" + indent + b"}", at, min(stop, at + NESTED))
        end = closing if closing >= 0 else min(stop, len(text), at + TAG)
        for string in _STRING.finditer(text, at, end):
            yield _counted(text, string.end(), int(string[1]), b'"')
        yield Value(end, end, PLAIN)
    elif scalar := _STRING.match(text, at, stop):
        yield _counted(text, scalar.end(), int(scalar[1]), b'"')
    elif number := _SCALAR.match(text, at, stop):
        yield Value(*number.span(1), NUMBER)


def coloured(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """What xdebug shows of a text or a number."""
    if value := _SHOWN.match(text, found.end(), stop):
        yield Value(*value.span(value.lastindex or 1), MARKUP)


def serialized(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`s:1:"..."` or a number, or each of an array or an object, whose keys stay."""
    if not _is_key(text, start):
        return
    at = found.end()
    keys: list[bool] = []
    while piece := _PIECE.match(text, at, stop):
        at = piece.end()
        value = _counted(text, at, int(piece[1]), b'";') if piece[1] else None
        if piece[4]:
            del keys[-1:]
        else:
            is_key = bool(keys) and keys[-1]
            if keys:
                keys[-1] = not is_key
            if piece[3]:
                keys.append(True)
            elif not is_key and (value or piece[2]):
                yield value or Value(*piece.span(2), NUMBER)
        at = value.end + 2 if value else at
        if not keys:
            break
    if at > found.end():
        yield Value(at, at, NUMBER)


def _is_key(text: bytes, start: int) -> bool:
    """Tell whether a name stands in a key: in a value only where that is to be seen from the beginning of its array."""
    at = start
    for _ in range(BRACES):
        at = text.rfind(b"{", max(0, start - TAG), at)
        if at < 0:
            return True
        if (is_key := _is_key_from(text, at + 1, start)) is not None:
            return is_key
    return True


def _is_key_from(text: bytes, at: int, start: int) -> bool | None:
    """Tell it from a brace on; None where that is a part of a string. What has ended in between was a value."""
    is_key = True
    while piece := _PIECE.match(text, at):
        at = _counted(text, piece.end(), int(piece[1]), b'";').end + 2 if piece[1] else piece.end()
        if at > start:
            return is_key
        is_key = bool(piece[4]) or not is_key
    return None


def _counted(text: bytes, start: int, length: int, closing: bytes) -> Value:
    """Return the string of this length; where that is wrong, as other charsets make it, the one up to the next sign."""
    end = start + length
    if not text.startswith(closing, end):
        found = text.find(closing, start)
        end = found if found >= 0 else len(text)
    return Value(start, end, PLAIN)
