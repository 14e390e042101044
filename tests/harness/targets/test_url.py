"""A running server as a target: raw bytes out, exact bytes in, and nothing unsafe without leave."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from harness.errors import TargetError
from harness.exchange import Exchange, Request, Response
from harness.targets import Answer, Crash, Unsent
from harness.targets.safety import Safety, read_safety
from harness.targets.url import UrlSide

OK = b"HTTP/1.1 200 OK\r\n"
Serve = Callable[[bytes], tuple[UrlSide, list[bytes]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server on loopback that answers each connection with the same bytes and keeps what it was sent."""
    listeners: list[socket.socket] = []
    sides: list[UrlSide] = []

    def server(answer: bytes) -> tuple[UrlSide, list[bytes]]:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        received: list[bytes] = []
        threading.Thread(target=_answer_all, args=(listener, answer, received), daemon=True).start()
        sides.append(UrlSide("127.0.0.1", listener.getsockname()[1], Safety(), timeout=2))
        return sides[-1], received

    yield server
    for each in (*listeners, *sides):
        each.close()


def _answer_all(listener: socket.socket, answer: bytes, received: list[bytes]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(2)
            data = connection.recv(65536)
            received.append(data)
            if data:
                connection.sendall(answer)


def ask(side: UrlSide, request: Request) -> Answer:
    """Send one request and take its answer."""
    side.send(Exchange("t#1", request))
    return side.receive()


def test_what_is_listed_as_unsafe_is_not_sent() -> None:
    """By its entry in harness.toml, unless the server may be written to."""
    table = {"unsafe": ["GET /logout*"]}
    asked = Exchange("t#1", Request(b"HEAD /logout?next=/ HTTP/1.1", ((b"Host", b"x"),)))
    side = UrlSide("127.0.0.1", 1, read_safety(table), timeout=1)
    said = "unsafe as 'GET /logout*' of harness.toml says, not sent to a URL (--allow-writes HOST)"
    assert side.refusal(asked) == Unsent(said)
    assert side.refusal(Exchange("t#2", Request(b"GET / HTTP/1.1"))) is None
    assert UrlSide("127.0.0.1", 1, read_safety(table, frozenset({"127.0.0.1:1"})), timeout=1).refusal(asked) is None


GET = Request(b"GET /a b HTTP/1.1", ((b"hOst", b"x"), (b"X", b"1"), (b"X", b"2")))


def test_recorded_bytes_are_sent_as_they_were(serve: Serve) -> None:
    """Raw spaces, case and repeats included."""
    side, received = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    ask(side, GET)
    assert received == [b"GET /a b HTTP/1.1\r\nhOst: x\r\nX: 1\r\nX: 2\r\n\r\n"]


def test_a_raw_head_wins_over_the_pairs(serve: Serve) -> None:
    """What the splitter could not keep exactly is sent from the kept bytes."""
    side, received = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    ask(side, Request(b"GET / HTTP/1.1", ((b"A", b"b"),), raw_head=b"GET / HTTP/1.1\nA:b\n\n"))
    assert received == [b"GET / HTTP/1.1\nA:b\n\n"]


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (
            b"HTTP/1.1 200 Fine\r\nA: 1\r\na: 2\r\nContent-Length: 2\r\n\r\nhi",
            Response(200, b"Fine", ((b"A", b"1"), (b"a", b"2"), (b"Content-Length", b"2")), b"hi"),
        ),
        (
            b"HTTP/1.1 404 Not\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            Response(404, b"Not", ((b"Transfer-Encoding", b"chunked"),), b"hi", framing="chunked"),
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", Response(200, b"OK", (), b"to the end", b"HTTP/1.0", "close")),
        (
            b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
            Response(304, b"Not Modified", ((b"ETag", b"x"),), b"", framing="none"),
        ),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
            Response(200, b"OK", ((b"Content-Length", b"1"),), b"1"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
            Response(200, b"OK", ((b"Content-Length", b"9"),), b"half", complete=False),
        ),
    ],
    ids=["length", "chunked", "to the end", "304", "interim", "cut off"],
)
def test_an_answer_is_read_in_each_framing(serve: Serve, wire: bytes, expected: Response) -> None:
    """RFC 9112 section 6.3."""
    side, _ = serve(wire)
    assert ask(side, GET) == expected


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (b"", "connection closed without an answer"),
        (b"junk\r\n\r\n", "not an HTTP answer: Expected HTTP/.*"),
        (OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n1", "not an HTTP answer: .*Content-Length.*"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "not an HTTP answer: .*chunk size"),
        (OK + b"X: a\0b\r\n\r\n", "not an HTTP answer: .*header value.*"),
    ],
    ids=["nothing", "junk", "two lengths", "bad chunk", "NUL"],
)
def test_a_server_that_does_not_answer_http_is_a_crash(serve: Serve, wire: bytes, reason: str) -> None:
    """The exchange is lost and says how: each kind of fault is a cause of its own."""
    side, _ = serve(wire)
    answer = ask(side, GET)
    assert isinstance(answer, Crash)
    assert re.fullmatch(reason, answer.reason)


@pytest.mark.parametrize(
    ("method", "sent"),
    [
        ("GET", True),
        ("HEAD", True),
        ("OPTIONS", True),
        ("POST", False),
        ("DELETE", False),
        ("PROPFIND", False),
        ("get", False),
    ],
)
def test_only_safe_methods_are_sent_to_a_url(serve: Serve, method: str, sent: bool) -> None:
    """A production server is never written to by accident."""
    side, _ = serve(b"")
    refusal = side.refusal(Exchange("t#1", Request(f"{method} / HTTP/1.1".encode())))
    assert (refusal is None) is sent


def test_writes_are_sent_where_they_were_allowed() -> None:
    """--allow-writes HOST."""
    side = UrlSide("127.0.0.1", 1, Safety(frozenset({"127.0.0.1"})), timeout=1)
    assert side.refusal(Exchange("t#1", Request(b"POST / HTTP/1.1"))) is None


def test_a_body_that_was_not_recorded_is_not_invented() -> None:
    """An access log has no bodies."""
    side = UrlSide("127.0.0.1", 1, Safety(frozenset({"127.0.0.1"})), timeout=1)
    assert side.refusal(Exchange("t#1", Request(b"POST / HTTP/1.1", body=None))) == Unsent("body not recorded")


def test_a_server_that_is_not_there_is_named() -> None:
    """Found at the start, not at the thousandth exchange."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        side = UrlSide("127.0.0.1", unused.getsockname()[1], Safety(), timeout=1)
        with pytest.raises(TargetError, match=r"http://127\.0\.0\.1:\d+ does not answer"):
            side.start({})
