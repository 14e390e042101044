"""Rules of what is to be removed."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.exchange import Exchange, Request, Response
from harness.impact import read_removal

HOST = ((b"Host", b"h"),)
JSON = Response(200, b"OK", ((b"ETag", b"1"),), b'{"info": {"price": 1}, "all": [{"md5": "x"}]}')
LOGGED = Response(200, b"", (), None)


def made(line: str, *headers: tuple[bytes, bytes], body: bytes | None = b"", answer: Response = JSON) -> Exchange:
    """Return an exchange."""
    return Exchange("a#1", Request(line.encode(), (*HOST, *headers), body), answer)


FORM = (b"Content-Type", b"application/x-www-form-urlencoded")


@pytest.mark.parametrize(
    ("rule", "exchange", "concerned"),
    [
        ("endpoint:/item/*/json", made("GET /item/a/json HTTP/1.1"), True),
        ("endpoint:/item/*/json", made("GET /item/a HTTP/1.1"), False),
        ("endpoint:GET /item/*", made("HEAD /item/a HTTP/1.1"), False),
        ("method:HEAD", made("HEAD / HTTP/1.1"), True),
        ("method:HEAD@/b", made("HEAD / HTTP/1.1"), False),
        ("parameter:page", made("GET /?page=1 HTTP/1.1"), True),
        ("parameter::action=show", made("GET /?:action=list HTTP/1.1"), False),
        ("parameter::action=show@/", made("GET /?:action=show HTTP/1.1"), True),
        ("parameter:name", made("POST / HTTP/1.1", FORM, body=b"name=x"), True),
        ("parameter:name", made("POST / HTTP/1.1", FORM, body=None), None),
        ("header:If-None-Match", made("GET / HTTP/1.1", (b"if-none-match", b"x")), True),
        ("header:If-None-Match", made("GET / HTTP/1.1"), False),
        ("header:If-*", made("GET / HTTP/1.1", (b"If-Match", b"x")), True),
        ("header:If-None-Match", Exchange("a#1", Request(b"GET / HTTP/1.1"), LOGGED), None),
        ("field:json:info.price", made("GET / HTTP/1.1"), True),
        ("field:json:info.name", made("GET / HTTP/1.1"), False),
        ("field:json:all.md5", made("GET / HTTP/1.1"), True),
        ("field:json:*.price", made("GET / HTTP/1.1"), True),
        ("field:json:info.price", made("GET / HTTP/1.1", answer=LOGGED), None),
        ("field:json:info.price@/b", made("GET / HTTP/1.1", answer=LOGGED), False),
        ("field:header:etag", made("GET / HTTP/1.1"), True),
        ("field:text:md5", made("GET / HTTP/1.1"), True),
    ],
)
def test_tells_what_an_exchange_used(rule: str, exchange: Exchange, concerned: bool | None) -> None:
    """None where the recording does not tell."""
    assert read_removal(rule).concerns(exchange) is concerned


@pytest.mark.parametrize(
    "rule", ["/item", "endpoint:", "endpoint:item", "methd:GET", "method:get", "header:@/x", "field:price", "field:a:b"]
)
def test_says_how_a_rule_is_written(rule: str) -> None:
    """A rule that makes no sense is refused, with the rule."""
    with pytest.raises(UsageError, match="--remove"):
        read_removal(rule)


@pytest.mark.parametrize(
    ("rule", "endpoint", "same"),
    [
        ("endpoint:/item/*/json", "GET /item/{}/json", True),
        ("endpoint:/item/*", "GET /item/{}/", True),
        ("endpoint:/files/*", "GET /files/{*}", True),
        ("endpoint:/item/*/json", "GET /other/{}/json", False),
        ("method:HEAD", "HEAD /x", True),
        ("method:HEAD", "GET /x", False),
        ("field:header:ETag", "GET /x", True),
    ],
)
def test_tells_the_endpoints_of_reports(rule: str, endpoint: str, same: bool) -> None:
    """As the lab's map and the reports name them."""
    assert read_removal(rule).is_of(endpoint) is same
