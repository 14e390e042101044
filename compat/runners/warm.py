"""Runs Python scripts by forking an interpreter that waits for them, one child for each request.

Comes in: a `Command`. Goes out: a `Running`, as from `exec`, which serves whatever cannot be served warm. One zygote
serves one script, in one server process; it is started when first wanted.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Collection, Mapping

from ..body import Body
from ..types import Command
from .duplex import ErrorSink, Running
from .exec import execute
from .forked import Forked
from .keeper import Keeper
from .message import Request
from .nest import Nest
from .process import Pipes
from .python import MAX_FIRST_LINE, Start, Unsuited, find_start

FRESH = 0.1
MAX_NESTS = 16
MAX_LINES = 256

logger = logging.getLogger("compat")


class Warm:
    """The `Runner` of this module, with its zygotes. `limits` are those of the options, `preload` names modules."""

    def __init__(self, limits: Mapping[str, int], preload: Collection[str]) -> None:
        self._limits = tuple(f"{name}={value}" for name, value in limits.items())
        self._prefix = len(limits) + 1 if limits else 0
        self._preload = tuple(preload)
        self._lock = threading.Lock()
        self._nests: OrderedDict[Start, Nest] = OrderedDict()
        self._lines: dict[str, tuple[str, bytes]] = {}
        self._left: set[str] = set()
        self._pid = os.getpid()
        weakref.finalize(self, close_all, self._nests)

    def __call__(
        self, command: Command, body: Body, errors: ErrorSink, timeout: float | None, idle_timeout: float | None
    ) -> Running:
        """Start a program, by exec where it cannot be forked. Raises OSError, ProgramError (502)."""
        try:
            with Pipes(has_body=body.length is not None) as pipes:
                started = pipes.started(self._fork(command, pipes.with_null()))
        except Unsuited as reason:
            self._say_once(command.name, str(reason))
            return execute(command, body, errors, timeout, idle_timeout)
        return Running(started, body, errors, timeout, idle_timeout, name=command.name)

    def close(self) -> None:
        """End every zygote."""
        with self._lock:
            close_all(self._nests)

    def _fork(self, command: Command, descriptors: tuple[int, int, int]) -> Forked:
        path = command.argv[command.position]
        state = stamp(path)
        start = find_start(command, self._prefix, self._first_line(path, state))
        request = Request(
            state,
            path,
            command.cwd,
            (*start.argv, *command.argv[command.position :]),
            command.argv[command.position + 1 :],
            self._limits,
            command.environment,
        )
        return self._nest(start).fork(request, descriptors)

    def _first_line(self, path: str, state: str) -> bytes:
        """Return the first line of a script; it is read again only where the file has another stamp."""
        known = self._lines.get(path)
        if known is not None and state and known[0] == state:
            return known[1]
        line = first_line(path)
        if len(self._lines) >= MAX_LINES:
            self._lines.clear()
        self._lines[path] = (state, line)
        return line

    def _nest(self, start: Start) -> Nest:
        """Return where a start has its zygotes; those longest without a request make room."""
        with self._lock:
            self._forget_parents()
            nest = self._nests.setdefault(start, Nest(start, self._preload))
            self._nests.move_to_end(start)
            if len(self._nests) > MAX_NESTS:
                self._nests.popitem(last=False)[1].close()
            return nest

    def _forget_parents(self) -> None:
        """After a fork of the server its zygotes are the parent's: two processes on one socket would mix replies."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            for nest in self._nests.values():
                nest.abandon()
            self._nests.clear()

    def zygotes(self) -> list[Keeper]:
        """The zygotes that serve now."""
        with self._lock:
            return [keeper for nest in self._nests.values() for keeper in nest.zygotes()]

    @property
    def left_to_exec(self) -> frozenset[str]:
        """What was not run warm so far, and why: one line each."""
        return frozenset(self._left)

    def _say_once(self, name: str, reason: str) -> None:
        """Tell the operator that a program runs by exec, and why, once."""
        text = f"{name} runs by exec, not warm: {reason}"
        if text not in self._left:
            self._left.add(text)
            logger.warning("%s", text)


def close_all(nests: dict[Start, Nest]) -> None:
    """End every zygote of this process."""
    while nests:
        nests.popitem()[1].close()


def first_line(path: str) -> bytes:
    """Return the first line of a script, as far as the kernel reads it. Raises Unsuited."""
    try:
        with open(path, "rb") as file:
            return file.read(MAX_FIRST_LINE + 1).partition(b"\n")[0]
    except OSError as error:
        raise Unsuited(f"it cannot be read: {error.strerror}") from error


def stamp(path: str) -> str:
    """Return what tells one state of a file from another; empty where it changed so lately that it may change again
    within its clock's tick. Raises Unsuited for a file that somebody is writing: exec waits for him (ETXTBSY).
    """
    try:
        state = os.stat(path)
        if time.time() - state.st_mtime < FRESH:
            if is_being_written(path):
                raise Unsuited("it is being written")
            return ""
    except OSError as error:
        raise Unsuited(f"it cannot be read: {error.strerror}") from error
    return f"{state.st_dev}:{state.st_ino}:{state.st_size}:{state.st_mtime_ns}:{state.st_ctime_ns}"


def is_being_written(path: str) -> bool:
    """Whether a file is open for writing: then the kernel gives no lease for reading it. False where it does not say,
    which is so for files of other users.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(descriptor)
    return False
