"""The proxy of the lab over real sockets: what clients get, byte by byte, and what the old implementation is asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from harness.errors import TargetError
from harness.exchange import Exchange, Request, Response
from harness.scream.heads import head_operators
from harness.scream.operators import Operator
from harness.scream.proxy import Proxy, goes_on, wire_answer

PAGE = Response(200, b"OK", ((b"X-a", b"1"), (b"Content-Length", b"5")), b"hello", framing="length")
HEADS = {one.name: one for one in head_operators([b"x-a", b"content-length"])}
TIMEOUT = 10


class Old:
    """An old implementation that answers one page, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def refusal(self, exchange: Exchange) -> None:
        """Refuse nothing."""

    def send(self, exchange: Exchange) -> None:
        """Remember."""
        self.asked.append(exchange.request)

    def receive(self) -> Response:
        """Answer."""
        return PAGE


@pytest.fixture
def old() -> Old:
    """Return the old implementation."""
    return Old()


@pytest.fixture
def proxy(old: Old) -> Iterator[Proxy]:
    """Yield a proxy before it; the endpoint of a request is its method and path."""
    side: Any = old
    made = Proxy(side, lambda request: b" ".join(request.start_line.split()[:2]).decode("latin-1"))
    with closing(made):
        yield made


class Connection:
    """A client's connection."""

    def __init__(self, proxy: Proxy) -> None:
        host, port = proxy.host.split(":")
        self._socket = socket.create_connection((host, int(port)), TIMEOUT)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, text: bytes) -> None:
        """Send."""
        self._socket.sendall(text)

    def get(self, path: str, *headers: bytes) -> None:
        """Send a GET."""
        self.send(b"\r\n".join([b"GET %s HTTP/1.1" % path.encode(), b"Host: h", *headers, b"", b""]))

    def read(self, until: bytes = b"") -> bytes:
        """Return what comes until some text, or until the end."""
        found = b""
        while not until or not found.endswith(until):
            piece = self._socket.recv(4096)
            if not piece:
                return found
            found += piece
        return found


def asked(proxy: Proxy, path: str = "/") -> bytes:
    """Return the answer of one request, to the end of its connection."""
    with Connection(proxy) as connection:
        connection.get(path, b"Connection: close")
        return connection.read()


HEAD = b"HTTP/1.1 200 OK\r\nX-a: 1\r\n"
LENGTH = b"Content-Length: 5\r\n"


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("", HEAD + LENGTH + b"\r\nhello"),
        ("reason phrase empty", b"HTTP/1.1 200 \r\nX-a: 1\r\n" + LENGTH + b"\r\nhello"),
        ("header X-A missing", b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\nhello"),
        ("header X-A in upper case", b"HTTP/1.1 200 OK\r\nX-A: 1\r\n" + LENGTH + b"\r\nhello"),
        ("chunked, no length", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        ("no length, closed at the end", HEAD + b"\r\nhello"),
        ("HTTP/1.0", b"HTTP/1.0 200 OK\r\nX-a: 1\r\n" + LENGTH + b"\r\nhello"),
        ("connection cut in the middle", HEAD + LENGTH + b"\r\nhe"),
        ("status 410", b"HTTP/1.1 410 Gone\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nGone"),
        ("one more 302", b"HTTP/1.1 302 Moved\r\nLocation: /~moved/\r\nContent-Length: 0\r\n\r\n"),
    ],
)
def test_what_goes_onto_the_wire(proxy: Proxy, operator: str, expected: bytes) -> None:
    """The answer as it is, but for the one change."""
    proxy.begin({"GET /": [HEADS[operator]]} if operator else {})
    assert asked(proxy) == expected


def test_only_the_endpoint_is_changed(proxy: Proxy) -> None:
    """What is asked elsewhere comes as it is."""
    proxy.begin({"GET /": [HEADS["status 404"]]})
    assert asked(proxy, "/other") == HEAD + LENGTH + b"\r\nhello"


def test_redirects_follow_each_other(proxy: Proxy, old: Old) -> None:
    """Each once, then the thing; the old implementation does not see the detour, links below it lead on."""
    current = proxy.begin({"GET /a/": [HEADS["one more 301"], HEADS["one more 307"]]})
    starts = [asked(proxy, path).split(b"\r\n")[:2] for path in ("/a/", "/~moved/a/", "/~moved/~moved/a/")]
    assert starts == [
        [b"HTTP/1.1 301 Moved", b"Location: /~moved/a/"],
        [b"HTTP/1.1 307 Moved", b"Location: /~moved/~moved/a/"],
        [b"HTTP/1.1 200 OK", b"X-a: 1"],
    ]
    asked(proxy, "/~moved/~moved/b")
    assert [request.target for request in old.asked] == [b"/a/", b"/a/", b"/a/", b"/b"]
    assert [one.endpoint for one in current.seen] == ["GET /a/", "GET /a/", "GET /a/", "GET /b"]


def test_what_is_refused_is_not_written(proxy: Proxy, old: Old) -> None:
    """A POST that is refused never reaches the old implementation; a GET may."""
    proxy.begin({"POST /": [HEADS["status 500"]], "GET /": [HEADS["status 500"]]})
    with Connection(proxy) as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\na=1")
        assert connection.read().startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert old.asked == []
    asked(proxy)
    assert [request.method for request in old.asked] == [b"GET"]


def test_a_body_is_asked_for_where_it_waits(proxy: Proxy, old: Old) -> None:
    """`Expect: 100-continue` is answered before the body (RFC 9110 section 10.1.1)."""
    with Connection(proxy) as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert connection.read(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(b"a=1")
        assert connection.read(b"hello").startswith(b"HTTP/1.1 200 OK\r\n")
    assert old.asked[0].body == b"a=1"


def test_a_connection_is_kept(proxy: Proxy) -> None:
    """For as long as lengths are told; two requests sent at once are both answered."""
    current = proxy.begin({})
    with Connection(proxy) as connection:
        connection.get("/1")
        assert connection.read(b"hello")
        connection.send(b"GET /2 HTTP/1.1\r\nHost: h\r\n\r\nGET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert connection.read().count(b"hello") == 2
    assert [one.endpoint for one in current.seen] == ["GET /1", "GET /2", "GET /3"]


def test_an_answer_without_a_length_ends_the_connection(proxy: Proxy) -> None:
    """Though the client would keep it."""
    proxy.begin({"GET /": [HEADS["no length, closed at the end"]]})
    with Connection(proxy) as connection:
        connection.get("/")
        assert connection.read() == HEAD + b"\r\nhello"


def test_what_the_last_client_left_open_is_closed(proxy: Proxy, old: Old) -> None:
    """So that nothing of it is counted for the next one."""
    with Connection(proxy) as connection:
        connection.get("/")
        connection.read(b"hello")
        current = proxy.begin({})
        assert connection.read() == b""
    assert (len(old.asked), current.seen) == (1, [])


def test_what_is_no_request_is_dropped(proxy: Proxy) -> None:
    """And the next connection is served."""
    with Connection(proxy) as connection:
        connection.send(b"\x16\x03\x01\x00\xff\r\n\r\n")
        connection.read()
    assert asked(proxy).endswith(b"hello")


@pytest.mark.parametrize(
    ("changes", "request_headers", "expected"),
    [
        ({}, (), True),
        ({"framing": "close"}, (), False),
        ({"framing": "chunked"}, (), True),
        ({"version": b"HTTP/1.0"}, (), False),
        ({"complete": False}, (), False),
        ({"headers": ((b"Connection", b"close"),)}, (), False),
        ({}, ((b"Connection", b"close"),), False),
        ({"framing": "close", "status": 304}, (), True),
    ],
)
def test_whether_a_connection_goes_on(
    changes: dict[str, Any], request_headers: Sequence[tuple[bytes, bytes]], expected: bool
) -> None:
    """RFC 9112 section 9.3."""
    request = Request(b"GET / HTTP/1.1", tuple(request_headers))
    assert goes_on(request, replace(PAGE, **changes)) is expected


def test_a_cut_chunked_answer_has_no_end() -> None:
    """The client sees that it is not whole."""
    cut = replace(PAGE, headers=(), framing="chunked", complete=False)
    assert wire_answer(cut).endswith(b"5\r\nhello\r\n")


def test_a_target_that_cannot_be_asked_is_no_silence(proxy: Proxy, old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops the lab is told, not taken for what a change did."""

    def gone() -> Response:
        raise TargetError("it is gone")

    monkeypatch.setattr(old, "receive", gone)
    current = proxy.begin({})
    assert asked(proxy) == b""
    assert str(current.failure) == "it is gone"


def test_an_operator_with_a_delay_makes_late(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """By so many seconds."""
    waited: list[float] = []
    monkeypatch.setattr("harness.scream.proxy.time.sleep", waited.append)
    proxy.begin({"GET /": [Operator("late", lambda one: one, delay=1.5), Operator("too", lambda one: one, delay=1)]})
    asked(proxy)
    assert waited == [2.5]
