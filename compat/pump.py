"""A request body that is still arriving while its program runs, and how it is asked for.

Comes in: a `wsgi.input` of known length. A thread reads it, so neither a slow client nor a program that prints before
it reads can stop the other.
"""

from __future__ import annotations

import os
import select
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

from .body import LARGE_PIECE, Piece, SpooledBody, no_room, spooled
from .errors import AnsweredError, ProgramError, RequestError, ResponseAborted
from .types import Input

PIECE = 16384
QUICK = 0.05
LINGER = 2.0


class PumpedBody(SpooledBody):
    """A body still arriving: a thread moves its pieces from the client into the file. `wake` becomes readable when more
    is there.

    Where the program has taken all there was, the thread writes to it straight; what it does not take within `QUICK`
    goes into the file, so that a client need not wait for it. There the file has a hole. Raises ProgramError (503)
    where there is no file, descriptor or thread to be had for it.
    """

    def __init__(self, pieces: Iterator[Piece], length: int) -> None:
        super().__init__(spooled(lambda: tempfile.TemporaryFile(buffering=0)), length)  # noqa: SIM115 - closed by close()
        self._available = 0
        self._finished = False
        self._failed: AnsweredError | None = None
        self._closed = False
        self._abandoned = False
        self._taker: int | None = None
        self._lock = threading.Lock()
        try:
            self.wake, self._signal = os.pipe()
        except OSError as error:
            self._file.close()
            raise exhausted(error) from error
        os.set_blocking(self.wake, False)
        os.set_blocking(self._signal, False)
        try:
            self._thread = started(self._pump, pieces, length)
        except ProgramError:
            self._release()
            raise

    @property
    def ended(self) -> bool:
        """Whether everything has been taken; never so where the client broke off: half a body must not look whole."""
        return not self._failed and super().ended

    def hear(self) -> None:
        """Take note of what made `wake` readable.

        Raises RequestError where the client broke off (400) or fell silent (408), ProgramError (503) where there is no
        room for its body.
        """
        assert self.wake is not None
        try:
            os.read(self.wake, 4096)
        except BlockingIOError:
            pass  # nothing new
        if self._failed is not None:
            raise self._failed

    def give(self, descriptor: int) -> int:
        """Write what is there to a pipe; where that is all, the rest goes there as it arrives."""
        with self._lock:
            if self._taken == self._available and not self._finished:
                self._taker = descriptor
                return 0
        return super().give(descriptor)

    def leave(self) -> None:
        """Write no more to the descriptor."""
        with self._lock:
            self._taker = None

    def close(self) -> None:
        """Wait a little for the rest, so that the connection can serve another request; raises ResponseAborted if it
        does not come.

        The thread may be inside a read of the client's socket: the server must not read there too.
        """
        with self._lock:
            self._closed = True
        self._thread.join(LINGER)
        with self._lock:
            running = self._thread.is_alive() and not self._finished
            self._abandoned = running
        if running:
            raise ResponseAborted(f"the client is still sending its {self.length} bytes, and the response is complete")
        self._release()

    def _pump(self, pieces: Iterator[Piece], length: int) -> None:
        received = 0
        try:
            for piece in pieces:
                received += len(piece)
                self._store(piece)
            if received < length:
                self._failed = self._failed or broken_off(received, length)
        except Exception as error:
            self._failed = self._failed or broken_off(received, length, error)
        with self._lock:
            self._finished = True
            self._ring()
            abandoned = self._abandoned
        if abandoned:
            self._release()

    def _store(self, piece: Piece) -> None:
        rest = memoryview(piece)
        while rest:
            with self._lock:
                if self._closed or self._failed is not None:
                    return  # what nobody will read is taken off the connection all the same
                taker = self._taker
                rest = rest[self._hand_on(rest) :] if taker is not None else self._spool(rest)
            if rest and taker is not None and not writable(taker, QUICK):
                self.leave()

    def _hand_on(self, piece: memoryview) -> int:
        """Write to the program what it takes at once; return how much that is."""
        assert self._taker is not None
        try:
            written = os.write(self._taker, piece)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            self._taker = None  # it is told so where it is given the rest
            return 0
        self._taken += written
        self._available += written
        self.moved = time.monotonic()
        return written

    def _spool(self, piece: memoryview) -> memoryview:
        """Put a piece into the file, and return what is left of it: nothing."""
        try:
            while piece:
                written = os.pwrite(self._file.fileno(), piece, self._available)
                self._available += written
                piece = piece[written:]
        except OSError as error:
            self._failed = no_room(error)
        self._ring()
        return piece[:0]

    def _ring(self) -> None:
        try:
            os.write(self._signal, b".")
        except BlockingIOError:
            pass  # the pipe is full of unread rings: the reader will look anyway

    def _release(self) -> None:
        assert self.wake is not None
        os.close(self.wake)
        os.close(self._signal)
        self._file.close()


def writable(descriptor: int, seconds: float) -> bool:
    """Whether a descriptor takes something within some seconds."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(seconds * 1000))


def asked(source: Input, length: int) -> Iterator[bytes]:
    """Return the pieces of a body of known length as the server hands them over."""
    received, size = 0, PIECE
    while received < length:
        began = time.monotonic()
        piece = source.read(min(size, length - received))
        size = next_size(received, time.monotonic() - began)
        if not piece:
            return
        received += len(piece)
        yield piece


def next_size(received: int, seconds: float) -> int:
    """Return how much of a body to ask the server for next: it waits until that much is there.

    Large pieces are several times faster: gunicorn copies what it has read ahead at every call. They are for clients
    that send quickly (the last took `seconds`), and never more than an eighth of what has come, since a client may
    wait for an answer, or become slow, in the middle of one.
    """
    if seconds > QUICK:
        return PIECE
    return min(LARGE_PIECE, max(PIECE, received // 8))


def started(act: Callable[..., None], *words: object) -> threading.Thread:
    """Do something in a thread of its own. Raises ProgramError (503) where there is none to be had."""
    thread = threading.Thread(target=act, args=words, name="compat-body", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise exhausted(error) from error
    return thread


def exhausted(error: Exception) -> ProgramError:
    """Return the error for a server that has nothing left to read a body with: as where no program can be started."""
    return ProgramError(503, f"the request's body cannot be read now: {error}", retry_after=1)


def broken_off(received: int, length: int | None, error: Exception | None = None) -> RequestError:
    """Return the error for a client that did not send the whole of its body: 408 where it fell silent, else 400."""
    sent = f"the client sent {received} of {length} bytes"
    if length is None:
        sent = f"the client broke off its chunked body after {received} bytes"
    if isinstance(error, TimeoutError | BlockingIOError):
        return RequestError(408, f"{sent}, then nothing for idle_timeout")
    return RequestError(400, f"{sent}: {error!r}" if error else sent)
