"""The monolith of before WSGI as a WSGI application: an object that is given a handler and an environment, and writes
its answer.

Comes in: a WSGI environ. Goes out: what the program pushed through the handler. It runs in the server's own process, so
only for code that keeps to the handler it is given. Its variables and its response headers are those that a CGI program
would have.
"""

from __future__ import annotations

import logging
import re
import signal
import traceback
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, BinaryIO, Protocol

from .connection import break_off
from .environ import text_variables
from .errors import AnsweredError, ProgramError, RequestError, ResponseAborted
from .journal import Journal
from .output import NEVER_FORWARDED, forwarded, standard_reason
from .reader import request_file
from .response import NO_BODY, error_page
from .types import Environ, Place, StartResponse

BUFFERED = 65536
_BODILESS = frozenset(map(str, NO_BODY))

_name = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_controls = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_code = re.compile("[2-9][0-9][0-9]").fullmatch


class Runnable(Protocol):
    """What the factory returns."""

    def run(self) -> Any:
        """Answer the request through the handler."""


class HandlerApp:
    """Runs `factory(handler, env).run()` for each request.

    `env` is a plain dict of text with the CGI meta-variables ("bytes as latin-1"). `config` is called for each request
    and its result is `handler.config`, because old code changes it. `pass_authorization` shows HTTP_AUTHORIZATION.
    """

    def __init__(
        self,
        factory: Callable[[Handler, dict[str, str]], Runnable],
        config: Callable[[], Any] | None = None,
        *,
        pass_authorization: bool = False,
    ) -> None:
        self._factory = factory
        self._name = getattr(factory, "__name__", type(factory).__name__)
        self._config = config
        self._pass_authorization = pass_authorization

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        journal = Journal(environ, self._name)
        head_only = environ["REQUEST_METHOD"] == "HEAD"
        try:
            place = Place(environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""))
            rfile, length = request_file(environ)
            env = text_variables(environ, place, length, pass_authorization=self._pass_authorization)
        except AnsweredError as error:
            journal.say(logging.WARNING, f"{environ['REQUEST_METHOD']} status={error.status} ({error})")
            return error_page(error, start_response, head=head_only)
        handler = Handler(rfile, start_response, journal, head_only=head_only)
        with rfile:
            return self._run(handler, env, journal, start_response, head_only)

    def _run(
        self, handler: Handler, env: dict[str, str], journal: Journal, start_response: StartResponse, head_only: bool
    ) -> Iterable[bytes]:
        try:
            self._act(handler, env)
            return handler.finish()
        except ResponseAborted:
            break_off(journal.environ)
            raise
        except (Exception, SystemExit) as error:
            if isinstance(error, SystemExit) and told_to_stop(error):
                raise
            journal.exception(f"{env['REQUEST_METHOD']} {env['REQUEST_URI']}: {error!r}", traceback.format_exc())
            if handler.started:
                break_off(journal.environ)
                raise ResponseAborted(f"{journal.program}: {error!r} in the middle of its answer") from error
            answered = error if isinstance(error, RequestError) else ProgramError(500, repr(error))
            return error_page(answered, start_response, head=head_only)

    def _act(self, handler: Handler, env: dict[str, str]) -> None:
        """Let the program answer. What ended its process when it had one ends its request: `sys.exit()` is a good end,
        with a status an error.
        """
        try:
            handler.config = self._config() if self._config else None
            self._factory(handler, env).run()
        except SystemExit as end:
            if end.code not in (None, 0) or told_to_stop(end):
                raise


class Handler:
    """What the program talks to: `rfile`, `wfile`, `config`, and the methods that build the head of its answer."""

    def __init__(
        self, rfile: BinaryIO, start_response: StartResponse, journal: Journal, *, head_only: bool = False
    ) -> None:
        self.rfile = rfile
        self.wfile = self._file = ResponseFile(start_response, head_only=head_only)
        self.config: Any = None
        self._journal = journal
        self._status = "200 OK"
        self._fields: list[tuple[str, str]] = []
        self._care = 0
        self._aborted = ""

    @property
    def started(self) -> bool:
        """Whether the head has gone out."""
        return self._file.started

    def send_response(self, code: int, msg: str = "") -> None:
        """Set the status and throw away the headers collected so far; an empty `msg` gives the standard phrase."""
        self._fields, self._care = [], 0
        self.set_status(f"{code} {msg}")

    def set_status(self, status: str) -> None:
        """Set the status line, like "200 OK". A phrase can never become a header: control characters turn into
        spaces.
        """
        self._status = status_line(str(status))

    def send_header(self, name: str, value: str | bytes | int) -> None:
        """Add a header. Raises ValueError for a name or a value that would break the response."""
        text = value if type(value) is str and value.isascii() else _latin(value)
        care = care_for(str(name))
        if care is None or not (text.isprintable() or _controls.search(text) is None):
            raise ValueError(f"header {name!r}: {value!r} cannot be sent")
        text = text.strip(" \t")
        self._fields.append((str(name), text))
        self._care += care if text else MUCH

    def set_content_type(self, value: str | bytes) -> None:
        """Add the header Content-Type."""
        self.send_header("Content-Type", value)

    def end_headers(self) -> None:
        """End the head. A second call is ignored before bytes went out, and aborts the response after; both are
        logged.
        """
        head = self._file.head
        if head is None:
            self._file.head = (self._status, self._forwarded())
            return
        again = f"{self._status!r} after {head[0]!r}"
        if not self.started:
            self._journal.say(logging.WARNING, f"end_headers called again, ignored: {again}")
            return
        self._aborted = f"end_headers called again after bytes were sent: {again}"
        self._journal.say(logging.ERROR, self._aborted)
        raise ResponseAborted(f"{self._journal.program}: {self._aborted}")

    def _forwarded(self) -> list[tuple[str, str]]:
        """Return the fields that may go to the client: mostly all, which takes no look."""
        return forwarded(self._fields) if self._care >= MUCH else self._fields[:]

    def write(self, data: bytes) -> None:
        """Take bytes of the body; `wfile.write` is the same. Beyond 64 kB they go straight to the client."""
        self._file.write(data)

    def finish(self) -> list[bytes]:
        """Return what is still to be sent, after run() returned.

        Raises ProgramError (500) where the head was never ended, ResponseAborted where the answer must not look
        complete.
        """
        if self._aborted:
            raise ResponseAborted(f"{self._journal.program}: {self._aborted}")
        return self._file.finish()


class ResponseFile:
    """The handler's `wfile`: holds the body back until it is long or whole. It does not know its handler: a circle
    would keep both until the next garbage collection.
    """

    def __init__(self, start_response: StartResponse, *, head_only: bool) -> None:
        self.head: tuple[str, list[tuple[str, str]]] | None = None
        self.started = False
        self._start_response = start_response
        self._head_only = head_only
        self._buffer: list[bytes] = []
        self._size = 0
        self._write: Callable[[bytes], Any] | None = None

    def write(self, data: bytes) -> int:
        """Take bytes of the body and return their number."""
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"wfile.write takes bytes, not {type(data).__name__}")
        if self._write is not None:
            self._send(bytes(data))
            return len(data)
        self._buffer.append(bytes(data))
        self._size += len(data)
        if self._size > BUFFERED and self.head is not None:
            self._begin(self.head)
        return len(data)

    def flush(self) -> None:
        """Nothing to do: what may go out has gone out."""

    def finish(self) -> list[bytes]:
        """Return what was held back. Raises ProgramError (500) where there is no head."""
        if self._write is not None:
            return []
        if self.head is None:
            raise ProgramError(500, "it returned without end_headers()")
        self._start_response(*self.head)
        self.started = True
        return [] if self._silent else [b"".join(self._buffer)]

    @property
    def _silent(self) -> bool:
        return self._head_only or (self.head is not None and self.head[0][:3] in _BODILESS)

    def _begin(self, head: tuple[str, list[tuple[str, str]]]) -> None:
        self._write = self._start_response(*head)
        self.started = True
        self._send(b"".join(self._buffer))
        self._buffer = []

    def _send(self, data: bytes) -> None:
        if self._write is not None and data and not self._silent:
            self._write(data)


@lru_cache(maxsize=256)
def status_line(status: str) -> str:
    """Return a status line for a code and a phrase, which may be missing. Raises ValueError where there is no code."""
    code, _, reason = status.strip().partition(" ")
    if not _code(code):
        raise ValueError(f"{status!r} does not begin with a status code from 200 to 999")
    reason = _controls.sub(" ", _latin(reason)).strip()
    return f"{code} {reason or standard_reason(int(code))}"


MUCH = 2
"""From so much care on, fields have to be looked at before they are forwarded."""


@lru_cache(maxsize=256)
def care_for(name: str) -> int | None:
    """Return how much care a header needs: none, half of it for one that may stand there once, MUCH for one that is not
    forwarded. None: no header may have this name (RFC 9110 section 5.6.2).
    """
    if _name(name) is None:
        return None
    lower = name.lower()
    return MUCH if lower in NEVER_FORWARDED else MUCH // 2 if lower == "content-type" else 0


def told_to_stop(end: BaseException) -> bool:
    """Whether a signal handler of the server raised it in the middle of a program, as gunicorn's do: then it is not the
    program's end, but the worker's.
    """
    handlers = {getattr(signal.getsignal(number), "__code__", None) for number in signal.valid_signals()}
    return any(frame.f_code in handlers for frame, _ in traceback.walk_tb(end.__traceback__))


def _latin(value: str | bytes | int) -> str:
    """Return header text as WSGI wants it: bytes as latin-1; text that does not fit goes out as UTF-8."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    text = str(value)
    if text.isascii():
        return text
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("latin-1")
    return text
