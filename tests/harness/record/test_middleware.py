"""The middleware: what passes is recorded, and nothing of it changes."""

from __future__ import annotations

import io
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import pytest

from harness.exchange import Exchange, Response
from harness.record.call import headers_of, start_line_of
from harness.record.middleware import Recorder
from harness.recording import open_recordings
from harness.store.archive import Archive, ArchiveWriter
from harness.wire import first_header

LINES = b"line one\nline two"
Application = Callable[..., Iterable[bytes]]


def environ(method: str = "GET", path: str = "/", body: bytes = b"", **more: Any) -> dict[str, Any]:
    """Return an environ as a server makes it."""
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "1.2.3.4",
        "HTTP_HOST": "localhost",
        **({"CONTENT_LENGTH": str(len(body))} if body else {}),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }


def answer(app: Application, request: dict[str, Any], pieces: int | None = None) -> list[bytes]:
    """Serve one request as a server would, taking at most so many pieces of the answer."""
    result = app(request, lambda status, headers, exc_info=None: lambda data: None)
    try:
        return list(islice(result, pieces))
    finally:
        if hasattr(result, "close"):
            result.close()


def recorded(tmp_path: Path, app: Application, *requests: dict[str, Any], pieces: int | None = None) -> list[Exchange]:
    """Serve requests through a recorder and return what it wrote."""
    recorder = Recorder(app, ArchiveWriter(tmp_path / "a.archive", "seed"), redact=False)
    for request in requests:
        answer(recorder, request, pieces)
    recorder.close()
    assert recorder.lost == 0
    return list(Archive(tmp_path / "a.archive"))


def echo(request: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with the request's body."""
    body = request["wsgi.input"].read(int(request.get("CONTENT_LENGTH") or 0))
    start_response("200 Fine", [("Content-Type", "text/plain"), ("Set-Cookie", "a"), ("set-cookie", "b")])
    return [b"got ", body]


def test_records_both_sides(tmp_path: Path) -> None:
    """Start line, headers in order, bodies, status, connection facts and times are recorded."""
    (one,) = recorded(
        tmp_path,
        echo,
        environ("POST", "/p", b"\x00body", HTTP_X_THING="1", REMOTE_USER="jo", RAW_URI="/p%20q?x=%2f"),
    )
    assert one.request.start_line == b"POST /p%20q?x=%2f HTTP/1.1"
    assert one.request.headers == ((b"Host", b"localhost"), (b"Content-Length", b"5"), (b"X-Thing", b"1"))
    assert (one.request.body, one.request.framing) == (b"\x00body", "length")
    assert one.response == Response(
        200,
        b"Fine",
        ((b"Content-Type", b"text/plain"), (b"Set-Cookie", b"a"), (b"set-cookie", b"b")),
        b"got \x00body",
        framing="close",
    )
    assert (one.scheme, one.peer, one.user, one.user_by) == ("https", "1.2.3.4", "jo", "remote")
    assert one.started > 1.6e9
    assert one.duration is not None
    assert Archive(tmp_path / "a.archive").state == "seed"


def test_writes_cassettes(tmp_path: Path) -> None:
    """A name that ends in .yaml makes a cassette."""
    recorder = Recorder(echo, str(tmp_path / "a.yaml"))
    answer(recorder, environ())
    recorder.close()
    (recording,) = open_recordings([tmp_path / "a.yaml"])
    assert [exchange.request.path for exchange in recording] == [b"/"]


@pytest.mark.parametrize(
    ("read", "body", "chunked_body"),
    [
        (lambda stream: stream.read(), LINES, LINES),
        (lambda stream: stream.read(-1), LINES, LINES),
        (lambda stream: (stream.read(3), stream.read(100), stream.read(1)), LINES, LINES),
        # Without a length, only a read that finds nothing more shows that it was all.
        (lambda stream: (stream.read(3), stream.read(100)), LINES, None),
        (lambda stream: (stream.readline(), stream.readline(), stream.readline()), LINES, LINES),
        (lambda stream: stream.readlines(), LINES, LINES),
        (list, LINES, LINES),
        (lambda stream: stream.read(3), None, None),
        (lambda stream: None, None, None),
    ],
    ids=["read", "read -1", "pieces and end", "pieces", "lines", "readlines", "iterate", "a part", "nothing"],
)
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_body_is_what_the_application_read(
    tmp_path: Path, read: Callable[[Any], Any], body: bytes | None, chunked_body: bytes | None, chunked: bool
) -> None:
    """A body read whole, in whichever way, is recorded; one that was not is unknown."""

    def app(request: dict[str, Any], start_response: Any) -> list[bytes]:
        read(request["wsgi.input"])
        start_response("200 OK", [])
        return []

    request = environ("POST", body=LINES)
    if chunked:
        del request["CONTENT_LENGTH"]
        request["HTTP_TRANSFER_ENCODING"] = "chunked"
    (one,) = recorded(tmp_path, app, request)
    assert one.request.body == (chunked_body if chunked else body)


def test_streams_stay_streams(tmp_path: Path) -> None:
    """A piece reaches the server before the application makes the next one."""
    made: list[int] = []

    def app(request: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        for number in range(3):
            made.append(number)
            yield b"%d" % number

    recorder = Recorder(app, ArchiveWriter(tmp_path / "a.archive"))
    result = iter(recorder(environ(), lambda *_: lambda data: None))
    assert (next(result), made) == (b"0", [0])
    assert (next(result), made) == (b"1", [0, 1])
    assert list(result) == [b"2"]
    recorder.close()
    (one,) = Archive(tmp_path / "a.archive")
    assert one.response
    assert (one.response.body, one.response.complete) == (b"012", True)


def stream(request: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    """Answer in three pieces, with a length where the path says so."""
    start_response("200 OK", [("Content-Length", "3")] if request["PATH_INFO"] == "/length" else [])
    return iter((b"a", b"b", b"c"))


@pytest.mark.parametrize(
    ("request_", "pieces", "body", "complete"),
    [
        (environ(), 2, b"ab", False),
        (environ(), 0, b"", False),
        (environ(path="/length"), 2, b"ab", False),
        (environ(path="/length"), 3, b"abc", True),
        (environ("HEAD"), 0, b"", True),
    ],
    ids=["after two", "before any", "short of its length", "at its length", "head"],
)
def test_closed_early(tmp_path: Path, request_: dict[str, Any], pieces: int, body: bytes, complete: bool) -> None:
    """An answer the server stopped taking is recorded as far as it went, and as cut off if it was."""
    (one,) = recorded(tmp_path, stream, request_, pieces=pieces)
    assert one.response
    assert (one.response.body, one.response.complete) == (body, complete)


@pytest.mark.parametrize(("taken", "complete"), [(1, False), (2, True)])
def test_a_list_is_whole_when_its_last_piece_was_taken(tmp_path: Path, taken: int, complete: bool) -> None:
    """A server that finds its client gone asks for no more, although nothing would have followed."""

    def application(request: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"a", b"b"]

    (one,) = recorded(tmp_path, application, environ(), pieces=taken)
    assert one.response
    assert one.response.complete == complete


def test_close_is_passed_on(tmp_path: Path) -> None:
    """The application's own close is called, once."""
    closed: list[bool] = []

    class Result:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"x"])

        def close(self) -> None:
            """Note the call."""
            closed.append(True)

    def app(request: dict[str, Any], start_response: Any) -> Result:
        start_response("200 OK", [])
        return Result()

    recorder = Recorder(app, ArchiveWriter(tmp_path / "a.archive"))
    answer(recorder, environ(), pieces=0)
    recorder.close()
    assert closed == [True]


def test_write_callable(tmp_path: Path) -> None:
    """What goes through write() is part of the body, before what is returned."""

    def app(request: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"written ")
        return [b"returned"]

    (one,) = recorded(tmp_path, app, environ())
    assert one.response
    assert one.response.body == b"written returned"


def test_second_start_response_counts(tmp_path: Path) -> None:
    """An error page that replaces what was not sent yet is what is recorded."""

    def app(request: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        try:
            raise ZeroDivisionError
        except ZeroDivisionError as error:
            start_response("500 Broken", [], (type(error), error, error.__traceback__))
        return [b"sorry"]

    (one,) = recorded(tmp_path, app, environ())
    assert one.response
    assert (one.response.status, one.response.reason) == (500, b"Broken")


def test_application_that_raises(tmp_path: Path) -> None:
    """The exception passes; the request is recorded without an answer."""

    def app(request: dict[str, Any], start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    recorder = Recorder(app, ArchiveWriter(tmp_path / "a.archive"))
    with pytest.raises(ZeroDivisionError):
        answer(recorder, environ())
    recorder.close()
    (one,) = Archive(tmp_path / "a.archive")
    assert one.response is None


def test_raises_within_the_body(tmp_path: Path) -> None:
    """An answer that breaks off is recorded as cut off."""

    def app(request: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"part"
        raise ZeroDivisionError

    recorder = Recorder(app, ArchiveWriter(tmp_path / "a.archive"))
    with pytest.raises(ZeroDivisionError):
        answer(recorder, environ())
    recorder.close()
    (one,) = Archive(tmp_path / "a.archive")
    assert one.response
    assert (one.response.body, one.response.complete) == (b"part", False)


class Broken(ArchiveWriter):
    """A writer whose disk is full."""

    def add(self, exchange: Exchange) -> None:
        """Fail."""
        raise OSError(28, "No space left on device")


def test_fails_open(tmp_path: Path) -> None:
    """Where writing fails the request is served and the loss counted."""
    recorder = Recorder(echo, Broken(tmp_path / "a.archive"))
    assert answer(recorder, environ()) == [b"got ", b""]
    recorder.close()
    assert (recorder.recorded, recorder.lost) == (0, 1)


def test_unwritable_path(tmp_path: Path) -> None:
    """A file that cannot be made stops nothing either."""
    recorder = Recorder(echo, tmp_path / "no" / "such" / "folder" / "a.archive")
    assert answer(recorder, environ()) == [b"got ", b""]
    recorder.close()
    assert recorder.lost == 1


def test_full_queue_never_blocks(tmp_path: Path) -> None:
    """While the writer hangs, requests are served at once; what does not fit is counted."""
    release = threading.Event()

    class Hanging(ArchiveWriter):
        def add(self, exchange: Exchange) -> None:
            """Wait, then write."""
            release.wait(30)
            super().add(exchange)

    recorder = Recorder(echo, Hanging(tmp_path / "a.archive"))
    begun = time.monotonic()
    for _ in range(12_000):
        answer(recorder, environ())
    assert time.monotonic() - begun < 20
    release.set()
    recorder.close()
    assert recorder.recorded + recorder.lost == 12_000
    assert recorder.lost >= 1_500
    assert len(Archive(tmp_path / "a.archive")) == recorder.recorded


def test_long_bodies_leave_memory(tmp_path: Path) -> None:
    """A body of some megabytes goes through a temporary file and comes out whole."""
    body = os.urandom(3_000_000)
    (one,) = recorded(tmp_path, echo, environ("PUT", body=body))
    assert one.request.body == body


def test_records_after_a_fork(tmp_path: Path) -> None:
    """A recorder made before the workers are forked records in each of them, into one archive."""
    recorder = Recorder(echo, tmp_path / "a.archive")
    answer(recorder, environ(path="/parent"))
    children = []
    for number in range(3):
        child = os.fork()
        if not child:
            try:
                answer(recorder, environ(path=f"/{number}"))
                recorder.close()
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    recorder.close()
    paths = sorted(exchange.request.path for exchange in Archive(tmp_path / "a.archive"))
    assert paths == [b"/0", b"/1", b"/2", b"/parent"]


def test_is_valid_wsgi_on_both_sides(tmp_path: Path) -> None:
    """Neither the server nor the application sees PEP 3333 broken."""

    def app(request: dict[str, Any], start_response: Any) -> list[bytes]:
        request["wsgi.input"].read(3)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    recorder = Recorder(validator(app), ArchiveWriter(tmp_path / "a.archive"))
    checked = validator(recorder)
    result = checked(environ("POST", body=b"abc"), lambda status, headers, exc_info=None: lambda data: None)
    assert list(result) == [b"x"]
    result.close()  # type: ignore[attr-defined]
    recorder.close()
    assert recorder.recorded == 1


class Quiet(WSGIRequestHandler):
    """A request handler that logs nothing."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def get(app: Application) -> bytes:
    """Return the whole answer of the standard library's server to one request."""
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:  # type: ignore[arg-type]
        server.timeout = 10
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with socket.create_connection(server.server_address, 10) as client:
            client.sendall(b"GET / HTTP/1.0\r\nHost: h\r\n\r\n")
            data = b"".join(iter(lambda: client.recv(65536), b""))
        thread.join()
    return data


def test_server_sends_the_same(tmp_path: Path) -> None:
    """A server that looks at the length of the result announces the same length as without us."""

    def app(request: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Date", "today")])
        return [b"just this"]

    recorder = Recorder(app, ArchiveWriter(tmp_path / "a.archive"))
    with_us, without = get(recorder), get(app)
    recorder.close()
    assert b"Content-Length: 9" in without
    assert with_us == without


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"PATH_INFO": "/a b", "QUERY_STRING": "x=1"}, b"GET /a%20b?x=1 HTTP/1.1"),
        ({"SCRIPT_NAME": "/s", "PATH_INFO": "/caf\xc3\xa9"}, b"GET /s/caf%C3%A9 HTTP/1.1"),
        ({"REQUEST_URI": "/raw%2Fpath"}, b"GET /raw%2Fpath HTTP/1.1"),
        ({"PATH_INFO": ""}, b"GET / HTTP/1.1"),
    ],
)
def test_start_line(more: dict[str, Any], line: bytes) -> None:
    """The target is the raw one where the server keeps it, else made of the decoded path and the query."""
    assert start_line_of(environ(**more)) == line


def test_headers_of_an_environ() -> None:
    """Names are written the usual way; an empty content type is no header."""
    variables = {"CONTENT_TYPE": "", "HTTP_USER_AGENT": "caf\xe9", "CONTENT_LENGTH": "3", "SERVER_NAME": "x"}
    headers = headers_of(tuple(variables.items()))
    assert headers == ((b"User-Agent", b"caf\xe9"), (b"Content-Length", b"3"))
    assert first_header(headers, b"host") is None
