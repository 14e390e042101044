"""The client's connection itself, where gunicorn shows it: a long body straight from it, past gunicorn's buffers, which
copy each piece several times; and an end that nobody takes for the end of an answer.

Comes in: a WSGI environ. Goes out: the pieces of the body, or None where there is no connection of gunicorn's, or
something has put itself before it. gunicorn is told what was taken, so that it knows where the next request begins.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

from .types import Environ

CONNECTION = "gunicorn.socket"
"""The environ's key for the client's connection, where the server shows it."""
ROOM = 1 << 20
"""Bytes of a body that are taken at once, if so many are there."""


def connection(environ: Environ) -> socket.socket | None:
    """Return the client's connection, None where the server does not show it."""
    shown = environ.get(CONNECTION)
    return shown if isinstance(shown, socket.socket) else None


def straight(environ: Environ) -> Iterator[memoryview] | None:
    """Return the pieces of a body of known length, each valid until the next is asked for; None where that is not to
    be had. They raise what the connection does, and end early where the client does.
    """
    body, shown = environ["wsgi.input"], connection(environ)
    reader: Any = getattr(body, "reader", None)
    if (kind(body), kind(reader)) != ("gunicorn.http.body.Body", "gunicorn.http.body.LengthReader"):
        return None
    if shown is None or getattr(reader.unreader, "sock", None) is not shown:
        return None
    return _pieces(body)


def break_off(environ: Environ) -> None:
    """Reset a connection over which an answer broke off whose end is the connection's own, as HTTP/1.0 has it: an
    orderly end would look like the answer's (RFC 9112 section 8). gunicorn would end it in order.
    """
    client = connection(environ)
    if client is None or environ.get("SERVER_PROTOCOL") != "HTTP/1.0":
        return
    try:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    except OSError:
        pass  # the client has gone


def kind(thing: object) -> str:
    """Return the full name of an object's class."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _pieces(body: Any) -> Iterator[memoryview]:
    reader, receive = body.reader, body.reader.unreader.sock.recv_into
    while held := len(body.buf.getvalue()) or min(reader.length, len(reader.unreader.buf.getvalue())):
        yield memoryview(body.read(held))  # what came with the head of the request
    memory = memoryview(bytearray(min(ROOM, reader.length)))
    try:
        while reader.length and (received := receive(memory, min(ROOM, reader.length))):
            reader.length -= received
            yield memory[:received]
    except Exception:
        body.failed = True  # as where gunicorn reads: it must not look for another request here
        raise
