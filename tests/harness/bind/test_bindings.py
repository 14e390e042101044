"""Requests with a side's own names in the place of the recorded: in each position, in each spelling, nowhere else."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bind import Bindings
from harness.bind.bindings import MOST
from harness.bind.learn import Pair
from harness.exchange import Exchange, Headers, Request, Response

THEN, NOW = b"9b1c+f0e2/4d6b8c9b1c7f0e2a4d6b8d==", b"0f5e2d/c9b8+7f6e0f5e2d1c9b8a7f60=="
PLAIN_THEN, PLAIN_NOW = b"9b1c7f0e2a4d6b8c9b1c7f0e2a4d6b8d", b"0f5e2d1c9b8a7f6e0f5e2d1c9b8a7f60"
URL_THEN, URL_NOW = quote(THEN, "").encode(), quote(NOW, "").encode()
TOKEN = Pair("token", b"", THEN, NOW)
PLAIN = Pair("token", b"", PLAIN_THEN, PLAIN_NOW)
ITEM = Pair("weak", b"item", b"12", b"140")
SESSION = Pair("cookie", b"sid", b"abc", b"xyz")
FORM: Headers = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
JSON: Headers = ((b"content-type", b"application/json; charset=utf-8"),)
XML: Headers = ((b"Content-Type", b"text/xml"),)
PARTS: Headers = ((b"Content-Type", b"multipart/form-data; boundary=b"),)


def bound(request: Request, *pairs: Pair) -> Request:
    """Return a request as a side that knows these pairs is asked it."""
    bindings = Bindings()
    bindings.give(pairs)
    return bindings.bind(Exchange("t#1", request)).request


def line(target: str) -> Request:
    """A request that is only its line."""
    return Request(f"GET {target} HTTP/1.1".encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/item/12", "/item/140"),
        ("/items/12/edit?x=12", "/items/140/edit?x=12"),
        ("/show?item=12&n=12", "/show?item=140&n=12"),
        ("/show?item_id=12", "/show?item_id=140"),
        ("/item?id=12", "/item?id=140"),
        ("/item/12?next=%2Fitem%2f12", "/item/140?next=%2Fitem%2f140"),
        ("http://h.example/item/12", "http://h.example/item/140"),
        ("/page/12", "/page/12"),
        ("/item/120", "/item/120"),
        ("/item/x12", "/item/x12"),
        ("/12", "/12"),
        ("/user?id=12", "/user?id=12"),
        ("/show?item=12-13", "/show?item=12-13"),
    ],
)
def test_a_number_is_replaced_only_where_it_is_that_id(before: str, after: str) -> None:
    """Page 12, user 12 and 120 are others."""
    assert bound(line(before), ITEM) == line(after)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        (((b"Cookie", b"a=1; sid=abc; b=2"),), ((b"Cookie", b"a=1; sid=xyz; b=2"),)),
        (((b"cookie", b'sid="abc";a=abc'),), ((b"cookie", b'sid="xyz";a=abc'),)),
        (((b"Cookie", b"other=abc"),), ((b"Cookie", b"other=abc"),)),
        (((b"Cookie", b"sid=abcd"),), ((b"Cookie", b"sid=abcd"),)),
        (((b"X-Sid", b"abc"),), ((b"X-Sid", b"abc"),)),
    ],
    ids=["among others", "quoted", "another name", "another value", "another header"],
)
def test_a_cookie_is_replaced_by_name_and_value(headers: Headers, after: Headers) -> None:
    """In its own cookie, nowhere else."""
    assert bound(Request(b"GET /abc HTTP/1.1", headers), SESSION) == Request(b"GET /abc HTTP/1.1", after)


def test_a_cookie_that_a_side_calls_otherwise_is_sent_under_that_name() -> None:
    """As the client would who never saw the other."""
    renamed = Pair("renamed", b"sid", b"abc", b"session=xyz; more=1")
    made = bound(Request(b"GET / HTTP/1.1", ((b"Cookie", b"a=1; sid=abc; b=2"),)), renamed)
    assert made.headers == ((b"Cookie", b"a=1; session=xyz; more=1; b=2"),)


def test_a_cookie_more_goes_beside_the_one_it_came_with() -> None:
    """Whatever becomes of that one."""
    headers: Headers = ((b"Cookie", b"a=1; sid=abc; b=2"),)
    joined = Pair("joined", b"sid", b"abc", b"more=1")
    for pairs, sent in (((joined,), b"sid=abc; more=1"), ((joined, SESSION), b"sid=xyz; more=1")):
        assert bound(Request(b"GET / HTTP/1.1", headers), *pairs).headers == ((b"Cookie", b"a=1; " + sent + b"; b=2"),)


def test_a_session_s_token_stays_in_cookies_of_other_names() -> None:
    """But is replaced in URLs, which carry sessions too."""
    pairs = [Pair("cookie", b"sid", PLAIN_THEN, PLAIN_NOW, True), Pair("token", b"", PLAIN_THEN, PLAIN_NOW, True)]
    headers: Headers = ((b"Cookie", b"other=" + PLAIN_THEN),)
    made = bound(Request(b"GET /?sid=" + PLAIN_THEN + b" HTTP/1.1", headers), *pairs)
    assert made == Request(b"GET /?sid=" + PLAIN_NOW + b" HTTP/1.1", headers)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("Authorization", b"Bearer " + THEN, b"Bearer " + NOW),
        ("Authorization", b"Basic " + base64.b64encode(b"u:" + THEN), b"Basic " + base64.b64encode(b"u:" + NOW)),
        ("Authorization", b"Basic !!", b"Basic !!"),
        ("X-CSRF-Token", THEN, NOW),
        (
            "Referer",
            b"http://h/item/12?t=" + quote(THEN, "").encode(),
            b"http://h/item/140?t=" + quote(NOW, "").encode(),
        ),
        ("If-None-Match", b'W/"a", "b"', b'W/"c", "b"'),
        ("If-Modified-Since", b"then", b"now"),
        ("User-Agent", b"x/" + THEN, b"x/" + THEN),
    ],
)
def test_headers_that_carry_names(name: str, before: bytes, after: bytes) -> None:
    """Credentials, tokens, addresses, validators."""
    pairs = [TOKEN, ITEM, Pair("etag", b"", b'W/"a"', b'W/"c"'), Pair("modified", b"/x", b"then", b"now")]
    made = bound(Request(b"GET /x HTTP/1.1", ((name.encode(), before),)), *pairs)
    assert made.headers == ((name.encode(), after),)


@pytest.mark.parametrize(
    ("headers", "before", "after"),
    [
        (FORM, b"item=12&n=12&t=" + quote_plus(THEN).encode(), b"item=140&n=12&t=" + quote_plus(NOW).encode()),
        (FORM, b"t=" + quote(THEN, "").lower().encode(), b"t=" + quote(NOW, "").lower().encode()),
        (JSON, b'{"item_id":12,"n":12,"t":"' + THEN + b'"}', b'{"item_id":140,"n":12,"t":"' + NOW + b'"}'),
        (JSON, b'{"t":"' + THEN.replace(b"/", b"\\/") + b'"}', b'{"t":"' + NOW.replace(b"/", b"\\/") + b'"}'),
        (
            XML,
            b"<member><name>item_id</name><value><int>12</int></value></member><b>12</b><c>" + THEN + b"</c>",
            b"<member><name>item_id</name><value><int>140</int></value></member><b>12</b><c>" + NOW + b"</c>",
        ),
        (
            PARTS,
            b'--b\r\nContent-Disposition: form-data; name="item"\r\n\r\n12\r\n--b\r\n'
            b'Content-Disposition: form-data; name="n"\r\n\r\n12\r\n--b--\r\n',
            b'--b\r\nContent-Disposition: form-data; name="item"\r\n\r\n140\r\n--b\r\n'
            b'Content-Disposition: form-data; name="n"\r\n\r\n12\r\n--b--\r\n',
        ),
        ((), b"just " + THEN + b" bytes", b"just " + NOW + b" bytes"),
    ],
    ids=["form", "small digits", "json", "escaped slashes", "xml-rpc", "multipart", "no type"],
)
def test_bodies_of_each_kind_and_their_length(headers: Headers, before: bytes, after: bytes) -> None:
    """In their own spelling; Content-Length follows."""
    sizes = [(b"Content-Length", str(len(body)).encode()) for body in (before, after)]
    made = bound(Request(b"POST /x HTTP/1.1", (*headers, sizes[0]), before, "length"), TOKEN, ITEM)
    assert made == Request(b"POST /x HTTP/1.1", (*headers, sizes[1]), after, "length")


def test_a_head_that_was_written_oddly_stays_so() -> None:
    """Only the names in it change."""
    raw = b"GET  /item/12 HTTP/1.1\nhost:h\nCookie:sid=abc\n\n"
    request = Request(b"GET  /item/12 HTTP/1.1", ((b"host", b"h"), (b"Cookie", b"sid=abc")), raw_head=raw)
    made = bound(request, ITEM, SESSION)
    assert made.raw_head == raw.replace(b"12", b"140").replace(b"abc", b"xyz")
    assert made.start_line == b"GET  /item/140 HTTP/1.1"


def test_the_latest_name_holds() -> None:
    """Also where it is the recording's own again."""
    bindings = Bindings()
    exchange = Exchange("t#1", Request(b"GET / HTTP/1.1", ((b"Cookie", b"sid=abc"),)))
    for own, sent in ((b"one", b"sid=one"), (b"two", b"sid=two"), (b"abc", b"sid=abc")):
        bindings.give([Pair("cookie", b"sid", b"abc", own)])
        assert bindings.bind(exchange).request.header(b"cookie") == sent


def test_what_is_kept_is_bounded_and_the_oldest_goes() -> None:
    """However long the scenario; what is fixed stays, whatever is learned."""
    bindings = Bindings([TOKEN])
    bindings.give([Pair("token", b"", THEN, b"other")])
    bindings.give(Pair("cookie", b"sid", b"then%d" % number, b"now%d" % number) for number in range(MOST + 10))
    sent = [
        bindings.bind(Exchange("t", Request(b"GET / HTTP/1.1", ((b"Cookie", b"sid=then%d" % number),)))).request.headers
        for number in (0, MOST + 9)
    ]
    assert [headers[0][1] for headers in sent] == [b"sid=then0", b"sid=now%d" % (MOST + 9)]
    assert bindings.bind(Exchange("t", line("/?" + URL_THEN.decode()))).request == line("/?" + URL_NOW.decode())


def test_a_new_scenario_knows_only_what_is_fixed() -> None:
    """What one client was given is another's no more."""
    bindings = Bindings([TOKEN])
    bindings.give([ITEM])
    bindings.clear()
    exchange = Exchange("t", Request(b"GET /item/12?t=" + quote(THEN, "").encode() + b" HTTP/1.1"))
    assert bindings.bind(exchange).request.target == b"/item/12?t=" + quote(NOW, "").encode()


def test_an_answer_that_was_not_recorded_teaches_nothing() -> None:
    """As of an access log."""
    bindings = Bindings()
    for recorded in (None, Response(200, body=None)):
        exchange = Exchange("t", Request(b"GET / HTTP/1.1"), recorded)
        assert bindings.learn(exchange, Response(200, body=PLAIN_NOW)) == []


SAFE = st.text("abcxyz ._-", max_size=12).map(str.encode)
POSITIONS: dict[str, Callable[[bytes, bytes, bytes], Request]] = {
    "query": lambda left, value, right: Request(
        b"GET /x?a="
        + quote_plus(left).encode()
        + b"&t="
        + quote(value, "").encode()
        + b"&b="
        + quote_plus(right).encode()
        + b" HTTP/1.1"
    ),
    "segment": lambda left, value, right: Request(
        b"GET /" + quote(left).encode() + b"/" + quote(value, "").encode() + b"/" + quote(right).encode() + b" HTTP/1.1"
    ),
    "form": lambda left, value, right: Request(
        b"POST / HTTP/1.1",
        FORM,
        b"a=" + quote_plus(left).encode() + b"&t=" + quote_plus(value).encode() + b"&b=" + quote_plus(right).encode(),
    ),
    "json": lambda left, value, right: Request(
        b"POST / HTTP/1.1",
        JSON,
        json.dumps({"a": left.decode(), "t": value.decode(), "b": right.decode()}).encode(),
    ),
    "xml": lambda left, value, right: Request(
        b"POST / HTTP/1.1",
        XML,
        b"<a>" + left + b"</a><b>" + html.escape(value.decode()).encode() + b"</b><c>" + right + b"</c>",
    ),
    "cookie": lambda left, value, right: Request(
        b"GET / HTTP/1.1", ((b"Cookie", b"a=" + left.strip() + b"; t=" + value + b"; b=" + right.strip()),)
    ),
    "header": lambda left, value, right: Request(b"GET / HTTP/1.1", ((b"X-A", left), (b"X-T", value), (b"X-B", right))),
    "multipart": lambda left, value, right: Request(
        b"POST / HTTP/1.1",
        PARTS,
        b'--b\r\nContent-Disposition: form-data; name="' + left + b'"\r\n\r\n' + value + b"\r\n--b--" + right,
    ),
}


@pytest.mark.parametrize("position", POSITIONS)
@given(left=SAFE, right=SAFE, plain=st.booleans())
def test_a_token_is_replaced_exactly_where_it_stands(position: str, left: bytes, right: bytes, plain: bool) -> None:
    """In every position and its spelling; all else stays the same to the byte."""
    then, now = (PLAIN_THEN, PLAIN_NOW) if plain else (THEN, NOW)
    made = bound(POSITIONS[position](left, then, right), TOKEN, PLAIN, ITEM, SESSION)
    assert made == POSITIONS[position](left, now, right)


@pytest.mark.parametrize("position", POSITIONS)
@given(left=SAFE, value=st.text("abc019&=<>\"'/+% ", min_size=1, max_size=20).map(str.encode))
def test_without_names_in_it_a_request_is_the_same_object(position: str, left: bytes, value: bytes) -> None:
    """Nothing is decoded and written again."""
    exchange = Exchange("t", POSITIONS[position](left, value, left))
    bindings = Bindings()
    assert bindings.bind(exchange) is exchange
    bindings.give([TOKEN, PLAIN])
    assert bindings.bind(exchange) is exchange


NAMES = st.sampled_from([PLAIN_THEN, PLAIN_NOW, THEN, NOW, b"12", b"140", b"a8f3", b"spade", b"\xff\x00"])
GLUE = st.sampled_from(
    [b"/item/", b"?id=", b"&", b'{"id": ', b'"', b"<input type=hidden name=x value=", b">", b" ", b"%2F", b"\\u00"]
)
TEXTS = st.lists(st.one_of(NAMES, GLUE), max_size=12).map(b"".join)


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_is_answered_and_asked_nothing_breaks(then: bytes, now: bytes, asked: bytes) -> None:
    """And what is sent is as long as its Content-Length says."""
    head: Headers = ((b"Set-Cookie", b"sid=" + then), (b"Location", then), (b"Content-Type", b"text/html"))
    own: Headers = ((b"Set-Cookie", b"sid=" + now), (b"Location", now))
    bindings = Bindings()
    request = Request(b"GET /items HTTP/1.1")
    bindings.learn(Exchange("t", request, Response(200, headers=head, body=then)), Response(200, headers=own, body=now))
    length = (b"Content-Length", str(len(asked)).encode())
    sent = bindings.bind(Exchange("t", Request(b"POST /" + asked + b" HTTP/1.1", (length, (b"Cookie", asked)), asked)))
    assert sent.request.header(b"content-length") == str(len(sent.request.body or b"")).encode()
