"""Request bodies: short ones at once, long ones as they arrive."""

from __future__ import annotations

import errno
import io
import os
import select
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from compat.body import Body, SpooledBody
from compat.errors import ProgramError, RequestError, ResponseAborted
from compat.pump import PumpedBody, next_size
from compat.upload import read_body

LONG = bytes(range(256)) * 1024


class Trickle:
    """A wsgi.input that gives what a test feeds it, and blocks in between."""

    def __init__(self) -> None:
        read, self._write = os.pipe()
        self._file = os.fdopen(read, "rb", buffering=0)

    def feed(self, data: bytes) -> None:
        """Make bytes available."""
        os.write(self._write, data)

    def end(self) -> None:
        """Let the client go away."""
        os.close(self._write)

    def read(self, size: int) -> bytes:
        """Return what there is, at most `size`."""
        return self._file.read(size) or b""


def drain(body: Body) -> bytes:
    """Read a body to its end, waiting where needed."""
    pieces = []
    while not body.ended:
        pieces.append(wait(body))
    return b"".join(pieces)


def wait(body: Body) -> bytes:
    """Take the next bytes as soon as there are any."""
    data = bytes(body.peek(5000))
    while not data and not body.ended:
        assert select.select([body.wake], [], [], 10)[0]
        body.hear()
        data = bytes(body.peek(5000))
    body.taken(len(data))
    return data


@pytest.mark.parametrize(
    ("data", "declared", "length"),
    [
        (b"", None, None),
        (b"never read", None, None),
        (b"", "", None),
        (b"", "0", 0),
        (b"abc", "3", 3),
        (b"abcNEXT", "3", 3),
        (LONG, str(len(LONG)), len(LONG)),
        (LONG + b"NEXT", str(len(LONG)), len(LONG)),
    ],
    ids=["none", "no length", "empty length", "zero", "short", "short, more follows", "long", "long, more follows"],
)
def test_declared_length(
    environ_for: Callable[..., dict[str, Any]], data: bytes, declared: str | None, length: int | None
) -> None:
    """Exactly the declared bytes are read; without a declaration, none (the server could block)."""
    environ = environ_for("/")
    environ["wsgi.input"] = io.BytesIO(data)
    if declared is not None:
        environ["CONTENT_LENGTH"] = declared
    body = read_body(environ)
    assert body.length == length
    assert drain(body) == data[: length or 0]
    assert body.ended
    body.close()


def test_long_body_broken_off(environ_for: Callable[..., dict[str, Any]]) -> None:
    """The same for a long body, while it is being read."""
    environ = environ_for("/", CONTENT_LENGTH="1000000")
    environ["wsgi.input"] = io.BytesIO(LONG)
    body = read_body(environ)
    with pytest.raises(RequestError, match=f"{len(LONG)} of 1000000") as caught:
        drain(body)
    assert caught.value.status == 400
    body.close()


def test_long_body_arrives_in_parts(environ_for: Callable[..., dict[str, Any]], no_new_descriptors: None) -> None:
    """What has arrived can be read before the rest is sent; nothing blocks."""
    source = Trickle()
    body = read_body(environ_for("/", CONTENT_LENGTH="100000", **{"wsgi.input": source}))
    assert bytes(body.peek(10)) == b""
    assert not body.ended
    source.feed(b"a" * 1000)
    assert wait(body) == b"a" * 1000
    threading.Timer(0.05, lambda: (source.feed(b"b" * 60000), source.feed(b"c" * 39000))).start()
    assert drain(body) == b"b" * 60000 + b"c" * 39000
    body.close()
    source.end()
    source._file.close()


def test_response_before_the_end_of_the_body(
    environ_for: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the client never sends the rest, the connection cannot be used again: close() says so, in bounded time."""
    monkeypatch.setattr("compat.pump.LINGER", 0.1)
    source = Trickle()
    body = read_body(environ_for("/", CONTENT_LENGTH="100000", **{"wsgi.input": source}))
    started = time.monotonic()
    with pytest.raises(ResponseAborted):
        body.close()
    assert time.monotonic() - started < 2
    source.end()
    time.sleep(0.05)
    source._file.close()


def test_unread_long_body_is_taken_off_the_connection(environ_for: Callable[..., dict[str, Any]]) -> None:
    """What a program did not read is read all the same, so that the next request on the connection begins in the
    right place.
    """
    source = io.BytesIO(LONG + b"NEXT")
    body = read_body(environ_for("/", CONTENT_LENGTH=str(len(LONG)), **{"wsgi.input": source}))
    body.close()
    assert source.read() == b"NEXT"


def _no_pipe() -> tuple[int, int]:
    raise OSError(errno.EMFILE, "Too many open files")


def _no_thread(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize(
    ("owner", "name", "refuse"),
    [(os, "pipe", _no_pipe), (threading.Thread, "start", _no_thread)],
    ids=["no descriptor", "no thread"],
)
def test_nothing_left_to_read_with(
    environ_for: Callable[..., dict[str, Any]],
    no_new_descriptors: None,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    refuse: Callable[..., Any],
) -> None:
    """A server that has no descriptor or thread left says 503 and when to come back, and keeps nothing."""
    monkeypatch.setattr(owner, name, refuse)
    with pytest.raises(ProgramError) as caught:
        read_body(environ_for("/", CONTENT_LENGTH="100000", **{"wsgi.input": io.BytesIO(LONG)}))
    assert (caught.value.status, caught.value.retry_after) == (503, 1)


@pytest.mark.parametrize(
    ("received", "seconds", "size"),
    [(0, 0.0, 16384), (100_000, 0.0, 16384), (800_000, 0.0, 100_000), (10**9, 0.0, 1048576), (10**9, 1.0, 16384)],
    ids=["first", "short", "growing", "largest", "slow"],
)
def test_size_of_pieces(received: int, seconds: float, size: int) -> None:
    """Large pieces are for what comes quickly, and never a large part of it."""
    assert next_size(received, seconds) == size


def _no_splice(*words: Any, **options: Any) -> int:
    raise OSError(errno.EINVAL, "a file system without it")


@pytest.mark.parametrize("way", ["splice", "refused", "absent", "in memory"])
def test_given_to_a_pipe(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body goes into a pipe as far as that has room, whatever the system offers for it, and then further."""
    if way == "refused":
        monkeypatch.setattr(os, "splice", _no_splice)
    if way == "absent":
        monkeypatch.delattr(os, "splice")
    data = bytes(range(256)) * 400
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the body closes it
    file.write(data)
    file.flush()
    body = Body(data, len(data)) if way == "in memory" else SpooledBody(file, len(data))
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        received = b""
        while not body.ended:
            try:
                assert body.give(writing) > 0
            except BlockingIOError:
                received += os.read(reading, 1 << 20)
        assert body.give(writing) == 0
        received += os.read(reading, 1 << 20)
    finally:
        os.close(reading)
        os.close(writing)
        body.close()
        file.close()
    assert received == data


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe as a program's input: its end and ours, which never blocks."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_handed_straight_on(environ_for: Callable[..., dict[str, Any]], pipe: tuple[int, int]) -> None:
    """A program that has taken all there was gets the rest as it arrives, with no more giving, and no room on disk."""
    reading, writing = pipe
    source = Trickle()
    body = read_body(environ_for("/", CONTENT_LENGTH="100000", **{"wsgi.input": source}))
    assert body.give(writing) == 0
    before = time.monotonic()
    for letter in b"abcde":
        source.feed(bytes([letter]) * 20000)
        received = b""
        while len(received) < 20000:
            assert select.select([reading], [], [], 10)[0]
            received += os.read(reading, 20000)
        assert received == bytes([letter]) * 20000
    while not body.ended:
        assert select.select([body.wake], [], [], 10)[0]
        body.hear()
    assert body.moved >= before
    assert isinstance(body, PumpedBody)
    assert os.fstat(body._file.fileno()).st_blocks == 0
    body.close()
    source.end()
    source._file.close()


def test_program_that_stops_reading(environ_for: Callable[..., dict[str, Any]], pipe: tuple[int, int]) -> None:
    """What a pipe does not take is kept, and comes later, in order; the client need not wait for the program."""
    reading, writing = pipe
    source = Trickle()
    body = read_body(environ_for("/", CONTENT_LENGTH="180000", **{"wsgi.input": source}))
    assert body.give(writing) == 0
    for letter in b"abc":
        source.feed(bytes([letter]) * 60000)
    received, limit = b"", time.monotonic() + 10
    while not body.ended and time.monotonic() < limit:
        assert select.select([body.wake], [], [], 10)[0]
        body.hear()
        try:
            while body.give(writing):
                pass
        except BlockingIOError:
            received += os.read(reading, 65536)
            os.write(body._signal, b".")  # look again
    os.set_blocking(reading, False)
    while len(received) < 180000:
        received += os.read(reading, 65536)
    assert received == b"a" * 60000 + b"b" * 60000 + b"c" * 60000
    body.close()
    source.end()
    source._file.close()


def test_nothing_is_handed_on_after_leaving(environ_for: Callable[..., dict[str, Any]], pipe: tuple[int, int]) -> None:
    """A descriptor that is about to be closed gets nothing: its number may be another file's by then."""
    reading, writing = pipe
    source = Trickle()
    body = read_body(environ_for("/", CONTENT_LENGTH="100000", **{"wsgi.input": source}))
    assert body.give(writing) == 0
    body.leave()
    source.feed(b"a" * 50000)
    assert wait(body) == b"a" * 5000
    os.set_blocking(reading, False)
    with pytest.raises(BlockingIOError):
        os.read(reading, 1)
    source.feed(b"a" * 50000)
    body.close()
    source.end()
    source._file.close()
