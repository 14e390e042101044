"""One HTTP/1 message as the bytes that passed on the wire, whole or cut off: a request or an answer comes of it.

Bytes in, `Request` or `Response` out; the transfer coding is undone, the content coding stays. A body that was cut off
is unknown: None. Several messages one after another are `record.stream`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.exchange import Framing, Headers, Request, Response
from harness.wire import (
    HEAD_END,
    content_length,
    join_head,
    raw_where_needed,
    request_framing,
    response_framing,
    split_head,
    split_status_line,
)

_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\n]*)?\r?\n")


@dataclass(frozen=True, slots=True)
class Head:
    """A head taken apart, and what follows it."""

    start_line: bytes
    headers: Headers
    raw: bytes | None
    rest: bytes


def split_payload(payload: bytes) -> Head | None:
    """Return the head of a message and what follows it, or None where it has no end."""
    start = len(payload) - len(payload.lstrip(b"\r\n"))
    found = HEAD_END.search(payload, start)
    if not found:
        return None
    head = payload[: found.end()]
    start_line, headers = split_head(head)
    return Head(start_line, headers, raw_where_needed(head, start_line, headers), payload[found.end() :])


def read_request(payload: bytes) -> Request | None:
    """Return the request of these bytes, its body None where that was cut off; None where they are no whole head."""
    head = split_payload(payload)
    if not head or b" " not in head.start_line:
        return None
    framing = request_framing(head.headers)
    return Request(head.start_line, head.headers, _body(head, framing), framing, head.raw)


def read_response(payload: bytes, method: bytes) -> Response | None:
    """Return the answer of these bytes to a request by `method`; None where they are none.

    Interim answers before it are passed over. The body is None where it was cut off, `size` then what was announced.
    """
    while True:
        head = split_payload(payload)
        parts = head and split_status_line(head.start_line)
        if not head or not parts:
            return None
        version, status, reason = parts
        if not 100 <= status < 200 or status == 101 or not head.rest:
            break
        payload = head.rest
    framing = response_framing(method, status, head.headers)
    body = _body(head, framing)
    size = content_length(head.headers) if body is None else None
    return Response(status, reason, head.headers, body, version, framing, head.raw, size=size)


def is_whole(payload: bytes) -> bool:
    """Tell whether a message is complete by what its head says; one that only the connection's end delimits is not."""
    head = split_payload(payload)
    if not head:
        return False
    framing = request_framing(head.headers)
    if framing == "none" and split_status_line(head.start_line):
        return False
    return _body(head, framing) is not None


def _body(head: Head, framing: Framing) -> bytes | None:
    """Return the body, with its transfer coding undone; None where it was cut off or is not coded as announced."""
    if framing == "none":
        return b""
    if framing == "length":
        length = content_length(head.headers) or 0
        return head.rest[:length] if len(head.rest) >= length else None
    return _dechunked(head.rest) if framing == "chunked" else head.rest


def _dechunked(data: bytes) -> bytes | None:
    """Undo the chunked coding (RFC 9112 section 7.1); None where the data ends before the last chunk."""
    pieces: list[bytes] = []
    position = 0
    while found := _CHUNK.match(data, position):
        size = int(found[1], 16)
        if not size:
            return b"".join(pieces)
        end = found.end() + size
        line_end = data[end : end + 2]
        if not line_end.startswith((b"\r\n", b"\n")):
            return None
        pieces.append(data[found.end() : end])
        position = end + (2 if line_end == b"\r\n" else 1)
    return None


def request_payload(request: Request, split: bytes = b"") -> bytes:
    """Return the bytes of a request; a body that is not known is left out.

    A chunked body is sent in one chunk, or in so many that no `split` stands in one.
    """
    head = request.raw_head or join_head(request.start_line, request.headers)
    return head + _coded(request.body, request.framing, split)


def response_payload(response: Response, split: bytes = b"") -> bytes:
    """Return the bytes of an answer, as `request_payload` does."""
    start_line = b"%b %d %b" % (response.version, response.status, response.reason)
    return (response.raw_head or join_head(start_line, response.headers)) + _coded(
        response.body, response.framing, split
    )


def _coded(body: bytes | None, framing: Framing, split: bytes) -> bytes:
    if body is None or framing != "chunked":
        return body or b""
    chunks = _split(body, split) if split else [body]
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks if chunk) + b"0\r\n\r\n"


def _split(body: bytes, text: bytes) -> list[bytes]:
    """Cut a body after the first byte of each `text` in it."""
    chunks, start = [], 0
    while (found := body.find(text, start)) >= 0:
        chunks.append(body[start : found + 1])
        start = found + 1
    return [*chunks, body[start:]]
