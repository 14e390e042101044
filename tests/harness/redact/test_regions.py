"""What a body is, whatever its type says."""

from __future__ import annotations

import base64
import json

import pytest

from harness.exchange import Exchange, Request, Response
from harness.redact import redactor
from harness.redact.regions import regions

KEY = b"only this test knows this key..."
SECRET = b"it's (my) elephant"
FORM = b"application/x-www-form-urlencoded"
BYTES = b"application/octet-stream"
DOCUMENT = json.dumps({"a": 1, "password": SECRET.decode()}).encode()
CODED = json.dumps({"d": base64.b64encode(b"<password>" + SECRET + b"</password>").decode()}).encode()
XML = b"<?xml version='1.0'?><a><base64>" + base64.b64encode(b"password=" + SECRET) + b"</base64></a>"
SENT = b"user=a&user%5Bpassword%5D=it's+(my)%20elephant&n=1"
PARTS = (
    b'--XX\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n\0\1\2\r\n'
    b'--XX\r\nContent-Disposition: form-data; name="password"\r\n\r\n' + SECRET + b"\r\n--XX--\r\n"
)
SORTS = [
    (DOCUMENT, b"text/html", "data"),
    (DOCUMENT, b"", "data"),
    (DOCUMENT, BYTES, "data"),
    (DOCUMENT, FORM, "data"),
    (DOCUMENT, b"image/png", "data"),
    (b'\xef\xbb\xbf\n{"a": 1}', b"text/plain", "data"),
    (b')]}\',\n{"a": 1}', b"text/javascript", "data"),
    (b"for(;;);[[1]]", b"application/javascript", "data"),
    (b'/**/ cb.x({"a": 1})', b"text/javascript", "data"),
    (XML, BYTES, "data"),
    (XML, FORM, "data"),
    (b"a=1&b=2", BYTES, "form"),
    (b"a=1&b=2", b"", "form"),
    (b"a=1&b=2", b"application/json", "form"),
    (b"a%5B%5D=it's mine&b=2\r\n", b"text/plain", "form"),
    (b"<!DOCTYPE html><p>", b"", "text"),
    (b"function f() { return {a: 1}; }", b"text/javascript", "text"),
    (b"{broken", FORM, "form"),
    (b"{broken", b"application/json", "data"),
    (b"a = 1\nb = 2\n", b"text/plain", "lines"),
    (b"a=1\nb=2\n", b"", "lines"),
    (b"a: 1", b"application/x-yaml", "settings"),
    (b"a text", BYTES, "lines"),
    (b"%PDF-1.4\n%\xe2\xe3\n", b"application/pdf", "binary"),
    (b"\0\1a=1&b=2", BYTES, "binary"),
    (b"\0\1a=1&b=2", b"", "binary"),
    (b"\x81\xa1a\xa1b", b"application/msgpack", "text"),
    (b"a,b\n1,2\n", b"text/csv", "text"),
]
TOLD_WRONG = {
    **{f"JSON called {kind.decode()}": (DOCUMENT, kind) for kind in (b"text/html", BYTES, b"", FORM, b"image/png")},
    **{f"a form called {kind.decode()}": (SENT, kind) for kind in (BYTES, b"", b"application/json", b"text/plain")},
    **{f"base64 in JSON called {kind.decode()}": (CODED, kind) for kind in (b"text/html", BYTES, b"")},
    **{f"XML called {kind.decode()}": (XML, kind) for kind in (b"text/html", BYTES, b"", FORM)},
    **{f"parts called {kind.decode()}": (PARTS, kind) for kind in (b"multipart/form-data", BYTES, b"", FORM)},
    **{f"UTF-16 called {kind.decode()}": (DOCUMENT.decode().encode("utf-16-le"), kind) for kind in (BYTES, b"")},
    "JSON that no script reads": (b")]}',\n" + CODED, b"text/javascript"),
    "JSON in a call": (b"cb(" + CODED + b");", b"text/javascript"),
}


@pytest.mark.parametrize(("body", "kind", "sort"), SORTS)
def test_what_a_body_is(body: bytes, kind: bytes, sort: str) -> None:
    """It is seen by how it looks; the type decides where that tells nothing."""
    assert [(region.start, region.end, region.sort) for region in regions(body, kind)] == [(0, len(body), sort)]


@pytest.mark.parametrize(("body", "kind"), TOLD_WRONG.values(), ids=TOLD_WRONG)
@pytest.mark.parametrize("side", ["request", "response"])
def test_types_that_are_wrong_hide_nothing(body: bytes, kind: bytes, side: str) -> None:
    """What a body is decides how its secrets are found and written."""
    headers = ((b"Content-Type", kind),) if kind else ()
    answer = Response(200, b"OK", headers, body) if side == "response" else None
    request = Request(b"POST / HTTP/1.1", headers if answer is None else (), body if answer is None else b"")
    made = redactor({}, KEY).redact(Exchange("day#1", request, answer))
    after = (made.request.body if made.response is None else made.response.body) or b""
    assert after != body
    for secret in (
        SECRET,
        b"elephant",
        *(base64.b64encode(before + SECRET)[4:-4] for before in (b"password=", b"rd>")),
    ):
        assert secret not in after.replace(b"\0", b"")


def test_bytes_that_are_no_text_stay_so() -> None:
    """Neither zeros nor what looks like a name make a text of them."""
    body = b"\x01\0\x02\0\x03\0p\0" * 40 + b"password=elephants&a=1"
    assert [region.sort for region in regions(body, BYTES)] == ["binary"]
