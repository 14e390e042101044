"""The request body, made ready for a program: its true length is known before the program starts.

Comes in: `wsgi.input` and the headers that frame it. Goes out: a `Body` that never blocks. A small body is read at
once. A long one of known length is read by a thread into an unlinked file while the program runs, so neither a slow
client nor a program that prints before it reads can stop the other. A chunked one is read whole first, so that
CONTENT_LENGTH is true.
"""

from __future__ import annotations

import io
import os
import socket
import struct
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import IO, TypeVar

from .errors import AnsweredError, ProgramError, RequestError, ResponseAborted
from .types import Environ, Input

HELD = 65536
PIECE = 16384
LINGER = 2.0
CONNECTION = "gunicorn.socket"
"""The environ's key for the client's connection, where the server shows it."""


T = TypeVar("T")


class Body:
    """A body held in memory, and the interface of the other kinds. `length` None: the request has no body."""

    wake: int | None = None

    def __init__(self, data: bytes = b"", length: int | None = None) -> None:
        self.length = length
        self._data = memoryview(data)
        self._taken = 0

    @property
    def ended(self) -> bool:
        """Whether everything has been taken."""
        return self._taken == len(self._data)

    def peek(self, size: int) -> bytes | memoryview:
        """Return up to `size` bytes that are there now; empty where none are."""
        return self._data[self._taken : self._taken + size]

    def taken(self, size: int) -> None:
        """Count `size` bytes of the last `peek` as delivered."""
        self._taken += size

    def hear(self) -> None:
        """Take note of what made `wake` readable; only a body that is still arriving has one."""

    def close(self) -> None:
        """Release what the body holds."""


class SpooledBody(Body):
    """A body that was read whole into an unlinked file."""

    def __init__(self, file: IO[bytes], length: int) -> None:
        super().__init__(length=length)
        self._file = file
        self._available = length
        self._finished = True

    @property
    def ended(self) -> bool:
        """Whether everything has been taken and nothing can follow."""
        return self._finished and self._taken >= self._available

    def peek(self, size: int) -> bytes:
        """Return up to `size` bytes that are there now."""
        return os.pread(self._file.fileno(), min(size, self._available - self._taken), self._taken)

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()


class PumpedBody(SpooledBody):
    """A body still arriving: a thread moves it from the client into the file. `wake` becomes readable when more is
    there.
    """

    def __init__(self, source: Input, length: int) -> None:
        super().__init__(_spool(lambda: tempfile.TemporaryFile(buffering=0)), length)  # noqa: SIM115 - closed by close()
        self._available = 0
        self._finished = False
        self._failed: AnsweredError | None = None
        self._closed = False
        self._abandoned = False
        self._lock = threading.Lock()
        self.wake, self._signal = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(self._signal, False)
        self._thread = threading.Thread(target=self._pump, args=(source, length), name="compat-body", daemon=True)
        self._thread.start()

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

    def _pump(self, source: Input, length: int) -> None:
        received = 0
        try:
            while received < length:
                piece = source.read(min(PIECE, length - received))
                if not piece:
                    self._failed = _broken_off(received, length)
                    break
                received += len(piece)
                self._store(piece)
        except Exception as error:
            self._failed = self._failed or _broken_off(received, length, error)
        with self._lock:
            self._finished = True
            self._ring()
            abandoned = self._abandoned
        if abandoned:
            self._release()

    def _store(self, piece: bytes) -> None:
        with self._lock:
            if self._closed or self._failed is not None:
                return  # what nobody will read is taken off the connection all the same
            view = memoryview(piece)
            try:
                while view:
                    view = view[os.write(self._file.fileno(), view) :]
                self._available += len(piece)
            except OSError as error:
                self._failed = _no_room(error)
            self._ring()

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


def read_body(
    environ: Environ, max_body: int | None = None, timeout: float | None = None, idle_timeout: float | None = None
) -> Body:
    """Return the body of a request. What must be there before a program starts may take `timeout` seconds in all, and
    `idle_timeout` from one byte to the next where the server shows us its connection.

    Raises RequestError: 400 for a Content-Length that makes no sense or a client that broke off, 408 for one that is
    too slow, 411 for a chunked body from a server that does not decode it, 413 above `max_body` bytes. Raises
    ProgramError (503) where there is no room to keep it.
    """
    source: Input = environ["wsgi.input"]
    length = None if environ.get("HTTP_TRANSFER_ENCODING") else content_length(environ)
    if environ.get(CONNECTION) is not None and idle_timeout is not None:
        _limit_waiting(environ[CONNECTION], idle_timeout, reading_only=length is not None and length > HELD)
    if environ.get("HTTP_TRANSFER_ENCODING"):
        return _in_time(lambda: _chunked(environ, source, max_body), source, timeout)
    if length is None:
        return Body()
    if max_body is not None and length > max_body:
        raise RequestError(413, f"the body has {length} bytes, max_body is {max_body}")
    if length > HELD:
        return PumpedBody(source, length)
    return _in_time(lambda: Body(_read_all(source, length), length), source, timeout)


def _limit_waiting(connection: socket.socket, seconds: float, *, reading_only: bool) -> None:
    """Wait for the client for so long and no longer: a little less, so that its fault is seen before the program's.

    For its answer too: a client that takes nothing must not hold a program. But while it sends a long body it need not
    read.
    """
    seconds *= 0.9
    if reading_only:
        timeval = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
    else:
        connection.settimeout(seconds)


def content_length(environ: Environ) -> int | None:
    """Return the declared length of the body in bytes, None where there is none. Raises RequestError (400)."""
    text = environ.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise RequestError(400, f"Content-Length {text!r} is not a number of bytes")
    return int(text)


def _read_all(source: Input, length: int) -> bytes:
    pieces, missing = [], length
    while missing:
        try:
            piece = source.read(missing)
        except Exception as error:
            raise _broken_off(length - missing, length, error) from error
        if not piece:
            raise _broken_off(length - missing, length)
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _chunked(environ: Environ, source: Input, max_body: int | None) -> Body:
    if not environ.get("wsgi.input_terminated"):
        # Reading on would take chunk sizes for content, and wait for the client to close.
        raise RequestError(411, "this WSGI server does not decode chunked bodies (no wsgi.input_terminated)")
    file = tempfile.SpooledTemporaryFile(HELD)  # noqa: SIM115 - the Body closes it
    try:
        size = _spool(lambda: _copy(source, file, max_body))
    except AnsweredError:
        file.close()
        raise
    if size <= HELD:
        with file:
            file.seek(0)
            return Body(file.read(), size)
    return SpooledBody(file, size)


def _copy(source: Input, file: tempfile.SpooledTemporaryFile[bytes], max_body: int | None) -> int:
    size = 0
    while piece := _piece(source, size):
        size += len(piece)
        if max_body is not None and size > max_body:
            raise RequestError(413, f"the chunked body has more than max_body = {max_body} bytes")
        file.write(piece)
    file.flush()
    return size


def _piece(source: Input, received: int) -> bytes:
    try:
        return source.read(PIECE)
    except Exception as error:
        raise _broken_off(received, None, error) from error


def _in_time(read: Callable[[], Body], source: Input, seconds: float | None) -> Body:
    """Read in a thread of its own, so that a client that trickles cannot hold the request for longer than allowed."""
    if seconds is None or isinstance(source, io.BytesIO):
        return read()
    future: Future[Body] = Future()
    threading.Thread(target=_fulfil, args=(future, read), name="compat-body", daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError:
        future.add_done_callback(_discard)
        slow = RequestError(408, f"the client's body took longer than timeout = {seconds} s")
        slow.broken_off = ResponseAborted("the client is still sending its body")
        raise slow from None


def _fulfil(future: Future[Body], read: Callable[[], Body]) -> None:
    try:
        future.set_result(read())
    except BaseException as error:
        future.set_exception(error)


def _discard(future: Future[Body]) -> None:
    if future.exception() is None:
        future.result().close()


def _broken_off(received: int, length: int | None, error: Exception | None = None) -> RequestError:
    sent = f"the client sent {received} of {length} bytes"
    if length is None:
        sent = f"the client broke off its chunked body after {received} bytes"
    if isinstance(error, TimeoutError | BlockingIOError):
        return RequestError(408, f"{sent}, then nothing for idle_timeout")
    return RequestError(400, f"{sent}: {error!r}" if error else sent)


def _spool(store: Callable[[], T]) -> T:
    """Do something with a temporary file. Raises ProgramError (503) where the disk does not let us."""
    try:
        return store()
    except OSError as error:
        raise _no_room(error) from error


def _no_room(error: OSError) -> ProgramError:
    where = "the folder for temporary files (TMPDIR)"
    return ProgramError(503, f"the request's body cannot be kept in {where}: {error.strerror or error}", retry_after=60)
