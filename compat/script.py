"""READ FIRST. An old CGI program as a WSGI application; the flow of one request from top to bottom.

    request -> locate the program -> body (`body`) -> variables (`environ`) -> run it (`runners`) -> head (`output`) ->
    `response`

Comes in: a WSGI environ. Goes out: a WSGI response. The one thing that differs between one script and a directory of
them is `locate`; everything else is here, once.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Unpack

from .environ import merged, meta_variables, query_words, resolved_path
from .errors import AnsweredError, ProgramError, RequestError, ResponseAborted
from .journal import Journal
from .options import Options, OptionWords
from .output import OutputParser
from .places import Places
from .program import Program, environment, existing_file, find_interpreter, limits_prefix, script_filename, start_error
from .redirect import APPLICATION, COUNT, LIMIT, Elsewhere, kept_headers, local_target, under
from .response import Response, Work, error_page
from .runners import find_runner
from .types import Environ, Head, Headers, Outcome, Place, StartResponse, Variables
from .upload import read_body


class CGIApplication(ABC):
    """What CGIScript and CGIDirectory have in common: all but finding the program."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.places = Places(options.max_concurrency) if options.max_concurrency else None
        self._prefix = limits_prefix(options.limits)
        self._run = find_runner(options.runner, options.limits, options.preload)

    @abstractmethod
    def locate(self, environ: Environ) -> tuple[Program, Place]:
        """Find the program for a request. Raises RequestError (403, 404)."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        journal = Journal(environ)
        head_only = environ["REQUEST_METHOD"] == "HEAD"
        try:
            answer = self._answer(environ, journal)
        except AnsweredError as error:
            if not error.logged:
                method, status = environ["REQUEST_METHOD"], error.status
                failed = status if status >= 400 else 0
                journal.end(Outcome(journal.program, method, status, failed=failed, note=str(error), well=not failed))
            return error_page(error, start_response, head=head_only)
        if isinstance(answer, Elsewhere):
            return answer.answer(start_response)
        work, head = answer
        try:
            start_response(head.status_line, list(head.headers))
        except BaseException as error:
            _end(work, error)
            raise
        return Response(work, head, omit_body=head_only)

    def variables(self, environ: Environ, program: Program, place: Place, content_length: int | None) -> Variables:
        """Return the whole environment of a program for one request; reads the server's own environment anew."""
        options = self.options
        meta = meta_variables(environ, place, content_length, pass_authorization=options.pass_authorization)
        return environment(meta, program, options.env, options.pass_env, os.environ)

    def _answer(self, environ: Environ, journal: Journal) -> tuple[Work, Head] | Elsewhere:
        """Run programs until one answers for good: a local redirect leads to the next (RFC 3875 section 6.2.2)."""
        kept: Headers = ()
        head_only = environ["REQUEST_METHOD"] == "HEAD"
        while True:
            program, place = self.locate(environ)
            program.check()
            journal.program = program.path
            work = self._start(environ, program, place, journal)
            try:
                head = self._head(work, program)
                target = local_target(environ, head, self.options.mount) if self.options.local_redirects else None
                if target is None:
                    return work, head._replace(headers=kept + head.headers) if kept else head
                self._let_finish(work, head, target)
            except BaseException as error:
                _end(work, error)
                raise
            kept += kept_headers(head)
            environ = target
            if APPLICATION in environ:
                return Elsewhere(environ, kept, head_only)

    def _let_finish(self, work: Work, head: Head, target: Environ) -> None:
        """Let a program that redirects come to its end: it may have work to do after its answer."""
        if target[COUNT] > LIMIT:
            raise ProgramError(502, f"more than {LIMIT} local redirects, the last to {head.location!r}")
        while work.running.read():
            pass
        work.running.finish()
        work.status = head.status
        work.end(remark=f"local redirect to {head.location!r}")

    def _start(self, environ: Environ, program: Program, place: Place, journal: Journal) -> Work:
        limits = self.options
        body = read_body(environ, limits.max_body, limits.timeout, limits.idle_timeout)
        try:
            variables = self.variables(environ, program, place, body.length)
            words = self._words(environ, program) if self.options.isindex else ()
            command = program.command(words, variables, self._prefix)
            leave, waited = (_nothing, 0.0) if self.places is None else self._take_place(self.places)
            try:
                running = self._run(command, body, journal.stderr, self.options.timeout, self.options.idle_timeout)
            except OSError as error:
                leave()
                raise start_error(program, error) from error
            except BaseException:
                leave()
                raise
        except BaseException as error:
            _release(body.close, error)
            raise
        return Work(running, body, journal, environ["REQUEST_METHOD"], leave, waited)

    def _head(self, work: Work, program: Program) -> Head:
        """Read as far as the first byte of the body: no server sends the head before it (PEP 3333). Whatever is wrong
        until then is still an error page.
        """
        parser = OutputParser(strict=self.options.strict, nph=program.nph)
        head = None
        while head is None:
            data = work.running.read()
            if not data:
                work.running.finish()
                parser.end()
            head = parser.feed(data)
        return head if head.start else head.followed_by(_first_piece(work))

    def _words(self, environ: Environ, program: Program) -> Sequence[str]:
        # An interpreter would take words of the query for its own options (CVE-2012-1823).
        if program.interpreter or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return ()
        return query_words(environ.get("QUERY_STRING", ""))

    def _take_place(self, places: Places) -> tuple[Callable[[], None], float]:
        """Wait for a place among `max_concurrency`; return what gives it back, and how long that took in seconds."""
        began = time.monotonic()
        place = places.take(self.options.queue_timeout)
        if place is None:
            wait = self.options.queue_timeout
            busy = f"all {places.limit} places were taken for {wait} s (max_concurrency)"
            raise ProgramError(503, busy, retry_after=max(1, round(wait)))
        return partial(places.leave, place), time.monotonic() - began


class CGIScript(CGIApplication):
    """One program as a WSGI application.

    `path` is its file; `interpreter` (text or argument list) runs it where it cannot run by itself; `mount` is the URL
    prefix it stands behind: SCRIPT_NAME then ends with it, PATH_INFO is the rest, and other paths are 404. `raw_path`
    hands over PATH_INFO with its dot segments, for a program that never stood behind a web server. Other options:
    `Options`. Raises ConfigurationError.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        interpreter: str | Sequence[str] | None = None,
        raw_path: bool = False,
        **options: Unpack[OptionWords],
    ) -> None:
        super().__init__(Options(**options))
        self._raw_path = raw_path
        self.program = Program(existing_file(path), find_interpreter(interpreter))

    def locate(self, environ: Environ) -> tuple[Program, Place]:
        """Return the program, and what its mount leaves of the URL."""
        name, info = mounted(environ, self.options.mount, raw_path=self._raw_path)
        return self.program, Place(name, info, script_filename(self.program.path))


def mounted(environ: Environ, mount: str, *, raw_path: bool = False, merge: bool = False) -> tuple[str, str]:
    """Return SCRIPT_NAME and PATH_INFO as seen behind a mount, never "/" for the first; without dot segments, unless
    `raw_path`; with `merge` without empty ones, also before the mount. Raises RequestError: 404 outside of it, 400
    where the target is no path (`OPTIONS *`, RFC 9112 section 3.2.4).
    """
    name, info = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
    if info and not info.startswith("/"):
        raise RequestError(400, f"{info!r} is not a path")
    if not raw_path:
        info = resolved_path(info, environ.get("RAW_URI") or environ.get("REQUEST_URI"))
    if merge:
        info = merged(info)
    prefix = mount.rstrip("/")
    if not under(info, prefix):
        raise RequestError(404, f"{info!r} is not under {prefix!r}")
    return (name + prefix).rstrip("/"), info[len(prefix) :]


def _nothing() -> None:
    """Give back no place: there are as many as wanted."""


def _first_piece(work: Work) -> bytes:
    piece = work.running.read()
    if not piece:
        signal = work.running.finish().signal
        if signal is not None and not work.running.killed:
            raise ProgramError(502, f"the program was killed by signal {signal} before the body of its answer")
    return piece


def _end(work: Work, error: BaseException) -> None:
    """End what an error leaves behind: until the server has the response, nobody else would end the program."""
    if isinstance(error, AnsweredError):
        work.status = work.failed = error.status
        _release(partial(work.end, str(error)), error)
        error.logged = True
    else:
        _release(partial(work.end, f"the server stopped: {error!r}"), error)


def _release(end: Callable[[], None], error: BaseException) -> None:
    """Release what a failed request holds. If its body still arrives, the connection must go after the error page."""
    try:
        end()
    except ResponseAborted as broken_off:
        if isinstance(error, AnsweredError):
            error.broken_off = broken_off
