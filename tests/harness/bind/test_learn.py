"""What two answers call otherwise."""

from __future__ import annotations

import gzip
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bind.learn import Pair, of_text, pairs
from harness.exchange import Headers, Response

A, B = b"9b1c7f0e2a4d6b8c9b1c7f0e2a4d6b8d", b"0f5e2d1c9b8a7f6e0f5e2d1c9b8a7f60"
PATH = b"/items"


def learned(then: bytes, now: bytes) -> list[tuple[str, bytes, bytes, bytes]]:
    """Return what two bodies call otherwise, as rows."""
    return [(p.sort, p.scope, p.recorded, p.own) for p in of_text(then, now, PATH)]


def test_tokens_in_another_order_are_no_others() -> None:
    """Digests in the members of an object, whose order is an accident: each still means itself."""
    then, now = (b'{"a": "%s", "b": "%s"}' % both for both in ((A, B), (B, A)))
    assert learned(then, now) == []


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (b"<p>t=%s</p>" % A, b"<p>t=%s</p>" % B, [("token", b"", A, B)]),
        (b'<a href="/item/12">x', b'<a href="/item/14">x', [("weak", b"item", b"12", b"14")]),
        (b'{"id":12,"n":3}', b'{"id":14,"n":4}', [("weak", b"item", b"12", b"14")]),
        (
            b'<a href="/entry/1795387820-15959">x',
            b'<a href="/entry/1795387820-4711">x',
            [("weak", b"entry", b"1795387820-15959", b"1795387820-4711")],
        ),
        (b'<a href="/day/2026-11-22">x', b'<a href="/day/2026-11-23">x', []),
        (b"page 12 of 30", b"page 14 of 31", []),
        (b"costs 12", b"costs 14", []),
        (b"<p>hello</p>", b"<p>goodbye</p>", []),
        (b"2016-05-16 10:11:12", b"2026-11-22 20:11:12", []),
        (b"a-1.0.tar.gz", b"a-1.1.tar.gz", []),
        (b'<a href="?page=2">', b'<a href="?page=3">', []),
        (b"<td width=640>", b"<td width=641>", []),
        (b"\0\x89PNG\xff12", b"\0\x89PNG\xfe14", []),
    ],
    ids=[
        "token",
        "segment",
        "member",
        "time and process",
        "day",
        "page",
        "price",
        "words",
        "time",
        "version",
        "paging",
        "width",
        "binary",
    ],
)
def test_only_what_looks_like_a_name_counts(
    then: bytes, now: bytes, expected: list[tuple[str, bytes, bytes, bytes]]
) -> None:
    """A small number only at a place of ids."""
    assert learned(then, now) == expected


def test_names_are_paired_by_what_stands_around_them() -> None:
    """Not by position: a list that has grown moves nothing."""
    then = b"".join(b'<li><a href="/item/%d">%s</a>' % pair for pair in [(12, b"spade"), (13, b"rake")])
    now = b"".join(b'<li><a href="/item/%d">%s</a>' % pair for pair in [(90, b"axe"), (14, b"spade"), (15, b"rake")])
    assert learned(then, now) == [("weak", b"item", b"12", b"14"), ("weak", b"item", b"13", b"15")]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (b'<li><a href="/item/12">spade</a> and more of it', b'<li><a href="/item/90">axe</a> and more of it'),
        (b'<a href="/simple/python3/">x</a>', b'<a href="/simple/python4/">x</a>'),
        (b'<a href="/simple/b2/">x</a>', b'<a href="/simple/x9/">x</a>'),
        (b'{"name": "python3", "a": 1}', b'{"name": "python4", "a": 1}'),
    ],
    ids=["another thing in its place", "a name with a number", "a short name", "a member"],
)
def test_another_thing_is_no_other_name(then: bytes, now: bytes) -> None:
    """What is listed today may not be what was listed."""
    assert learned(then, now) == []


COOKIES: Headers = ((b"Set-Cookie", b"sid=" + A + b"; Path=/a"), (b"set-cookie", b"lang=en"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (
            ((b"Set-Cookie", b"lang=de"), (b"Set-Cookie", b"sid=" + B)),
            [
                Pair("cookie", b"sid", A, B, True),
                Pair("token", b"", A, B, True),
                Pair("cookie", b"lang", b"en", b"de", True),
            ],
        ),
        (((b"Set-Cookie", b"sid=" + B + b"; Max-Age=0"),), []),
        (((b"Set-Cookie", b"sid=x; expires=Thu, 01-Jan-1970 00:00:00 GMT"),), []),
        (((b"Set-Cookie", b"other=" + B),), [Pair("renamed", b"sid", A, b"other=" + B)]),
        (
            ((b"Set-Cookie", b"lang=de"), (b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")),
            [Pair("cookie", b"lang", b"en", b"de", True), Pair("renamed", b"sid", A, b"a=1; b=2")],
        ),
        (
            ((b"Set-Cookie", b"lang=en"), (b"Set-Cookie", b"sid=" + A), (b"Set-Cookie", b"more=1")),
            [
                Pair("cookie", b"sid", A, A, True),
                Pair("token", b"", A, A, True),
                Pair("cookie", b"lang", b"en", b"en", True),
                Pair("joined", b"sid", A, b"more=1"),
            ],
        ),
        ((), []),
    ],
    ids=["other values", "deleted", "expired", "another name", "two instead", "one more", "none"],
)
def test_cookies_are_paired_by_name(now: Headers, expected: list[Pair]) -> None:
    """Wherever they stand, whatever their attributes."""
    assert list(pairs(Response(200, headers=COOKIES), Response(200, headers=now), PATH)) == expected


def test_validators_and_other_headers() -> None:
    """An entity tag, a date of change, the target of a redirect; never the date of the answer."""
    then = ((b"ETag", b'"a"'), (b"Last-Modified", b"x"), (b"Location", b"/item/12"), (b"Date", b"12"))
    now = ((b"Date", b"14"), (b"etag", b'"b"'), (b"last-modified", b"y"), (b"location", b"/item/14"))
    assert list(pairs(Response(302, headers=then), Response(302, headers=now), PATH)) == [
        Pair("etag", b"", b'"a"', b'"b"'),
        Pair("modified", PATH, b"x", b"y"),
        Pair("weak", b"item", b"12", b"14"),
    ]


def test_a_compressed_body_is_read() -> None:
    """By gzip; what cannot be is passed over."""
    head: Headers = ((b"Content-Encoding", b"gzip"),)
    then, now = (Response(200, headers=head, body=gzip.compress(b"<p>t=%s</p>" % token)) for token in (A, B))
    assert [pair.own for pair in pairs(then, now, PATH)] == [B]
    assert list(pairs(then, Response(200, headers=head, body=b"junk"), PATH)) == []


TOKENS = st.integers().map(lambda number: hashlib.sha256(str(number).encode()).hexdigest()[:32].encode())
WORDS = st.lists(st.sampled_from([b"red", b"green", b"<b>", b"</b>", b" ", b"\n", b"&amp;", b"="]), max_size=20)


@given(st.lists(st.tuples(WORDS, TOKENS, TOKENS), max_size=6), WORDS)
def test_tokens_in_any_text_are_all_found_in_order(
    parts: list[tuple[list[bytes], bytes, bytes]], end: list[bytes]
) -> None:
    """Where all around them is alike, but for those that both texts know."""
    texts = [
        b"".join(b"".join(part[0]) + b"'" + part[side] + b"'" for part in parts) + b"".join(end) for side in (1, 2)
    ]
    found = [(pair.recorded, pair.own) for pair in of_text(*texts, PATH) if pair.sort == "token"]
    moved = {then for _, then, _ in parts} & {now for _, _, now in parts}
    assert found == [(then, now) for _, then, now in parts if then != now and not {then, now} <= moved]
