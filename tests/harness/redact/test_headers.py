"""Addresses and credentials in header fields, however they are written: none is left, and nothing else is changed."""

from __future__ import annotations

import base64

import pytest

from harness.exchange import Exchange, Request, Response
from harness.redact import redactor

KEY = b"only this test knows this key..."
V4, V6 = b"203.0.113.77", b"2001:db9::77"
EMAIL, PASSWORD = b"anna.muster@example.org", b"correct horse"
ADDRESSES = [
    (b"X-Forwarded-For", V4 + b":1234"),
    (b"X-Forwarded-For", b"10.0.0.1, " + V4 + b":1234, " + V6),
    (b"X-Forwarded-For", b"[" + V6 + b"]:4711"),
    (b"X-Forwarded-For", b"unknown, " + V4),
    (b"X-Real-IP", V4 + b":80"),
    (b"Forwarded", b'for="' + V4 + b':4711";proto=http, for="[' + V6 + b']:4711"'),
    (b"Forwarded", b"by=_x;for=" + V4 + b":80"),
    (b"Via", b"1.1 " + V4 + b":3128 (squid)"),
    (b"CloudFront-Viewer-Address", V4 + b":46532"),
    (b"CloudFront-Viewer-Address", V6 + b":46532"),
    *(
        (name, V4)
        for name in b"X-Envoy-External-Address X-Appengine-User-Ip X-Azure-ClientIP Fly-Client-IP WL-Proxy-Client-IP "
        b"Proxy-Client-IP X-Originating-IP X-Nf-Client-Connection-Ip X-User-IP X-UserIP Remote-Addr X_FORWARDED_FOR "
        b"X-Forwarded-Client-Ip".split()
    ),
    (b"CF-Connecting-IPv6", V6),
    (b"X-User-IP", V4 + b", " + V6),
]
ORDINARY = [
    (b"X-Forwarded-Host", b"192.0.2.1"),
    (b"X-Forwarded-Proto", b"https"),
    (b"X-Client-Version", b"10.2.0.1"),
    (b"X-Client-Name", b"shop 1.2.3.4"),
    (b"X-Forwarded-For", b"unknown"),
    (b"Via", b"1.1 proxy-3 (squid/3.5.27)"),
    (b"X-Zip", b"1.2.3.4"),
    (b"Host", b"192.0.2.1:8000"),
]
CREDENTIALS = [
    (b"Authorization", b"Basic " + base64.b64encode(EMAIL + b":" + PASSWORD)),
    (b"Proxy-Authorization", b"Basic " + base64.b64encode(b"ACME\\" + EMAIL + b":")),
    (b"Authorization", b'Digest username="' + EMAIL + b'", realm="a", response="0123456789abcdef0123456789abcdef"'),
    (b"Cookie", b"a=1; " + EMAIL + b"=Zq7Rt2vLx9Kp4Wm8; b=2"),
]


def redacted(name: bytes, value: bytes, peer: str = "", body: bytes = b"") -> Exchange:
    """Return an exchange with this header, redacted."""
    answer = Response(200, b"OK", ((b"Content-Type", b"text/html"),), body)
    return redactor({}, KEY).redact(Exchange("day#1", Request(b"GET / HTTP/1.1", ((name, value),)), answer, peer=peer))


def field(exchange: Exchange) -> bytes:
    """Return the value of the header, and what base64 in it says."""
    value = exchange.request.headers[0][1]
    basic = value.startswith(b"Basic ")
    return value + base64.b64decode(value.removeprefix(b"Basic ")) if basic else value


@pytest.mark.parametrize("peer", ["", V4.decode()])
@pytest.mark.parametrize(("name", "value"), ADDRESSES)
def test_the_address_of_a_client_is_replaced(name: bytes, value: bytes, peer: str) -> None:
    """With a port, too, and in headers that nobody listed: what stands around it stays."""
    made = redacted(name, value, peer, b"<p>seen: " + V4)
    token = redactor({}, KEY).tokens.of
    expected = value
    for address in (V4, V6, b"10.0.0.1"):
        expected = expected.replace(address, token(address.decode()).encode())
    assert field(made) == expected
    assert made.response
    assert (V4 in value or bool(peer)) == (V4 not in (made.response.body or b""))


@pytest.mark.parametrize(("name", "value"), ORDINARY)
def test_what_is_no_address_of_a_client_stays(name: bytes, value: bytes) -> None:
    """Hosts, versions and names."""
    assert field(redacted(name, value)) == value


@pytest.mark.parametrize(
    "written", [b"2001:DB9::77", b"2001:0db9:0000:0000:0000:0000:0000:0077", b"2001:db9:0:0:0:0:0:77"]
)
def test_the_address_of_a_client_is_known_however_it_is_written(written: bytes) -> None:
    """RFC 4291 allows several ways."""
    made = redacted(b"Accept", b"*/*", V6.decode(), b"<p>" + written + b" and 2001:db9::777")
    assert made.response
    assert made.response.body == b"<p>" + made.peer.encode() + b" and 2001:db9::777"


@pytest.mark.parametrize(("name", "value"), CREDENTIALS)
def test_an_address_in_a_credential_is_replaced(name: bytes, value: bytes) -> None:
    """It is the user; a recording does not tell of it in another way either."""
    made = redacted(name, value)
    assert EMAIL not in field(made) + repr(made).encode()
    assert PASSWORD not in field(made)
    assert redactor({}, KEY).redact(made) == made
    assert "email" in {redaction.kind for redaction in made.redactions}


def test_a_credential_stays_one() -> None:
    """User and password have the tokens that they have elsewhere, also where the credential is repeated as a whole."""
    name, value = CREDENTIALS[0]
    token = redactor({}, KEY).tokens.of
    made = redacted(name, value, body=b"<p>" + value)
    expected = base64.b64encode(f"{token(EMAIL.decode())}:{token(PASSWORD.decode())}".encode())
    assert made.request.headers[0][1] == b"Basic " + expected
    assert made.response
    assert made.response.body == b"<p>Basic " + expected
    assert {redaction.place for redaction in made.redactions if redaction.kind == "password"} >= {
        "request.header Authorization password"
    }
