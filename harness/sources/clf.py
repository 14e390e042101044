"""Access logs of Apache and nginx, of servers that write like them, and of IIS: lines come in, exchanges go out.

What could not be understood goes out as such, so that every line is counted. This module knows the names of formats,
finds out which one a log is in, and leaves the lines to the reader of that format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.sources.apache_format import apache_format
from harness.sources.json_log import json_reader
from harness.sources.log_line import line_reader
from harness.sources.nginx_format import is_nginx, nginx_format
from harness.sources.source import Unreadable
from harness.sources.w3c import w3c_reader

FORMATS = {
    "vhost": '%v:%p %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "nginx": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" "%{X-Forwarded-For}i"',
    "clf": '%h %l %u %t "%r" %>s %b',
    "json-log": "one JSON object a line, with names as nginx and others give them",
    "w3c": "W3C extended, as IIS writes it: a line #Fields names the columns",
}
"""The formats that have a name, and the LogFormat of each where it has one; tried in this order."""

Reader = Callable[[bytes], Exchange | bool]
"""Reads one line: an exchange, True for a line that is none (a comment), False for one that cannot be read."""

_READERS: dict[str, Callable[[], Reader]] = {"json-log": json_reader, "w3c": w3c_reader}


def read_log(lines: Iterable[bytes], log_format: str) -> Iterator[Exchange | Unreadable]:
    """Yield one exchange, or one `Unreadable`, for each line that is not empty.

    `log_format` is a name of FORMATS, a LogFormat of Apache or a `log_format` of nginx. Raises `UsageError` for one
    that cannot be read.
    """
    read = _reader(log_format)
    for number, line in enumerate(lines, 1):
        line = line.rstrip(b"\r\n")
        item = read(line) if line else True
        if isinstance(item, Exchange):
            yield item
        elif not item:
            yield Unreadable(number, line.decode("latin-1"))


def detect_format(lines: Iterable[bytes]) -> str | None:
    """Return the name of the first format that understands one of these lines, or None."""
    sample = list(lines)
    for name in FORMATS:
        if any(isinstance(item, Exchange) for item in read_log(sample, name)):
            return name
    return None


def _reader(log_format: str) -> Reader:
    if log_format in _READERS:
        return _READERS[log_format]()
    text = FORMATS.get(log_format, log_format)
    if "%" not in text and "$" not in text:
        raise UsageError(f"{log_format!r} is neither {_known()}")
    try:
        read = line_reader(nginx_format(text) if is_nginx(text) else apache_format(text))
    except UsageError as error:
        raise UsageError(f"{log_format!r} is neither {_known()}: {error}") from error
    return lambda line: read(line) or False


def _known() -> str:
    return f"a known format ({', '.join(FORMATS)}) nor a LogFormat of Apache nor a log_format of nginx"
