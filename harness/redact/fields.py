"""The named values of an exchange, as people speak of them: an exchange in, (place, value) out. Nothing is judged here.

Headers, cookies, fields of queries, forms, JSON and XML, and inputs of HTML pages. Broken documents give what they can.
"""

from __future__ import annotations

import html
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from harness.bind.place import attribute
from harness.bind.principal import cookies
from harness.exchange import Exchange, Headers, first_header

LARGEST = 4 << 20
"""Bytes of a body that are looked at."""

Field = tuple[str, str]
"""Where a value stands (`form email`, `answer header ETag`), and the value."""

_PART = re.compile(
    rb"(?i)content-disposition:[^\r\n]*?[;\s]name=\"?([^\"\r\n;]*)\"?([^\r\n]*)\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)\r?\n--",
    re.DOTALL,
)
_INPUT = re.compile(rb"(?i)<(?:input|meta|button)\b[^<>]*>")
_MEMBER = re.compile(r"<name>\s*([^<>]*?)\s*</name>\s*<value>(?:\s*<\w+>)?([^<>]*)<")
_LEAF = re.compile(r"<([A-Za-z_][\w:.-]*)(?:\s[^<>]*)?>([^<>]+)</\1\s*>")
_METHOD = re.compile(r"<methodName>\s*([^<>]*?)\s*</methodName>")
_COOKIES = (b"cookie", b"set-cookie")


def fields_of(exchange: Exchange) -> Iterator[Field]:
    """Yield the named values of an exchange, with their places."""
    request, answer = exchange.request, exchange.response
    yield from _of_headers(request.headers, "header")
    for name, value in cookies(exchange):
        yield f"cookie {_text(name)}", _text(value)
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
    kind = (first_header(headers, b"content-type") or b"").lower()
    reader = next((reader for word, reader in _READERS if word in kind), None)
    if body and reader is not None:
        yield from reader(_unpacked(body), side)


def _unpacked(body: bytes) -> bytes:
    if body.startswith(b"\x1f\x8b"):
        try:
            return zlib.decompressobj(47).decompress(body, LARGEST)
        except zlib.error:
            return b""
    return body[:LARGEST]


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


def _page(body: bytes, side: str) -> Iterator[Field]:
    for tag in _INPUT.findall(body):
        name = attribute(tag, b"name")
        value = attribute(tag, b"value") or attribute(tag, b"content")
        if name and value:
            yield f"{side}input {_text(name)}", html.unescape(_text(value))


_READERS: tuple[tuple[bytes, Callable[[bytes, str], Iterator[Field]]], ...] = (
    (b"urlencoded", _form),
    (b"multipart/", _multipart),
    (b"json", _json),
    (b"html", _page),
    (b"xml", _xml),
)
"""What a content type is read by; the first that fits."""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
