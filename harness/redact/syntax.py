"""How a name and its value stand beside each other in lines and literals: the place of a telling name in, values out.

Forms and URLs (`name=value`), JSON and the literals of programs (`"name": "value"`), settings and sentences. Each is a
pattern that is tried where the name ends (`harness.redact.values`), so that nothing is parsed and a broken document
hides nothing. All patterns run in linear time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from json import JSONDecodeError, dumps, loads
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote_to_bytes

from harness.bind.token import is_code, strength
from harness.redact.spot import Spelling, plain

LONGEST_NAME = 80
TAG = 4096
"""Bytes looked through for the ends of a tag."""
ITEMS = 10_000
"""Values of a list, that one name names, which are replaced one by one; the rest of it is replaced as one."""
CONTINUATIONS = 8

_NAME = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.[]$%:"
_QUOTES = (b'"', b"'")


@dataclass(frozen=True, slots=True)
class Writing:
    """How a kind of document writes values: its name, how to read one and how to write a token."""

    name: str
    read: Callable[[bytes], str]
    spell: Spelling


def text_of(raw: bytes) -> str:
    """Return bytes as text: UTF-8, else Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _read_json(raw: bytes) -> str:
    try:
        return str(loads('"' + text_of(raw) + '"', strict=False))
    except JSONDecodeError:
        return text_of(raw)


def _read_single(raw: bytes) -> str:
    """Read a text between single quotes: as JSON would, if it knew them."""
    return _read_json(_FOR_JSON.sub(lambda found: _SINGLE.get(found[0], found[0]), raw))


def _spell_single(token: str) -> bytes:
    return dumps(token)[1:-1].replace('\\"', '"').replace("'", "\\'").encode()


_FOR_JSON = re.compile(rb"\\.|\"", re.DOTALL)
_SINGLE = {b"\\'": b"'", b'"': b'\\"'}

FORM = Writing(
    "form", lambda raw: text_of(unquote_to_bytes(raw.replace(b"+", b" "))), lambda token: quote_plus(token).encode()
)
URL = Writing("url", lambda raw: text_of(unquote_to_bytes(raw)), lambda token: quote(token, safe="").encode())
JSON = Writing("json", _read_json, lambda token: dumps(token)[1:-1].encode())
SINGLE = Writing("json", _read_single, _spell_single)
NUMBER = Writing("json", text_of, plain)
MARKUP = Writing("html", lambda raw: html.unescape(text_of(raw)), lambda token: html.escape(token).encode())
XML = Writing("xml", MARKUP.read, MARKUP.spell)
PLAIN = Writing("text", text_of, plain)


class Value(NamedTuple):
    """Where a value stands and how it is written; `weak` says that it is one only because it looks like a secret."""

    start: int
    end: int
    writing: Writing
    weak: bool = False


def name_at(text: bytes, at: int) -> tuple[int, int]:
    """Return where the whole name stands that has a word at this position."""
    before = text[max(0, at - LONGEST_NAME) : at]
    after = text[at : at + LONGEST_NAME]
    start = at - len(before) + len(before.rstrip(_NAME))
    end = at + len(after) - len(after.lstrip(_NAME))
    while end > at and text[end - 1 : end] == b":":
        end -= 1
    return start, end


Follow = Callable[[bytes, int, "re.Match[bytes]", str, int], Iterator[Value]]

_BEFORE = (b"?", b"&", b";", b" ", b"\n", b"\t", b'"', b"'", b",", b"#")
_NO_WORD = (b'"', b"'", b"=", b">", *(bytes([byte]) for byte in b" \t\n\r\f\v"))
_IN_FORM = re.compile(rb"(?:[^&;]++|;(?!&|\Z|[\w.%\[\]-]+=))*+")
_TO_AMPERSAND = re.compile(rb"(?:[^&;]++|;(?!&|\Z))*+")
_IN_TEXT = re.compile(rb"[^&;\s\"'<>#()\\,]++(?!\()")
_STRING = {
    b'"': re.compile(rb'"((?:[^"\\]|\\.)*+)(?:"|\Z|\\\Z)', re.DOTALL),
    b"'": re.compile(rb"'((?:[^'\\]|\\.)*+)(?:'|\Z|\\\Z)", re.DOTALL),
    b"`": re.compile(rb"`((?:[^`\\]|\\.)*+)(?:`|\Z|\\\Z)", re.DOTALL),
}
_TRIPLE = re.compile(rb"(\"\"\"|''')((?:(?!\1).)*+)", re.DOTALL)
_NUMBER = re.compile(rb"(-?\d++(?:\.\d++)?)(?:[eE][+-]?\d++)?(?![\w.+-])")
_TOKENS = re.compile(
    rb"(?:\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\.)*+)')(\s*+(?::|=>))?"
    rb"|(-?\d++(?:\.\d++)?)(?:[eE][+-]?\d++)?(?![\w.+-]|\s*+=>)|([\[{(])|([\]})])",
    re.DOTALL,
)
_ARRAY = re.compile(rb"array\s*+(?=\()")
_ATTRIBUTE = {
    b'"': re.compile(rb'"([^"]*+)'),
    b"'": re.compile(rb"'([^']*+)"),
    b"`": re.compile(rb"`([^`]*+)"),
}
_BETWEEN = re.compile(rb"[\s,:{}\[\]]++\Z")
_NAMED_PAIR = re.compile(rb"""(?i)["'](?:name|key|field)["']\s*:\s*["']\Z""")
_PAIR_VALUE = re.compile(
    rb"""(?i)["']\s*+,(?:\s*+["'][\w-]++["']\s*+:\s*+(?:"[^"]*+"|'[^']*+'|[\w.-]++)\s*+,){0,8}?"""
    rb"""\s*+["'](?:value|val|content)["']\s*+:\s*+(?=["'\d-])"""
)
_VALUE_BEFORE = re.compile(rb"""(?i)["'](?:value|val|content)["']\s*+:\s*+(?=["'\d-])""")
_LINE = re.compile(rb"[^;(){}<>\"'&,#\\\r\n]*+(?=\r?\n|\Z)")
_CONTINUED = re.compile(rb"(?:['\"()\\,#;]|&amp;)([\w.~+%-]{8,}+)(?!=)")


def after_equals(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`password=...` of a form, a URL or settings."""
    at = found.end()
    if sort == "form":
        value = (_TO_AMPERSAND if b"&" in text[max(0, start - TAG) : start] else _IN_FORM).match(text, at, stop)
    elif text[at : at + 1] not in _NO_WORD and (start == 0 or text[start - 1 : start] in _BEFORE):
        value = _IN_TEXT.match(text, at, stop)
        if value and text[max(0, start - 1) : start] in (b"", b"\n") and (line := _LINE.match(text, at, stop)):
            value = line
    else:
        return
    if value:
        yield Value(value.start(), value.end(), FORM)
        yield from _continued(text, value.end(), stop)


def _continued(text: bytes, at: int, stop: int) -> Iterator[Value]:
    """What goes on behind a sign that ends a value, where a client forgot to escape it; only what is irregular."""
    for _ in range(CONTINUATIONS):
        found = _CONTINUED.match(text, at, stop)
        if not found:
            return
        yield from irregular(text, iter([Value(*found.span(1), FORM)]))
        at = found.end()


def after_triple(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """A text of several lines of Python or GraphQL."""
    value = _TRIPLE.match(text, found.end(), stop)
    if value:
        yield Value(*value.span(2), PLAIN)


def after_assignment(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """The quoted value of an attribute, or of a variable; not what stands between two that end and begin."""
    value = _ATTRIBUTE[text[found.end() : found.end() + 1]].match(text, found.end(), stop)
    if value and b"\n" in value[1] and text[value.end() + 1 : value.end() + 2].isalnum():
        return
    if value and not (value[1] and _BETWEEN.match(value[1])):
        yield Value(value.start(1), value.end(1), MARKUP)


def after_colon(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`"password": "..."`."""
    yield from literal(text, found.end(), stop)


def after_comma(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`["password", "..."]`, where it is no list of names."""
    yield from irregular(text, literal(text, found.end(), stop))


def in_line(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`password: ...` of settings, mails and heads that are told again; only what is irregular."""
    value = _IN_TEXT.match(text, found.end(), stop)
    if value and (found[1] or strength(value[0].rstrip(b".!?:")) == "strong"):
        yield from irregular(text, iter([Value(value.start(), value.end(), PLAIN)]))


def after_call(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`setToken("...")`."""
    yield from irregular(text, literal(text, found.end(), stop))


def irregular(text: bytes, found: Iterator[Value]) -> Iterator[Value]:
    """Yield the values that look like made up by a program."""
    for value in found:
        word = text[value.start : value.end].rstrip(b".!?:")
        if strength(word) == "strong" or is_code(word):
            yield value._replace(weak=True)


_WRITINGS = {b'"': JSON, b"'": SINGLE, b"`": JSON}


def literal(text: bytes, at: int, stop: int) -> Iterator[Value]:
    """Yield the text or the number that stands here, or all those of a list or an object."""
    first = text[at : at + 1]
    value = _STRING[first].match(text, at, stop) if first in _STRING else _NUMBER.match(text, at, stop)
    if value:
        yield Value(value.start(1), value.end(1), _WRITINGS.get(first, NUMBER))
    elif first in (b"[", b"{"):
        yield from _items(text, at, stop)
    elif array := _ARRAY.match(text, at, stop):
        yield from _items(text, array.end(), stop)


def _items(text: bytes, at: int, stop: int) -> Iterator[Value]:
    """Each text and number of a list or an object; last an empty value, where it ends."""
    opened: list[bytes] = []
    count, rest, end = 0, -1, at
    closing = b""
    for token in _TOKENS.finditer(text, at, stop):
        if token[5]:
            opened.append(token[5])
        elif token[6]:
            opened.pop()
        elif token[3] is None:
            if count < ITEMS:
                group = token.lastindex or 1
                yield Value(*token.span(group), _WRITINGS.get(token[0][:1], NUMBER))
            elif rest < 0:
                rest = token.start()
                closing = b"".join(_CLOSING[bracket] for bracket in reversed(opened[1:]))
            count += 1
        if not opened:
            if rest >= 0:
                yield Value(rest, end, _rest(closing))
            yield Value(token.end(), token.end(), NUMBER)
            return
        end = token.end()
    if rest >= 0:
        yield Value(rest, end, _rest(closing))
    yield Value(min(stop, len(text)), min(stop, len(text)), NUMBER)


_CLOSING = {b"[": b"]", b"{": b"}", b"(": b")"}


def _rest(closing: bytes) -> Writing:
    """Write the rest of a long list as one text, and what closes the lists within it."""
    return Writing("json", lambda raw: sha256(raw).hexdigest(), lambda token: dumps(token).encode() + closing)


def in_pair(text: bytes, start: int, found: re.Match[bytes], sort: str, stop: int) -> Iterator[Value]:
    """`{"name": "password", "value": "..."}`."""
    if _NAMED_PAIR.search(text[max(0, start - 24) : start]):
        value = _PAIR_VALUE.match(text, found.start(), found.start() + TAG)
        left = text.rfind(b"{", max(0, start - TAG), start)
        if not value and left >= 0:
            value = _VALUE_BEFORE.search(text, left, start)
        if value:
            yield from literal(text, value.end(), stop)
