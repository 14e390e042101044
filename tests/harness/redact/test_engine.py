"""The engine: exchanges in, exchanges with tokens out."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace

import pytest

from harness.exchange import Exchange, Headers, Request, Response
from harness.redact import redactor

KEY = b"a key that only this test knows"
SECRET = "Zx7-qP4w9LkT2m"
FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=XX"


def posted(body: bytes, content_type: bytes = FORM, *headers: tuple[bytes, bytes]) -> Request:
    """Return a request with a body."""
    fields = ((b"Content-Type", content_type), (b"Content-Length", str(len(body)).encode()), *headers)
    return Request(b"POST /x HTTP/1.1", fields, body, "length")


def asked(target: str, *headers: tuple[bytes, bytes]) -> Request:
    """Return a request without a body."""
    return Request(b"GET " + target.encode() + b" HTTP/1.1", headers)


def page(body: bytes, content_type: bytes = b"text/html", *headers: tuple[bytes, bytes]) -> Response:
    """Return an answer."""
    return Response(200, b"OK", ((b"Content-Type", content_type), *headers), body)


def exchange(request: Request, response: Response | None = None) -> Exchange:
    """Return an exchange of no client."""
    return Exchange("day#1", request, response)


def written(made: Exchange) -> bytes:
    """Return all bytes of an exchange that reach the disk, bodies unpacked."""
    request, response = made.request, made.response
    parts = [request.start_line, request.body or b"", request.raw_head or b"", made.peer.encode(), made.user.encode()]
    headers: Headers = request.headers
    if response is not None:
        headers += response.headers
        body = response.body or b""
        parts += [response.reason, gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body, response.raw_head or b""]
    return b"\n".join([*parts, *(name + b": " + value for name, value in headers), repr(made.redactions).encode()])


S = SECRET.encode()
PLACES = {
    "query": asked(f"/x?a=1&token={SECRET}&b=2"),
    "query of an absolute target": asked(f"http://h/x?token={SECRET}"),
    "user information": asked(f"http://u:{SECRET}@h/x"),
    "bearer": asked("/", (b"Authorization", b"Bearer " + S)),
    "basic": asked("/", (b"Authorization", b"Basic " + base64.b64encode(b"u:" + S))),
    "no scheme": asked("/", (b"authorization", S)),
    "proxy": asked("/", (b"Proxy-Authorization", b"Basic " + base64.b64encode(b"u:" + S))),
    "digest": asked("/", (b"Authorization", b'Digest username="u", response="' + S + b'", qop=auth')),
    "cookie": asked("/", (b"Cookie", b"a=1; b=" + S)),
    "header": asked("/", (b"X-Api-Key", S)),
    "csrf header": asked("/", (b"X-CSRFToken", S)),
    "referer": asked("/", (b"Referer", b"http://h/reset?token=" + S + b"&x=1")),
    "form": posted(b"user=u&password=" + S),
    "form, nested name": posted(b"user%5Bpassword%5D=" + S),
    "multipart": posted(
        b'--XX\r\nContent-Disposition: form-data; name="pw"\r\n\r\n' + S + b"\r\n--XX--\r\n", MULTIPART
    ),
    "multipart, LF": posted(b'--XX\nContent-Disposition: form-data; name="pw"\n\n' + S + b"\n--XX--\n", MULTIPART),
    "json": posted(b'{"a": [{"newPassword": "' + S + b'"}]}', b"application/json"),
    "json list": posted(b'{"tokens": ["' + S + b'", "x"]}', b"application/json"),
    "json, cut off": posted(b'{"password": "' + S, b"application/json"),
    "json in a form": posted(b"data=%7B%22password%22%3A%20%22" + S + b"%22%7D"),
    "json in json": posted(b'{"body": "{\\"password\\": \\"' + S + b'\\"}"}', b"application/json"),
    "xml-rpc struct": posted(
        b"<member><name>password</name><value><string>" + S + b"</string></value></member>", b"text/xml"
    ),
    "soap": posted(b'<wsse:Password Type="x#PasswordText">' + S + b"</wsse:Password>", b"text/xml"),
    "xml attribute": posted(b'<user name="u" password="' + S + b'"/>', b"text/xml"),
    "cdata": posted(b"<secret><![CDATA[" + S + b"]]></secret>", b"text/xml"),
}
ANSWERS = {
    "set-cookie": page(b"", b"text/html", (b"Set-Cookie", b"sid=" + S + b"; Path=/; HttpOnly")),
    "location": page(b"", b"text/html", (b"Location", b"/reset?token=" + S)),
    "hidden input": page(b'<input type="hidden" name="csrf_token" value="' + S + b'">'),
    "hidden input, value first": page(b"<input value='" + S + b"' type=hidden name=csrf_token>"),
    "meta": page(b'<META content="' + S + b'" name="csrf-token">'),
    "link": page(b'<a href="/x?a=1&amp;token=' + S + b'">x</a>'),
    "script": page(b'<script>var csrfToken = "' + S + b'";</script>'),
    "data attribute": page(b'<body data-csrf-token="' + S + b'">'),
    "json": page(b'{"access_token":"' + S + b'","token_type":"bearer"}', b"application/json"),
    "json in an attribute": page(b'<div data-x="{&quot;token&quot;:&quot;' + S + b'&quot;}">'),
    "gzip": page(gzip.compress(b'{"token":"' + S + b'"}'), b"application/json", (b"Content-Encoding", b"gzip")),
    "utf-16": page('{"token":"'.encode("utf-16") + (SECRET + '"}').encode("utf-16-le"), b"text/plain"),
}


@pytest.mark.parametrize("request_", PLACES.values(), ids=PLACES)
def test_a_secret_is_found_at_its_place_in_a_request(request_: Request) -> None:
    """What stands at a telling place of a request does not reach the disk."""
    made = redactor({}, KEY).redact(exchange(request_))
    assert S not in written(made)
    assert base64.b64encode(b"u:" + S) not in written(made)
    assert made.redactions


@pytest.mark.parametrize("response", ANSWERS.values(), ids=ANSWERS)
def test_a_secret_is_found_at_its_place_in_an_answer(response: Response) -> None:
    """What stands at a telling place of an answer does not reach the disk."""
    made = redactor({}, KEY).redact(exchange(asked("/"), response))
    assert S not in written(made)
    assert SECRET.encode("utf-16-le") not in written(made)
    assert made.redactions


@pytest.mark.parametrize("request_", PLACES.values(), ids=PLACES)
def test_redacting_again_changes_nothing(request_: Request) -> None:
    """What was redacted stays, under the same key and under another."""
    made = redactor({}, KEY).redact(exchange(request_))
    assert redactor({}, KEY).redact(made) == made
    assert redactor({}, b"another key").redact(made) == made


def test_equal_values_have_equal_tokens_wherever_they_stand() -> None:
    """A cookie that was set comes back, in a form and in a page too."""
    first = redactor({}, KEY)
    set_ = first.redact(exchange(asked("/"), ANSWERS["set-cookie"]))
    sent = first.redact(exchange(PLACES["cookie"], ANSWERS["hidden input"]))
    tokens = {redaction.token for redaction in (*set_.redactions, *sent.redactions) if redaction.token}
    assert sum(len(token) == len(SECRET) for token in tokens) == 1


def test_a_form_keeps_its_length_and_all_else() -> None:
    """Only the value changes."""
    before = PLACES["form"]
    made = redactor({}, KEY).redact(exchange(before)).request
    assert len(made.body or b"") == len(before.body or b"")
    assert (made.body or b"").startswith(b"user=u&password=")
    assert replace(made, body=b"") == replace(before, body=b"")


def test_what_stands_between_the_values_of_a_list_stays() -> None:
    """Also behind a quote that is escaped in one of them."""
    body = json.dumps({"tokens": ['ab"c', "d", 'e\\"f'], "a": ["x"]}).encode()
    made = redactor({}, KEY).redact(exchange(posted(body, b"application/json"))).request.body or b""
    assert [len(token) for token in json.loads(made)["tokens"]] == [16, 16, 16]
    assert json.loads(made)["a"] == ["x"]


def test_an_exchange_without_secrets_stays_the_same_object() -> None:
    """Nothing found, nothing made anew."""
    clear = exchange(asked("/item/12?page=3", (b"Host", b"h")), page(b"<p>token &amp; password</p>"))
    assert redactor({}, KEY).redact(clear) is clear


RAW = {
    "bare line feeds": b"GET /?token=" + S + b" HTTP/1.1\nAuthorization: Bearer " + S + b"\n\n",
    "space before the colon": b"GET / HTTP/1.1\r\nAuthorization : Bearer " + S + b"\r\n\r\n",
    "in the name": b"GET / HTTP/1.1\r\nX-" + S + b": token=" + S + b"\r\n\r\n",
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
@pytest.mark.parametrize("parsed", [True, False], ids=["parsed", "not parsed"])
def test_a_raw_head_holds_no_secret(raw: bytes, parsed: bool) -> None:
    """Neither what was read of it, nor what nobody could read."""
    headers = ((b"Authorization", b"Bearer " + S),) if parsed else ()
    request = Request(raw.splitlines()[0], headers, raw_head=raw)
    made = redactor({}, KEY).redact(exchange(request))
    assert S not in written(made)
    assert redactor({}, KEY).redact(made) == made


def test_a_raw_head_stays_as_raw() -> None:
    """With tokens, and its odd line ends."""
    raw = RAW["bare line feeds"]
    request = Request(raw.splitlines()[0], ((b"Authorization", b"Bearer " + S),), raw_head=raw)
    made = redactor({}, KEY).redact(exchange(request)).request
    token = made.headers[0][1].removeprefix(b"Bearer ")
    assert made.raw_head == raw.replace(S, token)


@pytest.mark.parametrize(
    ("sent", "left"),
    [("mail%20bob@corp.example", b"/a?q=mail%20"), ("see%3Abob%2Bx@corp.example", b"/a?q=see%3A")],
    ids=["blank before", "plus within"],
)
def test_an_address_beside_an_escape(sent: str, left: bytes) -> None:
    """The escape is no part of an e-mail address that follows it, and what it stands for can be one."""
    made = redactor({}, KEY).redact(exchange(asked(f"/a?q={sent}"))).request.target
    assert made.startswith(left)
    assert b"bob" not in made
    assert b"corp" not in made
