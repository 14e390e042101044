"""`harness show --privacy`: every field kept in clear is told, never a value, the doubtful ones first."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from harness.exchange import Exchange, Headers, Redaction, Request, Response
from harness.redact.fields import fields_of
from harness.redact.privacy import MOST, looks_like, report

FORM: Headers = ((b"Content-Type", b"application/x-www-form-urlencoded"),)
JSON: Headers = ((b"Content-Type", b"application/json"),)
XML: Headers = ((b"Content-Type", b"text/xml"),)
HTML: Headers = ((b"Content-Type", b"text/html"),)
PARTS: Headers = ((b"Content-Type", b"multipart/form-data; boundary=X"),)
UPLOAD = (
    b'--X\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    b'--X\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n\x00\x01\r\n--X--\r\n'
)
CALL = (
    b"<methodCall><methodName>user.add</methodName><params><param><value><struct><member><name>mail</name>"
    b"<value><string>a@b.example</string></value></member></struct></value></param></params></methodCall>"
)


def request(headers: Headers = (), body: bytes = b"", line: bytes = b"POST / HTTP/1.1") -> Exchange:
    """Return an exchange without an answer."""
    return Exchange("x#1", Request(line, headers, body))


def answer(headers: Headers, body: bytes) -> Exchange:
    """Return an exchange with this answer."""
    return Exchange("x#1", Request(b"GET / HTTP/1.1"), Response(200, b"OK", headers, body))


@pytest.mark.parametrize(
    ("exchange", "place", "value"),
    [
        (request(line=b"GET /?who=al%40x HTTP/1.1"), "query who", "al@x"),
        (request(((b"x-note", b"n"),)), "header X-Note", "n"),
        (request(((b"Cookie", b"a=1; b=2"),)), "cookie b", "2"),
        (request(FORM, b"a=1&b=x+y"), "form b", "x y"),
        (request(PARTS, UPLOAD), "form note", "hello"),
        (request(JSON, b'{"a": [{"b": "c"}]}'), "json a[].b", "c"),
        (request(XML, CALL), "xml user.add mail", "a@b.example"),
        (answer(((b"ETag", b'"1"'),), b""), "answer header Etag", '"1"'),
        (answer(((b"Set-Cookie", b"sid=9; Path=/"),), b""), "answer cookie sid", "9"),
        (answer(HTML, b'<input name="q" value="a &amp; b">'), "answer input q", "a & b"),
        (answer(JSON, gzip.compress(b'{"n": 5}')), "answer json n", "5"),
        (answer(JSON, gzip.compress(b'{"n": 5}')[:-6] + b"broken"), "answer json n", "5"),
        (answer((*JSON, (b"Content-Encoding", b"deflate")), zlib.compress(b'{"n": 5}')), "answer json n", "5"),
        (answer(JSON, b'{"n": 5}\n{"m": "x"}\n'), "answer json m", "x"),
        (answer(JSON, b'{"a": {"m": "x", "o": "cut'), "answer json o", "cut"),
        (answer(((b"Content-Type", b"application/javascript"),), b'call({"m": "x"})'), "answer json m", "x"),
        (request((), b"a=1&b=x+y"), "form b", "x y"),
        (request((), b'{"m": "x"}'), "json m", "x"),
        (request(XML, b'<call id="7"><b/></call>'), "xml <call> id", "7"),
        (request(XML, "<m>x</m>".encode("utf-16")), "xml <m>", "x"),
        (request(PARTS, UPLOAD[:68]), "form note", "hello"),
        (request(line=b"GET /reset/a%20b;s=1 HTTP/1.1"), "path", "a b;s=1"),
        (Exchange("x", Request(b"-"), user="al", peer="10.1.2.3"), "authenticated user", "al"),
        (Exchange("x", Request(b"-"), user="al", peer="10.1.2.3"), "client address", "10.1.2.3"),
    ],
)
def test_each_named_value_is_found(exchange: Exchange, place: str, value: str) -> None:
    """Wherever it stands, as people call the place."""
    assert (place, value) in list(fields_of(exchange))


@pytest.mark.parametrize("body", [b'{"a": ', b"[" * 100_000, b"\xff\xfe", b""])
def test_broken_documents_do_no_harm(body: bytes) -> None:
    """They have no fields, and stop nothing."""
    assert [place for place, _ in fields_of(request(JSON, body))] == ["header Content-Type"]


@pytest.mark.parametrize(
    ("value", "look"),
    [
        ("4111 1111 1111 1111", "a card number"),
        ("4111 1111 1111 1112", ""),
        ("anna@example.org", "an e-mail address"),
        ("to Anna <anna@example.org>", "an e-mail address"),
        ("9f8a7c6e5d4b3a291807f6e5d4c3b2a1", "a token"),
        ("Bearer aB3kQ9xZ0pL2mW8vT4cN", "a token"),
        ("DE89370400440532013000", "an IBAN"),
        ("+49 30 1234567", "a phone number"),
        ("192.168.1.20", "an address"),
        ("via 2001:db8::1 today", "an address"),
        ("Mozilla/5.0 (X11; Linux)", ""),
        ("12:30:00", ""),
        ("text/html, */*;q=0.8", ""),
    ],
)
def test_what_values_look_like(value: str, look: str) -> None:
    """What people would not want to find in a recording is recognised, ordinary values are not."""
    # an IBAN is irregular enough for a token, too, which says enough
    assert looks_like(value) in ((look, "a token") if look == "an IBAN" else (look,))


def lines(*exchanges: Exchange) -> list[str]:
    """Return the report."""
    return list(report([exchanges]))


def test_doubtful_fields_come_first() -> None:
    """Before those that are merely frequent; with how many of their values are doubtful."""
    told = lines(
        *[request(FORM, b"page=1&contact=a@b.example")] * 2, request(FORM, b"page=2&contact=none&secret_code=1")
    )
    assert told[0] == "3 exchanges; kept in clear, doubtful fields first:"
    assert told[1] == "       3  form contact  4 to 11 characters: letters, signs  (2 like an e-mail address)"
    assert "form secret_code" in told[2]
    assert "its name says that it is a secret" in told[2]
    assert told[-1] == "nothing was redacted"


def test_no_value_is_shown() -> None:
    """The report itself can be given to anybody."""
    whole = "\n".join(lines(request(((b"X-Note", b"hunter2"), *FORM), b"pw=hunter2", b"GET /?hunter=hunter2 HTTP/1.1")))
    assert "hunter2" not in whole


def test_what_was_redacted_is_no_longer_in_clear() -> None:
    """It is told by kind and place instead."""
    token = "b7c9d0e1f2a3b4c5d6e7f809"
    exchange = request(FORM, b"pw=" + token.encode() + b"&a=1")
    redacted = Exchange("x#1", exchange.request, redactions=(Redaction("request.body form pw", "password", token),))
    told = lines(redacted, redacted)
    assert not any("form pw  " in line for line in told[: told.index("redacted, by kind and place:")])
    assert told[-1] == "       2  password  request.body form pw"


@pytest.mark.parametrize(("kind", "body"), [(b"text/csv", b"a,b\n1,2\n"), (b"text/plain", b"a text"), (b"", b"a text")])
def test_a_body_without_fields_is_counted(kind: bytes, body: bytes) -> None:
    """Nobody shall think that it was listed."""
    told = lines(answer(((b"Content-Type", kind),), body), answer(HTML, b"<p>"), answer(HTML, b""))
    at = told.index("1 bodies that were looked into, but of which no fields can be listed, by content type:")
    assert told[at + 1] == f"{1:8}  {kind.decode() or '(no content type)'}"


def test_memory_stays_flat() -> None:
    """Names without end are counted together."""
    bodies = (json.dumps({f"k{number}_{index}": "v" for index in range(100)}).encode() for number in range(100))
    told = lines(*(request(JSON, body) for body in bodies))
    assert len(told) <= MOST + 4
    assert any("(others)" in line for line in told)
