"""Runs Python scripts by forking an interpreter that waits for them, one child for each request.

Comes in: a `Command`. Goes out: a `Running`, as from `exec`, which serves whatever cannot be served warm. One zygote
serves one script, in one server process; it is started when first wanted.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Collection, Mapping

from ..body import Body
from ..types import Command
from .duplex import ErrorSink, Pipes, Running
from .exec import execute
from .keeper import Forked, Gone, Keeper, Request
from .python import MAX_FIRST_LINE, Start, Unsuited, find_start, is_binary

FRESH = 0.1
ATTEMPTS = 2

logger = logging.getLogger("compat")


class Warm:
    """The `Runner` of this module, with its zygotes. `limits` are those of the options, `preload` names modules."""

    def __init__(self, limits: Mapping[str, int], preload: Collection[str]) -> None:
        self._limits = tuple(f"{name}={value}" for name, value in limits.items())
        self._prefix = len(limits) + 1 if limits else 0
        self._preload = tuple(preload)
        self._lock = threading.Lock()
        self._keepers: dict[Start, Keeper] = {}
        self._said: set[str] = set()
        self._pid = os.getpid()
        weakref.finalize(self, close_all, self._keepers)

    def __call__(
        self, command: Command, body: Body, errors: ErrorSink, timeout: float | None, idle_timeout: float | None
    ) -> Running:
        """Start a program, by exec where it cannot be forked. Raises OSError, ProgramError (502)."""
        try:
            with Pipes(has_body=body.length is not None) as pipes:
                started = pipes.started(self._fork(command, pipes.theirs))
        except Unsuited as reason:
            self._say_once(command.name, str(reason))
            return execute(command, body, errors, timeout, idle_timeout)
        return Running(started, body, errors, timeout, idle_timeout)

    def close(self) -> None:
        """End every zygote."""
        with self._lock:
            close_all(self._keepers)

    def _fork(self, command: Command, descriptors: tuple[int, int, int]) -> Forked:
        path = command.argv[command.position]
        start = find_start(command, self._prefix, first_line(path))
        request = Request(
            stamp(path),
            path,
            command.cwd,
            (*start.argv, *command.argv[command.position :]),
            command.argv[command.position + 1 :],
            self._limits,
            command.environment,
        )
        for _ in range(ATTEMPTS):
            try:
                return self._keeper(start).fork(request, descriptors)
            except Gone as error:
                reason = error
        raise reason

    def _keeper(self, start: Start) -> Keeper:
        """Return the zygote for a start; a new one where there is none, or the last one has ended."""
        with self._lock:
            self._forget_parents()
            keeper = self._keepers.get(start)
            if keeper is not None and keeper.broken:
                self._keepers.pop(start).close()
                keeper = None
            if keeper is None:
                if not is_binary(start.executable):
                    raise Unsuited(f"{start.executable} is a script itself")
                keeper = self._keepers[start] = Keeper(start)
            return keeper

    def _forget_parents(self) -> None:
        """After a fork of the server its zygotes are the parent's: two processes on one socket would mix replies."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            for keeper in self._keepers.values():
                keeper.abandon()
            self._keepers.clear()

    def _say_once(self, name: str, reason: str) -> None:
        """Tell the operator that a program runs by exec, and why, once."""
        text = f"{name} runs by exec, not warm: {reason}"
        if text not in self._said:
            self._said.add(text)
            logger.warning("%s", text)


def close_all(keepers: dict[Start, Keeper]) -> None:
    """End every zygote of this process."""
    while keepers:
        keepers.popitem()[1].close()


def first_line(path: str) -> bytes:
    """Return the first line of a script, as far as the kernel reads it. Raises Unsuited."""
    try:
        with open(path, "rb") as file:
            return file.read(MAX_FIRST_LINE + 1).partition(b"\n")[0]
    except OSError as error:
        raise Unsuited(f"it cannot be read: {error.strerror}") from error


def stamp(path: str) -> str:
    """Return what tells one state of a file from another; empty where it changed so lately that it may change again
    within its clock's tick.
    """
    state = os.stat(path)
    if time.time() - state.st_mtime < FRESH:
        return ""
    return f"{state.st_dev}:{state.st_ino}:{state.st_size}:{state.st_mtime_ns}:{state.st_ctime_ns}"
