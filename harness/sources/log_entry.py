"""One entry of an access log as an exchange: the values of its fields come in, what they tell together goes out.

A log has no bodies (but where nginx was told `$request_body`) and few headers. Request lines are kept as the client
sent them, malformed ones too. How lines are taken apart is `log_line`'s, `json_log`'s and `w3c`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from harness.exchange import Exchange, Headers, Request, Response
from harness.sources.log_field import LogFormat, Role
from harness.sources.log_time import time_reader

BODILESS_METHODS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"DELETE"})

_REMEMBERED = 10_000  # texts that come again and again: addresses, agents, answers
_FINE = frozenset({"decimal", "msec", "usec", "msec_frac", "usec_frac"})  # times of less than a second

Values = Sequence[bytes | None]


class Entries:
    """Makes exchanges of the values of entries; `fields` say what each value is."""

    def __init__(self, log_format: LogFormat) -> None:
        self._fields = log_format.fields
        self._unescape = log_format.unescape
        self._line = self._places("line")
        self._method, self._target = self._places("method"), self._places("target")
        self._protocol = self._places("protocol")
        self._path, self._query = self._places("path"), self._places("query")
        self._peer, self._user, self._body = self._places("peer"), self._places("user"), self._places("body")
        self._status, self._size = self._places("status"), self._places("size")
        self._connection = [*self._places("host")[:1], *self._places("port")[:1], *self._places("scheme")[:1]]
        self._sent = [*self._places("sent"), *self._places("cookie"), *self._connection]
        self._answered = self._places("answered")
        self._durations = [(index, self._fields[index].scale) for index in self._places("duration")]
        self._begun, self._ended = self._times("time"), self._times("end time")
        self._headers = lru_cache(_REMEMBERED)(self._sent_headers)
        self._response = lru_cache(_REMEMBERED)(self._answer)

    def exchange(self, values: Values) -> Exchange | None:
        """Return the exchange that the values of one entry tell of; None where a time or a number is none.

        A value that is not known is None.
        """
        duration = self._duration(values)
        started = self._started(values, duration)
        if started is None:
            return None
        start_line = self._start_line(values)
        headers, scheme = self._headers(tuple([values[index] for index in self._sent]))
        body = self._content(start_line.partition(b" ")[0], values)
        user = _text(_first(values, self._user) or b"")
        answered = tuple([values[index] for index in self._answered])
        return Exchange(
            "",
            Request(start_line, headers, body, "length" if body or body is None else "none"),
            self._response(_first(values, self._status), _first(values, self._size), answered),
            started,
            duration,
            scheme,
            _text(_first(values, self._peer) or b""),
            user,
            "remote" if user else "",
        )

    @property
    def told(self) -> bool:
        """Whether the fields name a request and the status of its answer: else these are no access log's."""
        return bool(self._status and (self._line or (self._method and (self._target or self._path))))

    def _places(self, role: Role) -> list[int]:
        return [index for index, field in enumerate(self._fields) if field.role == role]

    def _times(self, role: Role) -> tuple[list[int], Callable[[Sequence[bytes]], float | None], bool] | None:
        places = self._places(role)
        names = [self._fields[index].name for index in places]
        return (places, time_reader(names), not _FINE.isdisjoint(names)) if places else None

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

    def _sent_headers(self, values: tuple[bytes | None, ...]) -> tuple[Headers, str]:
        """Return the headers of a request, and the scheme that the connection tells."""
        pairs: list[tuple[bytes, bytes]] = []
        cookies: list[bytes] = []
        of: dict[str, bytes] = {}
        for index, value in zip(self._sent, values, strict=True):
            field = self._fields[index]
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

    def _answer(
        self, status: bytes | None, size: bytes | None, values: tuple[bytes | None, ...]
    ) -> Response | None:
        if status is None:
            return None
        headers = tuple(
            (self._fields[index].name.encode("latin-1"), self._plain(value))
            for index, value in zip(self._answered, values, strict=True)
            if value is not None
        )
        # `%b` writes a hyphen for no bytes.
        return Response(int(status), headers=headers, body=None, size=int(size or 0) if self._size else None)


def _first(values: Values, places: list[int]) -> bytes | None:
    for index in places:
        value = values[index]
        if value is not None:
            return value
    return None


@lru_cache(_REMEMBERED)
def _text(value: bytes) -> str:
    """Return one and the same object for a text that comes again and again."""
    return value.decode("latin-1")
