"""One exchange as an entry of a HAR 1.2 file, and back. Pure: plain JSON data on both sides.

HAR holds decoded answers, no binary request bodies, and neither start lines nor framing; what of an exchange its own
fields cannot say stands in `_harness`, with a digest of them (`exact`). Entries of other tools are read as they are.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from harness.compare.content import parse_content_type
from harness.exchange import Exchange, Headers, Response, all_headers, first_header
from harness.sources.coding import undone
from harness.sources.exact import exact_fields, restored
from harness.sources.har_reading import ReadEntry, read_plain
from harness.wire import join_head

Entry = dict[str, Any]
Fields = Mapping[str, Any]

EXACT = "_harness"
"""The field of an entry that holds what HAR cannot."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_URL_SAFE = "".join(map(chr, range(0x21, 0x7F))).replace("#", "")
_HOST = re.compile(r"[A-Za-z0-9._~-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_LINE_END = re.compile(rb"[\r\n]")
_UNKNOWN_TYPE = "application/octet-stream"
_NO_ANSWER: Fields = {
    "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
    "content": {"size": 0, "mimeType": _UNKNOWN_TYPE}, "redirectURL": "", "headersSize": -1, "bodySize": -1,
}  # fmt: skip


def har_entry(exchange: Exchange) -> Entry:
    """Return an exchange as an entry of `log.entries`; `read_entry` makes the same exchange of it again."""
    milliseconds = (exchange.duration or 0.0) * 1000
    entry: Entry = {
        "startedDateTime": _written_time(exchange.started),
        "time": milliseconds if exchange.duration is not None else -1,
        "request": _request_fields(exchange),
        "response": _response_fields(exchange.request.method, exchange.response) if exchange.response else _NO_ANSWER,
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
    plain = read_plain(entry).exchange
    entry[EXACT] = exact_fields(exchange, plain, entry["request"], entry["response"])
    return entry


def read_entry(entry: Fields) -> ReadEntry:
    """Read an entry of any tool. Raises KeyError, TypeError, ValueError or AttributeError where it is none."""
    read = read_plain(entry)
    exact = entry.get(EXACT)
    if exact is None:
        if _LINE_END.search(read.exchange.request.start_line):
            raise ValueError("method or URL holds the end of a line")
        return read
    return ReadEntry(restored(read.exchange, exact, entry["request"], entry["response"]))


def _request_fields(exchange: Exchange) -> Entry:
    request = exchange.request
    fields: Entry = {
        "method": _text(request.method),
        "url": _url(exchange),
        "httpVersion": _text(request.version) or "HTTP/1.1",
        "cookies": [_cookie(part) for value in all_headers(request.headers, b"cookie") for part in value.split(b";")],
        "headers": _named(request.headers),
        "queryString": list(_query(request.query)),
        "headersSize": len(request.raw_head or join_head(request.start_line, request.headers)),
        "bodySize": -1 if request.body is None else len(request.body),
    }
    if request.body:
        fields["postData"] = _post_data(request.body, request.headers)
    return fields


def _post_data(body: bytes, headers: Headers) -> Entry:
    media = _text(first_header(headers, b"content-type") or _UNKNOWN_TYPE.encode())
    try:
        return {"mimeType": media, "text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {
            "mimeType": media,
            "text": "",
            "comment": f"{len(body)} bytes that HAR cannot hold; they are in {EXACT}",
        }


def _response_fields(method: bytes, response: Response) -> Entry:
    body = response.body
    size = response.size if response.size is not None else -1
    return {
        "status": response.status,
        "statusText": _text(response.reason),
        "httpVersion": _text(response.version),
        "cookies": [_cookie(value.partition(b";")[0]) for value in all_headers(response.headers, b"set-cookie")],
        "headers": _named(response.headers),
        "content": {"size": max(size, 0), "mimeType": _media(response)} if body is None else _content(response, body),
        "redirectURL": _text(response.header(b"location") or b""),
        "headersSize": len(response.raw_head) if response.raw_head else -1,
        "bodySize": size if body is None else len(body),
    }


def _content(response: Response, body: bytes) -> Entry:
    """Return a body as HAR wants it: its content coding undone, as text where that is exact."""
    plain = undone(body, response.header(b"content-encoding") or b"")
    plain = body if plain is None else plain
    fields: Entry = {"size": len(plain), "mimeType": _media(response)}
    if plain != body:
        fields["compression"] = len(plain) - len(body)
    charset = parse_content_type(response.header(b"content-type") or b"")[1] or "utf-8"
    text = _exact_text(plain, charset)
    if text is None:
        return {**fields, "text": base64.b64encode(plain).decode("ascii"), "encoding": "base64"}
    return {**fields, "text": text}


def _exact_text(body: bytes, charset: str) -> str | None:
    try:
        text = body.decode(charset)
        return text if text.encode(charset) == body else None
    except (UnicodeError, LookupError, ValueError):
        return None


def _named(headers: Headers) -> list[Entry]:
    return [{"name": _text(name), "value": _text(value)} for name, value in headers]


def _media(response: Response) -> str:
    return _text(response.header(b"content-type") or _UNKNOWN_TYPE.encode())


def _cookie(pair: bytes) -> Entry:
    name, _, value = pair.strip().partition(b"=")
    return {"name": _text(name), "value": _text(value)}


def _query(query: bytes) -> Iterator[Entry]:
    for pair in query.split(b"&") if query else ():
        name, _, value = pair.partition(b"=")
        yield {"name": _text(name), "value": _text(value)}


def _url(exchange: Exchange) -> str:
    """Return a URL that any tool can read; where it had to be mended, the start line stands in our own field."""
    target = quote(exchange.request.target, safe=_URL_SAFE)
    host = exchange.host if _HOST.fullmatch(exchange.host) else "localhost"
    scheme = exchange.scheme if exchange.scheme in ("http", "https") else "http"
    return f"{scheme}://{host}{target if target.startswith('/') else '/' + target}"


def _written_time(seconds: float) -> str:
    """Return a time as HAR writes it; the epoch for what no calendar has."""
    try:
        when = _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        when = _EPOCH
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _text(value: bytes) -> str:
    return value.decode("latin-1")
