"""Hands a running program's answer to the WSGI server, piece by piece, and ends the program whatever happens.

Comes in: a `Running` and the checked head. Goes out: the iterable of PEP 3333. A response that breaks off after its
first byte raises out of the iterator: a server then aborts the connection, so that the client can see that something is
missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from .body import Body
from .connection import break_off
from .errors import AnsweredError, ResponseAborted
from .journal import Journal
from .output import standard_reason
from .runners.duplex import Running
from .types import Head, Outcome, StartResponse

NO_BODY = frozenset({204, 304})


def error_page(error: AnsweredError, start_response: StartResponse, *, head: bool = False) -> Iterable[bytes]:
    """Answer with an error's status and a short text. Details are for the log: nothing of the program reaches the
    client.
    """
    reason = standard_reason(error.status)
    page = f"{error.status} {reason}\n".encode("latin-1")
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(page)))]
    if error.retry_after is not None:
        headers.append(("Retry-After", str(error.retry_after)))
    if error.location is not None:
        headers.append(("Location", error.location))
    start_response(f"{error.status} {reason}", headers)
    return ErrorPage([] if head else [page], error.broken_off)


class ErrorPage(list[bytes]):
    """An error page, and what to tell the server once it is sent: that the request's body still arrives."""

    def __init__(self, pages: list[bytes], broken_off: ResponseAborted | None) -> None:
        super().__init__(pages)
        self._broken_off = broken_off

    def close(self) -> None:
        """Raise what makes the server close the connection, if it must."""
        if self._broken_off is not None:
            raise self._broken_off


class Work:
    """Everything one execution holds: the program, its body, its place in the queue. `end` releases all of it, once."""

    def __init__(
        self,
        running: Running,
        body: Body,
        journal: Journal,
        method: str,
        release: Callable[[], None],
        waited: float = 0.0,
    ) -> None:
        self.running = running
        self.journal = journal
        self.status = 0
        self.sent = 0
        self.failed = 0
        self._body = body
        self._method = method
        self._release = release
        self._waited = waited
        self._started = time.monotonic()
        self._ended = False

    def end(self, trouble: str = "", remark: str = "") -> None:
        """End the program, write the line of the request with what is to be said about it, give the place back.

        Raises ResponseAborted as `Body.close` does.
        """
        if self._ended:
            return
        self._ended = True
        try:
            self.running.close()
            self.journal.end_stderr()
            self._say(trouble, remark)
        finally:
            self._release()
            self._body.close()

    def _say(self, trouble: str, remark: str) -> None:
        outcome = Outcome(
            program=self.journal.program,
            method=self._method,
            status=self.status,
            exit=self.running.exit,
            seconds=time.monotonic() - self._started,
            waited=self._waited,
            sent=self.sent,
            failed=self.failed,
            note=trouble or remark,
            well=not trouble and self.running.exit.status == 0,
        )
        self.journal.end(outcome)


class Response:
    """The iterable for the server. `head` True: a HEAD request, whose body is read to its end and not sent."""

    def __init__(self, work: Work, head: Head, *, omit_body: bool) -> None:
        self._work = work
        self._omit = omit_body or head.status in NO_BODY
        self._next = head.start
        self._promised = None if self._omit else head.content_length
        self._complete = False
        work.status = head.status

    def __iter__(self) -> Response:
        return self

    def __next__(self) -> bytes:
        while not self._complete:
            piece, self._next = self._next or self._read(), b""
            if not piece:
                self._finish()
            elif not self._omit:
                if self._promised is not None:
                    piece = self._within_promise(piece, self._promised)
                if piece:
                    self._work.sent += len(piece)
                    return piece
        raise StopIteration

    def close(self) -> None:
        """End everything; before the end of the body this means that the client went away (PEP 3333)."""
        self._work.end("" if self._complete else "the client went away, or the server stopped")

    def _read(self) -> bytes:
        try:
            return self._work.running.read()
        except AnsweredError as error:
            self._work.failed = error.status
            raise self._abort(str(error)) from error

    def _finish(self) -> None:
        """The output ended: was it the whole of it?"""
        running = self._work.running
        exit_ = running.finish()
        whole = self._promised is not None and self._work.sent >= self._promised
        if exit_.signal is not None and not running.killed and not whole:
            raise self._abort(f"the program was killed by signal {exit_.signal} in the middle of its answer")
        if self._promised is not None and self._work.sent < self._promised:
            raise self._abort(f"the program promised Content-Length: {self._promised} and sent {self._work.sent} bytes")
        self._complete = True

    def _within_promise(self, piece: bytes, promised: int) -> bytes:
        """Cut what exceeds the promised Content-Length: it would be taken for the next response on the connection."""
        return piece[: max(0, promised - self._work.sent)]

    def _abort(self, reason: str) -> ResponseAborted:
        try:
            self._work.end(f"response cut off: {reason}")
            if self._promised is None and not self._omit:
                break_off(self._work.journal.environ)
        except ResponseAborted:
            pass  # the connection is aborted anyway
        return ResponseAborted(f"{self._work.journal.program}: {reason}")
