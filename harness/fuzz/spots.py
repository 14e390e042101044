"""Where values stand in a request: in the path, the query, the body and the headers, and how each is written there.

A request comes in, Spots go out; with a Spot, what stands there, and the request with something else in its place. Of
bodies it reads forms, uploads, XML and JSON, by their looks or their type; a short one of another kind is one value.
Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape, unescape
from urllib.parse import quote, quote_plus, unquote_to_bytes

from harness.exchange import Request, with_length

RAW = "surrogateescape"
"""How texts hold bytes that are no text."""
FIXED = frozenset(b"host connection content-length content-type transfer-encoding expect authorization".split())
SHORT = 200
"""Bytes of a body of unknown kind that is one value."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A value in a request: in the target, the body, or header number `header`; its span, its place and encoding."""

    part: str
    start: int
    end: int
    place: str
    write: Callable[[str], bytes]
    header: int = 0


Found = tuple[str, int, int, Callable[[str], bytes]]
"""A place, a span, and how values are written there."""


def field(text: str) -> bytes:
    """Write a value of a query or a form."""
    return quote_plus(text, safe="", errors=RAW).encode("ascii")


def _segment(text: str) -> bytes:
    return quote(text, safe="", errors=RAW).encode("ascii")


def _xml(text: str) -> bytes:
    return escape(text).encode("utf-8", RAW)


def _plain(text: str) -> bytes:
    return re.sub(r"[^ -~\x80-\U0010ffff]", "", text).encode("utf-8", RAW)


def _line(text: str) -> bytes:
    return _plain(text).strip()


def _pair(text: str) -> bytes:
    return _line(text).replace(b";", b"%3B")


def _quoted(text: str) -> bytes:
    return _plain(text).replace(b'"', b"%22")  # as browsers do (HTML, multipart/form-data encoding algorithm)


def _json(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", RAW)


def _scalar(text: str) -> bytes:
    return text.encode() if _SCALAR.fullmatch(text) else b'"' + _json(text) + b'"'


_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"  # RFC 8259 section 6
_SCALAR = re.compile(rf"{_NUMBER}|true|false|null")
_PATH = re.compile(rb"/(?P<value>[^/]*)")
_QUERY = re.compile(rb"(?:^|[&;])(?:(?P<name>[^&;=]*)=)?(?P<value>[^&;]*)")
_FORM = re.compile(rb"(?:^|&)(?P<name>[^&=]*)=(?P<value>[^&]*)")
_ELEMENT = re.compile(rb"<(?P<name>[A-Za-z_][\w:.-]*)(?:\s[^<>]*)?>(?P<value>[^<]*)</")
_ATTRIBUTE = re.compile(rb"\s(?P<name>(?!xmlns|version|encoding|standalone)[A-Za-z_][\w:.-]*)=\"(?P<value>[^\"<>]*)\"")
_PART = re.compile(
    rb"content-disposition:[^\r\n]*?[; ]name=\"?(?P<name>[^\";\r\n]+)\"?[^\r\n]*\r?\n"
    rb"(?:[^\r\n]+\r?\n)*\r?\n(?P<value>.*?)\r?\n--",
    re.IGNORECASE | re.DOTALL,
)
_FILENAME = re.compile(rb"content-disposition:[^\r\n]*?[; ](?P<name>filename)=\"(?P<value>[^\"\r\n]*)\"", re.IGNORECASE)
_TYPE = re.compile(rb"\r?\n(?P<name>content-type):[ \t]*(?P<value>[^\r\n]*)", re.IGNORECASE)
_TOKEN = re.compile(
    rb'"(?P<text>(?:[^"\\]|\\.)*+)"(?P<key>\s*:)?|(?P<plain>' + _SCALAR.pattern.encode() + rb")", re.DOTALL
)
_COOKIE = re.compile(rb"(?:^|; *)(?P<name>[^=; ]+)=(?P<value>[^;]*)")


def _by(*patterns: tuple[re.Pattern[bytes], Callable[[str], bytes]]) -> Callable[[bytes], Iterator[Found]]:
    """Return what finds values by patterns, each with how they are written; one within another is none."""

    def found(data: bytes) -> Iterator[Found]:
        matches = ((match, write) for pattern, write in patterns for match in pattern.finditer(data))
        behind = 0
        for match, write in sorted(matches, key=lambda each: each[0].start("value")):
            if match.start("value") >= behind:
                yield _place(match["name"]), match.start("value"), match.end("value"), write
                behind = match.end("value")

    return found


def _place(name: bytes | None) -> str:
    return "field " + unquote_to_bytes(name or b"").decode("latin-1")


def _of_json(body: bytes) -> Iterator[Found]:
    """Yield the texts, numbers and other scalars, each by the last name before it."""
    name = b""
    for match in _TOKEN.finditer(body):
        if match["key"]:
            name = match["text"]
        elif match["plain"]:
            yield _place(name), match.start("plain"), match.end("plain"), _scalar
        else:
            yield _place(name), match.start("text"), match.end("text"), _json


def _of_any(body: bytes) -> Iterator[Found]:
    if len(body) <= SHORT and b"\0" not in body:
        yield "whole", 0, len(body), _plain


FORM, ANY = _by((_FORM, field)), _of_any
BODIES: tuple[tuple[bytes, Callable[[bytes], Iterator[Found]]], ...] = (
    (b"urlencoded", FORM),
    (b"multipart", _by((_PART, _plain), (_FILENAME, _quoted), (_TYPE, _line))),
    (b"xml", _by((_ELEMENT, _xml), (_ATTRIBUTE, _xml))),
    (b"json", _of_json),
)
"""By a word of their type, what finds the values of bodies."""
LOOKS = {b"<": b"xml", b"{": b"json", b"[": b"json"}
"""What bodies are by how they begin, whatever their type (curl -d calls all of them forms)."""


def spots(request: Request) -> list[Spot]:
    """Return where values stand."""
    return [*_of_target(request.target), *_of_body(request), *_of_headers(request)]


def _of_target(target: bytes) -> Iterator[Spot]:
    path, mark, query = target.partition(b"?")
    for at, match in enumerate(_PATH.finditer(path)):
        yield Spot("target", match.start("value"), match.end("value"), f"segment {at}", _segment)
    begin = len(path) + len(mark)
    for match in _QUERY.finditer(query) if query else ():
        yield Spot("target", begin + match.start("value"), begin + match.end("value"), _place(match["name"]), field)


def _of_body(request: Request) -> Iterator[Spot]:
    body = request.body
    if body and request.header(b"content-encoding") in (None, b"identity"):
        for place, start, end, write in kind_of(request)(body):
            yield Spot("body", start, end, place, write)


def kind_of(request: Request) -> Callable[[bytes], Iterator[Found]]:
    """Return what finds the values of a request's body."""
    begin = (request.body or b"").lstrip(b"\xef\xbb\xbf\t\r\n ")[:1]
    kind = LOOKS.get(begin) or (request.header(b"content-type") or b"").lower()
    return next((found for word, found in BODIES if word in kind), ANY)


def _of_headers(request: Request) -> Iterator[Spot]:
    for number, (name, value) in enumerate(request.headers):
        place = "header " + name.decode("latin-1").lower()
        if name.lower() == b"cookie":
            for match in _COOKIE.finditer(value):
                inside = f"{place} {match['name'].decode('latin-1')}"
                yield Spot("header", match.start("value"), match.end("value"), inside, _pair, number)
        elif name.lower() not in FIXED:
            yield Spot("header", 0, len(value), place, _line, number)


def value_at(request: Request, spot: Spot) -> str:
    """Return the value that stands there, decoded."""
    raw = _data(request, spot)[spot.start : spot.end]
    if spot.write in (field, _segment):
        return unquote_to_bytes(raw.replace(b"+", b" ") if spot.write is field else raw).decode("utf-8", "replace")
    text = raw.decode("utf-8", "replace")
    if spot.write is _json:
        return _unescaped(text)
    return unescape(text) if spot.write is _xml else text


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False)).encode("utf-8", "replace").decode()
    except ValueError:
        return text


def _data(request: Request, spot: Spot) -> bytes:
    if spot.part == "header":
        return request.headers[spot.header][1]
    return request.target if spot.part == "target" else request.body or b""


def replaced(request: Request, spot: Spot, value: bytes) -> Request:
    """Return the request with another value there."""
    data = _data(request, spot)
    data = data[: spot.start] + value + data[spot.end :]
    if spot.part == "header":
        headers = list(request.headers)
        headers[spot.header] = headers[spot.header][0], data
        return replace(request, headers=tuple(headers), raw_head=None)
    return with_target(request, data) if spot.part == "target" else with_body(request, data)


def with_target(request: Request, target: bytes) -> Request:
    """Return the request for another target."""
    line = request.method + b" " + target + (b" " + request.version if request.version else b"")
    return replace(request, start_line=line, raw_head=None)


def with_body(request: Request, body: bytes) -> Request:
    """Return the request with another body, and the length of it."""
    headers = with_length(request.headers, len(request.body or b""), len(body))
    return replace(request, body=body, headers=headers, raw_head=None)
