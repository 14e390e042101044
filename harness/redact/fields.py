"""The named values of an exchange, as people speak of them: an exchange in, (place, value) out. Nothing is judged here.

Headers, cookies, segments of the path, fields of queries, forms, JSON and XML, and inputs of HTML pages. Broken
documents give what they can.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from harness.bind.place import attribute
from harness.bind.principal import cookies
from harness.exchange import Exchange, Headers
from harness.redact.body import kind_of, media_type
from harness.redact.parts import Body

LARGEST = 4 << 20
"""Bytes of a body that are looked at."""

Field = tuple[str, str]
"""Where a value stands (`form email`, `answer header ETag`), and the value."""

_PART = re.compile(
    rb"(?i)content-disposition:[^\r\n]*?[;\s]name=\"?([^\"\r\n;]*)\"?([^\r\n]*)\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)(?:\r?\n--|\Z)",
    re.DOTALL,
)
_INPUT = re.compile(rb"(?i)<(?:input|meta|button)\b[^<>]*>")
_MEMBER = re.compile(r"<name>\s*([^<>]*?)\s*</name>\s*<value>(?:\s*<\w+>)?([^<>]*)<")
_LEAF = re.compile(r"<([A-Za-z_][\w:.-]*)(?:\s[^<>]*)?>([^<>]+)</\1\s*>")
_TAG = re.compile(r"<([A-Za-z_][\w:.-]*)\s([^<>]*)")
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]++)\s*+=\s*+("[^"]*"|'[^']*')""")
_MEMBERS = re.compile(rb""""([^"\\]{1,80})"\s*+:\s*+("(?:[^"\\]|\\.)*+"?|-?[\d.]++)""")
"""Of JSON in lines, JSON that was cut off, or JSON within a call."""
_METHOD = re.compile(r"<methodName>\s*([^<>]*?)\s*</methodName>")
_COOKIES = (b"cookie", b"set-cookie")


def fields_of(exchange: Exchange) -> Iterator[Field]:
    """Yield the named values of an exchange, with their places."""
    request, answer = exchange.request, exchange.response
    yield from _of_headers(request.headers, "header")
    for name, value in cookies(exchange):
        yield f"cookie {_text(name)}", _text(value)
    yield from (("path", unquote(_text(segment))) for segment in request.path.split(b"/") if segment)
    yield from _pairs(request.query, "query")
    yield from _of_body(request.headers, request.body or b"", "")
    if exchange.user:
        yield "authenticated user", exchange.user
    if exchange.peer:
        yield "client address", exchange.peer
    if answer is not None:
        yield from _of_headers(answer.headers, "answer header")
        for name, value in answer.headers:
            if name.lower() == b"set-cookie":
                key, _, rest = value.partition(b"=")
                yield f"answer cookie {_text(key.strip())}", _text(rest.partition(b";")[0].strip())
        yield from _of_body(answer.headers, answer.body or b"", "answer ")


def _of_headers(headers: Headers, where: str) -> Iterator[Field]:
    for name, value in headers:
        if name.lower() not in _COOKIES:
            yield f"{where} {_text(name).title()}", _text(value)


def _pairs(text: bytes, where: str) -> Iterator[Field]:
    try:
        found = parse_qsl(text.decode("utf-8", "replace"), max_num_fields=10_000)
    except ValueError:
        return
    yield from ((f"{where} {name}", value) for name, value in found)


def _of_body(headers: Headers, body: bytes, side: str) -> Iterator[Field]:
    if body:
        text = Body(body, headers, "").text[:LARGEST]
        reader = _reader(headers, text)
        if reader is not None:
            yield from reader(text, side)


def is_read(headers: Headers, body: Body) -> bool:
    """Tell whether the fields of a body are told."""
    return _reader(headers, body.text[:LARGEST]) is not None


def _reader(headers: Headers, text: bytes) -> Reader | None:
    """Return what reads a body, by its type; one that says it is a text, or nothing, is read as it looks."""
    kind = kind_of(headers).lower()
    found = next((reader for word, reader in _READERS if word in kind), None)
    if found is None and media_type(kind) in _ANYTHING:
        found = next((reader for look, reader in _LOOKS if look.match(text)), None)
    return found


def _form(body: bytes, side: str) -> Iterator[Field]:
    return _pairs(body, f"{side}form")


def _multipart(body: bytes, side: str) -> Iterator[Field]:
    for name, rest, value in _PART.findall(body):
        if b"filename" not in rest.lower():
            yield f"{side}form {_text(name)}", _text(value)


def _json(body: bytes, side: str) -> Iterator[Field]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        for name, value in _MEMBERS.findall(body):
            yield f"{side}json {_text(name)}", _text(value).strip('"')
        return
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            pending += ((f"{path}.{key}".lstrip("."), item) for key, item in value.items())
        elif isinstance(value, list):
            pending += ((f"{path}[]", item) for item in value)
        elif value is not None and not isinstance(value, bool):
            yield f"{side}json {path}", str(value)


def _xml(body: bytes, side: str) -> Iterator[Field]:
    text = body.decode("utf-8", "replace")
    method = _METHOD.search(text)
    called = f"{method[1]} " if method else ""
    for name, value in _MEMBER.findall(text):
        yield f"{side}xml {called}{name}", html.unescape(value)
    for name, value in _LEAF.findall(text):
        if name not in ("name", "methodName") and value.strip():
            yield f"{side}xml {called}<{name}>", html.unescape(value)
    for tag, written in _TAG.findall(text):
        for name, value in _ATTRIBUTE.findall(written):
            if not name.startswith("xmlns"):
                yield f"{side}xml {called}<{tag}> {name}", html.unescape(value[1:-1])


def _page(body: bytes, side: str) -> Iterator[Field]:
    for tag in _INPUT.findall(body):
        name = attribute(tag, b"name")
        value = attribute(tag, b"value") or attribute(tag, b"content")
        if name and value:
            yield f"{side}input {_text(name)}", html.unescape(_text(value))


Reader = Callable[[bytes, str], Iterator[Field]]

_READERS: tuple[tuple[bytes, Reader], ...] = (
    (b"urlencoded", _form),
    (b"multipart/", _multipart),
    (b"json", _json),
    (b"html", _page),
    (b"xml", _xml),
)
"""What a content type is read by; the first that fits."""
_ANYTHING = (b"", b"text/plain", b"application/octet-stream", b"text/javascript", b"application/javascript")
_LOOKS: tuple[tuple[re.Pattern[bytes], Reader], ...] = (
    (re.compile(rb"\s*+(?:[\w.$]++\s*+\(\s*+)?+[\[{]\s*+[\[{\"]"), _json),
    (re.compile(rb"\s*+<\?xml"), _xml),
    (re.compile(rb"(?i)\s*+<(?:!doctype|html|form)\b"), _page),
    (re.compile(rb"[\w.\[\]%+-]{1,80}=[^\s=&]*+(?:&[\w.\[\]%+-]{1,80}=[^\s=&]*+)*+\s*\Z"), _form),
)
"""What texts look like whose type does not say how to read them."""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
