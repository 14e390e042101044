"""From the bytes a CGI program prints to the head of a response (RFC 3875 section 6).

Comes in: output in pieces of any size. Goes out: a checked `Head` as soon as the blank line has come. Pure and
incremental: how the bytes were cut never changes the result. The body is not touched here.

Strict refuses what is malformed. Lenient repairs what Apache repairs: a CR inside a value is removed, a NUL ends the
value, a Content-Length that makes no sense and a Transfer-Encoding are dropped, of two Status fields the last wins, of
one like `404Not Found` the code counts, an HTTP status line is accepted from a program that is not `nph-`, and a blank
first line means a plain 200.
"""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPStatus

from .errors import ProgramError
from .types import Head

MAX_LINE = 8192
MAX_BLOCK = 65536
MAX_INTERIM = 50
KEPT = 1024
"""Bytes of the longest head that is remembered: most programs say the same in most of their answers."""
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    }
)
# The server's own (`server`, `date`) and the fields that speak to the server rather than to the client.
NEVER_FORWARDED = HOP_BY_HOP | {"server", "date", "status"}

REASONS = {status.value: status.phrase for status in HTTPStatus}

_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_controls = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search
_status = re.compile(rb"([0-9]{3})(?:[ \t]+(.*))?").fullmatch
_glued_status = re.compile(rb"([0-9]{3})(?![0-9])()").match
_length = re.compile(rb"[0-9]{1,18}").fullmatch
_status_line = re.compile(rb"HTTP/[0-9]+\.[0-9]+[ \t]+([0-9]{3})(?:[ \t]+(.*))?").fullmatch

Fields = list[tuple[str, str]]
Status = tuple[int, str]


def standard_reason(status: int) -> str:
    """Return the usual phrase for a status code; PEP 3333 wants one even for codes nobody registered."""
    return REASONS.get(status, "Unknown")


def forwarded(fields: Fields) -> Fields:
    """Return the fields that may go to the client, in order: without hop-by-hop ones, and with one Content-Type, the
    last that is not empty.
    """
    if not fields:
        return []
    names, values = zip(*fields, strict=True)
    lower = list(map(str.lower, names))
    if NEVER_FORWARDED.isdisjoint(lower) and lower.count("content-type") < 2 and "" not in values:
        return list(fields)  # as most are
    connection = [value for key, (_, value) in zip(lower, fields, strict=True) if key == "connection"]
    dropped = NEVER_FORWARDED.union(part.strip().lower() for value in connection for part in value.split(","))
    types = [position for position, key in enumerate(lower) if key == "content-type" and fields[position][1]]
    last = types[-1] if types else None
    return [
        field
        for position, (key, field) in enumerate(zip(lower, fields, strict=True))
        if key not in dropped and (key != "content-type" or position == last)
    ]


class OutputParser:
    """Reads the head of one answer. `nph` expects an HTTP status line first (RFC 3875 section 5)."""

    def __init__(self, *, strict: bool = True, nph: bool = False) -> None:
        self._strict = strict
        self._nph = nph
        self._buffer = bytearray()
        self._line_start = 0
        self._searched = 0
        self._interim = 0
        self._status: Status | None = None
        self._status_line: Status | None = None
        self._fields: Fields = []
        self._lines = 0

    def feed(self, data: bytes) -> Head | None:
        """Take the next bytes; return the head once it is whole, until then None. Raises ProgramError (502)."""
        if not self._buffer and not self._nph and (head := self._at_once(data)):
            return head
        self._buffer += data
        while True:
            end = self._buffer.find(b"\n", self._searched)
            reached = end if end >= 0 else len(self._buffer)
            if reached > self._line_start + MAX_LINE or reached > MAX_BLOCK:
                raise self._too_long()
            if end < 0:
                self._searched = len(self._buffer)
                return None
            line = bytes(self._buffer[self._line_start : end])
            self._line_start = self._searched = end + 1
            if line.endswith(b"\r"):
                line = line[:-1]
            if line:
                self._take(line)
            elif self._block_ended():
                return self._head(bytes(self._buffer[self._line_start :]))

    def _at_once(self, data: bytes) -> Head | None:
        """Return the head where the first piece holds all of it, in plain lines, as of most programs."""
        block, blank, start = data.partition(b"\n\n")
        if not blank or not 0 < len(block) < MAX_LINE or b"\r" in block or block.startswith((b"\n", b"HTTP/")):
            return None
        head = (_known if len(block) <= KEPT else _plain)(block, self._strict)
        return head.followed_by(start) if start else head

    def plain(self, block: bytes) -> Head:
        """Return the head that lines without CR make, the blank one left out. Raises ProgramError (502)."""
        for line in block.split(b"\n"):
            self._take(line)
        return self._head(b"")

    def end(self) -> None:
        """The output ended before the head did: always raises ProgramError (502)."""
        if not self._buffer:
            raise _bad("it ended without any output")
        raise _bad(f"its output ended before the blank line that ends the header, after {bytes(self._buffer[-80:])!r}")

    def _too_long(self) -> ProgramError:
        within = self._line_start + MAX_LINE <= MAX_BLOCK
        what, limit = ("a header line", MAX_LINE) if within else ("the header", MAX_BLOCK)
        begins = bytes(self._buffer[self._line_start : self._line_start + 60])
        return _bad(f"{what} exceeds {limit} bytes; the line begins {begins!r}")

    def _take(self, line: bytes) -> None:
        self._lines += 1
        if self._lines == 1 and (self._nph or line.startswith(b"HTTP/")):
            self._take_status_line(line)
            return
        name, value = self._field(line)
        lower = name.lower()
        if lower == "status":
            self._take_status(value)
        elif lower == "transfer-encoding" and self._strict and value.lower() != b"identity":
            raise _bad(f"it sends Transfer-Encoding ({value!r}); framing is the server's work")
        else:
            self._fields.append((name, value.decode("latin-1")))

    def _take_status_line(self, line: bytes) -> None:
        match = _status_line(line)
        if match is None:
            raise _bad(f"an nph- program must begin with an HTTP status line, not {line[:80]!r}")
        if not self._nph and self._strict:
            raise _bad(f"an HTTP status line is for nph- programs; print a Status field instead of {line[:80]!r}")
        self._status_line = self._checked_status(match, line)

    def _take_status(self, value: bytes) -> None:
        match = _status(value) or (None if self._strict else _glued_status(value))
        if match is None or not 200 <= int(match[1]) <= 999:
            raise _bad(f"Status is {value[:80]!r}; it must be a code from 200 to 999, then an optional phrase")
        status = self._checked_status(match, value)
        if self._strict and self._status not in (None, status):
            raise _bad(f"two different Status fields, {self._status!r} and {status!r}")
        self._status = status

    def _checked_status(self, match: re.Match[bytes], line: bytes) -> Status:
        reason = self._clean(match[2] or b"", line).decode("latin-1")
        code = int(match[1])
        return code, reason or standard_reason(code)

    def _field(self, line: bytes) -> tuple[str, bytes]:
        """Split one line by RFC 9112 section 5: nothing between name and colon, and no continuation lines."""
        name, colon, value = line.partition(b":")
        if not colon or not _token(name):
            raise _bad(f"{line[:80]!r} is not a header line")
        return name.decode("ascii"), self._clean(value, line).strip(b" \t")

    def _clean(self, value: bytes, line: bytes) -> bytes:
        """Refuse control characters: one CR or LF in a value would let a program's input write headers of its own."""
        if not self._strict:
            value = value.partition(b"\0")[0].replace(b"\r", b"")
        if _controls(value):
            raise _bad(f"a control character in {line[:80]!r}")
        return value

    def _block_ended(self) -> bool:
        """Tell whether this blank line ends the head: not where it only ends an interim response (RFC 9110 section
        15.2).
        """
        if self._lines == 0 and (self._strict or self._nph):
            raise _bad("it begins with a blank line, without a single header")
        if self._status_line is None or self._status_line[0] >= 200:
            return True
        self._interim += 1
        if self._status_line[0] == 101 or self._interim > MAX_INTERIM:
            raise _bad("it switches protocols or sends interim responses without end")
        del self._buffer[: self._line_start]
        self._line_start = self._searched = self._lines = 0
        self._fields, self._status_line = [], None
        return False

    def _head(self, start: bytes) -> Head:
        fields, length = self._framed(forwarded(self._fields))
        location = next((value for name, value in fields if name.lower() == "location"), "")
        explicit = self._status or self._status_line
        status = explicit or (200, "OK")
        local = bool(location.startswith("/") and explicit is None)
        if location and status[0] == 200 and not self._nph:  # what an nph- program says goes out (RFC 3875 section 5)
            # RFC 3875 section 6.2.3 wants a 302 here; Apache makes an explicit 200 a 302 too, and programs rely on it.
            status = (302, "Found")
        if status[0] == 204:  # no length there (RFC 9110 section 8.6): some clients wait for it
            fields = [(name, value) for name, value in fields if name.lower() != "content-length"]
        return Head(
            status=status[0],
            reason=status[1],
            headers=tuple(fields),
            redirect="local" if local else "none",
            location=location,
            content_length=length,
            start=start,
        )

    def _framed(self, fields: Fields) -> tuple[Fields, int | None]:
        """Return the fields with at most one Content-Length, the first, and its value (RFC 9110 section 8.6)."""
        lengths = [value for name, value in fields if name.lower() == "content-length"]
        if not lengths:
            return fields, None
        others = [(name, value) for name, value in fields if name.lower() != "content-length"]
        if len(set(lengths)) == 1 and _length(lengths[0].encode("latin-1")):
            place = next(number for number, (name, _) in enumerate(fields) if name.lower() == "content-length")
            return [*others[:place], fields[place], *others[place:]], int(lengths[0])
        if self._strict:
            raise _bad(f"Content-Length makes no sense: {lengths!r}")
        return others, None


def _plain(block: bytes, strict: bool) -> Head:
    return OutputParser(strict=strict).plain(block)


_known = lru_cache(maxsize=256)(_plain)


def _bad(what: str) -> ProgramError:
    return ProgramError(502, f"the program's output is not CGI: {what}")
