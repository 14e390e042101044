"""One entry of an access log as an exchange: the values of its fields come in, what they tell together goes out.

A log has no bodies (but where nginx was told `$request_body`) and few headers. Request lines are kept as the client
sent them, malformed ones too; those of HTTP/2 and 3 are as HTTP/1.1 would write them, which is a guess.
How lines are taken apart is `log_line`'s, `json_log`'s and `w3c`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter

from harness.exchange import Exchange, Headers, Request, Response
from harness.sources.log_field import Field, LogFormat, Role
from harness.sources.log_time import time_reader
from harness.sources.source import HEADER_CASE, HEADER_ORDER, START_LINE, Read

BODILESS_METHODS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"DELETE"})

_NEWER = re.compile(rb" HTTP/[23](?:\.\d)?\Z")
_VERSION = re.compile(rb" HTTP/\d(?:\.\d)?\Z")
_GUESSED = frozenset({HEADER_CASE, HEADER_ORDER, START_LINE})
_LARGEST = 1 << 63  # what archives hold
_REMEMBERED = 10_000  # texts that come again and again: addresses, agents, answers
_FINE = frozenset({"decimal", "msec", "usec", "msec_frac", "usec_frac"})  # times of less than a second

_ASKED: frozenset[Role] = frozenset(
    ("line", "method", "target", "protocol", "path", "query", "body", "sent", "cookie", "host", "port", "scheme")
)
_ANSWERED: frozenset[Role] = frozenset(("status", "size", "answered"))
_WHO: frozenset[Role] = frozenset(("peer", "user"))
_WHEN: frozenset[Role] = frozenset(("time", "end time", "duration"))

Values = Sequence[bytes | None]


class Picked:
    """The fields of some roles: `take` gives their values out of an entry's, `places` where a role's stand there."""

    def __init__(self, fields: Sequence[Field], roles: frozenset[Role]) -> None:
        indices = [index for index, field in enumerate(fields) if field.role in roles]
        self.fields = [fields[index] for index in indices]
        self.take: Callable[[Values], Values] = _taker(indices)

    def places(self, role: Role) -> list[int]:
        """Return the places of the fields of one role, among those taken."""
        return [index for index, field in enumerate(self.fields) if field.role == role]


def _taker(indices: list[int]) -> Callable[[Values], Values]:
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda values: tuple([values[index] for index in indices])


class Entries:
    """Makes exchanges of the values of entries; `fields` say what each value is.

    What entries have in common is made once: the same request, the same answer, the same client, the same second.
    """

    def __init__(self, log_format: LogFormat) -> None:
        fields = log_format.fields
        self._unescape = log_format.unescape
        self._asked, self._answered = Picked(fields, _ASKED), Picked(fields, _ANSWERED)
        self._who, self._when = Picked(fields, _WHO), Picked(fields, _WHEN)
        self._line, self._body = self._asked.places("line"), self._asked.places("body")
        self._method, self._target = self._asked.places("method"), self._asked.places("target")
        self._path, self._query = self._asked.places("path"), self._asked.places("query")
        self._protocol = self._asked.places("protocol")
        connection = [*(self._asked.places(role)[:1] for role in ("host", "port", "scheme"))]
        sent = [*self._asked.places("sent"), *self._asked.places("cookie"), *chain(*connection)]
        self._taken, self._sent_fields = _taker(sent), [self._asked.fields[index] for index in sent]
        self._peer, self._user = self._who.places("peer"), self._who.places("user")
        self._status, self._size = self._answered.places("status"), self._answered.places("size")
        self._headers = self._answered.places("answered")
        self._durations = [(index, self._when.fields[index].scale) for index in self._when.places("duration")]
        self._begun, self._ended = self._times("time"), self._times("end time")
        self._sent = lru_cache(_REMEMBERED)(self._sent_headers)
        self._request = self._request_of if self._body else lru_cache(_REMEMBERED)(self._request_of)
        self._response = lru_cache(_REMEMBERED)(self._response_of)
        self._client = lru_cache(_REMEMBERED)(self._client_of)
        self._moment = lru_cache(_REMEMBERED)(self._moment_of)

    def exchange(self, values: Values) -> Exchange | Read | None:
        """Return the exchange that the values of one entry tell of; None where a time is none.

        A value that is not known is None. Raises ValueError or OverflowError for a number that is none.
        """
        moment = self._moment(self._when.take(values))
        if moment is None:
            return None
        started, duration = moment
        request, scheme, guessed = self._request(self._asked.take(values))
        response = self._response(self._answered.take(values))
        peer, user = self._client(self._who.take(values))
        exchange = Exchange("", request, response, started, duration, scheme, peer, user, "remote" if user else "")
        return Read(exchange, _GUESSED) if guessed else exchange

    @property
    def told(self) -> bool:
        """Whether the fields name a request and the status of its answer: else these are no access log's."""
        return bool(self._status and (self._line or (self._method and (self._target or self._path))))

    def _times(self, role: Role) -> tuple[list[int], Callable[[Sequence[bytes]], float | None], bool] | None:
        places = self._when.places(role)
        names = [self._when.fields[index].name for index in places]
        return (places, time_reader(names), not _FINE.isdisjoint(names)) if places else None

    def _moment_of(self, values: Values) -> tuple[float, float | None] | None:
        duration = self._duration(values)
        started = self._started(values, duration)
        return None if started is None else (started, duration)

    def _client_of(self, values: Values) -> tuple[str, str]:
        peer, user = (_first(values, places) or b"" for places in (self._peer, self._user))
        return peer.decode("latin-1"), user.decode("latin-1")

    def _request_of(self, values: Values) -> tuple[Request, str, bool]:
        """Return a request, the scheme that the connection tells, and whether its line is a guess."""
        logged = self._start_line(values)
        start_line = _as_sent(logged, composed=not self._line)
        headers, scheme = self._sent(self._taken(values))
        body = self._content(start_line.partition(b" ")[0], values)
        request = Request(start_line, headers, body, "length" if body or body is None else "none")
        return request, scheme, start_line != logged

    def _duration(self, values: Values) -> float | None:
        for index, scale in self._durations:
            value = values[index]
            if value is not None:
                return round(float(value) * scale, 9)
        return None

    def _started(self, values: Values, duration: float | None) -> float | None:
        for times, back in ((self._begun, False), (self._ended, True)):
            if times is None:
                continue
            places, read, fine = times
            texts = [text for index in places if (text := values[index]) is not None]
            if len(texts) != len(places):
                continue
            moment = read(texts)
            if moment is None or not back or duration is None:
                return moment
            # Less than the clock's whole second would put what came after one another in another order.
            return moment - (duration if fine else int(duration))
        return 0.0

    def _start_line(self, values: Values) -> bytes:
        line = _first(values, self._line)
        if line is not None:
            return self._plain(line)
        if self._line:
            return b"-"  # Apache writes it for a connection that sent nothing
        method = _first(values, self._method)
        target = _first(values, self._target)
        if target is None:
            path, query = (_first(values, places) or b"" for places in (self._path, self._query))
            target = path + (b"?" if query and not query.startswith(b"?") else b"") + query
        if method is None or not target:
            return b"-"
        protocol = _first(values, self._protocol)
        return b" ".join(map(self._plain, filter(None, (method, target, protocol))))

    def _plain(self, value: bytes) -> bytes:
        return self._unescape(value) if b"\\" in value else value

    def _content(self, method: bytes, values: Values) -> bytes | None:
        body = _first(values, self._body)
        if body:
            return self._plain(body)
        return b"" if method in BODILESS_METHODS else None

    def _sent_headers(self, values: Values) -> tuple[Headers, str]:
        pairs: list[tuple[bytes, bytes]] = []
        cookies: list[bytes] = []
        of: dict[str, bytes] = {}
        for field, value in zip(self._sent_fields, values, strict=True):
            if value is None:
                continue
            value = self._plain(value)
            if field.role == "sent":
                pairs.append((field.name.encode("latin-1"), value))
            elif field.role == "cookie":
                cookies.append(field.name.encode("latin-1") + b"=" + value)
            else:
                of[field.role] = value
        names = {name.lower() for name, _ in pairs}
        if cookies and b"cookie" not in names:
            pairs.append((b"Cookie", b"; ".join(cookies)))
        scheme = of.get("scheme", b"https" if of.get("port") == b"443" else b"http").decode("latin-1").lower()
        if of.get("host") and b"host" not in names:
            port = of.get("port", b"")
            usual = port == (b"443" if scheme == "https" else b"80")
            pairs.insert(0, (b"Host", of["host"] if usual or not port else of["host"] + b":" + port))
        return tuple(pairs), scheme

    def _response_of(self, values: Values) -> Response | None:
        status = _first(values, self._status)
        if status is None:
            return None
        headers = tuple(
            (self._answered.fields[index].name.encode("latin-1"), self._plain(value))
            for index in self._headers
            if (value := values[index]) is not None
        )
        # `%b` writes a hyphen for no bytes.
        size = int(_first(values, self._size) or 0) if self._size else None
        if not 0 <= int(status) <= 999 or not 0 <= (size or 0) < _LARGEST:
            raise ValueError("a status or a size that is none")
        return Response(int(status), headers=headers, body=None, size=size) if int(status) else None


def _as_sent(line: bytes, composed: bool) -> bytes:
    """Return a request line as HTTP/1.1 has it: HTTP/2 and 3 have none, and the columns of a log may lack the version.

    A line that is whole and has no version is one of HTTP/0.9; `PRI` is sent to a server that knows HTTP/1 only
    (RFC 9113 section 3.4).
    """
    if _NEWER.search(line) and not line.startswith(b"PRI "):
        return _NEWER.sub(b" HTTP/1.1", line)
    lacks = composed and line.count(b" ") and not _VERSION.search(line)
    return line + b" HTTP/1.1" if lacks else line


def _first(values: Values, places: list[int]) -> bytes | None:
    for index in places:
        value = values[index]
        if value is not None:
            return value
    return None
