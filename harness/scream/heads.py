"""Changes to the head of an answer and to how it is sent: status, reason, headers, coding, framing, time.

The headers of an endpoint's answers come in, operators go out, the small ones of each place first.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from harness.exchange import Headers, Response
from harness.scream.operators import GRAVE, MILD, SUSPECT, Operator, with_body

LATE = 1.0
"""Seconds that an answer is late."""
REFUSALS = {
    404: b"Not Found",
    410: b"Gone",
    403: b"Forbidden",
    401: b"Unauthorized",
    400: b"Bad Request",
    500: b"Internal Server Error",
    503: b"Service Unavailable",
}
DETOURS = {301: b"Moved Permanently", 302: b"Found", 307: b"Temporary Redirect"}
ADDED = (
    (b"Vary", b"Accept-Encoding"),
    (b"Cache-Control", b"max-age=600"),
    (b"Set-Cookie", b"seen=1; Path=/"),
    (b"ETag", b'"0"'),
    (b"X-Frame-Options", b"DENY"),
    (b"Strict-Transport-Security", b"max-age=0"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-XSS-Protection", b"1; mode=block"),
    (b"Content-Security-Policy", b"default-src 'none'"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Server", b"another"),
    (b"Date", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    (b"Last-Modified", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    (b"Accept-Ranges", b"none"),
    (b"Content-Language", b"en"),
    (b"Via", b"1.1 proxy"),
    (b"Age", b"1"),
    (b"Link", b'<http://example.org/>; rel="canonical"'),
    (b"Access-Control-Allow-Origin", b"*"),
    (b"X-Powered-By", b"something"),
    (b"P3P", b'CP="NOI"'),
    (b"Pragma", b"no-cache"),
    (b"Expires", b"Thu, 01 Jan 1970 00:00:00 GMT"),
)
_FRAMED = frozenset({b"content-length", b"transfer-encoding"})


def head_operators(names: Iterable[bytes]) -> Iterator[Operator]:
    """Yield what can be done to heads with headers of these names."""
    yield Operator("reason phrase changed", lambda one: replace(one, reason=b"Fine"), stage=3)
    yield Operator("reason phrase empty", lambda one: replace(one, reason=b""), stage=3)
    for name in sorted({name.lower() for name in names}):
        yield from _header_operators(name)
    for name, value in ADDED:
        yield Operator(f"header {name.decode()} added", partial(_with_header, name=name, value=value), stage=2)
    yield Operator("headers in reverse order", lambda one: replace(one, headers=one.headers[::-1]), stage=2)
    yield Operator("gzip, asked for or not", _gzipped, SUSPECT, stage=1)
    yield from _framings()
    yield from _statuses()
    yield Operator(f"{LATE:g} s late", lambda one: one, delay=LATE)


def _statuses() -> Iterator[Operator]:
    yield Operator("status 203", partial(_status, code=203, reason=b"Non-Authoritative Information"), stage=3)
    for code, reason in DETOURS.items():
        yield Operator(f"one more {code}", partial(_status, code=code, reason=reason), GRAVE, stage=3, detour=code)
    for code, reason in REFUSALS.items():
        yield Operator(f"status {code}", partial(refused, code=code, reason=reason), GRAVE, stage=3, refuses=True)


def _status(response: Response, code: int, reason: bytes) -> Response:
    return replace(response, status=code, reason=reason) if response.status == 200 else response


def refused(response: Response, code: int, reason: bytes) -> Response:
    """Return a refusal in place of an answer that was none."""
    if response.status >= 400:
        return response
    plain = ((b"Content-Type", b"text/plain"), (b"Content-Length", str(len(reason)).encode()))
    return replace(response, status=code, reason=reason, headers=plain, body=reason, framing="length")


def _header_operators(name: bytes) -> Iterator[Operator]:
    shown = b"-".join(word.capitalize() for word in name.split(b"-")).decode("latin-1")
    edits: dict[str, Callable[[bytes, bytes], list[tuple[bytes, bytes]]]] = {
        f"header {shown} in lower case": lambda key, value: [(key.lower(), value)],
        f"header {shown} in upper case": lambda key, value: [(key.upper(), value)],
    }
    if name not in _FRAMED:
        edits |= {
            f"header {shown}: value in upper case": lambda key, value: [(key, value.upper())],
            f"header {shown} twice": lambda key, value: [(key, value), (key, value)],
            f"header {shown} missing": lambda key, value: [],
            f"header {shown}: another value": lambda key, value: [(key, b"something-else")],
        }
    if name == b"content-type":
        edits = {
            "charset missing": lambda key, value: [(key, value.split(b";")[0])],
            "charset added": lambda key, value: [(key, value if b"charset" in value else value + b"; charset=utf-8")],
            "charset latin-1": lambda key, value: [(key, value.split(b";")[0] + b"; charset=iso-8859-1")],
            **edits,
            "Content-Type text/plain": lambda key, value: [(key, b"text/plain")],
            "Content-Type application/octet-stream": lambda key, value: [(key, b"application/octet-stream")],
        }
    for text, edit in edits.items():
        yield Operator(text, partial(_each, name=name, edit=edit), _gravity(name, text), 2)


def _gravity(name: bytes, text: str) -> int:
    """Tell what mostly breaks: by itself it is found in one run, among others in many."""
    lost = text.endswith(("missing", "another value", "text/plain", "octet-stream")) and "charset" not in text
    if lost and name in (b"location", b"content-encoding", b"content-type", b"set-cookie"):
        return GRAVE
    return SUSPECT if name == b"content-type" and text.endswith("twice") else MILD


def _each(response: Response, name: bytes, edit: Callable[[bytes, bytes], list[tuple[bytes, bytes]]]) -> Response:
    headers: list[tuple[bytes, bytes]] = []
    for key, value in response.headers:
        headers += edit(key, value) if key.lower() == name else [(key, value)]
    return replace(response, headers=tuple(headers))


def _with_header(response: Response, name: bytes, value: bytes) -> Response:
    if response.header(name) is not None:
        return response
    return replace(response, headers=(*response.headers, (name, value)))


def _gzipped(response: Response) -> Response:
    if not response.body or response.header(b"content-encoding") is not None:
        return response
    return _with_header(with_body(response, gzip.compress(response.body, mtime=0)), b"Content-Encoding", b"gzip")


def _framings() -> Iterator[Operator]:
    yield Operator("Connection: close", partial(_with_header, name=b"Connection", value=b"close"), stage=2)
    yield Operator("chunked, no length", _chunked, stage=4)
    yield Operator("no length, closed at the end", _closed, stage=4)
    yield Operator(
        "HTTP/1.0", lambda one: replace(one, version=b"HTTP/1.0") if one.framing == "length" else one, stage=4
    )
    yield Operator("connection cut in the middle", _cut, GRAVE, stage=4)


def _without_length(headers: Headers) -> Headers:
    return tuple(pair for pair in headers if pair[0].lower() not in _FRAMED)


def _chunked(response: Response) -> Response:
    if response.framing != "length":
        return response
    headers = (*_without_length(response.headers), (b"Transfer-Encoding", b"chunked"))
    return replace(response, headers=headers, framing="chunked")


def _closed(response: Response) -> Response:
    if response.framing not in ("length", "chunked"):
        return response
    return replace(response, headers=_without_length(response.headers), framing="close")


def _cut(response: Response) -> Response:
    body = response.body or b""
    return replace(response, body=body[: len(body) // 2], complete=False) if body else response
