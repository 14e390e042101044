"""Access logs as a format to import: which files are one, and their lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.sources.clf import FORMATS, check_request, detect_format, read_log
from harness.sources.log_line import LONGEST
from harness.sources.source import (
    HEADER_CASE,
    HEADER_ORDER,
    Input,
    Item,
    Options,
    Read,
    Skipped,
    Source,
    Unreadable,
)
from harness.sources.text import bounded_lines

_NOTHING = "connection without a request"
_SAMPLE = 100  # lines looked at to find the format


def _detect(start: bytes, _: Path) -> bool:
    return detect_format(start.splitlines()[:_SAMPLE]) is not None


def _takes(wanted: str) -> bool:
    return wanted in FORMATS or "%" in wanted or "$" in wanted


def _read(opened: Input, options: Options) -> Iterator[Item]:
    for item in _lines(opened, options):
        # Servers write a hyphen or nothing where a connection sent no request in time.
        nothing = isinstance(item, Exchange) and item.request.start_line in (b"-", b"")
        yield Skipped(_NOTHING) if nothing else item


def _lines(opened: Input, options: Options) -> Iterator[Exchange | Read | Unreadable]:
    lines = bounded_lines(opened.stream, LONGEST)
    if options.format and options.format != LOGS.name:
        check_request(options.format)
        yield from read_log(lines, options.format)
        return
    sample = list(islice(lines, _SAMPLE))
    found = detect_format(sample)
    if not found:
        raise UsageError(f"{opened.path}: its first lines fit none of {', '.join(FORMATS)}; give its LogFormat")
    yield from read_log(chain(sample, lines), found, found=True)


LOGS = Source(
    "log",
    "Access logs of Apache, nginx and servers that write like them",
    _detect,
    _read,
    takes=_takes,
    guesses=frozenset({HEADER_CASE, HEADER_ORDER}),
    loses={
        "request bodies": "unknown, but for methods that have none",
        "request headers": "those that the format names; Host where it names the virtual host",
        "answers": "status and size; headers that the format names; no body",
        "order": "that in which the requests ended; times mostly to the second",
        "escapes": "undone, where the server wrote them",
    },
)
