"""Catalogue, NPH: programs that write the whole answer (RFC 3875 section 5). WSGI has no raw socket: it is parsed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

Fields = list[tuple[str, str]]

# name, output, status, headers, body
GOOD: list[tuple[str, bytes, str, Fields, bytes]] = [
    (
        "178 cookies kept, the connection's own dropped",
        b"HTTP/1.1 200 Fine\r\nSet-Cookie: a=1\r\nConnection: close\r\nSet-Cookie: b=2\r\nServer: x\r\n\r\nok",
        "200 Fine",
        [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
        b"ok",
    ),
    ("178a another version", b"HTTP/1.0 404 Gone\nX-A: b\n\nok", "404 Gone", [("X-A", "b")], b"ok"),
    ("178b no phrase", b"HTTP/1.1 201\r\nX-A: b\r\n\r\nok", "201 Created", [("X-A", "b")], b"ok"),
    ("178c no headers", b"HTTP/1.1 200 OK\r\n\r\nok", "200 OK", [], b"ok"),
    ("178d a Location", b"HTTP/1.1 302 F\r\nLocation: /say.cgi\r\n\r\n", "302 F", [("Location", "/say.cgi")], b""),
    ("178e not modified", b"HTTP/1.1 304 N\r\nETag: x\r\n\r\nbody", "304 N", [("ETag", "x")], b""),
    (
        "182 continue five times",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5 + b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nok",
        "200 OK",
        [("X-A", "b")],
        b"ok",
    ),
    (
        "182a as often as is allowed",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + b"HTTP/1.1 200 OK\r\n\r\nok",
        "200 OK",
        [],
        b"ok",
    ),
    (
        "125 early hints",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 No\r\nX-A: b\r\n\r\nok",
        "404 No",
        [("X-A", "b")],
        b"ok",
    ),
]


@pytest.mark.parametrize(
    ("output", "status", "headers", "body"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD]
)
def test_good(wire: Any, way: Any, output: bytes, status: str, headers: Fields, body: bytes) -> None:
    """Status, headers and body as written, framed by the server, interim answers left out."""
    reply = wire.ask(way.url("nph-say"), method="POST", body=output)
    own = [pair for pair in reply.headers if pair[0] not in {"Server", "Date", "Connection", "Transfer-Encoding"}]
    assert (f"{reply.status} {reply.reason}", own, reply.body, reply.error) == (status, headers, body, None)


BAD = [
    ("179 junk", b"hello\nworld\n\n", "must begin with an HTTP status line"),
    ("179a a CGI answer", b"Content-Type: text/plain\n\nok", "must begin with an HTTP status line"),
    ("179b nothing", b"", "without any output"),
    ("179c a status line alone", b"HTTP/1.1 200 OK\r\n", "blank line"),
    ("179d a blank line first", b"\r\nHTTP/1.1 200 OK\r\n\r\n", "begins with a blank line"),
    ("179e two digits", b"HTTP/1.1 20 OK\r\n\r\n", "must begin with an HTTP status line"),
    ("179f a header with a control byte", b"HTTP/1.1 200 OK\r\nX-A: \x00\r\n\r\n", "control character"),
    ("179g its own chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"),
    ("182b without end", b"HTTP/1.1 100 Continue\r\n\r\n" * 51 + b"HTTP/1.1 200 OK\r\n\r\n", "interim responses"),
    ("124a an upgrade", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "switches protocols"),
    ("182c interim alone", b"HTTP/1.1 100 Continue\r\n\r\n", "without any output"),
]


@pytest.mark.parametrize(("output", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad(ask: Callable[..., Any], directory: Callable[..., Any], way: Any, output: bytes, says: str) -> None:
    """What is no HTTP answer is 502, and no raw byte of it goes out."""
    answer = ask(directory(way.runner), "/" + way.file("nph-say"), check=False, body=output)
    assert (answer.status, answer.body) == ("502 Bad Gateway", b"502 Bad Gateway\n")
    assert says in answer.log


DRIPS = """import os, time
os.write(1, b"HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n")
for piece in (b"one\\n", b"two\\n", b"three\\n"):
    os.write(1, piece)
    time.sleep(0.2)
"""


@pytest.mark.parametrize("name", ["nph-p.cgi", "p.cgi"], ids=["181", "181a not nph"])
def test_streaming(environ_for: Callable[..., dict[str, Any]], script: Callable[..., Any], name: str) -> None:
    """Each piece goes out as it is written."""
    source = DRIPS if name.startswith("nph-") else DRIPS.replace("HTTP/1.1 200 OK\\r\\n", "")
    app = script(source, name)
    response = app(environ_for(), lambda status, headers, exc_info=None: lambda data: None)
    arrived = [(piece, time.monotonic()) for piece in response]
    response.close()
    assert b"".join(piece for piece, _ in arrived) == b"one\ntwo\nthree\n"
    assert arrived[-1][1] - arrived[0][1] > 0.1
