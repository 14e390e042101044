"""From a request's framing to its body: how long it is, how it arrives, how long we wait for it.

Comes in: `wsgi.input` and the headers that frame it. Goes out: a `Body`. A small body is read at once; a long one of
known length goes on arriving while the program runs; a chunked one is read whole, so that CONTENT_LENGTH is true.
"""

from __future__ import annotations

import io
import socket
import struct
import tempfile
from collections.abc import Callable
from concurrent.futures import Future

from .body import Body, SpooledBody, spooled
from .connection import connection, straight
from .errors import AnsweredError, RequestError, ResponseAborted
from .pump import PIECE, PumpedBody, asked, broken_off, started
from .types import Environ, Input

HELD = 65536


def read_body(
    environ: Environ, max_body: int | None = None, timeout: float | None = None, idle_timeout: float | None = None
) -> Body:
    """Return the body of a request. What must be there before a program starts may take `timeout` seconds in all, and
    `idle_timeout` from one byte to the next where the server shows us its connection.

    Raises RequestError: 400 for a Content-Length that makes no sense or a client that broke off, 408 for one that is
    too slow, 411 for a chunked body from a server that does not decode it, 413 above `max_body` bytes. Raises
    ProgramError (503) where there is no room to keep it, or no descriptor or thread to read it.
    """
    source: Input = environ["wsgi.input"]
    length = None if environ.get("HTTP_TRANSFER_ENCODING") else content_length(environ)
    chunked = environ.get("HTTP_TRANSFER_ENCODING")
    if idle_timeout is not None and (client := connection(environ)) is not None:
        _limit_waiting(client, idle_timeout, HELD if chunked else length or 0)
    if chunked:
        return _in_time(lambda: _chunked(environ, source, max_body), source, timeout)
    if not length:
        return Body(length=length)
    if max_body is not None and length > max_body:
        raise RequestError(413, f"the body has {length} bytes, max_body is {max_body}")
    if length > HELD:
        return PumpedBody(straight(environ) or asked(source, length), length)
    return _in_time(lambda: Body(_read_all(source, length), length), source, timeout)


def _limit_waiting(connection: socket.socket, seconds: float, length: int) -> None:
    """Wait for the client for so long and no longer: a little less, so that its fault is seen before the program's.

    For its answer too: a client that takes nothing must not hold a program. But while it sends a long body it need not
    read. Without a body the system waits, which spares Python three calls; it cannot where TLS or gevent do.
    """
    seconds *= 0.9
    if length > HELD:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(seconds))
    elif not length and type(connection).__module__ == "socket":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(seconds))
    else:
        connection.settimeout(seconds)


def _timeval(seconds: float) -> bytes:
    return struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))


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
            raise broken_off(length - missing, length, error) from error
        if not piece:
            raise broken_off(length - missing, length)
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _chunked(environ: Environ, source: Input, max_body: int | None) -> Body:
    if not environ.get("wsgi.input_terminated"):
        # Reading on would take chunk sizes for content, and wait for the client to close.
        raise RequestError(411, "this WSGI server does not decode chunked bodies (no wsgi.input_terminated)")
    file = tempfile.SpooledTemporaryFile(HELD)  # noqa: SIM115 - the Body closes it
    try:
        size = spooled(lambda: _copy(source, file, max_body))
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
        raise broken_off(received, None, error) from error


def _in_time(read: Callable[[], Body], source: Input, seconds: float | None) -> Body:
    """Read in a thread of its own, so that a client that trickles cannot hold the request for longer than allowed."""
    if seconds is None or isinstance(source, io.BytesIO):
        return read()
    future: Future[Body] = Future()
    started(_fulfil, future, read)
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
