"""Heads and bodies that repeat: redacted as if each exchange were taken apart, and looked at for the first time."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exchange import Exchange, Request, Response
from harness.redact import bodies, redactor
from harness.redact.engine import Redactor

KEY = b"k" * 32
ADDRESSES = ["10.1.2.3", "192.0.2.77", "127.0.0.1", "", "2001:db8::5"]
SECRETS = ["kT9-pass-word1", "Zx81aaQQ44", "c2VjcmV0LW9uZQ"]
TARGETS = [
    "/simple/", "/simple/a?page=2", "/from/10.1.2.3", "/seen/192.0.2.77/x", "/zip/MTkyLjAuMi43Nw",
    *(f"/login?password={secret}" for secret in SECRETS), *(f"/file/{secret}" for secret in SECRETS),
    "/%6cogin?pass%77ord=kT9%2Dpass-word1", "/x?data=eyJwYXNzd29yZCI6ICJaeDgxYWFRUTQ0In0", "http://u:Zx81aaQQ44@h/",
]  # fmt: skip
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
HEADERS = [
    (), ((b"User-Agent", b"pip/1.0"),), ((b"X-Forwarded-For", b"10.1.2.3"),), ((b"Cookie", b"sid=Zx81aaQQ44"),),
    ((b"Referer", b"/file/kT9-pass-word1"), (b"User-Agent", b"x")), ((b"Referer", b"/x?token=Zx81aaQQ44&b=10.1.2.3"),),
    ((b"Authorization", b"Basic am86a1Q5LXBhc3Mtd29yZDE="), (b"Host", b"192.0.2.77")), ((b"X-Odd", b"c2VjcmV0LW9uZQ"),),
    ((b"Cookie", b"a=%6bT9-pass-word1; lang=en"), (b"X-Csrf-Token", b"c2VjcmV0LW9uZQ")),
    ((b"X Odd token", b"Zx81aaQQ44"),),
    ((b"User-Agent", b"Mozilla/5.0 Chrome/125.0.0.0"), (b"Via", b"1.1 10.1.2.3"), (b"From", b"jo@example.org")),
]  # fmt: skip
BODIES = [
    b"",
    b"",
    None,
    b"a=1&b=2",
    b"password=kT9-pass-word1&a=Zx81aaQQ44",
    b"x=c2VjcmV0LW9uZQ%3D%3D",
    b"q=10.1.2.3",
    b"d=eyJwYXNzd29yZCI6ICJaeDgxYWFRUTQ0In0",
]
EXCHANGES = st.builds(
    lambda target, headers, body, peer, answer, user: Exchange(
        "", Request(f"GET {target} HTTP/1.1".encode(), (FORM, *headers), body), answer, peer=peer, user=user
    ),
    st.sampled_from(TARGETS),
    st.sampled_from(HEADERS),
    st.sampled_from(BODIES),
    st.sampled_from(ADDRESSES),
    st.sampled_from([
        None, Response(200, body=None, size=3), Response(200, b"OK", ((b"Server", b"x"),)),
        Response(200, headers=((b"Set-Cookie", b"sid=Zx81aaQQ44"),)), Response(200, body=b"c2VjcmV0LW9uZQ 192.0.2.77"),
        Response(200, headers=((b"Content-Type", b"text/html"),), body=b"<p>kT9-pass-word1 of 10.1.2.3</p>"),
        Response(200, headers=((b"Content-Type", b"application/json"),), body=b'{"a": "Zx81aaQQ44"}'),
        Response(200, headers=((b"Content-Type", b"image/png"),), body=b'{"a": "Zx81aaQQ44"}'),
        Response(200, b"kT9-pass-word1", ((b"Content-Encoding", b"br"),), b"\x0b\x02\x80abc\x03"),
        Response(200, headers=((b"Content-Encoding", b"gzip"),), body=gzip.compress(b"<p>c2VjcmV0LW9uZQ", mtime=0)),
        Response(302, b"Found", ((b"Location", b"/a?token=Zx81aaQQ44"), (b"Content-Length", b"34")),
                 b"<input name=csrf value=kT9-pass-word1>"),
    ]),
    st.sampled_from(["", "jo", "jo@example.org"]),
)  # fmt: skip


def forgetful() -> Redactor:
    """A redactor that looks at every exchange anew."""
    one = redactor({"keep": ["192.0.2.77"]}, KEY)
    one.quick.redacted = lambda exchange, token, bodies: None  # type: ignore[method-assign]
    one.bodies.give = lambda key, body: None  # type: ignore[method-assign]
    return one


@given(st.lists(EXCHANGES, min_size=2, max_size=12))
def test_the_same_as_without_memory(exchanges: list[Exchange]) -> None:
    """Whatever came before, an exchange is redacted as by one that remembers nothing."""
    remembering, other = redactor({"keep": ["192.0.2.77"]}, KEY), forgetful()
    for exchange in [*exchanges, *exchanges]:
        assert remembering.redact(exchange) == other.redact(exchange)


def test_a_secret_learned_since_is_found_in_a_head_that_was_quiet() -> None:
    """A head that repeats is looked through for what was not known when it came first."""
    one = redactor({}, KEY)
    innocent = Exchange("", Request(b"GET /file/kT9-pass-word1 HTTP/1.1"), peer="10.1.2.3")
    assert b"kT9-pass-word1" in one.redact(innocent).request.start_line
    one.redact(Exchange("", Request(b"GET /login?password=kT9-pass-word1 HTTP/1.1")))
    assert b"kT9-pass-word1" not in one.redact(innocent).request.start_line


def test_the_address_of_each_client_is_its_own() -> None:
    """The same request by two clients is two clients'."""
    one = redactor({}, KEY)
    peers = [one.redact(Exchange("", Request(b"GET / HTTP/1.1"), peer=peer)).peer for peer in ADDRESSES[:2] * 2]
    assert peers[:2] == peers[2:]
    assert len({*peers, *ADDRESSES}) == len(ADDRESSES) + 2


def test_a_secret_learned_since_is_found_in_a_body_that_was_quiet() -> None:
    """A body that repeats is looked through for what was not known when it came first."""
    one = redactor({}, KEY)
    innocent = Exchange("", Request(b"GET / HTTP/1.1"), Response(200, body=b"<p>kT9-pass-word1</p>"))
    before = [one.redact(innocent).response for _ in range(2)]
    one.redact(Exchange("", Request(b"GET /login?password=kT9-pass-word1 HTTP/1.1")))
    after = [one.redact(innocent).response for _ in range(2)]
    assert before == [innocent.response] * 2
    assert after[0] == after[1]
    assert after[0] is not None
    assert b"kT9-pass-word1" not in (after[0].body or b"")


def test_bodies_that_are_remembered_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pages there are, and of whatever length."""
    monkeypatch.setattr(bodies, "TOTAL", 1000)
    one = redactor({}, KEY)
    for number in [*range(50), *range(50)]:
        one.redact(Exchange("", Request(b"GET / HTTP/1.1"), Response(200, body=b"page %d " % number * 30)))
        assert sum(len(key[1]) for key in [*one.bodies._quiet._young, *one.bodies._quiet._old]) <= 2000
    assert one.bodies._quiet
