"""No secret survives: any secret, found at any place, written anywhere else in any encoding."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.exchange import Exchange, Request, Response
from harness.redact import redactor

KEY = b"only this test knows this key..."
EXAMPLES = int(os.environ.get("EXAMPLES", 60))
LETTERS = string.ascii_letters + string.digits
SECRETS = st.one_of(
    st.text(LETTERS, min_size=8, max_size=40),
    st.text(LETTERS + "-_.~+/=", min_size=10, max_size=40),
    st.text(LETTERS + "!$%&'()*+,/:;=?@[]\"<>\\^`{|}~ #äöéß€", min_size=10, max_size=30),
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    st.uuids().map(str),
)

ENCODINGS = {
    "raw": lambda text: text.encode(),
    "percent": lambda text: quote(text, safe="").encode(),
    "percent, small": lambda text: (
        quote(text, safe="").lower().encode() if text == text.lower() else quote(text).encode()
    ),
    "plus": lambda text: quote_plus(text).encode(),
    "every byte percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
    "html": lambda text: html.escape(text).encode(),
    "every character a reference": lambda text: "".join(f"&#{ord(one)};" for one in text).encode(),
    "hexadecimal references": lambda text: "".join(f"&#x{ord(one):x};" for one in text).encode(),
    "json": lambda text: json.dumps(text)[1:-1].encode(),
    "json, slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/").encode(),
    "every character escaped": lambda text: "".join(f"\\u{ord(one):04x}" for one in text).encode(),
    "json in json": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1].encode(),
    "twice percent": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
}
FINDING = {
    "cookie": lambda s: Request(b"GET / HTTP/1.1", ((b"Cookie", b"sid=" + quote(s, safe="").encode()),)),
    "form": lambda s: Request(
        b"POST / HTTP/1.1",
        ((b"Content-Type", b"application/x-www-form-urlencoded"),),
        b"a=1&password=" + quote_plus(s).encode() + b"&b=2",
    ),
    "basic": lambda s: Request(
        b"GET / HTTP/1.1", ((b"Authorization", b"Basic " + base64.b64encode(b"bob:" + s.encode())),)
    ),
    "json": lambda s: Request(
        b"POST / HTTP/1.1", ((b"Content-Type", b"application/json"),), json.dumps({"a": {"api_key": s}}).encode()
    ),
    "query": lambda s: Request(b"GET /x?token=" + quote(s, safe="").encode() + b"&c=2 HTTP/1.1"),
}


def readings(data: bytes) -> list[bytes]:
    """Return all that a reader may get out of bytes: each encoding undone, and base64."""
    texts = [data.decode("latin-1")]
    for _ in range(2):
        for text in list(texts):
            texts += [html.unescape(text), _unpercent(text), _unpercent(text.replace("+", " ")), _unescaped(text)]
        texts = list(dict.fromkeys(texts))
    return [text.encode("utf-8", "surrogatepass") for text in texts] + [
        text.encode("latin-1", "replace") for text in texts
    ]


def _unpercent(text: str) -> str:
    made, at = [], 0
    while at < len(text):
        if text[at] == "%" and len(text) > at + 2 and set(text[at + 1 : at + 3]) <= set(string.hexdigits):
            made.append(chr(int(text[at + 1 : at + 3], 16)))
            at += 3
        else:
            made.append(text[at])
            at += 1
    return "".join(made)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|([\"/\\]))", lambda one: chr(int(one[1], 16)) if one[1] else one[2], text)


def holds(data: bytes, secret: str) -> bool:
    """Tell whether a secret can be read out of bytes."""
    raw = secret.encode()
    return any(raw in text for text in readings(data)) or base64.b64encode(raw).rstrip(b"=") in data


@pytest.mark.parametrize("finding", FINDING)
@settings(max_examples=EXAMPLES, deadline=None)
@given(
    secret=SECRETS,
    encoding=st.sampled_from(sorted(ENCODINGS)),
    where=st.sampled_from(["page", "header", "target", "json"]),
)
def test_no_secret_survives(finding: str, secret: str, encoding: str, where: str) -> None:
    """A secret found at its place is nowhere else in its exchange, however it is written there.

    One of letters only may be an ordinary word, which stays: see test_known.
    """
    assume(secret.strip() == secret and any(map(str.isdigit, secret)) and len(set(LETTERS) & set(secret)) > 3)
    request = FINDING[finding](secret)
    written = ENCODINGS[encoding](secret)
    body = {
        "page": b"<p>\xc3\xa4 and " + written + b" end</p>",
        "json": b'{"message": "was \\n' + written + b'", "n": 1}',
    }.get(where, b"nothing")
    headers = ((b"Content-Type", b"text/html"), (b"X-Debug", b"was " + written if where == "header" else b"x"))
    if where == "target":
        request = Request(
            request.start_line.replace(b" HTTP", b"?q=" + quote(written, safe="%").encode() + b" HTTP"),
            request.headers,
            request.body,
        )
    made = redactor({}, KEY).redact(Exchange("day#1", request, Response(200, b"OK", headers, body)))
    assert made.response is not None
    assert made.request.body is not None
    assert made.response.body is not None
    for data in (
        made.request.start_line,
        made.request.body,
        made.response.body,
        *(value for _, value in made.request.headers + made.response.headers),
        repr(made.redactions).encode(),
    ):
        assert not holds(data, secret)
    assert redactor({}, KEY).redact(made) == made
