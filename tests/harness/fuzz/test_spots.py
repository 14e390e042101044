"""Where values stand in requests of each kind, and that another value comes there and nowhere else."""

from __future__ import annotations

import json

import pytest

from harness.exchange import Request
from harness.fuzz.spots import replaced, spots, value_at

UPLOAD = b"""--b\r
Content-Disposition: form-data; name="title"\r
\r
two\r
lines\r
--b\r
Content-Type: image/png\r
Content-Disposition: form-data; name="picture"; filename="a.png"\r
\r
\x89PNG\r
--b\r
Content-Disposition: form-data; name="note"; filename="n.txt"\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: binary\r
\r
\r
--b--\r
"""
CALL = b"""<?xml version="1.0" encoding="utf-8"?>
<methodCall><methodName>ask</methodName><params>
<param><value>bare</value></param><param><value><int>3</int></value></param>
<param><value><string>a &amp; b</string></value></param><param><value><string></string></value></param>
</params></methodCall>"""
SOAP = b'<s:Body xmlns:s="urn:x"><m:Get kind="full" m:depth="2">demo</m:Get></s:Body>'


def form(kind: bytes, body: bytes) -> Request:
    """A request with a body of a type."""
    return Request(b"POST / HTTP/1.1", ((b"Content-Type", kind), (b"Content-Length", b"%d" % len(body))), body)


def values(request: Request, part: str) -> list[str]:
    """What stands in the target, the body or the headers."""
    return [value_at(request, spot) for spot in spots(request) if spot.part == part]


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        (b"/", [""]),
        (b"/a/b/", ["a", "b", ""]),
        (b"/c++/a%20b", ["c++", "a b"]),
        (b"/a?b=c&d=&e", ["a", "c", "", "e"]),
        (b"/a?b=x/y&c=http://d/", ["a", "x/y", "http://d/"]),
        (b"/a?b=1;c=2", ["a", "1", "2"]),
        (b"/cgi-bin/find?two+words", ["cgi-bin", "find", "two words"]),
        (b"/a?", ["a"]),
        (b"*", []),
    ],
)
def test_values_of_the_target(target: bytes, wanted: list[str]) -> None:
    """Segments, empty ones too, parameters, and words of a query without names (RFC 3875 section 4.4)."""
    assert values(Request(b"GET " + target + b" HTTP/1.1"), "target") == wanted


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        (b"application/x-www-form-urlencoded", b"a=1&b=&c=x+y", ["1", "", "x y"]),
        (
            b"application/json",
            b'{"a": 3, "b": {"c": "x"}, "d": [true, null, -1.5e3, "y"], "e": "q\\"\\u00e9"}',
            ["3", "x", "true", "null", "-1.5e3", "y", 'q"\u00e9'],
        ),
        (b"application/vnd.api+json", b"7", ["7"]),
        (b"application/x-www-form-urlencoded", b'{"curl": 1}', ["1"]),
        (b"multipart/form-data; boundary=b", UPLOAD, ["two\r\nlines", "image/png", "a.png", "\ufffdPNG", "n.txt",
                                                     "text/plain; charset=utf-8", ""]),
        (b"text/xml", CALL, ["ask", "bare", "3", "a & b", ""]),
        (b"application/soap+xml", SOAP, ["full", "2", "demo"]),
        (b"text/plain", b"hello", ["hello"]),
        (b"application/octet-stream", b"\0" * 10, []),
        (b"text/plain", b"x" * 1000, []),
    ],
    ids=["form", "json", "scalar", "json of curl", "upload", "xml-rpc", "soap", "text", "bytes", "long"],
)  # fmt: skip
def test_values_of_the_body(kind: bytes, body: bytes, wanted: list[str]) -> None:
    """Of each kind, scalars as well as texts, and what is said of files."""
    assert values(form(kind, body), "body") == wanted


def test_a_packed_body_is_left_alone() -> None:
    """What looks like a value there is none."""
    request = form(b"application/json", b"[3]")
    packed = Request(request.start_line, (*request.headers, (b"Content-Encoding", b"gzip")), request.body)
    assert values(packed, "body") == []


def test_values_of_headers() -> None:
    """Each cookie is one; what the connection needs is none."""
    headers = ((b"Host", b"a"), (b"Accept", b"text/html"), (b"Cookie", b"a=1; theme=dark"), (b"Content-Length", b"0"))
    assert values(Request(b"GET / HTTP/1.1", headers), "header") == ["text/html", "1", "dark"]


@pytest.mark.parametrize(
    ("kind", "body", "at", "value", "wanted"),
    [
        (b"application/json", b'{"a": 3}', 0, "13", b'{"a": 13}'),
        (b"application/json", b'{"a": 3}', 0, "null", b'{"a": null}'),
        (b"application/json", b'{"a": 3}', 0, "013", b'{"a": "013"}'),
        (b"application/json", b'{"a": 3}', 0, 'b"\n', b'{"a": "b\\"\\n"}'),
        (b"application/json", b'{"a": "b"}', 0, 'c"\n', b'{"a": "c\\"\\n"}'),
        (b"application/x-www-form-urlencoded", b"a=1&b=2", 1, "x y&", b"a=1&b=x+y%26"),
        (b"text/xml", b"<a>1</a>", 0, "<&>", b"<a>&lt;&amp;&gt;</a>"),
    ],
)
def test_another_value_is_written_as_that_kind_of_body_wants_it(
    kind: bytes, body: bytes, at: int, value: str, wanted: bytes
) -> None:
    """And the length is that of the new body."""
    request = form(kind, body)
    spot = [spot for spot in spots(request) if spot.part == "body"][at]
    made = replaced(request, spot, spot.write(value))
    assert (made.body, made.header(b"content-length")) == (wanted, b"%d" % len(wanted))


def test_another_value_in_the_rest_of_a_request() -> None:
    """A segment keeps its blanks, a file name its quotes, a cookie its neighbours."""
    request = Request(b"GET /a?b=c HTTP/1.1", ((b"Cookie", b"a=1; b=2; c=3"),))
    target = [replaced(request, spot, spot.write("x y")).target for spot in spots(request) if spot.part == "target"]
    assert target == [b"/x%20y?b=c", b"/a?b=x+y"]
    cookies = [replaced(request, spot, spot.write("x;y")).headers for spot in spots(request) if spot.part == "header"]
    assert cookies[1] == ((b"Cookie", b"a=1; b=x%3By; c=3"),)
    upload = form(b"multipart/form-data; boundary=b", UPLOAD)
    name = next(spot for spot in spots(upload) if spot.place == "field filename")
    assert replaced(upload, name, name.write('x"\r\ny')).body == UPLOAD.replace(b"a.png", b"x%22y")


def test_json_stays_json_whatever_comes_there() -> None:
    """Each value alone, and all at once."""
    request = form(b"application/json", b'{"a": 3, "b": ["x", {"c": null}], "d": "e\\\\"}')
    for text in ("", "\\", '"', "a\tb", "\x07", "1e5", "true", "-", "é\U0001f40d"):
        made = request
        for spot in reversed([spot for spot in spots(request) if spot.part == "body"]):
            made = replaced(made, spot, spot.write(text))
        json.loads(made.body or b"")
