"""An exchange while it happens: what has been seen of it so far, long bodies in temporary files.

The recorders fill it in, piece by piece; `exchange()` gives the frozen record. Nothing is redacted here or in any other
module yet: passwords and cookies are recorded as they were sent.
"""

from __future__ import annotations

import binascii
import tempfile
import time
from base64 import b64decode

from harness.exchange import Exchange, Framing, Headers, Request, Response, first_header

IN_MEMORY = 1 << 16  # bytes of each body; longer ones go to a temporary file
LARGEST_BODY = 900 << 20  # bytes; SQLite holds no value above 1e9. A longer body is passed on but not recorded


class Body:
    """The bytes of one body, as they come."""

    def __init__(self) -> None:
        self.size = 0
        self._file: tempfile.SpooledTemporaryFile[bytes] | None = None

    def add(self, data: bytes) -> None:
        """Append bytes; those of a body beyond `LARGEST_BODY` are only counted."""
        self.size += len(data)
        if self.size > LARGEST_BODY:
            self.discard()
        elif data:
            if self._file is None:
                self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (discard closes it)
            self._file.write(data)

    def bytes(self) -> bytes | None:
        """Return all of it, or None where it was too long."""
        if self._file is None:
            return b"" if not self.size else None
        self._file.seek(0)
        return self._file.read()

    def discard(self) -> None:
        """Give back memory and file."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Capture:
    """One exchange as far as it has been seen; begins with the head of its request."""

    def __init__(self, start_line: bytes, headers: Headers, framing: Framing, raw_head: bytes | None = None) -> None:
        self.start_line, self.headers, self.framing, self.raw_head = start_line, headers, framing, raw_head
        self.scheme = "http"
        self.peer = ""
        self.user, self.user_by = basic_user(headers)
        self.request_body = Body()
        self.request_complete = False
        # Status, reason and the rest are here once the answer's head was seen; the body is added when it has ended.
        self.response: Response | None = None
        self.response_body = Body()
        self.started = time.time()
        self.duration: float | None = None
        self._clock = time.perf_counter()

    @property
    def method(self) -> bytes:
        """The first word of the start line."""
        return self.start_line.partition(b" ")[0]

    def answered(self) -> None:
        """Note the time: the answer has ended."""
        self.duration = time.perf_counter() - self._clock

    def exchange(self) -> Exchange:
        """Return the record. The body of a request that did not arrive whole is unknown: None."""
        body = self.request_body.bytes() if self.request_complete else None
        request = Request(self.start_line, self.headers, body, self.framing, self.raw_head)
        response = self.response and self._response(self.response)
        return Exchange(
            "", request, response, self.started, self.duration, self.scheme, self.peer, self.user, self.user_by
        )

    def discard(self) -> None:
        """Give back memory and files."""
        self.request_body.discard()
        self.response_body.discard()

    def _response(self, seen: Response) -> Response:
        body = self.response_body.bytes()
        size = None if body is not None else self.response_body.size
        return Response(
            seen.status, seen.reason, seen.headers, body, seen.version, seen.framing, seen.raw_head, seen.complete, size
        )


def basic_user(headers: Headers) -> tuple[str, str]:
    """Return the user of Basic credentials (RFC 7617) and `basic`, or two empty texts."""
    scheme, _, credentials = (first_header(headers, b"authorization") or b"").partition(b" ")
    if scheme.lower() != b"basic":
        return "", ""
    try:
        user = b64decode(credentials.strip()).partition(b":")[0].decode("latin-1")
    except binascii.Error:
        return "", ""
    return user, "basic" if user else ""
