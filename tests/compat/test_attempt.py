"""Falling back to old: when, and that nothing of new's failure reaches the client."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from compat import Strangler

HEADERS = [("Content-Type", "text/plain")]


def old(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer."""
    assert "changed" not in environ
    start_response("200 OK", HEADERS)
    return [b"old"]


def raising(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Fail at once."""
    environ["changed"] = True
    raise LookupError("secret")


def lazily(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    """Fail when the first piece is asked for."""
    start_response("200 OK", HEADERS)
    yield b""
    raise LookupError("secret")


def unavailable(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Say so."""
    start_response("503 Service Unavailable", HEADERS)
    return [b"secret"]


def written(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Say so, by write(), and take no notice of what that raises."""
    write = start_response("500 Oops", HEADERS)
    try:
        write(b"secret")
    except Exception:
        start_response("500 Oops twice", HEADERS)
    return [b"more"]


class Closed:
    """An answer that must be closed."""

    closed = 0

    def __init__(self, environ: dict[str, Any], start_response: Any) -> None:
        start_response("502 Bad Gateway", HEADERS)

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"secret"])

    def close(self) -> None:
        """Count."""
        Closed.closed += 1


def of_texts(environ: dict[str, Any], start_response: Any) -> list[Any]:
    """Answer with text, as programs do that came from Python 2."""
    start_response("200 OK", HEADERS)
    return [b"", "secret"]


def text_by_text(environ: dict[str, Any], start_response: Any) -> Iterator[Any]:
    """The same, piece by piece."""
    start_response("200 OK", HEADERS)
    yield "secret"


def text_written(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """The same by write()."""
    start_response("200 OK", HEADERS)("secret")
    return []


def leaving(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """End as a CGI program does."""
    start_response("200 OK", HEADERS)
    sys.exit(1)


FAILING = [raising, lazily, unavailable, written, Closed, of_texts, text_by_text, text_written, leaving]


@pytest.mark.parametrize("new", FAILING, ids=lambda new: new.__name__)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_old_answers_what_new_fails_at(ask: Callable[..., Any], new: Any, method: str) -> None:
    """A safe request; the client sees old's answer alone, and the counts tell."""
    app = Strangler(old, new, [{"name": "all", "path": "/"}], header="X-By")
    answer = ask(app, "/", REQUEST_METHOD=method, check=method != "HEAD")
    assert (answer.status, answer.body) == ("200 OK", b"old")
    assert answer.headers == [*HEADERS, ("X-By", "old")]
    assert app.counts == {"all": {"new": 1, "fell back": 1}}


def test_what_failed_is_closed(ask: Callable[..., Any]) -> None:
    """Else it would hold what it holds (PEP 3333)."""
    Closed.closed = 0
    ask(Strangler(old, Closed, [{"path": "/"}]), "/")
    assert Closed.closed == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"body": b"x"}, {}),
        ({"REQUEST_METHOD": "DELETE"}, {}),
        ({"body": b"x", "REQUEST_METHOD": "GET"}, {}),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, {}),
        ({}, {"fallback": False}),
    ],
    ids=["POST", "DELETE", "GET with a body", "chunked", "switched off"],
)
def test_nothing_is_asked_twice_that_may_not_be(
    ask: Callable[..., Any], changes: dict[str, Any], rule: dict[str, Any]
) -> None:
    """Then new's failure is the answer, counted."""
    app = Strangler(old, unavailable, [{"name": "all", "path": "/", **rule}])
    answer = ask(app, "/", **changes)
    assert (answer.status, answer.body) == ("503 Service Unavailable", b"secret")
    assert app.counts == {"all": {"new": 1, "failed": 1}}
    app = Strangler(old, raising, [{"name": "all", "path": "/", **rule}])
    with pytest.raises(LookupError):
        ask(app, "/", **changes)
    assert app.counts == {"all": {"new": 1, "failed": 1}}


def silent(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer without a head."""
    return []


def test_an_answer_without_a_head_is_a_failure(ask: Callable[..., Any]) -> None:
    """Old answers."""
    assert ask(Strangler(old, silent, [{"path": "/"}]), "/").body == b"old"


def test_what_is_written_goes_out(environ_for: Callable[..., Any]) -> None:
    """With write() as well; a new head after that is the server's to refuse (PEP 3333, "Error Handling")."""
    written: list[bytes] = []
    heads: list[Any] = []

    def new(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        write = start_response("200 OK", HEADERS)
        write(b"one")
        write(b"two")
        start_response("500 Oops", HEADERS, ("type", "value", "trace"))
        return [b"three"]

    def start(*head: Any) -> Callable[[bytes], None]:
        heads.append(head)
        return written.append

    app: Any = Strangler(raising, new, [{"path": "/"}])
    assert app(environ_for("/"), start) == [b"three"]
    assert written == [b"one", b"two"]
    assert heads == [("200 OK", HEADERS), ("500 Oops", HEADERS, ("type", "value", "trace"))]


def by_pieces(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    """Fail after the first byte."""
    start_response("200 OK", HEADERS)
    yield b"new"
    raise LookupError("in the middle")


def by_write(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Fail after the first byte, which was written."""
    start_response("200 OK", HEADERS)(b"new")
    raise LookupError("in the middle")


def half(environ: dict[str, Any], start_response: Any) -> Iterator[Any]:
    """Answer with a piece that is none after the first byte."""
    start_response("200 OK", HEADERS)
    yield b"new"
    yield "text"


def twice(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    """Fail, and fail at that."""
    start_response("500 Oops", HEADERS)
    yield b"new"
    raise LookupError("in the middle")


def half_written(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Leave after the first byte, which was written."""
    start_response("200 OK", HEADERS)(b"new")
    sys.exit(1)


LATE = [by_pieces, by_write, half, half_written]


@pytest.mark.parametrize("new", LATE)
def test_no_second_try_after_the_first_byte(ask: Callable[..., Any], new: Any) -> None:
    """The answer breaks off visibly, and old is not asked."""
    app = Strangler(raising, new, [{"path": "/"}])
    error: BaseException | None
    try:
        error = ask(app, "/", check=False).error
    except (LookupError, SystemExit) as raised:
        error = raised
    assert str(error) in ("in the middle", "a piece of its body is not bytes", "1")
    assert app.counts["rule 1"] == {"new": 1, "failed": 1}


def strict(*head: Any) -> Callable[[Any], None]:
    """Take a head as servers do, and pieces that are bytes."""

    def write(data: Any) -> None:
        assert isinstance(data, bytes)

    return write


@pytest.mark.parametrize("new", [new for new in [*FAILING, *LATE, twice] if new not in (unavailable, written, Closed)])
def test_what_fails_is_counted(environ_for: Callable[..., Any], new: Any) -> None:
    """Once, whether it raises when it is called or while the server sends what it answers; the server hears of it."""
    app: Any = Strangler(old, new, [{"name": "all", "path": "/", "fallback": False}])
    with pytest.raises((LookupError, TypeError, AssertionError, SystemExit)):
        list(app(environ_for("/"), strict))
    assert app.counts == {"all": {"new": 1, "failed": 1}}


def test_a_list_that_must_be_closed_is(environ_for: Callable[..., Any]) -> None:
    """Where a piece of it is no piece, too."""
    closed: list[str] = []

    class Texts(list[Any]):
        """What the server is to close."""

        def close(self) -> None:
            """Say so."""
            closed.append("closed")

    def new(environ: dict[str, Any], start_response: Any) -> list[Any]:
        start_response("200 OK", HEADERS)
        return Texts(["secret"])

    for fallback in (True, False):
        answer: Any = Strangler(old, new, [{"path": "/", "fallback": fallback}])(environ_for("/"), strict)
        if not fallback:
            answer.close()
    assert closed == ["closed"] * 2


def test_a_server_that_is_told_to_stop(environ_for: Callable[..., Any]) -> None:
    """gunicorn ends a worker by sys.exit() in its signal handler: nobody else answers then."""

    def new(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        os.kill(os.getpid(), signal.SIGQUIT)
        return []

    def stop(number: int, frame: Any) -> None:
        sys.exit(0)

    app: Any = Strangler(old, new, [{"name": "all", "path": "/"}])
    before = signal.signal(signal.SIGQUIT, stop)
    try:
        with pytest.raises(SystemExit):
            app(environ_for("/"), strict)
    finally:
        signal.signal(signal.SIGQUIT, before)
    assert app.counts == {"all": {"new": 1}}


def test_answers_of_new_stay_as_they_are(environ_for: Callable[..., Any]) -> None:
    """A list stays a list (servers tell its length by it), a file a file; 404 is an answer."""

    class Wrapper:
        """What a server sends by itself."""

        def __init__(self, file: Any) -> None:
            self.file = file

    for answer in ([b"x"], Wrapper(None)):

        def new(environ: dict[str, Any], start_response: Any, answer: Any = answer) -> Any:
            start_response("404 Not Found", HEADERS)
            return answer

        calls: list[Any] = []
        app: Any = Strangler(raising, new, [{"path": "/"}])
        got = app(environ_for("/", **{"wsgi.file_wrapper": Wrapper}), lambda *head, to=calls: to.append(head))
        assert got is answer
        assert calls == [("404 Not Found", HEADERS)]


def test_pieces_come_as_they_are_made(environ_for: Callable[..., Any]) -> None:
    """A stream is not gathered: the second piece is made when the first was taken."""
    made: list[int] = []

    def new(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", HEADERS)
        for number in range(3):
            made.append(number)
            yield b"x"

    app: Any = Strangler(old, new, [{"path": "/"}])
    answer = iter(app(environ_for("/"), lambda *args: None))
    assert next(answer) == b"x"
    assert made == [0]
    assert list(answer) == [b"x", b"x"]


def test_the_log_says_why(ask: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    """The status, or the exception with its traceback."""
    with caplog.at_level(logging.WARNING, "compat"):
        ask(Strangler(old, unavailable, [{"name": "all", "path": "/"}]), "/a")
        ask(Strangler(old, raising, [{"name": "all", "path": "/"}]), "/a")
    assert caplog.messages[0] == "strangler: GET /a fell back to old (rule 'all'): 503 Service Unavailable"
    assert caplog.messages[1].startswith(
        "strangler: GET /a fell back to old (rule 'all'): LookupError: secret\nTraceback"
    )
