"""Recorded requests as WSGI environs: a table of what gunicorn would hand over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exchange import Exchange, Request
from harness.targets.environ import unsendable, wsgi_environ

H = tuple[tuple[bytes, bytes], ...]


def environ(start_line: bytes, headers: H = (), body: bytes | None = b"", **facts: str) -> dict[str, str]:
    """The environ of a request."""
    framing = "chunked" if any(name.lower() == b"transfer-encoding" for name, _ in headers) else "length"
    return wsgi_environ(Exchange("t#1", Request(start_line, headers, body, framing), **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GET /a/b?c=d HTTP/1.1", {"PATH_INFO": "/a/b", "QUERY_STRING": "c=d", "RAW_URI": "/a/b?c=d"}),
        (b"GET /a?b=c?d HTTP/1.0", {"QUERY_STRING": "b=c?d", "SERVER_PROTOCOL": "HTTP/1.0"}),
        (b"GET /caf%C3%A9/%E9 HTTP/1.1", {"PATH_INFO": "/caf\u00c3\u00a9/\u00e9"}),
        (b"GET /caf\xc3\xa9 HTTP/1.1", {"PATH_INFO": "/caf\u00c3\u00a9"}),
        (b"GET /a b.zip HTTP/1.0", {"PATH_INFO": "/a b.zip", "RAW_URI": "/a b.zip"}),
        (
            b"GET http://other.test:81/x?y HTTP/1.1",
            {"PATH_INFO": "/x", "SERVER_NAME": "other.test", "SERVER_PORT": "81"},
        ),
        (b"GET http://other.test HTTP/1.1", {"PATH_INFO": "/"}),
        (b"GET /a%2Fb HTTP/1.1", {"PATH_INFO": "/a/b", "RAW_URI": "/a%2Fb"}),
        (b"GET /a", {"PATH_INFO": "/a", "SERVER_PROTOCOL": "HTTP/1.0"}),
        (b"OPTIONS * HTTP/1.1", {"PATH_INFO": "*", "REQUEST_METHOD": "OPTIONS"}),
    ],
)
def test_the_target_is_split_and_decoded_once(line: bytes, expected: dict[str, str]) -> None:
    """PEP 3333: PATH_INFO decoded to Latin-1, QUERY_STRING raw."""
    found = environ(line)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("headers", "expected", "absent"),
    [
        (((b"Host", b"h:8"),), {"HTTP_HOST": "h:8", "SERVER_NAME": "h", "SERVER_PORT": "8"}, ()),
        (((b"Host", b"[::1]:9"),), {"SERVER_NAME": "[::1]", "SERVER_PORT": "9"}, ()),
        (((b"A", b"1"), (b"a", b"2")), {"HTTP_A": "1,2"}, ()),
        (((b"X_Y", b"evil"), (b"X-Y", b"good")), {"HTTP_X_Y": "good"}, ()),
        (((b"content-type", b"text/xml"),), {"CONTENT_TYPE": "text/xml"}, ("HTTP_CONTENT_TYPE",)),
        (((b"Transfer-Encoding", b"chunked"),), {"HTTP_TRANSFER_ENCODING": "chunked"}, ("CONTENT_LENGTH",)),
        (((b"Authorization", b"Basic x"),), {"HTTP_AUTHORIZATION": "Basic x"}, ()),
    ],
)
def test_headers_become_variables(headers: H, expected: dict[str, str], absent: tuple[str, ...]) -> None:
    """As the server that the new implementation runs behind does it."""
    found = environ(b"GET / HTTP/1.1", headers)
    assert {name: found[name] for name in expected} == expected
    assert not set(absent) & set(found)


def test_the_length_is_that_of_the_body() -> None:
    """A body is never shorter or longer than announced."""
    assert environ(b"POST / HTTP/1.1", ((b"Content-Length", b"99"),), b"abc")["CONTENT_LENGTH"] == "3"


def test_no_body_and_no_header_is_no_length() -> None:
    """A GET has no CONTENT_LENGTH."""
    assert "CONTENT_LENGTH" not in environ(b"GET / HTTP/1.1")


@pytest.mark.parametrize(
    ("line", "body", "reason"),
    [
        (b"-", b"", "malformed request line"),
        (b"", b"", "malformed request line"),
        (b"GET", b"", "malformed request line"),
        (b"\x16\x03\x01", b"", "malformed request line"),
        (b"GET foo HTTP/1.1", b"", "malformed request line"),
        (b"POST / HTTP/1.1", None, "body not recorded"),
        (b"GET /a b HTTP/1.1", b"", None),
        (b"PROPFIND / HTTP/1.1", b"", None),
    ],
)
def test_what_no_application_was_ever_asked_is_not_sent(line: bytes, body: bytes | None, reason: str | None) -> None:
    """A server answers these alone, or the recording lacks the body."""
    assert unsendable(Request(line, (), body)) == reason


@given(st.binary(), st.lists(st.tuples(st.binary(), st.binary())))
def test_any_bytes_make_an_environ_of_latin_1_strings(line: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """Nothing that was recorded can stop a replay."""
    for name, value in environ(line, tuple(headers)).items():
        assert isinstance(name, str)
        value.encode("latin-1")


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1:4711", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("", "127.0.0.1"),
    ],
)
def test_the_address_of_the_client_is_told_without_its_port(peer: str, address: str) -> None:
    """RFC 3875 section 4.1.8; an access log or a proxy may have told either."""
    assert wsgi_environ(Exchange("t#1", Request(b"GET / HTTP/1.1"), peer=peer))["REMOTE_ADDR"] == address
