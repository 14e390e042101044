"""The lines of an access log taken apart: a `LogFormat` becomes one regular expression, whose groups are the fields.

The expression never goes back over what it has read where a field's end is certain (quotes, blanks), so that a line of
anything else is refused at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.exchange import Exchange
from harness.sources.log_entry import Entries
from harness.sources.log_field import Field, LogFormat
from harness.sources.log_time import time_pattern

LONGEST = 1 << 20  # bytes; servers take no request line or header as long

_QUOTED = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_SHAPES = {"number": rb"-?\d+(?:\.\d+)?|-|", "status": rb"\d{3}|-|"}
_STOPS = frozenset(" \t|")


def line_reader(log_format: LogFormat) -> Callable[[bytes], Exchange | None]:
    """Return what reads one line, without its end: an exchange, or None where it is not of the format."""
    match = re.compile(line_pattern(log_format), re.DOTALL).fullmatch
    exchange = Entries(log_format).exchange
    missing = log_format.missing
    user = {index for index, field in enumerate(log_format.fields) if field.role == "user"}

    def read(line: bytes) -> Exchange | None:
        found = match(line) if len(line) <= LONGEST else None
        if not found:
            return None
        values: list[bytes | None] = [None if value == missing else value for value in found.groups()]
        for index in user:
            if values[index] == b'""':  # Apache: a user whose name is empty
                values[index] = None
        try:
            return exchange(values)
        except (ValueError, OverflowError):  # of numbers
            return None

    return read


def line_pattern(log_format: LogFormat) -> bytes:
    """Return the regular expression of a whole line, a group for each field."""
    parts = log_format.parts
    neighbours = zip(("", *parts), parts, (*parts[1:], ""), strict=False)
    return b"".join(
        re.escape(part.encode("latin-1")) if isinstance(part, str) else b"(" + _pattern(before, part, after) + b")"
        for before, part, after in neighbours
    )


def _pattern(before: str | Field, field: Field, after: str | Field) -> bytes:
    """Return the expression of one field, as certain of its end as what follows allows."""
    if field.role in ("time", "end time"):
        return time_pattern(field.name) + b"|-"
    if field.shape in _SHAPES:
        return _SHAPES[field.shape]
    if isinstance(before, str) and isinstance(after, str) and before.endswith('"') and after.startswith('"'):
        return _QUOTED
    if field.role == "query" and isinstance(before, Field):
        return rb"(?:\?[^ ]*?)?"  # directly after the path, which ends where the question mark is
    if not isinstance(after, str):
        return b".*?"
    stop = after[:1]
    if field.shape == "word":
        return b"[^" + re.escape(stop or " ").encode("latin-1") + b"]*+" if stop in _STOPS or not stop else rb"\S*?"
    return b"[^\t]*+" if stop == "\t" else b".*?"
