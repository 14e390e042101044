"""Whole answers: status, reason, framing, completeness, and what merely follows from something else."""

import gzip
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare import compare
from harness.exchange import Response

BASE = Response(200, b"OK", ((b"Content-Type", b"text/plain"), (b"Content-Length", b"3")), b"abc")


def with_body(body, **changes):
    """Return the base answer with another body, and the length that goes with it."""
    headers = ((b"Content-Type", b"text/plain"), (b"Content-Length", str(len(body)).encode()))
    return replace(BASE, headers=headers, body=body, **changes)


CASES = {
    "status, and the reason with it": (
        BASE,
        replace(BASE, status=404, reason=b"Not Found"),
        [("status", "", "changed", "200 OK", "404 Not Found")],
    ),
    "another status class, and all with it": (
        BASE,
        Response(302, b"Found", ((b"Location", b"/"),), b"moved"),
        [("status", "", "changed", "200 OK", "302 Found")],
    ),
    "another status of the class": (
        BASE,
        with_body(b"abd", status=201),
        [("status", "", "changed", "200 OK", "201 OK"), ("body", "text", "changed", "abc", "abd")],
    ),
    "reason": (BASE, replace(BASE, reason=b"Fine"), [("reason", "", "changed", "OK", "Fine")]),
    "reason's case": (BASE, replace(BASE, reason=b"Ok"), [("reason", "", "spelling", "OK", "Ok")]),
    "version": (BASE, replace(BASE, version=b"HTTP/1.0"), [("framing", "version", "changed", "HTTP/1.1", "HTTP/1.0")]),
    "framing alone": (BASE, replace(BASE, framing="close"), [("framing", "transfer", "changed", "length", "close")]),
    "chunked instead of a length": (
        BASE,
        replace(BASE, framing="chunked", headers=(BASE.headers[0], (b"Transfer-Encoding", b"chunked"))),
        [("header", "Content-Length", "spelling", "with its length", "in chunks")],
    ),
    "no length any more": (
        BASE,
        replace(BASE, framing="close", headers=BASE.headers[:1]),
        [("header", "Content-Length", "missing", "3", "")],
    ),
    "a wrong length instead of chunks": (
        replace(BASE, framing="chunked", headers=BASE.headers[:1]),
        replace(BASE, headers=(BASE.headers[0], (b"Content-Length", b"9"))),
        [("header", "Content-Length", "added", "", "9")],
    ),
    "no length where no body is": (
        replace(BASE, body=b"", framing="none"),
        replace(BASE, body=b"", framing="none", headers=BASE.headers[:1]),
        [("header", "Content-Length", "spelling", "with its length", "without")],
    ),
    "packed as the header says": (
        replace(BASE, headers=BASE.headers[:1]),
        replace(BASE, headers=(BASE.headers[0], (b"Content-Encoding", b"gzip")), body=gzip.compress(b"abc")),
        [("header", "Content-Encoding", "added", "", "gzip")],
    ),
    "a framing header renamed": (
        BASE,
        replace(BASE, framing="close", headers=(BASE.headers[0], (b"X-Length", b"3"))),
        [("header", "Content-Length", "renamed", "Content-Length", "X-Length")],
    ),
    "length of another body": (BASE, with_body(b"abcd"), [("body", "text", "changed", "abc", "abcd")]),
    "a wrong length": (
        BASE,
        replace(BASE, headers=(BASE.headers[0], (b"Content-Length", b"9")), body=b"abd"),
        [("header", "Content-Length", "changed", "3", "9"), ("body", "text", "changed", "abc", "abd")],
    ),
    "cut off": (
        BASE,
        replace(BASE, body=b"ab", complete=False),
        [("framing", "complete", "changed", "complete", "cut off")],
    ),
    "cut off, and other": (
        BASE,
        replace(BASE, body=b"xy", complete=False),
        [("framing", "complete", "changed", "complete", "cut off"), ("body", "text", "changed", "abc", "xy")],
    ),
    "raw head": (
        BASE,
        replace(BASE, raw_head=b"HTTP/1.1 200 OK\nA:1\n\n"),
        [("header", "raw head", "spelling", "(as usual)", "HTTP/1.1 200 OK\\nA:1\\n\\n")],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_one_cause_is_one_difference(old, new, expected):
    """Each row: two answers and all that is said about them."""
    assert [(d.aspect, d.path, d.kind, d.old, d.new) for d in compare(old, new)] == expected


def test_a_charset_is_said_once():
    """The same text in another charset is named at the header that announces it, not at the body again."""
    old, new = (
        Response(200, b"OK", ((b"Content-Type", b"text/plain; charset=" + name.encode()),), "\u00e9".encode(name))
        for name in ("utf-8", "latin-1")
    )
    assert [(d.aspect, d.path, d.kind) for d in compare(old, new)] == [("header", "Content-Type", "encoding")]


def test_what_a_log_does_not_know_is_not_compared():
    """An access log has status and size: headers, reason and framing are left out."""
    logged = Response(200, b"", (), None, size=3)
    assert compare(logged, BASE) == []
    assert [(d.aspect, d.path, d.old, d.new) for d in compare(logged, with_body(b"abcd"))] == [
        ("body", "length", "3 bytes", "4 bytes")
    ]


RESPONSES = st.builds(
    Response,
    status=st.sampled_from([200, 404]),
    reason=st.sampled_from([b"OK", b"ok", b"Not Found"]),
    headers=st.lists(
        st.tuples(
            st.sampled_from([b"Content-Type", b"X"]), st.sampled_from([b"text/html", b"application/json", b"text/xml"])
        ),
        max_size=3,
    ).map(tuple),
    body=st.binary(max_size=12)
    | st.sampled_from([b"<p>a</p>", b"<p>a", b"[1]", b"[1 ]", b"<a/>", b"<a></a>", b"\xef\xbb\xbfa", b"a"]),
    framing=st.sampled_from(["length", "chunked"]),
    complete=st.booleans(),
)


@given(RESPONSES, RESPONSES)
def test_answers_of_other_bytes_always_differ(old, new):
    """Whatever two answers hold: unequal ones have a difference, equal ones none, and texts can be shown."""
    found = compare(old, new)
    assert bool(found) == (old != new)
    for difference in found:
        assert difference.old.isprintable()
        assert difference.new.isprintable()
        assert len(difference.old) <= 200
        assert len(difference.new) <= 200


def test_answers_do_not_differ_from_themselves():
    """Equal answers have no difference, whatever their bodies claim to be."""
    broken = Response(200, b"OK", ((b"Content-Type", b"application/json"), (b"Content-Encoding", b"gzip")), b"{")
    assert compare(broken, replace(broken)) == []
