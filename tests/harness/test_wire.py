"""Heads taken apart and put together, and how bodies are delimited."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exchange import Headers
from harness.wire import (
    content_length,
    join_head,
    raw_where_needed,
    request_framing,
    response_framing,
    split_head,
    split_status_line,
)

HEADS: list[tuple[bytes, bytes, Headers, bool]] = [
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1", ((b"Host", b"a"),), True),
    (b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1", (), True),
    (b"GET / HTTP/1.0\nHost: a\n\n", b"GET / HTTP/1.0", ((b"Host", b"a"),), False),
    (b"GET /a b  c HTTP/1.1\r\nX:y\r\n\r\n", b"GET /a b  c HTTP/1.1", ((b"X", b"y"),), False),
    (b"GET / HTTP/1.1\r\nX :  y \r\n\r\n", b"GET / HTTP/1.1", ((b"X", b"y"),), False),
    (b"GET / HTTP/1.1\r\nX: a\r\n\t b\r\n\r\n", b"GET / HTTP/1.1", ((b"X", b"a b"),), False),
    (b"GET /x\r\nx: 1\r\nX: 2\r\nx: \r\n\r\n", b"GET /x", ((b"x", b"1"), (b"X", b"2"), (b"x", b"")), True),
    (b"GET / HTTP/1.1\r\nnonsense\r\n\r\n", b"GET / HTTP/1.1", ((b"nonsense", b""),), False),
    (b"GET /\xff\r\nX: \x80\r\n\r\n", b"GET /\xff", ((b"X", b"\x80"),), True),
]


@pytest.mark.parametrize(("head", "start_line", "headers", "ordinary"), HEADS)
def test_heads_are_split(head: bytes, start_line: bytes, headers: Headers, ordinary: bool) -> None:
    """A head has a start line and pairs, and is kept raw only where those would not give the same bytes."""
    assert split_head(head) == (start_line, headers)
    assert raw_where_needed(head, start_line, headers) == (None if ordinary else head)


tokens = st.from_regex(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", fullmatch=True)
values = st.from_regex(rb"(?:[!-~\x80-\xff](?:[ -~\x80-\xff]*[!-~\x80-\xff])?)?", fullmatch=True)


@given(values.filter(bool), st.lists(st.tuples(tokens, values)).map(tuple))
def test_what_is_joined_is_split(start_line: bytes, headers: Headers) -> None:
    """Splitting undoes joining, for every head that may be sent (RFC 9112 section 5)."""
    assert split_head(join_head(start_line, headers)) == (start_line, headers)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (b"HTTP/1.1 200 OK", (b"HTTP/1.1", 200, b"OK")),
        (b"HTTP/1.0 404 Not Found", (b"HTTP/1.0", 404, b"Not Found")),
        (b"HTTP/1.1 200", (b"HTTP/1.1", 200, b"")),
        (b"HTTP/1.1 200 ", (b"HTTP/1.1", 200, b"")),
        (b"HTTP/1.1 200 caf\xe9  x", (b"HTTP/1.1", 200, b"caf\xe9  x")),
        (b"HTTP/1.1 20 OK", None),
        (b"<html>", None),
        (b"ICY 200 OK", None),
    ],
)
def test_status_lines(line: bytes, parts: object) -> None:
    """A status line has version, status and reason; the reason may be missing."""
    assert split_status_line(line) == parts


@pytest.mark.parametrize(
    ("headers", "framing"),
    [
        ((), "none"),
        (((b"content-length", b"0"),), "length"),
        (((b"Transfer-Encoding", b"gzip, Chunked"), (b"Content-Length", b"3")), "chunked"),
        (((b"Transfer-Encoding", b"chunked, gzip"),), "none"),
        (((b"Content-Length", b"three"),), "none"),
    ],
)
def test_request_framing(headers: Headers, framing: str) -> None:
    """Chunked comes before length; a request with neither has no body."""
    assert request_framing(headers) == framing


@pytest.mark.parametrize(
    ("method", "status", "headers", "framing"),
    [
        (b"GET", 200, (), "close"),
        (b"GET", 200, ((b"Content-Length", b"3"),), "length"),
        (b"GET", 200, ((b"Transfer-Encoding", b"chunked"),), "chunked"),
        (b"HEAD", 200, ((b"Content-Length", b"3"),), "none"),
        (b"GET", 304, ((b"Content-Length", b"3"),), "none"),
        (b"GET", 204, (), "none"),
        (b"GET", 100, (), "none"),
    ],
)
def test_response_framing(method: bytes, status: int, headers: Headers, framing: str) -> None:
    """An answer to HEAD, and 1xx, 204 and 304, have no body whatever their headers say."""
    assert response_framing(method, status, headers) == framing


@pytest.mark.parametrize(
    ("value", "length"),
    [(b"5", 5), (b" 5 ", 5), (b"5, 5", 5), (b"-1", None), (b"+1", None), (b"", None), (b"0x1", None), (b"9" * 19, None),
     (b"9" * 5000, None)],
)  # fmt: skip
def test_content_length(value: bytes, length: int | None) -> None:
    """Only digits are a length, and no more of them than a body can have bytes."""
    assert content_length(((b"Content-Length", value),)) == length
