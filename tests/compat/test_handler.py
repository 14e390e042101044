"""HandlerApp: what a monolith pushes through its handler becomes one sound response."""

from __future__ import annotations

import ast
import io
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from compat import HandlerApp
from compat.errors import ResponseAborted

PAGE = ("Content-Type", "text/plain")


@pytest.fixture(autouse=True)
def bare_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that did not configure logging: messages go to wsgi.errors, where the tests look."""
    monkeypatch.setattr(logging.getLogger("compat"), "hasHandlers", lambda: False)


def app(act: Callable[[Any, dict[str, str]], None], **options: Any) -> HandlerApp:
    """Wrap a function as the monolith."""

    class Monolith:
        def __init__(self, handler: Any, env: dict[str, str]) -> None:
            self.handler, self.env = handler, env

        def run(self) -> None:
            act(self.handler, self.env)

    return HandlerApp(Monolith, **options)


def page(handler: Any, body: bytes = b"hello") -> None:
    """Write an ordinary page."""
    handler.send_response(200)
    handler.set_content_type("text/plain")
    handler.end_headers()
    handler.wfile.write(body)


def test_page(ask: Callable[..., Any]) -> None:
    """Status, headers, body."""
    answer = ask(app(lambda handler, env: page(handler)))
    assert (answer.status, answer.headers, answer.body, answer.log) == ("200 OK", [PAGE], b"hello", "")


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        (200, "Fine", "200 Fine"),
        (404, "", "404 Not Found"),
        (799, "", "799 Unknown"),
        (400, "bad\r\nSet-Cookie: x\0", "400 bad  Set-Cookie: x"),
        (400, "\n", "400 Bad Request"),
        (400, "caf\u00e9", "400 caf\xe9"),
        (400, "\u20ac", "400 \xe2\x82\xac"),
    ],
)
def test_status(ask: Callable[..., Any], code: int, message: str, status: str) -> None:
    """A missing phrase is supplied, and no message can become a header."""

    def act(handler: Any, env: dict[str, str]) -> None:
        handler.send_response(code, message)
        handler.set_content_type("text/plain")
        handler.end_headers()

    answer = ask(app(act), check=False)
    assert (answer.status, answer.headers) == (status, [PAGE])


def test_set_status(ask: Callable[..., Any]) -> None:
    """The other way to set it, which keeps the headers."""

    def act(handler: Any, env: dict[str, str]) -> None:
        handler.set_content_type("text/plain")
        handler.set_status("410 gone away")
        handler.end_headers()

    answer = ask(app(act))
    assert (answer.status, answer.headers) == ("410 gone away", [PAGE])


def test_headers(ask: Callable[..., Any]) -> None:
    """Order, case and repeats are kept; bytes and text both do; hop-by-hop and the server's own are dropped."""

    def act(handler: Any, env: dict[str, str]) -> None:
        handler.send_response(200, "OK")
        for name, value in (("X-B", "1"), ("x-b", b"2\xe9"), ("Connection", "close"), ("X-C", "\u20ac"), ("Date", "x")):
            handler.send_header(name, value)
        handler.send_header("Content-Length", 2)
        handler.set_content_type("text/plain")
        handler.end_headers()
        handler.wfile.write(b"ok")

    answer = ask(app(act))
    assert answer.headers == [("X-B", "1"), ("x-b", "2\xe9"), ("X-C", "\xe2\x82\xac"), ("Content-Length", "2"), PAGE]


@pytest.mark.parametrize(
    ("name", "value"), [("X A", "b"), ("X:", "b"), ("", "b"), ("X", "a\nSet-Cookie: b"), ("X", b"\0")]
)
def test_header_that_would_break_out(ask: Callable[..., Any], name: str, value: str | bytes) -> None:
    """A header that would split the response is an error in the program, not a header."""

    def act(handler: Any, env: dict[str, str]) -> None:
        handler.send_response(200)
        handler.send_header(name, value)

    answer = ask(app(act))
    assert answer.status == "500 Internal Server Error"
    assert "ValueError" in answer.log


def test_second_send_response_starts_again(ask: Callable[..., Any]) -> None:
    """The headers collected before it are thrown away."""

    def act(handler: Any, env: dict[str, str]) -> None:
        handler.send_response(200, "OK")
        handler.send_header("X-Old", "1")
        handler.send_response(404, "Gone")
        handler.set_content_type("text/plain")
        handler.end_headers()

    answer = ask(app(act))
    assert (answer.status, answer.headers) == ("404 Gone", [PAGE])


def test_second_end_headers_before_bytes(ask: Callable[..., Any]) -> None:
    """It is ignored and logged: the first head stands, the body goes on."""

    def act(handler: Any, env: dict[str, str]) -> None:
        page(handler, b"first ")
        handler.send_response(500, "Oops")
        handler.end_headers()
        handler.wfile.write(b"second")

    answer = ask(app(act))
    assert (answer.status, answer.headers, answer.body) == ("200 OK", [PAGE], b"first second")
    assert "end_headers called again, ignored: '500 Oops' after '200 OK'" in answer.log


@pytest.mark.parametrize("swallowed", [False, True])
def test_second_end_headers_after_bytes(ask: Callable[..., Any], swallowed: bool) -> None:
    """Once bytes are out, the response is aborted, even if the program swallows the error."""
    written: list[bytes] = []

    def act(handler: Any, env: dict[str, str]) -> None:
        page(handler, b"x" * 70_000)
        try:
            handler.end_headers()
        except Exception:
            written.append(b"seen")
            if not swallowed:
                raise

    with pytest.raises(ResponseAborted):
        ask(app(act), check=False)
    assert written == [b"seen"]


def test_never_ended(ask: Callable[..., Any]) -> None:
    """A program that returns without end_headers gets 500, not an empty 200."""
    answer = ask(app(lambda handler, env: handler.wfile.write(b"secret")))
    assert (answer.status, answer.body) == ("500 Internal Server Error", b"500 Internal Server Error\n")
    assert "without end_headers" in answer.log


def test_body_before_head(ask: Callable[..., Any]) -> None:
    """Bytes written before the head was ended are kept until then."""

    def act(handler: Any, env: dict[str, str]) -> None:
        handler.wfile.write(b"x" * 70_000)
        page(handler, b"y")

    assert ask(app(act)).body == b"x" * 70_000 + b"y"


@pytest.mark.parametrize("size", [0, 65536, 65537, 5_000_000])
def test_large_answers(ask: Callable[..., Any], size: int) -> None:
    """Up to 64 kB wait for the end; beyond, everything goes out as it is written."""
    seen: list[bool] = []

    def act(handler: Any, env: dict[str, str]) -> None:
        page(handler, b"x" * size)
        seen.append(handler.started)
        handler.wfile.write(b"end")
        handler.wfile.flush()

    assert ask(app(act)).body == b"x" * size + b"end"
    assert seen == [size > 65536]


def test_only_bytes(ask: Callable[..., Any]) -> None:
    """Text is refused: nobody knows its encoding."""
    answer = ask(app(lambda handler, env: handler.wfile.write("text")))
    assert "wfile.write takes bytes, not str" in answer.log


def test_exception_before_bytes(ask: Callable[..., Any]) -> None:
    """A plain 500 for the client, the traceback for the log, and nothing of what was written."""

    def act(handler: Any, env: dict[str, str]) -> None:
        page(handler, b"half a page")
        raise LookupError("password=hunter2")

    answer = ask(app(act), "/x?y")
    assert answer.status == "500 Internal Server Error"
    assert answer.headers[0] == ("Content-Type", "text/plain; charset=utf-8")
    assert answer.body == b"500 Internal Server Error\n"
    assert "GET /x?y: LookupError" in answer.log
    assert "Traceback" in answer.log


def test_exception_after_bytes(ask: Callable[..., Any]) -> None:
    """Once bytes are out, the response is aborted and never looks complete."""

    def act(handler: Any, env: dict[str, str]) -> None:
        page(handler, b"x" * 70_000)
        raise LookupError

    with pytest.raises(ResponseAborted):
        ask(app(act), check=False)


def test_exception_in_constructor_and_config(ask: Callable[..., Any]) -> None:
    """Making the program or its configuration may fail too."""

    def broken(*arguments: Any) -> Any:
        raise RuntimeError("at start")

    for it in (HandlerApp(broken), app(lambda handler, env: page(handler), config=broken)):
        answer = ask(it)
        assert answer.status == "500 Internal Server Error"
        assert "at start" in answer.log


def leave(handler: Any, env: dict[str, str]) -> None:
    """End as old programs do, after a page: of 5 or of 70,000 bytes."""
    page(handler, b"x" * (70_000 if env["PATH_INFO"] == "/long" else 5))
    sys.exit(*ast.literal_eval(env["QUERY_STRING"] or "()"))


@pytest.mark.parametrize(
    ("how", "status"),
    [("", "200 OK"), ("(0,)", "200 OK"), ("(None,)", "200 OK"), ("(3,)", "500 Inter"), ("('text',)", "500 Inter")],
    ids=["bare", "0", "None", "3", "text"],
)
@pytest.mark.parametrize("path", ["/short", "/long"])
def test_exit(ask: Callable[..., Any], path: str, how: str, status: str) -> None:
    """sys.exit() ends the program, not its server: well without a status, else as an exception does."""
    if path == "/long" and status != "200 OK":
        with pytest.raises(ResponseAborted, match="SystemExit"):
            ask(app(leave), f"{path}?{how}", check=False)
        return
    answer = ask(app(leave), f"{path}?{how}", check=False)
    assert answer.status.startswith(status)
    assert ("SystemExit" in answer.log) == (status != "200 OK")


def test_exit_before_the_head(ask: Callable[..., Any]) -> None:
    """Who leaves before he has ended his headers has not answered."""
    answer = ask(app(lambda handler, env: sys.exit()))
    assert answer.status == "500 Internal Server Error"
    assert "without end_headers()" in answer.log


@pytest.mark.parametrize("status", [0, 1])
def test_server_that_is_told_to_stop(ask: Callable[..., Any], status: int) -> None:
    """gunicorn ends a worker by sys.exit() in its signal handler, wherever the program is: half a page is no page."""

    class Worker:
        def handle(self, number: int, frame: Any) -> None:
            sys.exit(status)

    def act(handler: Any, env: dict[str, str]) -> None:
        page(handler, b"half")
        os.kill(os.getpid(), signal.SIGQUIT)
        time.sleep(10)

    before = signal.signal(signal.SIGQUIT, Worker().handle)
    try:
        with pytest.raises(SystemExit):
            ask(app(act))
    finally:
        signal.signal(signal.SIGQUIT, before)


def test_config_is_made_for_each_request(ask: Callable[..., Any]) -> None:
    """Old code changes its configuration; the next request gets a fresh one."""
    seen: list[int] = []

    def act(handler: Any, env: dict[str, str]) -> None:
        handler.config.append(1)
        seen.append(len(handler.config))
        page(handler)

    it = app(act, config=list)
    ask(it)
    ask(it)
    assert seen == [1, 1]


@pytest.mark.parametrize(
    ("data", "changes", "length"),
    [
        (b"", {}, None),
        (b"", {"CONTENT_LENGTH": "0"}, "0"),
        (b"line\nrest", {"CONTENT_LENGTH": "9"}, "9"),
        (b"line\nrestNEXT", {"CONTENT_LENGTH": "9"}, "9"),
        (b"x" * 200_000 + b"NEXT", {"CONTENT_LENGTH": "200000"}, "200000"),
        (b"chunks", {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}, "6"),
    ],
    ids=["none", "empty", "exact", "more follows", "long", "chunked"],
)
def test_rfile(ask: Callable[..., Any], data: bytes, changes: dict[str, Any], length: str | None) -> None:
    """rfile is the body and nothing after it; CONTENT_LENGTH is its true length."""
    seen: list[Any] = []

    def act(handler: Any, env: dict[str, str]) -> None:
        seen.extend([env.get("CONTENT_LENGTH"), handler.rfile.readline() + handler.rfile.read(), handler.rfile.read()])
        page(handler)

    ask(app(act), REQUEST_METHOD="POST", check=False, **{"wsgi.input": io.BytesIO(data)}, **changes)
    assert seen == [length, data.removesuffix(b"NEXT"), b""]


def test_upload_broken_off(ask: Callable[..., Any]) -> None:
    """Half an upload is an error where it is read, never a short body."""

    def act(handler: Any, env: dict[str, str]) -> None:
        handler.rfile.read()
        page(handler)

    answer = ask(app(act), REQUEST_METHOD="POST", CONTENT_LENGTH="100", **{"wsgi.input": io.BytesIO(b"x" * 40)})
    assert answer.status == "400 Bad Request"
    assert "40 of 100 bytes" in answer.log


def test_unread_body_stays_with_the_server(ask: Callable[..., Any]) -> None:
    """What the program does not read is not read for it."""
    source = io.BytesIO(b"x" * 200_000)
    ask(
        app(lambda handler, env: page(handler)),
        check=False,
        REQUEST_METHOD="POST",
        CONTENT_LENGTH="200000",
        **{"wsgi.input": source},
    )
    assert source.tell() == 0


def test_bad_request(ask: Callable[..., Any]) -> None:
    """A body that makes no sense is answered without the program."""
    answer = ask(app(lambda handler, env: page(handler)), check=False, REQUEST_METHOD="POST", CONTENT_LENGTH="3x")
    assert answer.status == "400 Bad Request"


def test_environment(ask: Callable[..., Any]) -> None:
    """The program gets a plain dict of CGI variables as text, bytes as latin-1; Authorization only where asked for."""
    seen: list[dict[str, str]] = []

    def act(handler: Any, env: dict[str, str]) -> None:
        seen.append(env)
        page(handler)

    for shown in (False, True):
        it = app(act, pass_authorization=shown)
        ask(it, "/caf\xc3\xa9?q", SCRIPT_NAME="/s", HTTP_AUTHORIZATION="Basic x", HTTP_PROXY="evil")
    hidden, full = seen
    assert type(hidden) is dict
    assert hidden["PATH_INFO"] == "/caf\xc3\xa9"
    assert (hidden["SCRIPT_NAME"], hidden["QUERY_STRING"]) == ("/s", "q")
    assert full.pop("HTTP_AUTHORIZATION") == "Basic x"
    assert hidden == full
    assert "HTTP_PROXY" not in hidden
    assert not [name for name in hidden if "." in name]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("GET", 204)])
def test_no_body(ask: Callable[..., Any], method: str, status: int) -> None:
    """HEAD, 204 and 304 have no body, however much the program writes."""

    def act(handler: Any, env: dict[str, str]) -> None:
        handler.send_response(status)
        handler.send_header("ETag", "x")
        handler.end_headers()
        handler.wfile.write(b"x" * 70_000)
        handler.wfile.write(b"y")

    answer = ask(app(act), check=False, REQUEST_METHOD=method)
    assert (answer.status[:3], answer.headers, answer.body) == (str(status), [("ETag", "x")], b"")


def test_client_gone_while_writing(environ_for: Callable[..., dict[str, Any]]) -> None:
    """The server's error reaches the program, and the response counts as aborted."""
    seen: list[type[BaseException]] = []

    def act(handler: Any, env: dict[str, str]) -> None:
        try:
            page(handler, b"x" * 70_000)
        except BrokenPipeError as error:
            seen.append(type(error))
            raise

    def refuse(data: bytes) -> None:
        raise BrokenPipeError

    with pytest.raises(ResponseAborted):
        app(act)(environ_for(), lambda status, headers, exc_info=None: refuse)
    assert seen == [BrokenPipeError]
