"""Moves request body, output and error output of one program at once, and ends the program with all its children.

One loop that never blocks on any of the three, so a program may read and write in any order. The program leads a
process group of its own, which is ended as a whole: TERM, a grace period, KILL. How the program was started is the
runner's business: it hands over a `Started`.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from ..body import Body
from ..errors import AnsweredError
from ..types import Command, Exit
from .deadline import Deadline
from .habit import PATIENCE, SMALL, habit_of, learn
from .loop import Loop
from .process import Started, readable, widen

GRACE = 2.0
PIECE = 65536
POLL = 0.01

ErrorSink = Callable[[bytes], None]


class Runner(Protocol):
    """A way to run programs."""

    def __call__(
        self, command: Command, body: Body, errors: ErrorSink, timeout: float | None, idle_timeout: float | None
    ) -> Running:
        """Start a program. Times are in seconds. Raises OSError where it cannot be started."""


class Running:
    """One program at work. Call `read` until it returns nothing, and `close` in every case."""

    def __init__(
        self,
        started: Started,
        body: Body,
        errors: ErrorSink,
        timeout: float | None = None,
        idle_timeout: float | None = None,
        *,
        name: str,
    ) -> None:
        self._name = name
        self._habit = habit_of(name)
        self._first, self._size = 0.0, 0
        self._body = body
        self._errors = errors
        self._deadline = Deadline(timeout, idle_timeout)
        self._active = self._deadline.began
        self._output = b""
        self._failure: AnsweredError | None = None
        self._whole = False
        self._exited = False
        self._closed = False
        self.exit = Exit()
        self.killed = False
        self._loop = Loop()
        self._process = started.process
        _, self._stdin, self._stdout, self._stderr = started
        self._open = {self._stdout, self._stderr}
        if self._stdin is not None:
            self._open.add(self._stdin)
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        if self._stdin is not None:
            os.set_blocking(self._stdin, False)
            widen(self._stdin, self._body.length or 0)
            self._loop.listen(self._stdin, select.POLLOUT, self._write_stdin)
            if self._body.wake is not None:
                self._loop.listen(self._body.wake, select.POLLIN, self._body_news)
            self._write_stdin()  # most bodies fit into the pipe at once
        os.set_blocking(self._stdout, False)
        os.set_blocking(self._stderr, False)
        self._whole = self._habit == "brief" and self._ends_at_once()
        if not self._whole:
            self._listen_to_output()

    def _ends_at_once(self) -> bool:
        """Wait a moment for the program's end, and tell whether it came: a short answer then costs one waking up, not
        one for each thing that happens. No reading until then: what is so short fits into the pipe.
        """
        watched = None if self._stdin in self._open else self._process.watched()
        if watched is None or not readable(watched, PATIENCE):
            return False
        self._exited = True
        return True

    def _listen_to_output(self) -> None:
        self._loop.listen(self._stdout, select.POLLIN, self._read_stdout)
        self._loop.listen(self._stderr, select.POLLIN, self._read_stderr)

    @property
    def pid(self) -> int:
        """The number of the program's process, and of its group."""
        return self._process.pid

    def read(self) -> bytes:
        """Return the next output as soon as there is any, empty at its end.

        Raises ProgramError (504) when the time allowed is over, AnsweredError when its body broke off.
        """
        while not self._output:
            if self._stdout not in self._open:
                return b""
            if self._whole:
                self._read_whole()
                continue
            self._loop.turn(self._deadline.after(max(self._active, self._body.moved)))
            if self._failure is not None:
                raise self._failure
        output, self._output = self._output, b""
        if not self._first:
            self._first = self._active
            late = self._habit == "late" and len(output) <= SMALL
            self._whole = self._whole or (late and self._ends_at_once())
        self._size += len(output)
        return output

    def finish(self) -> Exit:
        """After the end of the output: give the program a moment to exit, and return how it ended."""
        if not self._exited:
            self._await_exit(time.monotonic() + GRACE)
        learn(self._name, self._size, self._active - self._deadline.began, self._active - self._first)
        self.close()
        return self.exit

    def close(self) -> None:
        """End the program if it still runs, and whom it left behind if its output has not ended; reap it, and release
        every descriptor. Harmless when repeated.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self._exited = self._exited or self._process.ended()
            if not self._exited or self._stdout in self._open:
                self._end_group()
            self._read_rest_of_stderr()
        finally:
            self._release()

    def _release(self) -> None:
        """Reap the program and close every descriptor, whatever happened before."""
        try:
            if not self._exited:
                self._process.signal_group(signal.SIGKILL)
            self.exit = self._process.reap()
        finally:
            for descriptor in list(self._open):
                self._drop(descriptor)

    def _drop(self, descriptor: int) -> None:
        self._open.discard(descriptor)
        if descriptor == self._stdin:
            self._body.leave()
        self._loop.forget(descriptor)
        os.close(descriptor)

    def _await_exit(self, limit: float) -> None:
        """Wait for the exit until `limit`; its error output is still read meanwhile.

        Mostly it has ended by now. Else a descriptor tells where the system has them (Linux), so that nothing needs to
        be polled.
        """
        self._exited = self._exited or self._process.ended()
        if self._exited:
            return
        watched = self._process.watched()
        if watched is not None:
            self._loop.listen(watched, select.POLLIN, partial(self._saw_exit, watched))
        if self._stderr in self._open:
            self._loop.listen(self._stderr, select.POLLIN, self._read_stderr)
        while not self._exited and time.monotonic() < limit:
            if watched is not None:
                self._loop.turn(limit)
                continue
            time.sleep(POLL)
            self._exited = self._process.ended()

    def _saw_exit(self, watched: int) -> None:
        self._exited = True
        self._loop.forget(watched)

    def _read_stdout(self) -> None:
        data = os.read(self._stdout, PIECE)
        self._active = time.monotonic()
        if data:
            self._output = data
        else:
            self._drop(self._stdout)

    def _read_whole(self) -> None:
        """The program has ended, so all of its output is there, unless it left somebody behind who goes on writing."""
        try:
            self._output = os.read(self._stdout, PIECE)
            if len(self._output) < PIECE:
                more = os.read(self._stdout, PIECE)
                self._output += more
                if not more:
                    self._drop(self._stdout)
        except BlockingIOError:
            self._whole = False
            self._listen_to_output()

    def _read_stderr(self) -> None:
        data = os.read(self._stderr, PIECE)
        self._active = time.monotonic()
        if data:
            self._errors(data)
        else:
            self._drop(self._stderr)

    def _read_rest_of_stderr(self) -> None:
        """Take what is there; a grandchild may hold the pipe open for as long as it likes."""
        while self._stderr in self._open:
            try:
                self._read_stderr()
            except BlockingIOError:
                return

    def _write_stdin(self) -> None:
        """Give the program what it takes of the body. If nothing has arrived, wait for the client."""
        assert self._stdin is not None
        try:
            while self._body.give(self._stdin):
                self._active = time.monotonic()
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._end_stdin()  # a program need not read its body (RFC 3875 section 4.2)
            return
        if self._body.ended:
            self._end_stdin()
        else:
            self._loop.forget(self._stdin)

    def _body_news(self) -> None:
        """More of the body has arrived, or the client broke off.

        Then the program's input stays open: an end of file would make half a body look whole.
        """
        assert self._stdin is not None
        try:
            self._body.hear()
        except AnsweredError as error:
            self._failure = error
            self._loop.forget(self._stdin)
            self._loop.forget(self._body.wake)
            return
        self._active = time.monotonic()
        if self._stdin not in self._loop:
            self._loop.listen(self._stdin, select.POLLOUT, self._write_stdin)

    def _end_stdin(self) -> None:
        assert self._stdin is not None
        self._loop.forget(self._body.wake)
        self._drop(self._stdin)

    def _end_group(self) -> None:
        """TERM to the group, wait, KILL to what is left of it. The leader is reaped after that, so its number is
        still ours.
        """
        self.killed = True
        limit = time.monotonic() + GRACE
        self._process.signal_group(signal.SIGTERM)
        if self._stdin in self._open:
            self._end_stdin()
        if self._stdout in self._open and not self._exited:
            self._drop(self._stdout)
        try:
            self._await_exit(limit)
            self._await_end_of_output(limit)
        finally:
            self._process.signal_group(signal.SIGKILL)

    def _await_end_of_output(self, limit: float) -> None:
        """Where the program has left somebody behind who holds its output: throw away what he says until he is gone."""
        if self._stdout in self._open:
            self._loop.listen(self._stdout, select.POLLIN, self._read_stdout)
        while self._stdout in self._open and time.monotonic() < limit:
            self._loop.turn(limit)
