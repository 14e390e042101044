"""A call of a WSGI application while it happens, and the exchange that it was (PEP 3333).

While a request is served its environ and the answer's head are only kept as they are; what they mean in HTTP is worked
out where nobody waits for it, in the process that writes. No I/O here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from harness.exchange import Framing, Headers
from harness.record.capture import EACH, Fields, Held, basic_user
from harness.record.spool import Budget
from harness.wire import BODILESS, content_length, request_framing

Environ = dict[str, Any]
WSGI = "wsgi"
"""What the fields of a call begin with; those of other captures begin with bytes."""
BESIDE = "beside"
"""What the fields of a call begin with that a second application answered, beside the one that the client heard."""

_PATH_SAFE = "/:@!$&'()*+,;=~"  # RFC 3986 section 3.3
_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")
_KEPT = frozenset(
    {
        *_UNPREFIXED, "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL", "RAW_URI",
        "REQUEST_URI", "REMOTE_ADDR", "REMOTE_USER", "wsgi.url_scheme",
    }
)  # fmt: skip


class Call(Held):
    """One call as far as it has come; begins with the environ, which the application may change afterwards."""

    __slots__ = ("_environ", "complete", "headers", "status")

    def __init__(self, environ: Environ, budget: Budget) -> None:
        super().__init__(budget)
        self.status: str | None = None
        self.headers: Sequence[tuple[str, str]] = ()
        self.complete = False
        self._environ = {
            key: value if type(value) is str else str(value or "")
            for key, value in environ.items()
            if key in _KEPT or key.startswith("HTTP_")
        }

    @property
    def head_size(self) -> int:
        """About how many bytes of memory all but the bodies takes."""
        sent = sum(map(len, self._environ.values())) + 2 * EACH * len(self._environ)
        return sent + sum(len(name) + len(value) + 2 * EACH for name, value in self.headers) + 16 * EACH

    @property
    def fields(self) -> Fields:
        """All but the bodies, for `parsed`."""
        headers = [(str(name), str(value)) for name, value in self.headers]
        status = None if self.status is None else str(self.status)
        dropped = self.response_body.dropped
        size = self.response_body.size
        return WSGI, self._environ, status, headers, self.complete, size, dropped, self.started, self.duration


def parsed(fields: Fields) -> Fields:
    """Return the fields of a call as `exchange_of` takes them. Raises ValueError for what is not Latin-1."""
    _, environ, status, headers, complete, size, dropped, started, duration = fields
    sent = headers_of(environ)
    user, user_by = (environ["REMOTE_USER"], "remote") if environ.get("REMOTE_USER") else basic_user(sent)
    return (
        start_line_of(environ), sent, request_framing(sent), None, started, duration,
        environ.get("wsgi.url_scheme") or "http", environ.get("REMOTE_ADDR", ""), user, user_by,
        _answer(environ["REQUEST_METHOD"], status, headers, complete, size, dropped),
    )  # fmt: skip


def _answer(
    method: str, status: str | None, headers: Sequence[tuple[str, str]], complete: bool, size: int, dropped: bool
) -> Fields | None:
    code, _, reason = (status or "").partition(" ")
    if not code.isdigit():
        return None
    pairs = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)
    length = content_length(pairs)
    bodiless = method == "HEAD" or int(code) in BODILESS
    # A server may stop as soon as it has what was announced.
    complete = complete or bodiless or length == size
    framing: Framing = "none" if bodiless else "close" if length is None else "length"
    return int(code), reason.encode("latin-1"), pairs, b"HTTP/1.1", framing, None, complete, size if dropped else None


def start_line_of(environ: Mapping[str, str]) -> bytes:
    """Return the start line: as sent where the server keeps the raw target, else rebuilt from the decoded path."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    path = quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"), safe=_PATH_SAFE)
    query = environ.get("QUERY_STRING", "")
    target = raw or (path or "/") + (f"?{query}" if query else "")
    return " ".join((environ["REQUEST_METHOD"], target, environ.get("SERVER_PROTOCOL") or "HTTP/1.1")).encode("latin-1")


def headers_of(environ: Mapping[str, str]) -> Headers:
    """Return the request's headers in the order of the environ, their names as far as CGI variables keep them."""
    found = (
        (name.removeprefix("HTTP_").replace("_", "-").title(), str(value))
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in _UNPREFIXED and value)
    )
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in found)
