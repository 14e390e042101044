"""WSGI environ to CGI variables: a table of what goes in and what a program must see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.environ import join_cookies, meta_variables, query_words, request_uri, resolved_path
from compat.errors import RequestError
from compat.types import Place

BASE = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/",
    "SERVER_NAME": "bound.example",
    "SERVER_PORT": "8000",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.url_scheme": "http",
}
SEEN = [
    ("gateway", {}, {"GATEWAY_INTERFACE": "CGI/1.1"}),
    ("method", {"REQUEST_METHOD": "PURGE"}, {"REQUEST_METHOD": "PURGE"}),
    ("empty query is present", {}, {"QUERY_STRING": ""}),
    ("query stays raw", {"QUERY_STRING": "a=%41%20b&c=%3D?d"}, {"QUERY_STRING": "a=%41%20b&c=%3D?d"}),
    ("query with raw bytes", {"QUERY_STRING": "q=\xc3\xa9"}, {"QUERY_STRING": b"q=\xc3\xa9"}),
    ("http is not https", {}, {"HTTPS": None, "REQUEST_SCHEME": "http"}),
    ("https", {"wsgi.url_scheme": "https"}, {"HTTPS": "on", "REQUEST_SCHEME": "https"}),
    ("protocol", {"SERVER_PROTOCOL": "HTTP/1.0"}, {"SERVER_PROTOCOL": "HTTP/1.0", "HTTP_HOST": None}),
    ("software has a default", {}, {"SERVER_SOFTWARE": "compat"}),
    ("software of the server", {"SERVER_SOFTWARE": "x/1"}, {"SERVER_SOFTWARE": "x/1"}),
    ("a unix socket has no address", {}, {"REMOTE_ADDR": ""}),
    ("address", {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.1"}),
    ("no host: the bound name", {}, {"SERVER_NAME": "bound.example", "SERVER_PORT": "8000"}),
    ("host", {"HTTP_HOST": "a.example"}, {"SERVER_NAME": "a.example", "SERVER_PORT": "80"}),
    ("host, https", {"HTTP_HOST": "a.example", "wsgi.url_scheme": "https"}, {"SERVER_PORT": "443"}),
    (
        "host and port",
        {"HTTP_HOST": "a.example:81"},
        {"SERVER_NAME": "a.example", "SERVER_PORT": "81", "HTTP_HOST": "a.example:81"},
    ),
    ("host in brackets", {"HTTP_HOST": "[::1]:9999"}, {"SERVER_NAME": "[::1]", "SERVER_PORT": "9999"}),
    ("host in brackets, no port", {"HTTP_HOST": "[::1]"}, {"SERVER_NAME": "[::1]", "SERVER_PORT": "80"}),
    ("host that is none", {"HTTP_HOST": "a b/c"}, {"SERVER_NAME": "bound.example"}),
    (
        "no host, an IPv6 address bound",
        {"SERVER_NAME": "2001:db8::1"},
        {"SERVER_NAME": "[2001:db8::1]", "SERVER_PORT": "8000"},
    ),
    (
        "no host on a Unix socket, as gunicorn has it",
        {"SERVER_NAME": "/run/live.sock", "SERVER_PORT": ""},
        {"SERVER_NAME": "localhost", "SERVER_PORT": "80"},
    ),
    (
        "host that is none on a Unix socket",
        {"HTTP_HOST": '"><script>', "SERVER_NAME": '"><script>', "SERVER_PORT": "80"},
        {"SERVER_NAME": "localhost", "SERVER_PORT": "80"},
    ),
    (
        "port that is none on a Unix socket",
        {"HTTP_HOST": "a:<b>", "SERVER_NAME": "a", "SERVER_PORT": "<b>", "wsgi.url_scheme": "https"},
        {"SERVER_NAME": "a", "SERVER_PORT": "443"},
    ),
    ("port in other digits", {"SERVER_PORT": "\xb2"}, {"SERVER_PORT": "80"}),
    (
        "another scheme, no port",
        {"HTTP_HOST": "a", "wsgi.url_scheme": "x"},
        {"SERVER_NAME": "a", "SERVER_PORT": "8000"},
    ),
    (
        "absolute target wins over Host",
        {"RAW_URI": "http://other.test:82/x?y=1", "HTTP_HOST": "a.example"},
        {"SERVER_NAME": "other.test", "SERVER_PORT": "82", "REQUEST_URI": "http://other.test:82/x?y=1"},
    ),
    ("header", {"HTTP_XX_YY123": "foo"}, {"HTTP_XX_YY123": "foo"}),
    ("header with UTF-8 bytes", {"HTTP_X": "\xc3\xa9"}, {"HTTP_X": b"\xc3\xa9"}),
    ("empty header", {"HTTP_X": ""}, {"HTTP_X": ""}),
    ("proxy header", {"HTTP_PROXY": "http://evil/"}, {"HTTP_PROXY": None, "PROXY": None}),
    ("a name with =", {"HTTP_A=B": "x"}, {"HTTP_A=B": None, "HTTP_A": None}),
    ("authorization", {"HTTP_AUTHORIZATION": "Basic eA=="}, {"HTTP_AUTHORIZATION": None}),
    ("proxy authorization", {"HTTP_PROXY_AUTHORIZATION": "Basic eA=="}, {"HTTP_PROXY_AUTHORIZATION": None}),
    (
        "user of trusted middleware",
        {"REMOTE_USER": "ann", "AUTH_TYPE": "Basic"},
        {"REMOTE_USER": "ann", "AUTH_TYPE": "Basic"},
    ),
    ("user of the client", {"HTTP_REMOTE_USER": "admin"}, {"REMOTE_USER": None, "HTTP_REMOTE_USER": "admin"}),
    ("empty user", {"REMOTE_USER": ""}, {"REMOTE_USER": None}),
    ("cookies joined by a server", {"HTTP_COOKIE": "a=1,b=2"}, {"HTTP_COOKIE": "a=1; b=2"}),
    (
        "content type once",
        {"CONTENT_TYPE": "a/b", "HTTP_CONTENT_TYPE": "a/b"},
        {"CONTENT_TYPE": "a/b", "HTTP_CONTENT_TYPE": None},
    ),
    ("no content type", {"CONTENT_TYPE": ""}, {"CONTENT_TYPE": None}),
    (
        "declared length is not trusted",
        {"CONTENT_LENGTH": "7", "HTTP_CONTENT_LENGTH": "7"},
        {"CONTENT_LENGTH": None, "HTTP_CONTENT_LENGTH": None},
    ),
    ("chunked is undone", {"HTTP_TRANSFER_ENCODING": "chunked"}, {"HTTP_TRANSFER_ENCODING": None}),
    ("content coding is not", {"HTTP_CONTENT_ENCODING": "gzip"}, {"HTTP_CONTENT_ENCODING": "gzip"}),
    (
        "server objects",
        {"wsgi.input": object(), "gunicorn.socket": object(), "HTTP_X": 3},
        {"wsgi.input": None, "gunicorn.socket": None, "HTTP_X": None},
    ),
    ("unknown server variables", {"LD_PRELOAD": "x", "PATH": "y"}, {"LD_PRELOAD": None, "PATH": None}),
    ("a server that decoded too much", {"HTTP_X": "\u20ac"}, {"HTTP_X": "\u20ac".encode()}),
    ("a lone surrogate", {"HTTP_X": "\udce9"}, {"HTTP_X": b"\xed\xb3\xa9"}),
    ("document root", {"DOCUMENT_ROOT": "/www/"}, {"DOCUMENT_ROOT": "/www/", "PATH_TRANSLATED": "/www/info"}),
    ("raw target", {"RAW_URI": "/a%2Fb?c"}, {"REQUEST_URI": "/a%2Fb?c"}),
    ("raw target of other servers", {"REQUEST_URI": "/a%2Fc"}, {"REQUEST_URI": "/a%2Fc"}),
]


def seen(
    changes: dict[str, object], place: Place | None = None, length: int | None = None, **options: bool
) -> dict[bytes, bytes]:
    """Return the variables of a request."""
    return meta_variables({**BASE, **changes}, place or Place("/s", "/info", "/srv/s.cgi"), length, **options)


@pytest.mark.parametrize(("changes", "expected"), [row[1:] for row in SEEN], ids=[row[0] for row in SEEN])
def test_variables(changes: dict[str, object], expected: dict[str, str | bytes | None]) -> None:
    """Each request gives the variables of its row; None means that the variable is absent."""
    variables = seen(changes)
    for name, value in expected.items():
        wanted = value.encode("latin-1") if isinstance(value, str) else value
        assert variables.get(name.encode()) == wanted, name


@pytest.mark.parametrize(
    ("place", "name", "info", "file"),
    [
        (Place("/cgi/a.cgi", "/x", "/srv/a.cgi"), b"/cgi/a.cgi", b"/x", b"/srv/a.cgi"),
        (Place("", "/caf\xc3\xa9/\xe9", "/srv/a.cgi"), b"", b"/caf\xc3\xa9/\xe9", b"/srv/a.cgi"),
        (Place("/a", "", None), b"/a", None, None),
    ],
    ids=["both", "bytes", "no path info, no file"],
)
def test_place(place: Place, name: bytes, info: bytes | None, file: bytes | None) -> None:
    """Where the URL led is told exactly; what is empty is absent, except SCRIPT_NAME."""
    variables = seen({}, place)
    assert variables[b"SCRIPT_NAME"] == name
    assert variables.get(b"PATH_INFO") == info
    assert variables.get(b"SCRIPT_FILENAME") == file


@pytest.mark.parametrize(("length", "expected"), [(None, None), (0, b"0"), (7, b"7")])
def test_content_length(length: int | None, expected: bytes | None) -> None:
    """CONTENT_LENGTH is the length of the body as it will be read, and absent without one."""
    assert seen({}, length=length).get(b"CONTENT_LENGTH") == expected


def test_authorization_on_demand() -> None:
    """`pass_authorization` shows Authorization, and still not Proxy-Authorization."""
    variables = seen({"HTTP_AUTHORIZATION": "Basic eA==", "HTTP_PROXY_AUTHORIZATION": "x"}, pass_authorization=True)
    assert variables[b"HTTP_AUTHORIZATION"] == b"Basic eA=="
    assert b"HTTP_PROXY_AUTHORIZATION" not in variables


@pytest.mark.parametrize(
    ("changes", "place", "status"),
    [({}, Place("", "/a\0b"), 404), ({"HTTP_X": "a\0b"}, Place("", "/a"), 400)],
    ids=["path", "header"],
)
def test_nul(changes: dict[str, object], place: Place, status: int) -> None:
    """No environment can hold a NUL: the client gets an error, never a shortened value."""
    with pytest.raises(RequestError) as caught:
        seen(changes, place)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("joined", "expected"),
    [
        ("a=1", "a=1"),
        ("a=1,b=2,c=3", "a=1; b=2; c=3"),
        ("a=1; b=2", "a=1; b=2"),
        ('a={"x":1,"y":2}', 'a={"x":1,"y":2}'),
        ("a=1, b=2", "a=1, b=2"),
        ("a=x,y", "a=x,y"),
    ],
)
def test_cookies(joined: str, expected: str) -> None:
    """Only a bare comma before NAME= is a joiner; commas inside values stay."""
    assert join_cookies(joined) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"SCRIPT_NAME": "/a", "PATH_INFO": "/b c", "QUERY_STRING": "x=%20"}, "/a/b%20c?x=%20"),
        ({"SCRIPT_NAME": "", "PATH_INFO": "", "QUERY_STRING": ""}, "/"),
        ({"PATH_INFO": "/\xc3\xa9%"}, "/%C3%A9%25"),
        ({"PATH_INFO": "/x", "RAW_URI": "/%78"}, "/%78"),
    ],
)
def test_request_uri(environ: dict[str, str], expected: str) -> None:
    """The target as sent, or one that leads to the same resource."""
    assert request_uri(environ) == expected


RESOLVED = [
    ("/a/b", "/a/b"),
    ("/a//b", "/a//b"),
    ("/a/../b", "/b"),
    ("/../b", "/b"),
    ("/a/..", "/"),
    ("/a/./b/.", "/a/b/"),
    ("/a//./b", "/a//b"),
    ("/a/.../b..", "/a/.../b.."),
    ("", ""),
    ("/a//../b", None),
    ("//a/../b", None),
    ("/a/../b//c", None),
    ("/a/.//../b", None),
    ("/a/..//", None),
]


@pytest.mark.parametrize(("path", "expected"), RESOLVED)
def test_resolved_path(path: str, expected: str | None) -> None:
    """Dot segments are removed; `..` beside an empty segment is refused: nginx and Apache leave another folder by it
    than RFC 3986 section 5.2.4 does.
    """
    if expected is not None:
        assert resolved_path(path, path) == expected
        return
    with pytest.raises(RequestError, match="empty segment beside a dot segment") as caught:
        resolved_path(path, path)
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ()),
        ("one", ("one",)),
        ("one+two%20x+%2Dd", ("one", "two x", "-d")),
        ("a=1+2", ()),
        ("a%3D1", ("a=1",)),
        ("a+%00", ()),
    ],
)
def test_query_words(query: str, expected: tuple[str, ...]) -> None:
    """ISINDEX words are split at +, then decoded; an unencoded = means that there are none."""
    assert query_words(query) == expected


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_never_more_than_asked(extra: dict[str, str]) -> None:
    """Whatever a client or a server puts into the environ, no NUL, no = in a name, and no proxy setting comes out."""
    names = {f"HTTP_{name.upper()}": value for name, value in extra.items()}
    try:
        variables = seen(names)
    except RequestError:
        assert any("\0" in value for value in names.values())
        return
    for name, value in variables.items():
        assert b"=" not in name
        assert b"\0" not in name + value
    assert b"HTTP_PROXY" not in variables
