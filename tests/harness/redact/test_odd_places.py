"""Secrets in places that are easily forgotten: not one survives."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib

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
    "beside a parameter": asked((b"Authorization", b'Own a="x" ' + SECRET)),
    "a challenge that goes on": told(b"", b"text/html", (b"WWW-Authenticate", b"Negotiate " + SECRET)),
    "after the authentication": told(b"", b"text/html", (b"Authentication-Info", b'rspauth="' + SECRET + b'"')),
    "a protocol of a WebSocket": asked((b"Sec-WebSocket-Protocol", b"bearer, " + SECRET)),
    "a name that is none": asked((b"X-Token=" + SECRET, b"1")),
    "a method that is none": Exchange("day#1", Request(b"token=" + SECRET + b" / HTTP/1.1")),
    "a session in the path": Exchange("day#1", Request(b"GET /(S(" + SECRET + b"))/a.aspx HTTP/1.1")),
    "a line that is no header": Exchange(
        "day#1", Request(b"GET / HTTP/1.1", raw_head=b"GET / HTTP/1.1\r\nAuthorization Bearer " + SECRET + b"\r\n\r\n")
    ),
}

QUERY = b"a=1&password=" + SECRET
DATA = json.dumps({"a": 1, "password": SECRET.decode()})
PACKED = gzip.compress(QUERY)
DAMAGED = PACKED[:-6] + bytes([PACKED[-6] ^ 255]) + PACKED[-5:]
GZIPPED = (b"Content-Encoding", b"gzip")
CODED = base64.b64encode(DATA.encode())
IN_URL = CODED.replace(b"=", b"%3D")
SHAPED = b'{"p": "' + b"x" * ((1 << 20) - (1 << 16) - 40)
MULTIPART = b"multipart/form-data; boundary=XX"


def part(head: bytes, content: bytes = SECRET) -> Exchange:
    """Return a request of a form of one part."""
    body = b"--XX\r\nContent-Disposition: form-data;" + head + b"\r\n\r\n" + content + b"\r\n--XX--\r\n"
    return sent(body, MULTIPART)


BODIES = {
    "packed to be sent": sent(PACKED, FORM, (b"Transfer-Encoding", b"gzip, chunked")),
    "packed twice, told by two headers": sent(gzip.compress(PACKED), FORM, GZIPPED, GZIPPED),
    "packed, told by the second header": sent(PACKED, FORM, (b"Content-Encoding", b"identity"), GZIPPED),
    "packed once, told twice": sent(PACKED, FORM, (b"Content-Encoding", b"gzip, gzip")),
    "packed, told by nothing": sent(PACKED),
    "a wrong check sum": sent(DAMAGED, FORM, GZIPPED),
    "UTF-16, told by nothing": sent(DATA.encode("utf-16-le"), b"application/json"),
    "UTF-16, the last character cut": sent(DATA.encode("utf-16") + b"\0", b"application/json"),
    "UTF-16 of XML": told(f"<password>{SECRET.decode()}</password>".encode("utf-16-be"), b"text/xml"),
    "UTF-32": sent(DATA.encode("utf-32"), b"application/json"),
    "UTF-32, told by nothing": sent(DATA.encode("utf-32-be"), b"application/json"),
    "junk before what is packed": sent(b"\n" + PACKED, FORM, GZIPPED),
    "two types": sent(QUERY, b"image/png", (b"Content-Type", FORM)),
    "a form called bytes": sent(QUERY, b"application/octet-stream"),
    "MessagePack": sent(b"\x82\xa1a\0\xa8password\xb0" + SECRET, b"application/msgpack"),
    "a list of MessagePack": sent(b"\x81\xa6tokens\x92\xa1x\xd9\x10" + SECRET, b"application/msgpack"),
    "Protocol Buffers": sent(b"\x0a\x08password\x12\x10" + SECRET + b'"\x02ab', b"application/x-protobuf"),
    "a long list": sent(json.dumps({"tokens": [*map(str, range(11000)), SECRET.decode()]}).encode(), b"text/json"),
    "a long value across windows": told(SHAPED + b'", "secret": "' + b"ab1" * 30000 + SECRET + b'"}', b"text/json"),
    "a list across windows": told(SHAPED + b'", "secrets": [' + b'"abcdef123",' * 7000 + b'"' + SECRET + b'"]}'),
    "a zero byte in a page": told(b"\0<input name=password value=" + SECRET + b">"),
    "a folded head": part(b'\r\n name="password"'),
    "an encoded name": part(b" name*=UTF-8''password"),
    "a file without a name": part(b' name="password"; filename=""'),
    "a field sent as a file": part(b' name="password"; filename="blob"'),
    "JSON sent as a file": part(b' name="data"; filename="blob"\r\nContent-Type: application/json', DATA.encode()),
}

TEXTS = {
    "settings": told(b"user: a\npassword: " + SECRET + b"\n", b"text/yaml"),
    "settings with equals": told(b"[a]\npassword = " + SECRET + b"\n", b"text/plain"),
    "a mail": told(b"Your password: " + SECRET + b".\n", b"text/plain"),
    "a head told again": told(b"Authorization: Bearer " + SECRET + b"\n", b"text/plain"),
    "a header's text": told(b"", b"text/plain", (b"X-Debug", b"token: " + SECRET)),
    "a text area": told(b"<textarea name=token>" + SECRET + b"</textarea>"),
    "an element by its id": told(b'<span id="api-token">' + SECRET + b"</span>"),
    "an attribute key": told(b"<add key='password' value='" + SECRET + b"'/>", b"text/xml"),
    "a parameter of a name": told(b"<param name='password'>" + SECRET + b"</param>", b"text/xml"),
    "a template literal": told(b"const token = `" + SECRET + b"`", b"text/javascript"),
    "a pair in a list": sent(json.dumps([["password", SECRET.decode()]]).encode(), b"application/json"),
    "a name, a type, a value": sent(b'{"name":"password","type":"t","value":"' + SECRET + b'"}', b"application/json"),
    "serialized by PHP": sent(b'd=a:1:{s:8:"password";s:16:"' + SECRET + b'";}'),
    "a member whose name comes last": told(
        b"<member><value><string>" + SECRET + b"</string></value>\n<name>password</name></member>", b"text/xml"
    ),
    "members within, whose names come last": told(
        b"<member><value><struct><member><value>a</value><name>n</name></member><member><value>"
        + SECRET
        + b"</value><name>o</name></member></struct></value><name>secrets</name></member>",
        b"text/xml",
    ),
    "bytes of Python": told(b"{'password': b'" + SECRET + b"'}", b"text/plain"),
    "a space in a form": sent(b"password= " + SECRET),
    "two equals signs in a form": sent(b"password==" + SECRET),
    "a user that is a key": told(b"", b"text/plain", (b"Location", b"https://" + SECRET + b"@host/x")),
    "a JSON Web Token": told(b"<p>eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + SECRET + b"</p>"),
    "a private key": told(b"-----BEGIN PRIVATE KEY-----\n" + SECRET + b"\n-----END PRIVATE KEY-----\n"),
    "base64 in a query": Exchange("day#1", Request(b"GET /x?d=" + CODED + b" HTTP/1.1")),
    "escaped base64 in a query": Exchange("day#1", Request(b"GET /x?d=" + IN_URL + b"&a=1 HTTP/1.1")),
    "base64 in a header": told(b"", b"text/plain", (b"X-Data", CODED)),
    "base64 in an attribute": told(b"<div data-x='" + CODED + b"'>"),
    "base64 in lines": told(
        b"<base64>\n" + base64.encodebytes(b"x" * 45 + b"&password=" + SECRET) + b"</base64>", b"text/xml"
    ),
    "base64 in lines in JSON": sent(
        json.dumps({"d": base64.encodebytes(b"x" * 45 + b"&password=" + SECRET).decode()}).encode(), b"application/json"
    ),
    "a cell": told(b"<tr><td>Password</td> <td>" + SECRET + b"</td></tr>"),
    "a cell with two words": told(b"<tr><th>Password:</th><td> <b>" + SECRET + b" &amp;x</b></td></tr>"),
    "a list of definitions": told(b"<dt>API token:</dt><dd>" + SECRET + b"</dd>"),
    "a label and a text": told(b"<label>Secret</label> <span>" + SECRET + b"</span>"),
    "a label and a field": told(b"<label>API key</label><p><input readonly value='" + SECRET + b"'></p>"),
    "a sentence in a page": told(b"Your new password is <b>" + SECRET + b"</b>"),
    "a sentence": told(b"token " + SECRET + b"\n", b"text/plain"),
    "below a heading": told(b"<tr><th>User<th>Password</tr><tr><td>bob<td>" + SECRET + b"</tr></table>"),
    "csv": told(b"user,password,n\nbob,x,1\nann," + SECRET + b",2\n", b"text/csv"),
    "quoted csv": told(b'"User Name";"Password"\r\n"b;""ob";"' + SECRET + b'"\r\n', b"text/csv"),
    "tsv": told(b"token\tuser\n" + SECRET + b"\tbob\n", b"text/tab-separated-values"),
    "columns in JSON": told(b'{"columns":["user","password"],"rows":[["a","' + SECRET + b'"]]}', b"text/json"),
    "a value before its name": sent(b'{"value":"' + SECRET + b'","name":"password"}', b"application/json"),
    "three quotes": sent(b'mutation { login(password: """' + SECRET + b'""") }', b"application/graphql"),
    "a call": told(b"setToken('" + SECRET + b"')", b"text/javascript"),
    "a sign in an attribute before": told(b"<input value='" + SECRET + b"' title='a>b' name='token'>"),
    "an element in an element": told(b"<password><value>" + SECRET + b"</value></password>", b"text/xml"),
    "after a comment": told(b"<password><!-- x -->" + SECRET + b"</password>", b"text/xml"),
    "an attribute of SAML": told(b"<a:Attribute Name='token'><b>" + SECRET + b"</b></a:Attribute>", b"text/xml"),
    "a form of plain text": sent(b"user=a\r\npassword=my pass " + SECRET + b"\r\n", b"text/plain"),
    "a quote in a value": told(b"password=a'" + SECRET, b"text/plain"),
    "a bracket in a link": told(b'<a href="/x?token=a)' + SECRET + b'">'),
    "a semicolon in a form": sent(b"a=1&password=abc;x=" + SECRET),
}
STRONG = b"Zq7Rt2vLx9Kp4Wm8Zq7Rt2vLx9Kp4Wm8abcd"
MARKED = {
    "PyPI": b"pypi-AgEIcHlwaS5vcmcCJ" + STRONG,
    "GitHub": b"ghp_" + STRONG,
    "GitHub, fine-grained": b"github_pat_11ABC_" + STRONG,
    "GitLab": b"glpat-" + STRONG[:20],
    "Slack": b"xoxb-1234567890-" + STRONG,
    "npm": b"npm_" + STRONG,
    "Stripe": b"sk_live_" + STRONG,
    "Amazon": b"AKIAIOSFODNN7EXAMPLE",
}
PATHS = (
    b"/reset-password/%s", b"/accounts/activate/%s/", b"/token/%s?x=1", b"/accounts/reset/MQ/%s/", b"/verify/%s#top",
    b"https://shop.example/user/confirm-email/%s",
)  # fmt: skip
ORDINARY = (
    b"/reset-password/how-to-reset-a-password",
    b"/static/token/8f7d6c5e4b3a2918.js",
    b"/packages/8f7d6c5e4b3a29188f7d6c5e4b3a2918/pypi-0.1.tar.gz",
    b"/passwords/8f7d6c5e4b3a29188f7d6c5e4b3a2918",
    b"/pypi/github-api/gh_pages/npm_modules",
    b"/confirm/order-2016-11-23/12345",
)
PROSE = (
    b"<p>Password: must have 8 characters. Token = optional</p><div id='password'>Choose one</div>",
    b"function f(token) { token = getToken(); return {token: e.token, password: user.password}; }",
    b"<tr><th>Password<th>E-mail</tr><tr><td>at least 8 characters<td>bob</tr></table><td>Token</td><td>2016-05-16",
    b"<td>Password</td><td>required</td><dt>secretive</dt><dd>secretive-0.3.tar.gz</dd> token abc12 was used",
    b"Log in, or ask for a password, then go on\nin peace, please, now",
    b'["user", "password"] ["User", "Password"] setToken("csrf-form") &lt;token&gt; <b>host</b>',
    b'["user", "password", "remember"] type Login { password: String }',
)


def held(headers: Headers, body: bytes | None) -> bytes:
    """Return all that a side holds."""
    return b"\n".join([*(value for _, value in headers), unpacked(body or b"").replace(b"\0", b"")])


def unpacked(body: bytes) -> bytes:
    """Return what a reader who ignores check sums gets out of a body in gzip."""
    while body.startswith(b"\x1f\x8b"):
        body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(body[10:])
    return body


def redacted(exchange: Exchange) -> bytes:
    """Return all that a redacted exchange holds."""
    made = redactor({}, b"only this test knows this key...").redact(exchange)
    answer = held(made.response.headers, made.response.body) if made.response else b""
    return made.request.start_line + held(made.request.headers, made.request.body) + answer + repr(made).encode()


@pytest.mark.parametrize("exchange", HEADERS.values(), ids=HEADERS)
def test_headers(exchange: Exchange) -> None:
    """Credentials and cookies of any make are replaced as wholes."""
    assert SECRET not in redacted(exchange)


@pytest.mark.parametrize("exchange", BODIES.values(), ids=BODIES)
def test_bodies(exchange: Exchange) -> None:
    """Bodies are read as the most lenient reader would read them."""
    assert SECRET not in redacted(exchange)


def test_what_is_cut_stays() -> None:
    """A cut character of UTF-16 stays where it was."""
    made = redactor({}, b"only this test knows this key...").redact(BODIES["UTF-16, the last character cut"])
    assert re.fullmatch(r'{"a": 1, "password": "[A-Za-z0-9]{16}"}', (made.request.body or b"")[:-1].decode("utf-16"))
    assert (made.request.body or b"").endswith(b"\0")


@pytest.mark.parametrize("exchange", TEXTS.values(), ids=TEXTS)
def test_texts(exchange: Exchange) -> None:
    """A name beside an irregular value tells, however the two are written."""
    assert SECRET not in redacted(exchange)


@pytest.mark.parametrize("key", MARKED.values(), ids=MARKED)
def test_keys_of_known_formats(key: bytes) -> None:
    """They are recognised by their beginning, alone in a text."""
    assert key not in redacted(told(b"<p>use " + key + b".</p>"))
    assert key not in redacted(asked((b"X-Note", key)))


@pytest.mark.parametrize("path", PATHS)
def test_tokens_in_paths(path: bytes) -> None:
    """In requests, redirects and links, where the segment before says so."""
    path = path % SECRET
    assert SECRET not in redacted(Exchange("day#1", Request(b"GET " + path + b" HTTP/1.1")))
    assert SECRET not in redacted(told(b'<a href="' + path + b'">x</a>', b"text/html", (b"Location", path)))
    assert SECRET not in redacted(sent(json.dumps({"link": path.decode()}).replace("/", "\\/").encode(), b"text/json"))


@pytest.mark.parametrize("path", ORDINARY)
def test_ordinary_paths_stay(path: bytes) -> None:
    """Files, names and numbers."""
    exchange = Exchange("day#1", Request(b"GET " + path + b" HTTP/1.1"))
    assert redactor({}, b"only this test knows this key...").redact(exchange) == exchange


@pytest.mark.parametrize(
    ("page", "hidden"),
    [
        (b'<INPUT type="password" name="lozinka">', True),
        (b"<form><input name=lozinka\n type=password>", True),
        (b"<input type=text name=lozinka> password", False),
    ],
)
def test_the_name_of_a_password_field_is_learned(page: bytes, hidden: bool) -> None:
    """A page says how it calls what it does not show: forms that are sent later are read so."""
    one = redactor({}, b"only this test knows this key...")
    one.redact(told(page))
    for made in (
        one.redact(sent(b"user=bob&lozinka=correct+horse&x=1")),
        one.redact(part(b' name="lozinka"', b"correct+horse")),
        one.redact(Exchange("day#1", Request(b"GET /login?lozinka=correct+horse HTTP/1.1"))),
    ):
        assert (b"correct+horse" not in made.request.start_line + (made.request.body or b"")) == hidden
    assert one.redact(told(b'{"lozinka": "another word"}', b"text/json")).redactions == ()


@pytest.mark.parametrize("text", PROSE)
def test_prose_stays(text: bytes) -> None:
    """Texts and programs that speak about secrets stay as they are."""
    exchange = told(text)
    assert redactor({}, b"only this test knows this key...").redact(exchange) == exchange
