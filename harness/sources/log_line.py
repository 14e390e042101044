"""The lines of an access log taken apart: a `LogFormat` becomes one regular expression, whose groups are the fields.

The expression never goes back over what it has read where a field's end is certain (quotes, blanks), so that a line of
anything else is refused at once; so is one in which an address stands where no address belongs. Nothing is guessed: of
two fields side by side it must be certain where the one ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.sources.log_entry import Entries
from harness.sources.log_field import Field, LogFormat
from harness.sources.log_time import time_pattern
from harness.sources.source import Read

LONGEST = 1 << 20  # bytes; servers take no request line or header as long

_QUOTED = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_V4, _V6 = rb"\d{1,3}(?:\.\d{1,3}){3}", rb"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,41}"
_ONE = rb"(?:%b(?::\d{1,5})?|\[?%b\]?|unknown|-)" % (_V4, _V6)
_SHAPES = {
    "number": rb"-?\d+(?:\.\d+)?|-|", "status": rb"\d{3}|-|", "mark": rb"\??", "ident": rb"(?![\d.]+ )[^\s,:]*+",
    "addresses": _ONE + rb"(?:, ?" + _ONE + rb")*+",
}  # fmt: skip
_PEER = rb"%b(?:%%\w{1,16})?|unix:|[^\s,:;|\"]{0,255}" % _V6
_HOST = rb"(?:\[[^\]\s]*\]|[^\s:/*]*)(?::\d+)?"
_ADDRESS = re.compile(rb"(?:%b|%b),?" % (_V4, _V6))
_SIDE_BY_SIDE = frozenset(
    [("host", "target"), ("host", "path"), ("port", "target"), ("port", "path"), ("path", "query"), ("path", "mark"),
     ("mark", "args"), ("mark", "query"), ("time", "time"), ("", "")]
)  # fmt: skip
"""Neighbours without a text between them of which it is certain where the first ends."""
_STOPS = frozenset(" \t|")


def line_reader(log_format: LogFormat) -> Callable[[bytes], Exchange | Read | None]:
    """Return what reads one line, without its end: an exchange, or None where it is not of the format."""
    match = re.compile(line_pattern(log_format), re.DOTALL).fullmatch
    exchange = Entries(log_format).exchange
    missing = log_format.missing
    user = {index for index, field in enumerate(log_format.fields) if field.role == "user"}

    def read(line: bytes) -> Exchange | Read | None:
        found = match(line) if len(line) <= LONGEST else None
        if not found:
            return None
        values: list[bytes | None] = [None if value == missing else value for value in found.groups()]
        for index in user:
            value = values[index]
            if value == b'""':  # Apache: a user whose name is empty
                values[index] = None
            elif value and b" " in value and _holds_other_fields(value):
                return None
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


def _holds_other_fields(user: bytes) -> bool:
    """Tell a user's name with blanks from the fields of a format that has more of them."""
    return any(word == b"-" or _ADDRESS.fullmatch(word) for word in user.split(b" "))


def _check_neighbours(field: Field, after: Field) -> None:
    if (_kind(field), _kind(after)) not in _SIDE_BY_SIDE:
        names = " and ".join(f"{each.role or 'another field'} {each.name}".strip() for each in (field, after))
        raise UsageError(f"nothing stands between {names}: where the one ends nobody can tell")


def _kind(field: Field) -> str:
    if field.role == "query":
        return "query" if field.shape == "word" else "args"  # Apache's has its question mark, nginx's has not
    if field.role == "sent" and field.name.lower() == "host":
        return "host"
    return "mark" if field.shape == "mark" else field.role.removeprefix("end ")


def _pattern(before: str | Field, field: Field, after: str | Field) -> bytes:
    """Return the expression of one field, as certain of its end as what follows allows."""
    if isinstance(after, Field):
        _check_neighbours(field, after)
    if field.role in ("time", "end time"):
        return time_pattern(field.name) + b"|-"
    if field.role == "peer":
        return _PEER
    if field.shape in _SHAPES:
        return _SHAPES[field.shape]
    if isinstance(before, str) and isinstance(after, str) and before.endswith('"') and after.startswith('"'):
        return _QUOTED
    if field.role == "query" and isinstance(before, Field):
        # Directly after the path, which ends where the question mark is.
        return rb"(?:(?<=\?)[^ ]*?)?" if before.shape == "mark" else rb"(?:\?[^ ]*?)?"
    if _kind(field) == "host" and (isinstance(after, Field) or after.startswith(":")):
        return _HOST + (rb"(?=[/*])" if isinstance(after, Field) else b"")
    if isinstance(after, Field):
        return rb"[^?]*?" if field.role == "path" else b".*?"
    if field.role == "sent" and field.name.lower() == "x-forwarded-for":
        return _SHAPES["addresses"] + b"|.*?"
    stop = after[:1]
    if field.shape == "word":
        return b"[^" + re.escape(stop or " ").encode("latin-1") + b"]*+" if stop in _STOPS or not stop else rb"\S*?"
    return b"[^\t]*+" if stop == "\t" else b".*?"
