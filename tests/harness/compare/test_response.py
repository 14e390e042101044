"""Whole answers: status, reason, framing, completeness, and what merely follows from something else."""

import gzip
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare import compare
from harness.exchange import Request, Response

BASE = Response(200, b"OK", ((b"Content-Type", b"text/plain"), (b"Content-Length", b"3")), b"abc")


JSON = (b"Content-Type", b"application/json")
HTML = (b"Content-Type", b"text/html")


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
    "a length that 204 must not have": (
        Response(204, b"No Content", BASE.headers[:1], framing="none"),
        Response(204, b"No Content", (BASE.headers[0], (b"Content-Length", b"4")), framing="none"),
        [("header", "Content-Length", "added", "", "4")],
    ),
    "a length of nothing with 204": (
        Response(204, b"No Content", BASE.headers[:1], framing="none"),
        Response(204, b"No Content", (BASE.headers[0], (b"Content-Length", b"0")), framing="none"),
        [("header", "Content-Length", "spelling", "without", "with its length")],
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
    "another document": (
        Response(200, b"OK", (JSON, (b"Cache-Control", b"no-store"), (b"ETag", b"1"), (b"X", b"1")), b'{"a": 1}'),
        Response(200, b"OK", (HTML, (b"ETag", b"2"), (b"X", b"2")), b"<p>a</p>"),
        [
            ("header", "X", "changed", "1", "2"),
            ("body", "body/document", "type", 'json {"a": 1}', "html <p>a</p>"),
        ],
    ),
    "an error's text instead of a page": (
        Response(200, b"OK", (HTML,), b"<p>a</p>"),
        Response(200, b"OK", (BASE.headers[0],), b"no"),
        [("body", "body/document", "type", "html <p>a</p>", "text no")],
    ),
    "only the type": (
        Response(200, b"OK", (JSON,), b'{"a": 1}'),
        Response(200, b"OK", (HTML,), b'{"a": 1}'),
        [("header", "Content-Type", "changed", "application/json", "text/html")],
    ),
    "the type, and a value": (
        Response(200, b"OK", (BASE.headers[0],), b'{"a": 1}'),
        Response(200, b"OK", (JSON,), b'{"a": 2}'),
        [
            ("header", "Content-Type", "changed", "text/plain", "application/json"),
            ("body", "text", "changed", '{"a": 1}', '{"a": 2}'),
        ],
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
    "cut off where nothing is lacking": (
        BASE,
        replace(BASE, headers=(BASE.headers[0], (b"Content-Length", b"5")), complete=False),
        [("framing", "complete", "changed", "complete", "cut off (Content-Length is more than there is)")],
    ),
    "cut off, of another length": (
        BASE,
        replace(BASE, headers=(BASE.headers[0], (b"Content-Length", b"5")), body=b"ab", complete=False),
        [
            ("header", "Content-Length", "changed", "3", "5"),
            ("framing", "complete", "changed", "complete", "cut off"),
        ],
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


LOOP = [("header", "Location", "changed", "another place", "the request itself, a loop")]
LOOPS = {
    "same path": (b"GET /a/B/ HTTP/1.1", 301, b"/a/b/", b"/a/B/", LOOP),
    "its own host": (b"GET /a/B/ HTTP/1.1", 302, b"http://h/a/b/", b"http://h/a/B/", LOOP),
    "the host that was asked": (b"GET /a/B/ HTTP/1.1", 302, b"/a/b/", b"http://me:80/a/B/", LOOP),
    "relative": (b"GET /a/B?x=1 HTTP/1.1", 302, b"C", b"B?x=1", LOOP),
    "another query": (b"GET /a/B?x=1 HTTP/1.1", 302, b"C", b"B?x=2", [("header", "Location", "changed", "C", "B?x=2")]),
    "another host": (b"GET /a HTTP/1.1", 302, b"/b", b"//h/a", [("header", "Location", "changed", "/b", "//h/a")]),
    "after a form": (b"POST /a HTTP/1.1", 303, b"/b", b"/a", [("header", "Location", "changed", "/b", "/a")]),
    "a form again": (b"POST /a HTTP/1.1", 307, b"/b", b"/a", LOOP),
    "a loop before": (b"GET /a HTTP/1.1", 302, b"/a", b"/a#x", [("header", "Location", "changed", "/a", "/a#x")]),
    "no address": (b"GET /a HTTP/1.1", 302, b"/a", b"//[", [("header", "Location", "changed", "/a", "//[")]),
}


@pytest.mark.parametrize(("line", "status", "old", "new", "expected"), LOOPS.values(), ids=LOOPS.keys())
def test_a_redirect_to_the_request_itself_is_a_loop(line, status, old, new, expected):
    """Each row: a request, a status, where old and new send it, and what is said."""
    request = Request(line, ((b"Host", b"me:80"),))
    answers = [Response(status, b"Found", ((b"Location", where),)) for where in (old, new)]
    assert [(d.aspect, d.path, d.kind, d.old, d.new) for d in compare(*answers, request)] == expected


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
