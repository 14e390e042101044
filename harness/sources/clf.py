"""Access logs of Apache and nginx, of servers that write like them, and of IIS: lines come in, exchanges go out.

What could not be understood goes out as such, so that every line is counted. This module knows the names of formats,
finds out which one a log is in, and leaves the lines to the reader of that format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.sources.apache_format import IDENT, apache_format
from harness.sources.json_log import json_reader
from harness.sources.log_field import Field, LogFormat, Shape
from harness.sources.log_line import line_reader
from harness.sources.nginx_format import is_nginx, nginx_format
from harness.sources.source import Read, Unreadable
from harness.sources.w3c import w3c_reader

FORMATS = {
    "vhost": '%v:%p %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "nginx": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" "%{X-Forwarded-For}i"',
    "clf": '%h %l %u %t "%r" %>s %b',
    "vhost-clf": '%v:%p %h %l %u %t "%r" %>s %b',
    "host": '%v %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "host-clf": '%v %h %l %u %t "%r" %>s %b',
    "proxied": '%{X-Forwarded-For}i %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "proxied-clf": '%{X-Forwarded-For}i %l %u %t "%r" %>s %b',
    "json-log": "one JSON object a line, with names as nginx and others give them",
    "w3c": "W3C extended, as IIS writes it: a line #Fields names the columns",
}
"""The formats that have a name, with the LogFormat of each where it has one; the first that understands a log is it."""

_FORWARDED = Field("sent", "X-Forwarded-For")
_NAME = re.compile(r"(?![\d.]+$)[\w.-]+")  # of a host, not an address

Reader = Callable[[bytes], Exchange | Read | bool]
"""Reads one line: an exchange, True for a line that is none (a comment), False for one that cannot be read."""

_READERS: dict[str, Callable[[], Reader]] = {"json-log": json_reader, "w3c": w3c_reader}


def read_log(lines: Iterable[bytes], log_format: str, found: bool = False) -> Iterator[Exchange | Read | Unreadable]:
    """Yield one exchange, or one `Unreadable`, for each line that is not empty.

    `log_format` is a name of FORMATS, a LogFormat of Apache or a `log_format` of nginx. Raises `UsageError` for one
    that cannot be read. Nobody said that the log has the format where that was `found`: then a line is none of it in
    which an address stands where none belongs, or none where one does.
    """
    read = _reader(log_format, found)
    for number, line in enumerate(lines, 1):
        line = line.rstrip(b"\r\n")
        item = read(line) if line else True
        if not isinstance(item, bool):
            yield item
        elif not item:
            yield Unreadable(number, line.decode("latin-1"))


def check_request(log_format: str) -> None:
    """Refuse a format that names no request: every line would be one without. Raises `UsageError`."""
    text = FORMATS.get(log_format, log_format)
    if log_format in _READERS or ("%" not in text and "$" not in text):
        return
    roles = {field.role for field in (nginx_format(text) if is_nginx(text) else apache_format(text)).fields}
    if "line" not in roles and ("method" not in roles or roles.isdisjoint(("target", "path"))):
        raise UsageError(f"{log_format!r} names no request: neither its line (%r, $request) nor method and path")


def detect_format(lines: Iterable[bytes]) -> str | None:
    """Return the name of the format that understands the most of these lines, and at least half of them, or None."""
    sample = list(lines)
    best, most = None, 0
    for name in FORMATS:
        items = list(read_log(sample, name, found=True))
        understood = sum(not isinstance(item, Unreadable) for item in items)
        if understood > most and 2 * understood >= len(items):
            best, most = name, understood
    return best


def _reader(log_format: str, found: bool) -> Reader:
    if log_format in _READERS:
        return _READERS[log_format]()
    text = FORMATS.get(log_format, log_format)
    if "%" not in text and "$" not in text:
        raise UsageError(f"{log_format!r} is neither {_known()}")
    try:
        told = nginx_format(text) if is_nginx(text) else apache_format(text)
        read = line_reader(_strict(told) if found or log_format.startswith("proxied") else told)
    except UsageError as error:
        raise UsageError(f"{log_format!r} is neither {_known()}: {error}") from error
    fits = _fits(log_format) if found else lambda _: True

    def one(line: bytes) -> Exchange | Read | bool:
        item = read(line)
        return item if item and fits(item.exchange if isinstance(item, Read) else item) else False

    return one


def _strict(told: LogFormat) -> LogFormat:
    """Return a format that takes only addresses where there are addresses, and none in the place of an ident."""
    shapes: dict[str | Field, Shape] = {IDENT: "ident", _FORWARDED: "addresses"}
    fields = (
        part if isinstance(part, str) else replace(part, shape=shapes.get(part, part.shape)) for part in told.parts
    )
    return replace(told, parts=tuple(fields))


def _fits(name: str) -> Callable[[Exchange], bool]:
    """Return what tells whether a line of a format that nobody named has a client where one belongs, and no host."""
    if name.startswith("proxied"):
        return lambda exchange: True
    if name.startswith("host"):
        return lambda exchange: bool(exchange.peer) and bool(_NAME.fullmatch(exchange.host))
    return lambda exchange: bool(exchange.peer)


def _known() -> str:
    return f"a known format ({', '.join(FORMATS)}) nor a LogFormat of Apache nor a log_format of nginx"
