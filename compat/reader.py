"""The request body as a file to read from, for a program in our own process: it ends where the body ends.

Comes in: a WSGI environ. Goes out: a binary file and its true length. A client that breaks off is an error where it is
read, never an end of file.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO, cast

from .body import Body
from .errors import RequestError
from .types import Environ, Input
from .upload import content_length, read_body


def request_file(environ: Environ) -> tuple[BinaryIO, int | None]:
    """Return the request body as a file that ends where the body ends, and its true length. Raises RequestError."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        body = read_body(environ)
        return _buffered(SpooledInput(body), body.length or 0), body.length
    length = content_length(environ)
    return _buffered(environ["wsgi.input"], length or 0), length


def _buffered(source: Input, length: int) -> BinaryIO:
    if not length:
        return cast(BinaryIO, io.BufferedReader(io.BytesIO(), 1))  # as most requests have it
    return cast(BinaryIO, io.BufferedReader(LimitedReader(source, length)))


class SpooledInput:
    """A Body as something to read from."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, empty at the end; everything is there already."""
        data = bytes(self._body.peek(size))
        self._body.taken(len(data))
        return data

    def close(self) -> None:
        """Release the body."""
        self._body.close()


class LimitedReader(io.RawIOBase):
    """Exactly `length` bytes of a source, as the raw stream under a BufferedReader. What follows is never touched."""

    def __init__(self, source: Input, length: int) -> None:
        super().__init__()
        self._source = source
        self._length = self._missing = length

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer. Raises RequestError (400) where the client broke off: half an upload must not look whole."""
        wanted = min(len(buffer), self._missing)
        data = self._source.read(wanted) if wanted else b""
        if wanted and not data:
            raise RequestError(400, f"the client sent {self._length - self._missing} of {self._length} bytes")
        buffer[: len(data)] = data
        self._missing -= len(data)
        return len(data)

    def close(self) -> None:
        """Release a spooled body; `wsgi.input` itself belongs to the server (PEP 3333)."""
        if isinstance(self._source, SpooledInput) and not self.closed:
            self._source.close()
        super().close()
