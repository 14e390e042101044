"""A call of a WSGI application while it happens, and the exchange that it was (PEP 3333).

While a request is served its environ and the answer's head are only kept as they are; what they mean in HTTP is worked
out where nobody waits for it, in the process that writes. No I/O here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from harness.exchange import Framing, Headers
from harness.memory import Memory
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
_FACTS = frozenset(
    {
        "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL", "RAW_URI", "REQUEST_URI",
        "REMOTE_ADDR", "REMOTE_USER", "wsgi.url_scheme",
    }
)  # fmt: skip
_KEPT = _FACTS.union(_UNPREFIXED)
REMEMBERED = 1 << 20
"""Bytes of header fields that are remembered as they were read, and as many that came before."""


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
    facts = {name: environ[name] for name in _FACTS if name in environ}
    sent = _sent(tuple([pair for pair in environ.items() if pair[0] not in facts]))
    remote = facts.get("REMOTE_USER")
    return (
        start_line_of(facts), sent.headers, sent.framing, None, started, duration,
        facts.get("wsgi.url_scheme") or "http", facts.get("REMOTE_ADDR", ""),
        remote or sent.user, "remote" if remote else sent.user_by,
        _answer(facts["REQUEST_METHOD"], status, tuple(headers), complete, size, dropped),
    )  # fmt: skip


Texts = tuple[tuple[str, str], ...]
"""Names and values, as WSGI has them."""


class _Sent(NamedTuple):
    """What the variables of a request's header fields say."""

    headers: Headers
    framing: Framing
    user: str
    user_by: str


class _Told(NamedTuple):
    """The header fields of an answer, and the length that they announce."""

    headers: Headers
    length: int | None


_SENT: Memory[_Sent] = Memory(REMEMBERED)
_TOLD: Memory[_Told] = Memory(REMEMBERED)


def _sent(variables: Texts) -> _Sent:
    """Return what variables say; clients send the same ones again and again."""
    sent = _SENT.get(variables)
    if sent is None:
        headers = headers_of(variables)
        sent = _Sent(headers, request_framing(headers), *basic_user(headers))
        _SENT.put(variables, sent, _size(variables))
    return sent


def _told(texts: Texts) -> _Told:
    told = _TOLD.get(texts)
    if told is None:
        headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in texts)
        told = _Told(headers, content_length(headers))
        _TOLD.put(texts, told, _size(texts))
    return told


def _size(texts: Texts) -> int:
    return sum(len(name) + len(value) + 2 * EACH for name, value in texts)


def _answer(method: str, status: str | None, texts: Texts, complete: bool, size: int, dropped: bool) -> Fields | None:
    code, _, reason = (status or "").partition(" ")
    if not code.isdigit():
        return None
    told = _told(texts)
    bodiless = method == "HEAD" or int(code) in BODILESS
    # A server may stop as soon as it has what was announced.
    complete = complete or bodiless or told.length == size
    framing: Framing = "none" if bodiless else "close" if told.length is None else "length"
    size_kept = size if dropped else None
    return int(code), reason.encode("latin-1"), told.headers, b"HTTP/1.1", framing, None, complete, size_kept


def start_line_of(environ: Mapping[str, str]) -> bytes:
    """Return the start line: as sent where the server keeps the raw target, else rebuilt from the decoded path."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not target:
        path = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
        query = environ.get("QUERY_STRING", "")
        target = (quote(path, safe=_PATH_SAFE) or "/") + (f"?{query}" if query else "")
    return " ".join((environ["REQUEST_METHOD"], target, environ.get("SERVER_PROTOCOL") or "HTTP/1.1")).encode("latin-1")


def headers_of(variables: Texts) -> Headers:
    """Return the request's headers in the order of the environ, their names as far as CGI variables keep them."""
    found = (
        (name.removeprefix("HTTP_").replace("_", "-").title(), str(value))
        for name, value in variables
        if name.startswith("HTTP_") or (name in _UNPREFIXED and value)
    )
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in found)
