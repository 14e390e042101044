"""CGI output to response heads: bytes and what they mean, whole and cut at every place."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.errors import ProgramError
from compat.output import OutputParser
from compat.types import Head

TYPE = ("Content-Type", "text/plain")
# name, mode, output, status line, headers, rest
GOOD = [
    ("plain", "strict", b"Content-Type: text/plain\n\nok", "200 OK", [TYPE], b"ok"),
    ("crlf", "strict", b"Content-Type: text/plain\r\n\r\nok", "200 OK", [TYPE], b"ok"),
    ("crlf then lf", "strict", b"Content-Type: text/plain\r\n\nok", "200 OK", [TYPE], b"ok"),
    ("lf then crlf", "strict", b"Content-Type: text/plain\n\r\nok", "200 OK", [TYPE], b"ok"),
    ("body with blank lines", "strict", b"A: b\n\n\n\nx\r\n\r\n", "200 OK", [("A", "b")], b"\n\nx\r\n\r\n"),
    ("status", "strict", b"Status: 404 Not Here\nA: b\n\n", "404 Not Here", [("A", "b")], b""),
    ("status without phrase", "strict", b"Status: 404\n\n", "404 Not Found", [], b""),
    ("status, odd spelling", "strict", b"status:418\n\n", "418 I'm a Teapot", [], b""),
    ("status last", "strict", b"A: b\nStatus: 404 X\n\n", "404 X", [("A", "b")], b""),
    ("status twice the same", "strict", b"Status: 404 X\nStatus: 404 X\n\n", "404 X", [], b""),
    ("status nobody knows", "strict", b"Status: 999 Odd\n\n", "999 Odd", [], b""),
    ("status nobody knows, bare", "strict", b"Status: 799\n\n", "799 Unknown", [], b""),
    ("no content type", "strict", b"X-A: b\n\nbody", "200 OK", [("X-A", "b")], b"body"),
    ("empty value", "strict", b"X-A:\nX-B: \n\n", "200 OK", [("X-A", ""), ("X-B", "")], b""),
    ("tab in value", "strict", b"X-A: a\tb\n\n", "200 OK", [("X-A", "a\tb")], b""),
    ("utf-8", "strict", b"X-A: \xc3\xa9\n\n", "200 OK", [("X-A", "\xc3\xa9")], b""),
    (
        "repeats in order",
        "strict",
        b"X-D: 1\nx-d: 2\nX-D: 1\n\n",
        "200 OK",
        [("X-D", "1"), ("x-d", "2"), ("X-D", "1")],
        b"",
    ),
    (
        "two cookies",
        "strict",
        b"Set-Cookie: a=1\nSet-Cookie: b=2\n\n",
        "200 OK",
        [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
        b"",
    ),
    ("last content type", "strict", b"Content-Type: a/b\nContent-Type: text/plain\n\n", "200 OK", [TYPE], b""),
    ("the server's own", "strict", b"Server: x\nDate: y\nA: b\n\n", "200 OK", [("A", "b")], b""),
    (
        "hop by hop",
        "strict",
        b"Connection: X-Z, close\nX-Z: 1\nKeep-Alive: 2\nUpgrade: h2c\nA: b\n\n",
        "200 OK",
        [("A", "b")],
        b"",
    ),
    ("identity", "strict", b"Transfer-Encoding: identity\nA: b\n\n", "200 OK", [("A", "b")], b""),
    ("length", "strict", b"Content-Length: 2\n\nok", "200 OK", [("Content-Length", "2")], b"ok"),
    (
        "length in its place, as printed",
        "strict",
        b"A: b\nContent-length: 2\nC: d\ncontent-length: 2\n\nok",
        "200 OK",
        [("A", "b"), ("Content-length", "2"), ("C", "d")],
        b"ok",
    ),
    (
        "length twice the same",
        "strict",
        b"Content-Length: 2\nContent-Length: 2\n\n",
        "200 OK",
        [("Content-Length", "2")],
        b"",
    ),
    (
        "client redirect",
        "strict",
        b"Location: http://x/#f\nA: b\n\nbody",
        "302 Found",
        [("Location", "http://x/#f"), ("A", "b")],
        b"body",
    ),
    ("redirect with status", "strict", b"Status: 301 Moved\nLocation: /x\n\n", "301 Moved", [("Location", "/x")], b""),
    ("redirect with 200", "strict", b"Status: 200 OK\nLocation: /x\n\n", "302 Found", [("Location", "/x")], b""),
    ("created", "strict", b"Status: 201\nLocation: /x\n\n", "201 Created", [("Location", "/x")], b""),
    ("nph", "nph", b"HTTP/1.0 404 Gone Away\nA: b\n\nx", "404 Gone Away", [("A", "b")], b"x"),
    ("nph without phrase", "nph", b"HTTP/1.1 200\r\nA: b\r\n\r\nx", "200 OK", [("A", "b")], b"x"),
    (
        "nph interim",
        "nph",
        b"HTTP/1.1 100 Continue\n\n" * 5 + b"HTTP/1.1 200 OK\nA: b\n\nx",
        "200 OK",
        [("A", "b")],
        b"x",
    ),
    ("nph early hints", "nph", b"HTTP/1.1 103 Early Hints\nLink: x\n\nHTTP/1.1 204 No\n\n", "204 No", [], b""),
    (
        "nph with location",
        "nph",
        b"HTTP/1.1 200 OK\nLocation: /x\n\nx",
        "200 OK",
        [("Location", "/x")],
        b"x",
    ),
    (
        "status line with location",
        "lenient",
        b"HTTP/1.1 200 OK\nLocation: /x\n\n",
        "302 Found",
        [("Location", "/x")],
        b"",
    ),
    ("empty location", "strict", b"Location:\n\nx", "200 OK", [("Location", "")], b"x"),
    ("empty location", "lenient", b"Location:\n\nx", "200 OK", [("Location", "")], b"x"),
    ("status glued to its phrase", "lenient", b"Status: 404Nowhere\n\n", "404 Not Found", [], b""),
    ("status with fraction", "lenient", b"Status: 404.5 X\n\n", "404 Not Found", [], b""),
    ("cr in value", "lenient", b"X-A: a\rSet-Cookie: x\n\n", "200 OK", [("X-A", "aSet-Cookie: x")], b""),
    ("nul in value", "lenient", b"X-A: a\0b\n\n", "200 OK", [("X-A", "a")], b""),
    ("senseless length", "lenient", b"Content-Length: abc\nA: b\n\nok", "200 OK", [("A", "b")], b"ok"),
    ("two lengths", "lenient", b"Content-Length: 1\nContent-Length: 2\n\n", "200 OK", [], b""),
    ("two statuses", "lenient", b"Status: 404 X\nStatus: 410 Y\n\n", "410 Y", [], b""),
    ("status line", "lenient", b"HTTP/1.0 404 Not Found\nA: b\n\n", "404 Not Found", [("A", "b")], b""),
    ("transfer encoding", "lenient", b"Transfer-Encoding: chunked\nA: b\n\n", "200 OK", [("A", "b")], b""),
    ("only a body", "lenient", b"\nbody", "200 OK", [], b"body"),
    ("longest line", "strict", b"X-A: " + b"a" * (8192 - 5) + b"\n\n", "200 OK", [("X-A", "a" * (8192 - 5))], b""),
]
# name, mode, output, what the message must speak of
BAD = [
    ("nothing", "strict", b"", "without any output"),
    ("no header", "strict", b"hello\nworld\n", "not a header line"),
    ("no blank line", "strict", b"A: b\n", "blank line"),
    ("half a line", "strict", b"A: b", "blank line"),
    ("blank first", "strict", b"\nA: b\n\n", "begins with a blank line"),
    ("space in name", "strict", b"A b: c\n\n", "not a header line"),
    ("space before colon", "strict", b"A : c\n\n", "not a header line"),
    ("empty name", "strict", b": c\n\n", "not a header line"),
    ("leading space", "strict", b" A: c\n\n", "not a header line"),
    ("folded", "strict", b"A: b\n c\n\n", "not a header line"),
    ("cr in value", "strict", b"X-A: a\rSet-Cookie: x\n\n", "control character"),
    ("nul in value", "strict", b"X-A: a\0b\n\n", "control character"),
    ("0x01 in value", "lenient", b"X-A: a\x01b\n\n", "control character"),
    ("status word", "strict", b"Status: abc\n\n", "Status"),
    ("status two digits", "strict", b"Status: 30 FooBar\n\n", "Status"),
    ("status four digits", "strict", b"Status: 1000\n\n", "Status"),
    ("status glued to its phrase", "strict", b"Status: 404Not Found\n\n", "Status"),
    ("status four digits", "lenient", b"Status: 4040 X\n\n", "Status"),
    ("status 103, glued", "lenient", b"Status: 103Early\n\n", "Status"),
    ("status with protocol", "strict", b"Status: HTTP/1.1 404\n\n", "Status"),
    ("status 101", "strict", b"Status: 101\n\n", "Status"),
    ("status 103", "lenient", b"Status: 103\n\n", "Status"),
    ("two statuses", "strict", b"Status: 404 X\nStatus: 410 Y\n\n", "two different Status"),
    ("status line", "strict", b"HTTP/1.0 404 Not Found\nA: b\n\n", "nph-"),
    ("transfer encoding", "strict", b"Transfer-Encoding: chunked\n\n0\r\n\r\n", "Transfer-Encoding"),
    ("senseless length", "strict", b"Content-Length: abc\n\n", "Content-Length"),
    ("negative length", "strict", b"Content-Length: -1\n\n", "Content-Length"),
    ("two lengths", "strict", b"Content-Length: 1\nContent-Length: 2\n\n", "Content-Length"),
    ("line too long", "strict", b"X-A: " + b"a" * (8192 - 4) + b"\n\n", "8192"),
    ("line without end", "lenient", b"X-A: " + b"a" * 10000, "8192"),
    ("block too long", "strict", (b"X-A: " + b"a" * 90 + b"\n") * 700 + b"\n", "65536"),
    ("nph junk", "nph", b"hello\n\n", "status line"),
    ("nph upgrade", "nph", b"HTTP/1.1 101 Switching\n\n", "switches"),
    ("nph endless interim", "nph", b"HTTP/1.1 100 Continue\n\n" * 51 + b"HTTP/1.1 200 OK\n\n", "interim"),
    ("nph only interim", "nph", b"HTTP/1.1 100 Continue\n\n", "without any output"),
]


def parse(mode: str, pieces: list[bytes]) -> tuple[Head, bytes]:
    """Return the head, and all bytes after it."""
    parser = OutputParser(strict=mode != "lenient", nph=mode == "nph")
    for position, piece in enumerate(pieces):
        head = parser.feed(piece)
        if head is not None:
            return head, head.start + b"".join(pieces[position + 1 :])
    parser.end()
    raise AssertionError("end() must raise")


def outcome(mode: str, pieces: list[bytes]) -> object:
    """Return everything that parsing gives, in a form that can be compared."""
    try:
        head, rest = parse(mode, pieces)
    except ProgramError as error:
        return (error.status, str(error))
    return (head.status_line, head.headers, head.redirect, head.location, head.content_length, rest)


@pytest.mark.parametrize(
    ("mode", "output", "status", "headers", "rest"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD]
)
def test_good(mode: str, output: bytes, status: str, headers: list[tuple[str, str]], rest: bytes) -> None:
    """Each output means what its row says."""
    head, body = parse(mode, [output])
    assert (head.status_line, list(head.headers), body) == (status, headers, rest)


@pytest.mark.parametrize(("mode", "output", "says"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad(mode: str, output: bytes, says: str) -> None:
    """Each malformed output is a 502 whose message names what is wrong."""
    with pytest.raises(ProgramError, match=says) as caught:
        parse(mode, [output])
    assert caught.value.status == 502


@pytest.mark.parametrize(("mode", "output"), [(row[1], row[2]) for row in GOOD + BAD if len(row[2]) < 2000])
def test_byte_by_byte(mode: str, output: bytes) -> None:
    """One byte at a time gives what all at once gives, also the same error."""
    assert outcome(mode, [output[i : i + 1] for i in range(len(output))]) == outcome(mode, [output])


LINES = st.sampled_from(
    [b"A: b", b"Status: 404 X", b"Status: 1", b"", b"Location: /x", b"X" * 9000, b"HTTP/1.1 100 C", b"\r", b"junk"]
)
OUTPUTS = st.one_of(st.binary(max_size=200), st.lists(LINES, max_size=12).map(b"\n".join))


@given(OUTPUTS, st.lists(st.integers(0, 20000), max_size=6), st.sampled_from(["strict", "lenient", "nph"]))
def test_any_cut(output: bytes, cuts: list[int], mode: str) -> None:
    """However the output is cut into pieces, the result is the same."""
    edges = [0, *sorted(min(cut, len(output)) for cut in cuts), len(output)]
    pieces = [output[start:end] for start, end in pairwise(edges)]
    assert outcome(mode, pieces) == outcome(mode, [output])


@given(OUTPUTS, st.sampled_from(["strict", "lenient", "nph"]))
def test_nothing_dangerous_passes(output: bytes, mode: str) -> None:
    """Whatever a program prints, what is forwarded has no control characters, no hop-by-hop field, and a final
    status.
    """
    result = outcome(mode, [output])
    if isinstance(result, tuple) and result[0] == 502:
        return
    assert isinstance(result, tuple)
    status_line, headers = result[0], result[1]
    assert 200 <= int(status_line[:3]) <= 999
    text = status_line + "".join(name + value for name, value in headers)
    assert not any(ord(char) < 32 and char != "\t" for char in text)
    assert not {name.lower() for name, _ in headers} & {"connection", "transfer-encoding", "status", "upgrade"}


@pytest.mark.parametrize(
    ("output", "redirect", "location"),
    [
        (b"Location: /x?q\n\n", "local", "/x?q"),
        (b"Location: /x\nSet-Cookie: a=1\n\n", "local", "/x"),
        (b"Status: 302\nLocation: /x\n\n", "none", "/x"),
        (b"Location: http://h/x\n\n", "none", "http://h/x"),
        (b"Location:\n\n", "none", ""),
    ],
)
def test_redirect_kind(output: bytes, redirect: str, location: str) -> None:
    """Only a path without a Status is a local redirect (RFC 3875 section 6.2.2)."""
    head, _ = parse("strict", [output])
    assert (head.redirect, head.location) == (redirect, location)


def test_block_of_a_hundred_megabytes() -> None:
    """A header without end is cut off at its limit, not gathered in memory."""
    parser = OutputParser()
    line = b"X-A: " + b"a" * 95 + b"\n"
    for _ in range(65536 // len(line)):
        parser.feed(line)
    with pytest.raises(ProgramError):
        parser.feed(line)
