"""Names of endpoints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint import endpoint
from harness.exchange import Request

PATTERNS = ["/item/{}/", "/item/{}/{}/json", "/files/{*}"]
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
MULTIPART = (b"Content-Type", b"multipart/form-data; boundary=--x")


def ask(line, *headers, body=b""):
    """Return a request."""
    return Request(line.encode("latin-1"), headers, body)


def part(name, value, end=b"\n"):
    """Return one part of a form, with line ends of one kind."""
    return end.join([b"----x", b'Content-Disposition: form-data; name="' + name + b'"', b"", value, b""])


ENDPOINTS = {
    "root": (ask("GET / HTTP/1.1"), "GET /"),
    "first segment": (ask("GET /simple/ HTTP/1.1"), "GET /simple/"),
    "no trailing slash": (ask("GET /simple/a HTTP/1.1"), "GET /simple/{}"),
    "trailing slash": (ask("GET /simple/a/ HTTP/1.1"), "GET /simple/{}/"),
    "configured": (ask("GET /item/a/1.0/json HTTP/1.1"), "GET /item/{}/{}/json"),
    "configured, one segment each": (ask("GET /item/a/b/ HTTP/1.1"), "GET /item/{}/{}/"),
    "configured, any rest": (ask("GET /files/a/b/c.tgz?x=1 HTTP/1.1"), "GET /files/{*}"),
    "very deep": (ask("GET /a/" + "b/" * 99 + " HTTP/1.1"), "GET /a/{*}"),
    "a program in cgi-bin": (ask("GET /cgi-bin/search/a/b?q HTTP/1.1"), "GET /cgi-bin/search/{}/{}"),
    "a program by its ending": (ask("GET /shop/admin/edit.php/7 HTTP/1.1"), "GET /shop/{}/edit.php/{}"),
    "nonsense in cgi-bin": (ask("GET /cgi-bin/%2e%2e/x HTTP/1.1"), "GET /cgi-bin/{}/{}"),
    "cgi-bin alone": (ask("GET /cgi-bin/ HTTP/1.1"), "GET /cgi-bin/"),
    "empty segments": (ask("GET /a//b/ HTTP/1.1"), "GET /a//{}/"),
    "a number first": (ask("GET /123/a HTTP/1.1"), "GET /{}/{}"),
    "escapes first": (ask("GET /%00/a HTTP/1.1"), "GET /{}/{}"),
    "absolute": (ask("GET http://h:80/simple/a HTTP/1.1"), "GET /simple/{}"),
    "absolute, nothing more": (ask("GET http://h HTTP/1.1"), "GET /"),
    "parameter": (ask("GET /app?x=1&do=rss HTTP/1.1"), "GET /app ?do=rss"),
    "parameter, encoded": (ask("GET /app?%64o=rs%73 HTTP/1.1"), "GET /app ?do=rss"),
    "parameter, first of two": (ask("GET /app?do=a&do=b HTTP/1.1"), "GET /app ?do=a"),
    "parameter, nonsense": (ask("GET /app?do=%3Cscript%3E HTTP/1.1"), "GET /app ?do={}"),
    "parameter in a form": (ask("POST /app HTTP/1.1", FORM, body=b"x=1&do=submit"), "POST /app ?do=submit"),
    "query before form": (ask("POST /app?do=a HTTP/1.1", FORM, body=b"do=b"), "POST /app ?do=a"),
    "parameter in parts": (ask("POST /app HTTP/1.1", MULTIPART, body=part(b"do", b"up", b"\r\n")), "POST /app ?do=up"),
    "parameter in parts, bare line feeds": (
        ask("POST /app HTTP/1.1", MULTIPART, body=part(b"do", b"up")),
        "POST /app ?do=up",
    ),
    "parameter in a file's content": (ask("POST /app HTTP/1.1", MULTIPART, body=part(b"content", b"do")), "POST /app"),
    "a body of another type": (ask("POST /app HTTP/1.1", body=b"do=submit"), "POST /app"),
    "a call": (
        ask("POST /rpc HTTP/1.1", body=b"<?xml version='1.0'?>\n<methodCall>\n<methodName>search</methodName>"),
        "POST /rpc search()",
    ),
    "a body not recorded": (Request(b"POST /rpc HTTP/1.1", (), None), "POST /rpc"),
    "no request line": (ask("-"), "(malformed)"),
    "method alone": (ask("GET"), "(malformed)"),
    "bytes": (ask("\x16\x03\x01 \xff"), "(malformed)"),
}


@pytest.mark.parametrize(("request_", "expected"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_requests_have_endpoints(request_, expected):
    """Each row: a request and the name of what it asks for."""
    assert endpoint(request_, PATTERNS, ["do"]) == expected


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_request_has_an_endpoint(line, body):
    """Malformed as it may be, a request has a short printable name."""
    headers = ((b"Content-Type", b"multipart/form-data; boundary=x"), (b"User-Agent", line))
    name = endpoint(Request(line, headers, body), PATTERNS, ["do"])
    assert name.isascii()
    assert name.isprintable()
