"""One recorded exchange: what a client sent, what it was answered, and the facts of the connection.

Frozen and free of I/O; every other stage of the harness reads these and makes new ones. Bytes are exact: header pairs
stand in the order, case and repetition of the wire (RFC 9110 section 5), the start line is kept even where it is
malformed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Headers = tuple[tuple[bytes, bytes], ...]
Framing = Literal["none", "length", "chunked", "close"]

SAFE_METHODS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE"})
"""Methods of requests that should change nothing (RFC 9110 section 9.2.1)."""


def first_header(headers: Headers, name: bytes) -> bytes | None:
    """Return the value of the first header called `name` in any case, or None."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


def all_headers(headers: Headers, name: bytes) -> list[bytes]:
    """Return the values of every header called `name` in any case, in order."""
    wanted = name.lower()
    return [value for key, value in headers if key.lower() == wanted]


def with_length(headers: Headers, before: int, after: int) -> Headers:
    """Return headers whose Content-Length follows a body that was rewritten, where it was right before."""
    right = str(before).encode()
    return tuple(
        (name, str(after).encode() if name.lower() == b"content-length" and value.strip() == right else value)
        for name, value in headers
    )


@dataclass(frozen=True, slots=True)
class Request:
    """A request as sent.

    `body` is the content after the transfer coding was undone (RFC 9112 section 6); None means that it was not
    recorded (an access log has no bodies). `raw_head` is set only where writing start line and headers again would
    give other bytes.
    """

    start_line: bytes
    headers: Headers = ()
    body: bytes | None = b""
    framing: Framing = "none"
    raw_head: bytes | None = None

    @property
    def method(self) -> bytes:
        """The first word of the start line, as sent."""
        return self.start_line.split(b" ", 1)[0]

    @property
    def version(self) -> bytes:
        """The protocol version (`HTTP/1.1`), or empty where the start line has none."""
        last = self.start_line.rsplit(b" ", 1)[-1]
        return last if last.startswith(b"HTTP/") else b""

    @property
    def target(self) -> bytes:
        """All that stands between method and version: raw spaces and absolute URIs included (RFC 9112 section 3.2)."""
        rest = self.start_line.partition(b" ")[2]
        target, _, last = rest.rpartition(b" ")
        return target.rstrip(b" ") if last.startswith(b"HTTP/") else rest

    @property
    def path(self) -> bytes:
        """The target before its first question mark, undecoded."""
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """The target after its first question mark, undecoded; empty where there is none."""
        return self.target.partition(b"?")[2]

    def header(self, name: bytes) -> bytes | None:
        """Return the first header called `name` in any case, or None."""
        return first_header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as received.

    `body` None means that it was not recorded; `size` then holds its length where known (an access log). `complete`
    is False for an answer that was visibly cut off. `raised` says what an application that was called raised instead of
    answering, and where; a client sees nothing of it.
    """

    status: int
    reason: bytes = b""
    headers: Headers = ()
    body: bytes | None = b""
    version: bytes = b"HTTP/1.1"
    framing: Framing = "length"
    raw_head: bytes | None = None
    complete: bool = True
    size: int | None = None
    raised: str = field(default="", compare=False)

    def header(self, name: bytes) -> bytes | None:
        """Return the first header called `name` in any case, or None."""
        return first_header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Redaction:
    """A secret that a token has taken the place of, at capture: where, of which kind, and the token that stands there.

    `place` names the part of the exchange (`request.header Authorization`, `request.body form password`), `kind` the
    rule that found it (`password`, `cookie`, `token`, `email`, `address`, or the name of a user's rule).
    """

    place: str
    kind: str
    token: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, its answer (None: none came), and the facts of the connection.

    `started` is in seconds since the epoch, `duration` in seconds. `user` is the authenticated user as the front end
    saw it and `user_by` how (`basic`, `cookie`, `remote`); empty where unknown. `id` is `NAME#N`: the recording's
    name and the number of the exchange in it, from 1. All bytes are exact but for those that `redactions` tell of.
    """

    id: str
    request: Request
    response: Response | None = None
    started: float = 0.0
    duration: float | None = None
    scheme: str = "http"
    peer: str = ""
    user: str = ""
    user_by: str = ""
    redactions: tuple[Redaction, ...] = ()

    @property
    def host(self) -> str:
        """The Host the client asked for, or empty."""
        return (self.request.header(b"host") or b"").decode("latin-1")
