"""Long texts, which are looked through by windows: what stands where one ends is found as anywhere else."""

from __future__ import annotations

import pytest

from harness.exchange import Exchange, Request
from harness.redact import redactor
from harness.redact.text import OVERLAP, WINDOW

SECRET = b"tr0ub4dor-xK9"
BORDER = WINDOW - OVERLAP
FORM = b"application/x-www-form-urlencoded"
LIST = b'"passwords":[' + b'"correct horse",' * 1200 + b'"' + SECRET + b'"]'
CASES = {
    "JSON": (b"application/json", b'"password":"' + SECRET + b'"'),
    "a form": (FORM, b"&password=" + SECRET + b"&b="),
    "XML": (b"text/xml", b"<password>" + SECRET + b"</password>"),
    "an element in an element": (b"text/xml", b"<password>" + b"<a/>" * 3000 + SECRET + b"</password>"),
    "a form control": (b"text/html", b'<input name="csrf" value="' + SECRET + b'">'),
    "a value before its name": (b"text/html", b'<input value="' + SECRET + b'" name="csrf">'),
    "a list": (b"application/json", LIST),
    "a URL": (b"text/plain", b"https://u:" + SECRET + b"@host/"),
    "an address": (b"text/plain", b"<" + SECRET + b"@example.org>"),
}


@pytest.mark.parametrize(("kind", "text"), CASES.values(), ids=CASES)
def test_a_secret_at_the_border_of_a_window_is_found(kind: bytes, text: bytes) -> None:
    """Whichever byte of a name or its value the next window begins with."""
    size = len(text)
    for at in (2, 7, 14, size // 2):
        body = b"q" * (BORDER - at - 1) + (b"&" if kind == FORM else b" ") + text + b" " * 2 * OVERLAP
        request = Request(b"POST / HTTP/1.1", ((b"Content-Type", kind),), body)
        made = redactor({}, b"only this test knows this key...").redact(Exchange("day#1", request)).request.body or b""
        assert SECRET not in made, at
        assert made.startswith(body[: BORDER - at - 1])
