"""Secrets in places that are easily forgotten: not one survives."""

from __future__ import annotations

import pytest

from harness.exchange import Exchange, Headers, Request, Response
from harness.redact import redactor

SECRET = b"Zq7Rt2vLx9Kp4Wm8"
FORM = b"application/x-www-form-urlencoded"


def asked(*headers: tuple[bytes, bytes]) -> Exchange:
    """Return a request with headers."""
    return Exchange("day#1", Request(b"GET / HTTP/1.1", headers))


def sent(body: bytes, kind: bytes = FORM, *headers: tuple[bytes, bytes]) -> Exchange:
    """Return a request with a body."""
    return Exchange("day#1", Request(b"POST / HTTP/1.1", ((b"Content-Type", kind), *headers), body))


def told(body: bytes, kind: bytes = b"text/html", *headers: tuple[bytes, bytes]) -> Exchange:
    """Return an answer with a body."""
    answer = Response(200, b"OK", ((b"Content-Type", kind), *headers), body)
    return Exchange("day#1", Request(b"GET / HTTP/1.1"), answer)


HEADERS = {
    "a bearer in base64": asked((b"Authorization", b"Bearer " + SECRET + b"==")),
    "negotiate": asked((b"Authorization", b"Negotiate " + SECRET + b"==")),
    "parameters without commas": asked((b"Authorization", b"Digest username=x response=" + SECRET)),
    "a quote in a parameter": asked((b"Authorization", b'Own a="x\\"' + SECRET + b'"')),
    "a key whose name may tell": asked((b"Ocp-Apim-Subscription-Key", SECRET)),
    "an authentication of its own": asked((b"X-Auth", SECRET)),
    "a semicolon in a cookie": asked((b"Cookie", b'sid="a;' + SECRET + b'"; x=1')),
    "a cookie without a name": asked((b"Cookie", b"a=1; " + SECRET)),
    "a cookie set without a name": told(b"", b"text/html", (b"Set-Cookie", SECRET + b"; Path=/")),
    "cookies joined": told(b"", b"text/html", (b"Set-Cookie", b"a=1; Path=/, uid=" + SECRET + b"; Path=/")),
    "a cookie of RFC 2965": told(b"", b"text/html", (b"Set-Cookie2", b'uid="' + SECRET + b'"; Version=1')),
}


def held(headers: Headers, body: bytes | None) -> bytes:
    """Return all that a side holds."""
    return b"\n".join([*(value for _, value in headers), body or b""])


def redacted(exchange: Exchange) -> bytes:
    """Return all that a redacted exchange holds."""
    made = redactor({}, b"only this test knows this key...").redact(exchange)
    answer = held(made.response.headers, made.response.body) if made.response else b""
    return made.request.start_line + held(made.request.headers, made.request.body) + answer + repr(made).encode()


@pytest.mark.parametrize("exchange", HEADERS.values(), ids=HEADERS)
def test_headers(exchange: Exchange) -> None:
    """Credentials and cookies of any make are replaced as wholes."""
    assert SECRET not in redacted(exchange)
