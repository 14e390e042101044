"""The shape of HTTP/1 messages as bytes: heads taken apart and put together, and how a body is delimited (RFC 9112).

Bytes in, bytes and tuples out; tolerant, because what production sends is often malformed and must still be recorded
exactly. Nothing here reads a socket, follows a stream (`stream`) or judges a message.
"""

from __future__ import annotations

import re

from harness.exchange import Framing, Headers, all_headers, first_header

HEAD_END = re.compile(rb"\r?\n\r?\n")
BODILESS = frozenset({204, 304})
_DIGITS = 18
_STATUS_LINE = re.compile(rb"(HTTP/\d+\.\d+)[ \t]+(\d{3})(?:[ \t](.*))?", re.DOTALL)


def join_head(start_line: bytes, headers: Headers) -> bytes:
    """Return the head these parts make when written the ordinary way, up to and including the blank line."""
    lines = [start_line, *(name + b": " + value for name, value in headers), b"", b""]
    return b"\r\n".join(lines)


def split_head(head: bytes) -> tuple[bytes, Headers]:
    """Take a head apart into its start line and its header pairs.

    Accepts bare LF, empty lines before the start line (RFC 9112 section 2.2), blanks before the colon, and folded
    lines, whose pieces are joined by one blank (section 5.2). A line without a colon is a name with an empty value.
    """
    lines = [line.removesuffix(b"\r") for line in head.split(b"\n")]
    while lines and not lines[0]:
        del lines[0]
    start_line = lines[0] if lines else b""
    pairs: list[tuple[bytes, bytes]] = []
    for line in lines[1:]:
        if not line:
            break
        if line[:1] in b" \t" and pairs:
            name, value = pairs[-1]
            pairs[-1] = (name, value + b" " + line.strip(b" \t"))
            continue
        name, _, value = line.partition(b":")
        pairs.append((name.rstrip(b" \t"), value.strip(b" \t")))
    return start_line, tuple(pairs)


def raw_where_needed(head: bytes, start_line: bytes, headers: Headers) -> bytes | None:
    """Return `head` where writing its parts again would give other bytes, else None (`Request.raw_head`)."""
    return None if join_head(start_line, headers) == head else head


def split_status_line(line: bytes) -> tuple[bytes, int, bytes] | None:
    """Return version, status and reason of a status line (RFC 9112 section 4), or None where it is not one."""
    match = _STATUS_LINE.fullmatch(line)
    return (match[1], int(match[2]), match[3] or b"") if match else None


def is_chunked(headers: Headers) -> bool:
    """Tell whether chunked is the last transfer coding (RFC 9112 section 6.3)."""
    codings = b",".join(all_headers(headers, b"transfer-encoding")).lower()
    return codings.rpartition(b",")[2].strip(b" \t") == b"chunked"


def content_length(headers: Headers) -> int | None:
    """Return the length the first Content-Length announces, or None where there is none that makes sense.

    One of more digits than any body has bytes makes none: archives hold 64 bits, and `int` refuses thousands of digits.
    """
    value = (first_header(headers, b"content-length") or b"").split(b",")[0].strip(b" \t")
    return int(value) if value.isdigit() and len(value) <= _DIGITS else None


def request_framing(headers: Headers) -> Framing:
    """Return how the body of a request with these headers is delimited (RFC 9112 section 6.3, rules 3 to 7)."""
    if is_chunked(headers):
        return "chunked"
    return "none" if content_length(headers) is None else "length"


def response_framing(method: bytes, status: int, headers: Headers) -> Framing:
    """Return how the body of an answer to `method` is delimited (RFC 9112 section 6.3, rules 1 to 8)."""
    if method == b"HEAD" or status in BODILESS or 100 <= status < 200:
        return "none"
    if is_chunked(headers):
        return "chunked"
    return "close" if content_length(headers) is None else "length"
