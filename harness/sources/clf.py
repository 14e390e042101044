"""Access logs of Apache and of servers that write like it (nginx, lighttpd): combined, common, or any LogFormat.

Lines come in, exchanges go out, and what could not be understood goes out as such, so that every line is counted. A log
has no bodies and few headers: Host, request bodies (None, but for methods that have none) and answers beyond status and
size are unknown. Request lines are kept as the client sent them, malformed ones too, with the log's escapes undone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from harness.errors import UsageError
from harness.exchange import Exchange, Headers, Request, Response
from harness.sources.source import Unreadable

# Tried in this order: a host may hold blanks for the parser, so `combined` also fits what is meant as `vhost`.
FORMATS = {
    "vhost": '%v:%p %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "clf": '%h %l %u %t "%r" %>s %b',
}
BODILESS_METHODS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"DELETE"})

_HEADER = re.compile(r"%(?:!?[\d,]*)[<>]?\{(.+)\}([io])")
# The parser needs seconds for a line of binary data; whatever has no time in it is not asked about.
_TIME = re.compile(r"\[\d+/\w+/\d+:[\d:]+ [-+]\d+\]")
# Apache escapes these (server/gen_test_char.c); other servers and Apache 1.3 wrote them as they were.
_UNESCAPED = re.compile(r"[^ -~]")


def read_log(lines: Iterable[bytes], log_format: str) -> Iterator[Exchange | Unreadable]:
    """Yield one exchange, or one `Unreadable`, for each line that is not empty.

    `log_format` is a name of FORMATS or a LogFormat of Apache. Raises `UsageError` for one that cannot be read.
    """
    read = _reader(FORMATS.get(log_format, log_format))
    for number, line in enumerate(lines, 1):
        text = line.decode("latin-1").rstrip("\r\n")
        if text:
            yield read(text) or Unreadable(number, text)


def detect_format(lines: Iterable[bytes]) -> str | None:
    """Return the name of the first format that understands one of these lines, or None."""
    sample = list(lines)
    for name in FORMATS:
        if any(isinstance(item, Exchange) for item in read_log(sample, name)):
            return name
    return None


def _reader(log_format: str) -> Callable[[str], Exchange | None]:
    parser, invalid = _parser(log_format)
    timed = "%t" in _directives(log_format)
    named = [(directive, match) for directive in _directives(log_format) if (match := _HEADER.fullmatch(directive))]
    sent = [(directive, match[1].encode("latin-1")) for directive, match in named if match[2] == "i"]
    answered = [(directive, match[1].encode("latin-1")) for directive, match in named if match[2] == "o"]

    def read(text: str) -> Exchange | None:
        if timed and not _TIME.search(text):
            return None
        try:
            entry = parser.parse(_UNESCAPED.sub(_escape, text))
        except invalid:
            return None
        headers = _headers(entry.directives, sent)
        if not any(name.lower() == b"host" for name, _ in headers):
            headers = _host(entry) + headers
        return _exchange(entry, headers, _headers(entry.directives, answered))

    return read


def _parser(log_format: str) -> tuple[Any, type[Exception]]:
    try:
        import apachelogs
    except ImportError as error:
        raise UsageError("access logs are read with apachelogs: pip install 'screamtest[logs]'") from error
    try:
        return apachelogs.LogParser(log_format), apachelogs.InvalidEntryError
    except apachelogs.errors.Error as error:
        known = ", ".join(FORMATS)
        raise UsageError(f"{log_format!r} is neither a known format ({known}) nor a LogFormat: {error}") from error


def _directives(log_format: str) -> list[str]:
    return re.findall(r"%!?[\d,]*[<>]?(?:\{[^}]*\})?[A-Za-z%]", log_format)


def _escape(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"


def _exchange(entry: Any, headers: Headers, answered: Headers) -> Exchange:
    when = getattr(entry, "request_time", None)
    microseconds = getattr(entry, "request_duration_microseconds", None)
    user = getattr(entry, "remote_user", None) or ""
    return Exchange(
        "",
        _request(getattr(entry, "request_line", None), headers),
        _response(entry, answered),
        started=when.timestamp() if when else 0.0,
        duration=None if microseconds is None else microseconds / 1e6,
        peer=getattr(entry, "remote_host", None) or getattr(entry, "remote_address", None) or "",
        user=user,
        user_by="remote" if user else "",
    )


def _request(line: str | None, headers: Headers) -> Request:
    # The parser takes a lone hyphen for "unknown"; Apache writes it for a connection that sent nothing.
    start_line = b"-" if line is None else line.encode("latin-1")
    bodiless = start_line.partition(b" ")[0] in BODILESS_METHODS
    return Request(start_line, headers, b"" if bodiless else None, "none" if bodiless else "length")


def _response(entry: Any, headers: Headers) -> Response | None:
    status = getattr(entry, "final_status", None) or getattr(entry, "status", None)
    # `%b` writes a hyphen for no bytes.
    size = getattr(entry, "bytes_sent", None) or 0
    return None if status is None else Response(status, headers=headers, body=None, size=size)


def _host(entry: Any) -> Headers:
    name, port = getattr(entry, "virtual_host", None), getattr(entry, "server_port", None)
    if not name:
        return ()
    return ((b"Host", (name if port in (None, 80) else f"{name}:{port}").encode("latin-1")),)


def _headers(values: Any, wanted: list[tuple[str, bytes]]) -> Headers:
    found = ((name, values[directive]) for directive, name in wanted)
    return tuple((name, _encoded(value)) for name, value in found if value is not None)


@lru_cache(10_000)
def _encoded(value: str) -> bytes:
    """Return one and the same object for a text that comes again and again."""
    return value.encode("latin-1")
