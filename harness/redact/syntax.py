"""How a name and its value stand beside each other: a text and the place of a telling name in, the value's place out.

Forms and URLs (`name=value`), JSON and the literals of programs (`"name": "value"`), attributes and elements of XML and
HTML, form controls (`<input name=.. value=..>`), members of XML-RPC. Each is a pattern that is tried where the name
ends, so that nothing is parsed and a broken document hides nothing. All patterns run in linear time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json import JSONDecodeError, dumps, loads
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote_to_bytes

from harness.bind.token import is_code, strength
from harness.redact.spot import Spelling, plain

LONGEST_NAME = 80
TAG = 4096
"""Bytes looked through for the ends of a tag."""
ITEMS = 10_000
"""Values of a list that one name names."""

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


FORM = Writing(
    "form", lambda raw: text_of(unquote_to_bytes(raw.replace(b"+", b" "))), lambda token: quote_plus(token).encode()
)
URL = Writing("url", lambda raw: text_of(unquote_to_bytes(raw)), lambda token: quote(token, safe="").encode())
JSON = Writing("json", _read_json, lambda token: dumps(token)[1:-1].encode())
NUMBER = Writing("json", text_of, plain)
MARKUP = Writing("html", lambda raw: html.unescape(text_of(raw)), lambda token: html.escape(token).encode())
XML = Writing("xml", MARKUP.read, MARKUP.spell)
PLAIN = Writing("text", text_of, plain)


class Value(NamedTuple):
    """Where a value stands and how it is written."""

    start: int
    end: int
    writing: Writing


def name_at(text: bytes, at: int) -> tuple[int, int]:
    """Return where the whole name stands that has a word at this position."""
    before = text[max(0, at - LONGEST_NAME) : at]
    after = text[at : at + LONGEST_NAME]
    start = at - len(before) + len(before.rstrip(_NAME))
    end = at + len(after) - len(after.lstrip(_NAME))
    while end > at and text[end - 1 : end] == b":":
        end -= 1
    return start, end


def values(text: bytes, start: int, end: int, form: bool, longest: int) -> Iterator[Value]:
    """Yield the values that the name at `text[start:end]` has; `form` says that the text is one form or URL.

    Of values that are `longest` bytes or more, not all is looked at.
    """
    for pattern, follow in _AFTER:
        found = pattern.match(text, end, end + TAG)
        if found:
            made = list(follow(text, start, found, form, end + longest))
            if made:
                yield from made
                return


Follow = Callable[[bytes, int, "re.Match[bytes]", bool, int], Iterator[Value]]

_BEFORE = (b"?", b"&", b";", b" ", b"\n", b"\t", b'"', b"'", b",", b"#")
_NO_WORD = (b'"', b"'", b"=", b">", *(bytes([byte]) for byte in b" \t\n\r\f\v"))
_IN_FORM = re.compile(rb"(?:[^&;]++|;(?![\w.%\[\]-]+=))*+")
_IN_TEXT = re.compile(rb"[^&;\s\"'<>#()\\,]++(?!\()")
_STRING = {
    b'"': re.compile(rb'"((?:[^"\\]|\\.)*+)(?:"|\Z|\\\Z)', re.DOTALL),
    b"'": re.compile(rb"'((?:[^'\\]|\\.)*+)(?:'|\Z|\\\Z)", re.DOTALL),
    b"`": re.compile(rb"`((?:[^`\\]|\\.)*+)(?:`|\Z|\\\Z)", re.DOTALL),
}
_NUMBER = re.compile(rb"(-?\d++(?:\.\d++)?)(?![\w.+-])")
_TOKENS = re.compile(rb'"((?:[^"\\]|\\.)*+)"(\s*+:)?|(-?\d++(?:\.\d++)?)(?![\w.+-])|([\[{])|([\]}])', re.DOTALL)
_ATTRIBUTE = {
    b'"': re.compile(rb'"([^"]*+)'),
    b"'": re.compile(rb"'([^']*+)"),
    b"`": re.compile(rb"`([^`]*+)"),
}
_ELEMENT = re.compile(rb"\s*+(?:<!\[CDATA\[((?:[^\]]|\](?!\]>))*+)|([^<]*+))")
_CONTROL = re.compile(rb"""(?i)\s(?:value|content)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_HOLDS = re.compile(rb"(?i)<(?:\w+:)?(?:textarea|string|param|parameter|field|property|entry|option|item)\b")
_NAMES_IT = re.compile(rb"""(?i)(?:\b(?:name|id|key|property|itemprop|http-equiv|type)\s*=\s*["']?)\Z""")
_NAMED_PAIR = re.compile(rb"""(?i)["'](?:name|key|field)["']\s*:\s*["']\Z""")
_PAIR_VALUE = re.compile(
    rb"""(?i)["']\s*+,(?:\s*+["'][\w-]++["']\s*+:\s*+(?:"[^"]*+"|'[^']*+'|[\w.-]++)\s*+,){0,8}?"""
    rb"""\s*+["'](?:value|val|content)["']\s*+:\s*+(?=["'\d-])"""
)
_MEMBER = re.compile(
    rb"\s*+</(?:\w+:)?(?:name|key)>\s*+<(?:\w+:)?(?:value|string)>\s*+"
    rb"(?:<(?:string|int|i4|i8|base64|double)>)?([^<]*+)"
)
_DISPOSITION = re.compile(rb"(?i)content-disposition:[^\r\n]*\Z")
_FIELD = re.compile(rb"""["']?(?![^\r\n]*filename)[^\r\n]*+(?:\r?\n[^\r\n]++)*+\r?\n\r?\n""")
_FIELD_END = re.compile(rb"\r?\n--|\Z")


def _after_equals(text: bytes, start: int, found: re.Match[bytes], form: bool, stop: int) -> Iterator[Value]:
    if form:
        value = _IN_FORM.match(text, found.end(), stop)
    elif text[found.end() : found.end() + 1] not in _NO_WORD and (start == 0 or text[start - 1 : start] in _BEFORE):
        value = _IN_TEXT.match(text, found.end(), stop)
    else:
        return
    if value:
        yield Value(value.start(), value.end(), FORM)


def _after_assignment(text: bytes, start: int, found: re.Match[bytes], form: bool, stop: int) -> Iterator[Value]:
    """The quoted value of an attribute, or of a variable."""
    value = _ATTRIBUTE[text[found.end() : found.end() + 1]].match(text, found.end(), stop)
    if value:
        yield Value(value.start(1), value.end(1), MARKUP)


def _after_colon(text: bytes, start: int, found: re.Match[bytes], form: bool, stop: int) -> Iterator[Value]:
    yield from _literal(text, found.end(), stop)


def _after_comma(text: bytes, start: int, found: re.Match[bytes], form: bool, stop: int) -> Iterator[Value]:
    """`["password", "..."]`, where it is no list of names."""
    yield from _irregular(text, _literal(text, found.end(), stop))


def _in_line(text: bytes, start: int, found: re.Match[bytes], form: bool, stop: int) -> Iterator[Value]:
    """`password: ...` of settings, mails and heads that are told again; only what is irregular."""
    value = _IN_TEXT.match(text, found.end(), stop)
    if value:
        yield from _irregular(text, iter([Value(value.start(), value.end(), PLAIN)]))


def _irregular(text: bytes, found: Iterator[Value]) -> Iterator[Value]:
    for value in found:
        word = text[value.start : value.end].rstrip(b".!?:")
        if strength(word) == "strong" or is_code(word):
            yield value


def _literal(text: bytes, at: int, stop: int) -> Iterator[Value]:
    first = text[at : at + 1]
    value = _STRING[first].match(text, at, stop) if first in _STRING else _NUMBER.match(text, at, stop)
    if value:
        yield Value(value.start(1), value.end(1), JSON if first in _STRING else NUMBER)
    elif first in (b"[", b"{"):
        yield from _items(text, at, stop)


def _items(text: bytes, at: int, stop: int) -> Iterator[Value]:
    """Each text and number of a list or an object; last an empty value, where it ends."""
    depth = 0
    for count, token in enumerate(_TOKENS.finditer(text, at, stop)):
        if token[4]:
            depth += 1
        elif token[5]:
            depth -= 1
        elif token[3]:
            yield Value(*token.span(3), NUMBER)
        elif token[2] is None:
            yield Value(*token.span(1), JSON)
        if depth == 0 or count == ITEMS:
            yield Value(token.end(), token.end(), NUMBER)
            return
    yield Value(min(stop, len(text)), min(stop, len(text)), NUMBER)


def _in_control(text: bytes, start: int, found: re.Match[bytes], form: bool, stop: int) -> Iterator[Value]:
    """The value of the form control, or the content of the meta element, that has this name."""
    before = text[max(0, start - 24) : start]
    if not _NAMES_IT.search(before):
        return
    line = text[max(text.rfind(b"\n", max(0, start - TAG), start), 0) : start]
    if _DISPOSITION.search(line):
        yield from _in_part(text, found)
        return
    left = text.rfind(b"<", max(0, start - TAG), start)
    if left < 0 or text.rfind(b">", left, start) >= 0:
        return
    right = text.find(b">", start, start + TAG)
    value = _CONTROL.search(text, left, right if right > 0 else min(len(text), start + TAG))
    if value:
        group = value.lastindex or 1
        yield Value(value.start(group), value.end(group), MARKUP)
    elif right > 0:
        yield from _content(text, left, right + 1, stop)


def _content(text: bytes, left: int, start: int, stop: int) -> Iterator[Value]:
    """What stands in `<textarea name=..>`; of other elements (`<span id=..>`) only what is irregular."""
    value = _ELEMENT.match(text, start, stop)
    if value:
        group = value.lastindex or 2
        made = iter([Value(value.start(group), value.end(group), XML if group == 2 else PLAIN)])
        yield from made if _HOLDS.match(text, left) else _irregular(text, made)


def _in_part(text: bytes, found: re.Match[bytes]) -> Iterator[Value]:
    """The field of a multipart body whose boundary is not known."""
    head = _FIELD.match(text, found.start(), found.start() + TAG)
    if head:
        end = _FIELD_END.search(text, head.end())
        yield Value(head.end(), end.start() if end else len(text), Writing("multipart", text_of, plain))


def _in_pair(text: bytes, start: int, found: re.Match[bytes], form: bool, stop: int) -> Iterator[Value]:
    """`{"name": "password", "value": "..."}`."""
    if _NAMED_PAIR.search(text[max(0, start - 24) : start]):
        value = _PAIR_VALUE.match(text, found.start(), found.start() + TAG)
        if value:
            yield from _literal(text, value.end(), stop)


def _in_element(text: bytes, start: int, found: re.Match[bytes], form: bool, stop: int) -> Iterator[Value]:
    if text[start - 1 : start] != b"<" or found[0].endswith(b"/>"):
        return
    value = _ELEMENT.match(text, found.end(), stop)
    if value:
        group = value.lastindex or 2
        yield Value(value.start(group), value.end(group), XML if group == 2 else PLAIN)


def _in_member(text: bytes, start: int, found: re.Match[bytes], form: bool, stop: int) -> Iterator[Value]:
    yield Value(found.start(1), found.end(1), XML)


_AFTER: tuple[tuple[re.Pattern[bytes], Follow], ...] = (
    (re.compile(rb"="), _after_equals),
    (re.compile(rb"\s{0,4}(?:=>|[=:])\s{0,4}[bru]?(?=[\"'`])"), _after_assignment),
    (re.compile(rb"[\"']\s*+(?:(?::|=>)\s*+(?:[bru](?=[\"']))?|;s:\d{1,9}:(?=\"))"), _after_colon),
    (re.compile(rb"[\"']\s*+,\s*+(?=[\"'])"), _after_comma),
    (re.compile(rb"(?i)[ \t]{0,4}[:=][ \t]{0,4}(?:bearer[ \t]|basic[ \t]|token[ \t])?"), _in_line),
    (re.compile(rb"[\"'\s>/]"), _in_control),
    (re.compile(rb"[\"']"), _in_pair),
    (re.compile(rb"(?:\s[^<>]*+)?>"), _in_element),
    (_MEMBER, _in_member),
)
"""Tried in order where a name ends."""
