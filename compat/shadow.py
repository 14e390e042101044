"""The shadow: what old has answered is put to new as well, out of the client's way, so that both can be compared.

Comes in: a request on its way to old. Goes out: old's answer, untouched; later, on a thread of its own, a `ShadowPair`
to a callback. All is bounded (bytes, jobs, threads, time), what does not fit is dropped and counted, and whatever new
or the callback do, no client notices. `watch` copies what passes by; what it is put to afterwards is here.
"""

from __future__ import annotations

import io
import logging
import os
import re
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from .attempt import SAFE
from .errors import ConfigurationError
from .journal import logger, one_line
from .pair import Answered, Asked, ShadowPair
from .types import Application, Environ, StartResponse
from .watch import Watched, Watching, collect

Sides = tuple[Application, Application]
Callback = Callable[[ShadowPair], object]
Counted = Callable[[str], object]
"""Is told `shadowed` or `dropped`."""
TOO_MANY = "too many waiting"
TOO_LARGE = "too large"
CUT_OFF = "cut off"
RESTING = "new was too slow"
SLOW = "too slow"
METHOD = "method"
CALLBACK = "callback failed"


@dataclass(frozen=True, slots=True)
class Job:
    """What new is to be asked, and what old answered."""

    request: Asked
    old: Answered
    rule: str
    started: float
    new: Application
    counted: Counted

    @property
    def size(self) -> int:
        """Bytes of its bodies."""
        return len(self.request.body) + len(self.old.body)


class Shadow:
    """Asks new what old has answered, and gives each pair to `callback`.

    `methods` are those that new may be asked, too: one that writes would write twice. `threads` ask at once, `waiting`
    requests and `memory` bytes of bodies wait at most; a body of more than `body` bytes, of the request or either
    answer, is not compared. An answer later than `timeout` seconds counts as too slow; after `patience` of those
    running, or exceptions, new is left alone for `rest` seconds. All of it for each process. Raises ConfigurationError.
    """

    def __init__(
        self,
        callback: Callback,
        *,
        methods: Collection[str] = SAFE,
        threads: int = 1,
        waiting: int = 100,
        memory: int = 16 << 20,
        body: int = 1 << 20,
        timeout: float = 10.0,
        patience: int = 3,
        rest: float = 30.0,
    ) -> None:
        if not callable(callback):
            raise ConfigurationError(f"callback={callback!r} is not a function that takes a ShadowPair")
        if isinstance(methods, str) or not methods or not all(re.fullmatch("[A-Z]+", str(name)) for name in methods):
            raise ConfigurationError(f"methods={methods!r} must be a list of methods like GET")
        _check(int, threads=threads, waiting=waiting, memory=memory, body=body, patience=patience)
        _check(int | float, timeout=timeout, rest=rest)
        self.body, self._methods = body, frozenset(methods)
        self._callback, self._threads, self._waiting, self._memory = callback, threads, waiting, memory
        self._timeout, self._patience, self._rest = timeout, patience, rest
        self._begin()
        os.register_at_fork(after_in_child=partial(_begin_in_child, weakref.ref(self)))

    def _begin(self) -> None:
        """Begin anew, without threads: they would not survive a fork, and none is needed before the first request."""
        self.reasons: Counter[str] = Counter()
        self._jobs: deque[Job] = deque()
        self._bytes = 0
        self._change = threading.Condition()
        self._running: dict[int, float] = {}
        self._started = 0
        self._idle = 0
        self._trouble = 0
        self._until = 0.0

    def watch(
        self, sides: Sides, rule: str, counted: Counted, environ: Environ, start: StartResponse
    ) -> Iterable[bytes]:
        """Answer with the first of two applications; when that is done, put the request to the second."""
        old, new = sides
        if (reason := self._refusal(environ)) is not None:
            self._dropped(reason, counted)
            return old(environ, start)
        watching = Watching(environ, start, self.body)

        def ended(request: Asked, answer: Answered | None) -> None:
            if answer is None:
                self._dropped(TOO_LARGE if watching.too_large else CUT_OFF, counted)
            else:
                self._put(Job(request, answer, rule, watching.started, new, counted))

        try:
            answer = old(environ, watching.start)
        except BaseException:
            self._dropped(CUT_OFF, counted)
            raise
        return Watched.begun(answer, watching, ended)

    def wait(self, seconds: float = 10.0) -> bool:
        """Wait until nothing is left to be asked; return whether that came about in time. For tests."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self._change:
                if not self._jobs and not self._running:
                    return True
            time.sleep(0.01)
        return False

    def _refusal(self, environ: Environ) -> str | None:
        """Return why a request is not worth watching; None where it is."""
        if environ["REQUEST_METHOD"] not in self._methods:
            return METHOD
        length = environ.get("CONTENT_LENGTH") or "0"
        if "HTTP_TRANSFER_ENCODING" in environ or not length.isdecimal() or int(length) > self.body:
            return TOO_LARGE
        with self._change:
            return self._busy()

    def _busy(self) -> str | None:
        now = time.monotonic()
        stuck = sum(now - begun > self._timeout for begun in self._running.values())
        if now < self._until or stuck >= self._threads:
            return RESTING
        return TOO_MANY if len(self._jobs) >= self._waiting or self._bytes >= self._memory else None

    def _put(self, job: Job) -> None:
        with self._change:
            reason = self._busy() or (TOO_MANY if self._bytes + job.size > self._memory else None)
            if reason is None:
                self._jobs.append(job)
                self._bytes += job.size
                if self._idle:
                    self._change.notify()
                elif self._started < self._threads:
                    self._started += 1
                    threading.Thread(target=self._work, name="compat-shadow", daemon=True).start()
        if reason is not None:
            self._dropped(reason, job.counted)

    def _dropped(self, reason: str, counted: Counted) -> None:
        with self._change:
            self.reasons[reason] += 1
        counted("dropped")

    def _work(self) -> None:
        while True:
            with self._change:
                while not self._jobs:
                    self._idle += 1
                    self._change.wait()
                    self._idle -= 1
                job = self._jobs.popleft()
                self._bytes -= job.size
                resting = time.monotonic() < self._until
                self._running[threading.get_ident()] = time.monotonic()
            try:
                if resting:
                    self._dropped(RESTING, job.counted)
                else:
                    self._do(job)
            except BaseException as error:  # the callback's, or a counter's: nothing may end this thread
                logger.error("shadow: the callback failed: %s", one_line(f"{type(error).__name__}: {error}"))
                with suppress(Exception):
                    self._dropped(CALLBACK, job.counted)
            finally:
                with self._change:
                    self._running.pop(threading.get_ident(), None)

    def _do(self, job: Job) -> None:
        waited = max(0.0, time.time() - job.started)
        answer = collect(job.new, environ_of(job.request), self.body, self._timeout)
        slow = answer is not None and answer.seconds > self._timeout
        with self._change:
            self._note(slow or (answer is not None and bool(answer.failed)))
            self._running[threading.get_ident()] = float("inf")  # how long the callback takes says nothing of new
        if answer is None or slow:
            self._dropped(SLOW if slow else TOO_LARGE, job.counted)
            return
        self._callback(ShadowPair(job.request, job.old, answer, job.rule, job.started, waited))
        job.counted("shadowed")

    def _note(self, trouble: bool) -> None:
        """Count what went wrong in a row; leave new alone where that is too much, then try it once."""
        self._trouble = self._trouble + 1 if trouble else 0
        if self._trouble >= self._patience:
            self._until = time.monotonic() + self._rest
            self._trouble = self._patience - 1  # one more, and it rests again
            logger.warning("shadow: new failed or was too slow %d times running: not asked for %g s",
                           self._patience, self._rest)  # fmt: skip


def _check(kind: Any, **numbers: object) -> None:
    """Raises ConfigurationError for a number that is none of its kind, or none above 0."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, kind) or not value > 0:
            raise ConfigurationError(f"{name}={value!r} must be a {'whole ' * (kind is int)}number above 0")


def environ_of(request: Asked) -> Environ:
    """Return the environ in which new is asked: nothing of the server's, nothing of the client's connection."""
    server: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": Errors(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "compat.shadow": True,
    }
    return {**request.environ, **server}


class Errors(io.StringIO):
    """`wsgi.errors` of a request that nobody waits for: what stands there goes to the log, line by line."""

    def write(self, text: str) -> int:
        """Log what is said."""
        for line in text.splitlines():
            logger.log(logging.INFO, "shadow: new: %s", one_line(line[:2000]))
        return len(text)


def _begin_in_child(reference: weakref.ref[Shadow]) -> None:
    shadow = reference()
    if shadow is not None:
        shadow._begin()
