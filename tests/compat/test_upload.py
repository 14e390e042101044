"""From the framing of a request to its body: lengths, chunks, limits, and how long a client may take."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from compat.errors import ProgramError, RequestError
from compat.upload import read_body

LONG = bytes(range(256)) * 1024


@pytest.mark.parametrize("declared", ["3x", "-1", "3,4", "3, 3", "+3", "\u0663", "9" * 30])
def test_senseless_length(environ_for: Callable[..., dict[str, Any]], declared: str) -> None:
    """A Content-Length that is not a number is the client's fault: 400."""
    with pytest.raises(RequestError) as caught:
        read_body(environ_for("/", CONTENT_LENGTH=declared))
    assert caught.value.status == 400


@pytest.mark.parametrize("data", [b"", b"hello", LONG], ids=["empty", "short", "long"])
def test_chunked(environ_for: Callable[..., dict[str, Any]], data: bytes) -> None:
    """A chunked body is read whole, and its length becomes true, even when it is 0."""
    environ = environ_for("/", HTTP_TRANSFER_ENCODING="chunked")
    environ.update({"wsgi.input": io.BytesIO(data), "wsgi.input_terminated": True})
    body = read_body(environ)
    assert body.length == len(data)
    assert bytes(body.peek(len(LONG))) == data
    body.close()


def test_chunked_and_length(environ_for: Callable[..., dict[str, Any]]) -> None:
    """Where a server lets both pass, the chunks win (RFC 9112 section 6.3)."""
    environ = environ_for("/", HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="2")
    environ.update({"wsgi.input": io.BytesIO(b"hello"), "wsgi.input_terminated": True})
    assert read_body(environ).length == 5


def test_chunked_undecoded(environ_for: Callable[..., dict[str, Any]]) -> None:
    """A server that does not decode chunks would hand chunk sizes to the program: 411 instead."""
    with pytest.raises(RequestError) as caught:
        read_body(environ_for("/", HTTP_TRANSFER_ENCODING="chunked"))
    assert caught.value.status == 411


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_too_large(environ_for: Callable[..., dict[str, Any]], chunked: bool) -> None:
    """`max_body` holds for both framings."""
    environ = environ_for("/", **({"HTTP_TRANSFER_ENCODING": "chunked"} if chunked else {"CONTENT_LENGTH": "11"}))
    environ.update({"wsgi.input": io.BytesIO(b"hello world"), "wsgi.input_terminated": True})
    with pytest.raises(RequestError) as caught:
        read_body(environ, 10)
    assert caught.value.status == 413


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_just_small_enough(environ_for: Callable[..., dict[str, Any]], chunked: bool) -> None:
    """`max_body` itself is allowed."""
    environ = environ_for("/", **({"HTTP_TRANSFER_ENCODING": "chunked"} if chunked else {"CONTENT_LENGTH": "11"}))
    environ.update({"wsgi.input": io.BytesIO(b"hello world"), "wsgi.input_terminated": True})
    assert read_body(environ, 11).length == 11


def test_short_body_broken_off(environ_for: Callable[..., dict[str, Any]]) -> None:
    """A client that sends 10 of 100 bytes and goes is noticed before the program starts."""
    environ = environ_for("/", CONTENT_LENGTH="100")
    environ["wsgi.input"] = io.BytesIO(b"0123456789")
    with pytest.raises(RequestError, match="10 of 100") as caught:
        read_body(environ)
    assert caught.value.status == 400


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection: the client's end and the server's."""
    client, server = socket.socketpair()
    with client, server:
        yield client, server


class Connected:
    """A `wsgi.input` that reads a connection, as gunicorn's does."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def read(self, size: int) -> bytes:
        """Return `size` bytes once they are there."""
        data = b""
        while len(data) < size and (piece := self.connection.recv(size - len(data))):
            data += piece
        return data


@pytest.mark.parametrize("length", [10, 100_000], ids=["short", "long"])
def test_silent_client(
    environ_for: Callable[..., dict[str, Any]], pair: tuple[socket.socket, socket.socket], length: int
) -> None:
    """Nothing for `idle_timeout`: 408, with what had come."""
    client, server = pair
    client.sendall(b"012")
    changes = {"wsgi.input": Connected(server), "gunicorn.socket": server, "CONTENT_LENGTH": str(length)}
    with pytest.raises(RequestError) as caught:
        listen(environ_for("/", **changes))
    assert caught.value.status == 408
    assert "then nothing for idle_timeout" in str(caught.value)


def listen(environ: dict[str, Any]) -> None:
    """Read a body, and hear what becomes of it."""
    body = read_body(environ, idle_timeout=0.3)
    try:
        for _ in range(500):
            time.sleep(0.02)
            body.hear()
    finally:
        body.close()


@pytest.mark.parametrize("framing", [{"CONTENT_LENGTH": "100"}, {"HTTP_TRANSFER_ENCODING": "chunked"}], ids=str)
def test_trickle(
    environ_for: Callable[..., dict[str, Any]], pair: tuple[socket.socket, socket.socket], framing: dict[str, str]
) -> None:
    """A byte now and then is not silence, but `timeout` ends it too; the connection must go."""
    client, server = pair
    stop = threading.Event()

    def trickle() -> None:
        while not stop.wait(0.05):
            client.sendall(b"x")

    thread = threading.Thread(target=trickle)
    thread.start()
    changes = {"wsgi.input": Connected(server), "gunicorn.socket": server, "wsgi.input_terminated": True, **framing}
    try:
        with pytest.raises(RequestError) as caught:
            read_body(environ_for("/", **changes), timeout=0.5, idle_timeout=5)
    finally:
        stop.set()
        thread.join()
        client.shutdown(socket.SHUT_RDWR)
    assert caught.value.status == 408
    assert caught.value.broken_off is not None


def test_no_thread_left(environ_for: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a short body cannot be waited for, the answer is 503 and when to come back."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    changes = {"wsgi.input": io.BufferedReader(io.BytesIO(b"x" * 10)), "CONTENT_LENGTH": "10"}
    with pytest.raises(ProgramError) as caught:
        read_body(environ_for("/", **changes), timeout=5)
    assert (caught.value.status, caught.value.retry_after) == (503, 1)


def test_patience_for_the_answer(
    environ_for: Callable[..., dict[str, Any]], pair: tuple[socket.socket, socket.socket]
) -> None:
    """A client that takes nothing of its answer is not waited for any longer."""
    _, server = pair
    read_body(environ_for("/", **{"gunicorn.socket": server}), idle_timeout=0.3)
    with pytest.raises((TimeoutError, BlockingIOError)):
        server.sendall(b"x" * 10_000_000)
