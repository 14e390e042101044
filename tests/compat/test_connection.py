"""Bodies straight from the client's connection, beside the real parser of gunicorn."""

from __future__ import annotations

import io
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from compat.connection import straight

http = pytest.importorskip("gunicorn.http", reason="gunicorn is not installed")
config = pytest.importorskip("gunicorn.config", reason="gunicorn is not installed")

LONG = bytes(range(256)) * 1024
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


class Served:
    """A connection that gunicorn reads requests from."""

    def __init__(self) -> None:
        self.client, self.server = socket.socketpair()
        self.client.settimeout(10)
        self.server.settimeout(10)
        self.parser = http.get_parser(config.Config(), self.server, ("127.0.0.1", 1))

    def environ(self, framing: str) -> dict[str, Any]:
        """Send the head of a request and return what an application is given."""
        self.client.sendall(f"POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n".encode())
        return {"wsgi.input": next(self.parser).body, "gunicorn.socket": self.server}


@pytest.fixture
def served() -> Iterator[Served]:
    """A connection from a client to gunicorn."""
    connected = Served()
    with connected.client, connected.server:
        yield connected


@pytest.mark.parametrize("ahead", [0, 1, 5000, len(LONG) - 1], ids=str)
def test_body_and_the_next_request(served: Served, ahead: int) -> None:
    """All bytes come, whether gunicorn has read them ahead or not, and the next request begins behind them."""
    served.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    served.client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    environ = served.environ(f"Content-Length: {len(LONG)}")
    served.client.sendall(LONG + NEXT)
    begun = environ["wsgi.input"].read(ahead)
    pieces = straight(environ)
    assert pieces is not None
    assert begun + b"".join(bytes(piece) for piece in pieces) == LONG
    assert environ["wsgi.input"].read() == b""
    assert next(served.parser).path == "/next"


def test_line_read_before(served: Served) -> None:
    """What something else has read ahead by lines is not lost."""
    environ = served.environ("Content-Length: 300")
    served.client.sendall(b"a\n" * 150)
    assert environ["wsgi.input"].readline() == b"a\n"
    pieces = straight(environ)
    assert pieces is not None
    assert b"".join(bytes(piece) for piece in pieces) == b"a\n" * 149


def test_client_gone(served: Served) -> None:
    """A client that ends before its body does ends the pieces."""
    environ = served.environ("Content-Length: 100000")
    served.client.sendall(b"x" * 2000)
    served.client.shutdown(socket.SHUT_WR)
    pieces = straight(environ)
    assert pieces is not None
    assert sum(len(piece) for piece in pieces) == 2000


def test_silent_client(served: Served) -> None:
    """One that says nothing for too long raises, and gunicorn looks for no other request there."""
    environ = served.environ("Content-Length: 100000")
    served.server.settimeout(None)
    served.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 50_000))
    pieces = straight(environ)
    assert pieces is not None
    with pytest.raises(BlockingIOError):
        next(pieces)
    assert not served.parser.finish_body()


def test_chunks(served: Served) -> None:
    """Chunks are left to the server."""
    assert straight(served.environ("Transfer-Encoding: chunked")) is None


def test_other_inputs(served: Served) -> None:
    """So are the bodies of other servers, other connections, and what something else hands on."""
    environ = served.environ("Content-Length: 3")
    with socket.socket() as other:
        for changes in ({"wsgi.input": io.BytesIO()}, {"gunicorn.socket": None}, {"gunicorn.socket": other}):
            assert straight(environ | changes) is None
    assert straight(environ) is not None
