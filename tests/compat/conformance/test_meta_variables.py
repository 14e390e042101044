"""Catalogue, META-VARIABLES: what a program's environment says of a request (RFC 3875 section 4.1)."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compat import CGIDirectory, HandlerApp

Expected = dict[str, str | None]

# name, query, header lines, variables: what they must be; None: they must not be there
OVER_THE_WIRE: list[tuple[str, str, list[str], Expected]] = [
    (
        "1 the request",
        "?foo=bar&a=b",
        [],
        {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": "foo=bar&a=b",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SERVER_NAME": "www.example",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_SCHEME": "http",
            "HTTPS": None,
            "CONTENT_LENGTH": None,
            "CONTENT_TYPE": None,
            "PATH_INFO": None,
        },
    ),
    ("2 no query", "", [], {"QUERY_STRING": ""}),
    ("2a an empty query", "?", [], {"QUERY_STRING": ""}),
    ("4 query as sent", "?a=%41%20b&c=%3D", [], {"QUERY_STRING": "a=%41%20b&c=%3D"}),
    ("5 two question marks", "?a=b?c=d", [], {"QUERY_STRING": "a=b?c=d"}),
    ("5a what a shell would read", "?;id&`id`|$(id)", [], {"QUERY_STRING": ";id&`id`|$(id)"}),
    (
        "8 host with a port",
        "",
        ["Host: example.com:80"],
        {"SERVER_NAME": "example.com", "SERVER_PORT": "80", "HTTP_HOST": "example.com:80"},
    ),
    ("8a host with an empty port", "", ["Host: example.com:"], {"SERVER_NAME": "example.com", "SERVER_PORT": "80"}),
    (
        "8b host with another port",
        "",
        ["Host: example.com:8443"],
        {"SERVER_NAME": "example.com", "SERVER_PORT": "8443"},
    ),
    ("10 an IPv6 host", "", ["Host: [::1]:9999"], {"SERVER_NAME": "[::1]", "SERVER_PORT": "9999"}),
    ("10a an IPv6 host without a port", "", ["Host: [::1]"], {"SERVER_NAME": "[::1]", "SERVER_PORT": "80"}),
    ("17 a header Content-Type", "", ["Content-Type: a/b"], {"CONTENT_TYPE": "a/b", "HTTP_CONTENT_TYPE": None}),
    ("19 two cookies", "", ["Cookie: a=1", "Cookie: b=2"], {"HTTP_COOKIE": "a=1; b=2"}),
    ("19a a comma in a cookie", "", ["Cookie: a=1,2; b=x"], {"HTTP_COOKIE": "a=1,2; b=x"}),
    ("20 digits in a name", "", ["xx-yy123: foo"], {"HTTP_XX_YY123": "foo"}),
    ("20a an empty value", "", ["X-Empty:"], {"HTTP_X_EMPTY": ""}),
    ("20b a value of 8-bit bytes", "", ["X-Bytes: \xe9\xc3\xa9"], {"HTTP_X_BYTES": "\xe9\xc3\xa9"}),
    ("20c a shell function", "", ["X-Shock: () { :;}; id"], {"HTTP_X_SHOCK": "() { :;}; id"}),
    (
        "20d names that mean something to a loader",
        "",
        ["Ld-Preload: /x", "Path: /x", "Ifs: x", "Perl5lib: /x", "Pythonpath: /x"],
        {"HTTP_LD_PRELOAD": "/x", "LD_PRELOAD": None, "HTTP_PATH": "/x", "IFS": None, "PYTHONPATH": None},
    ),
    (
        "22 header Proxy",
        "",
        ["Proxy: http://evil/", "Proxy-Foo: kept"],
        {"HTTP_PROXY": None, "PROXY": None, "HTTP_PROXY_FOO": "kept"},
    ),
    ("22a header proxy, small letters", "", ["proxy: http://evil/"], {"HTTP_PROXY": None, "http_proxy": None}),
    ("25 an underscore in a name", "", ["X_Und: u"], {"HTTP_X_UND": None}),
    ("26 an underscore beside a hyphen", "", ["X-A-B: 1.2.3.4", "X_A_B: evil"], {"HTTP_X_A_B": "1.2.3.4"}),
    ("26a the underscore first", "", ["X_A_B: evil", "X-A-B: 1.2.3.4"], {"HTTP_X_A_B": "1.2.3.4"}),
    (
        "29 credentials",
        "",
        ["Authorization: Basic eA==", "Proxy-Authorization: Basic eA=="],
        {"HTTP_AUTHORIZATION": None, "HTTP_PROXY_AUTHORIZATION": None, "AUTH_TYPE": None, "REMOTE_USER": None},
    ),
    (
        "32 a client that says who it is",
        "",
        ["Remote-User: admin", "Auth-Type: Basic", "Https: on", "Script-Filename: /x"],
        {"REMOTE_USER": None, "HTTP_REMOTE_USER": "admin", "AUTH_TYPE": None, "HTTPS": None, "HTTP_HTTPS": "on"},
    ),
]


@pytest.mark.parametrize(
    ("query", "fields", "expected"), [row[1:] for row in OVER_THE_WIRE], ids=[row[0] for row in OVER_THE_WIRE]
)
def test_over_the_wire(
    wire: Any, every_way: Any, variables: Callable[..., Any], query: str, fields: list[str], expected: Expected
) -> None:
    """Each request leads to these variables, in every language and by every runner."""
    reply = wire.ask(every_way.url("env") + query, *fields)
    assert reply.status == 200, reply
    compare(variables(reply.body), expected)


def compare(seen: dict[bytes, bytes], expected: Expected) -> None:
    """Each expected variable is as it should be, or absent."""
    picked = {name: seen.get(name.encode()) for name in expected}
    assert picked == {name: None if value is None else value.encode("latin-1") for name, value in expected.items()}


def test_1_every_required_variable_says_something(wire: Any, every_way: Any, variables: Callable[..., Any]) -> None:
    """What RFC 3875 requires is there and not empty."""
    seen = variables(wire.ask(every_way.url("env")).body)
    for name in (b"SERVER_SOFTWARE", b"SERVER_NAME", b"SERVER_PORT", b"REMOTE_ADDR", b"SCRIPT_NAME", b"REQUEST_URI"):
        assert seen[name]
    assert seen[b"SCRIPT_NAME"] == seen[b"REQUEST_URI"] == every_way.url("env").encode()


def test_11_http_1_0_without_host(wire: Any, every_way: Any, variables: Callable[..., Any]) -> None:
    """SERVER_NAME is where the server listens, and there is no HTTP_HOST."""
    reply = wire.talk(f"GET {every_way.url('env')} HTTP/1.0\r\n\r\n".encode())
    expected = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(wire.port), "SERVER_PROTOCOL": "HTTP/1.0"}
    compare(variables(reply.body), {**expected, "HTTP_HOST": None})


def test_13_a_client_without_an_address(
    start_server: Callable[..., Any], variables: Callable[..., Any], receive: Callable[..., Any]
) -> None:
    """Over a unix socket REMOTE_ADDR is there and empty; SERVER_NAME is the Host, or what the server calls itself."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own paths are too long for a socket
        address = f"{folder}/s"
        start_server("--bind", f"unix:{address}", workers=1)
        for lines, expected in (
            ("HTTP/1.1\r\nHost: h.example\r\nConnection: close", {"SERVER_NAME": "h.example", "SERVER_PORT": "80"}),
            ("HTTP/1.0", {"HTTP_HOST": None}),
        ):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20)
                client.connect(address)
                client.sendall(f"GET /exec/env.cgi {lines}\r\n\r\n".encode())
                seen = variables(receive(client).body)
            compare(seen, {"REMOTE_ADDR": "", **expected})
            assert seen[b"SERVER_NAME"]
            assert b"SERVER_PORT" in seen


# name, changes of the environ, variables
IN_PROCESS: list[tuple[str, dict[str, Any], Expected]] = [
    ("7 a query of 8-bit bytes", {"QUERY_STRING": "q=\xc3\xa9"}, {"QUERY_STRING": "q=\xc3\xa9"}),
    ("14 https", {"wsgi.url_scheme": "https"}, {"HTTPS": "on", "REQUEST_SCHEME": "https"}),
    ("14a https and the port", {"wsgi.url_scheme": "https", "HTTP_HOST": "h"}, {"SERVER_PORT": "443"}),
    ("14b http", {"HTTPS": "on"}, {"HTTPS": None, "REQUEST_SCHEME": "http"}),
    ("16 an empty body", {"body": b""}, {"CONTENT_LENGTH": "0"}),
    (
        "17a copies that some servers make",
        {"HTTP_CONTENT_TYPE": "x", "HTTP_CONTENT_LENGTH": "3", "HTTP_TRANSFER_ENCODING": ""},
        {"HTTP_CONTENT_TYPE": None, "HTTP_CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": None},
    ),
    ("17b an empty Content-Type", {"CONTENT_TYPE": ""}, {"CONTENT_TYPE": None}),
    ("23 HTTP_PROXY from the server", {"HTTP_PROXY": "http://evil/"}, {"HTTP_PROXY": None}),
    ("28 an equals sign in a name", {"HTTP_A=B": "x"}, {"HTTP_A": None, "HTTP_A=B": None}),
    ("28a small letters in a name", {"HTTP_a": "x", "http_proxy": "y"}, {"HTTP_a": None, "http_proxy": None}),
    (
        "31 a user that middleware has checked",
        {"REMOTE_USER": "ann", "AUTH_TYPE": "Basic", "REMOTE_IDENT": "i", "REMOTE_HOST": "h"},
        {"REMOTE_USER": "ann", "AUTH_TYPE": "Basic", "REMOTE_IDENT": "i", "REMOTE_HOST": "h"},
    ),
    ("31a nobody", {"REMOTE_USER": "", "AUTH_TYPE": ""}, {"REMOTE_USER": None, "AUTH_TYPE": None}),
    (
        "34 text that is not bytes as latin-1",
        {"HTTP_X": "\u20ac", "QUERY_STRING": "\udce9"},
        {"HTTP_X": "\xe2\x82\xac", "QUERY_STRING": "\xed\xb3\xa9"},
    ),
    (
        "35 what is not text",
        {"HTTP_X": 3, "HTTP_Y": b"y", "wsgi.z": "z", "gunicorn.socket": object(), "REMOTE_USER": ["x"]},
        {"HTTP_X": None, "HTTP_Y": None, "wsgi.z": None, "gunicorn.socket": None, "REMOTE_USER": None},
    ),
    ("8c a host that is none", {"HTTP_HOST": "a b"}, {"SERVER_NAME": "bound.example", "SERVER_PORT": "8000"}),
    ("8d a host with markup", {"HTTP_HOST": 'a"><script>'}, {"SERVER_NAME": "bound.example"}),
    ("8e a host with a user", {"HTTP_HOST": "evil@h"}, {"SERVER_NAME": "bound.example"}),
    ("8f a port that is none", {"HTTP_HOST": "h:80x"}, {"SERVER_NAME": "bound.example", "SERVER_PORT": "8000"}),
]


def shown(
    ask: Callable[..., Any], directory: Callable[..., Any], every_way: Any, options: dict[str, Any], **changes: Any
) -> bytes:
    """Return what `env` prints for one request in process."""
    if every_way.runner == "handler":
        if options:
            pytest.skip("HandlerApp has no such option")
        return bytes(ask(HandlerApp(Mirror), check=False, **changes).body)
    app = directory(every_way.runner, **options)
    return bytes(ask(app, "/" + every_way.file("env"), check=False, **changes).body)


class Mirror:
    """`env` as a handler program."""

    def __init__(self, handler: Any, env: dict[str, str]) -> None:
        self.handler, self.env = handler, env

    def run(self) -> None:
        """Print the environment."""
        self.handler.send_response(200)
        self.handler.end_headers()
        self.handler.wfile.write("".join(f"{name}={value}\0" for name, value in self.env.items()).encode("latin-1"))


@pytest.mark.parametrize(("changes", "expected"), [row[1:] for row in IN_PROCESS], ids=[row[0] for row in IN_PROCESS])
def test_in_process(
    ask: Callable[..., Any],
    directory: Callable[..., Any],
    every_way: Any,
    variables: Callable[..., Any],
    changes: dict[str, Any],
    expected: Expected,
) -> None:
    """So does what only a server or middleware can say."""
    compare(variables(shown(ask, directory, every_way, {}, **changes)), expected)


# name, options, changes of the environ, variables
CONFIGURED: list[tuple[str, dict[str, Any], dict[str, Any], Expected]] = [
    ("37 a variable of the operator", {"env": {"FOO": "bar"}}, {}, {"FOO": "bar"}),
    (
        "38 the operator's value wins",
        {"env": {"SCRIPT_FILENAME": "/f", "REQUEST_URI": "/u", "PATH": "/p", "HTTP_X": "o", "REMOTE_USER": "ann"}},
        {"HTTP_X": "client", "REMOTE_USER": "eve"},
        {"SCRIPT_FILENAME": "/f", "REQUEST_URI": "/u", "PATH": "/p", "HTTP_X": "o", "REMOTE_USER": "ann"},
    ),
    (
        "29a credentials where asked for",
        {"pass_authorization": True},
        {"HTTP_AUTHORIZATION": "Basic eA==", "HTTP_PROXY_AUTHORIZATION": "x"},
        {"HTTP_AUTHORIZATION": "Basic eA==", "HTTP_PROXY_AUTHORIZATION": None},
    ),
    (
        "40 the document root of the operator",
        {"env": {"DOCUMENT_ROOT": "/srv/www/"}},
        {"PATH_INFO": "/{env}/a/b.html"},
        {"DOCUMENT_ROOT": "/srv/www/", "PATH_INFO": "/a/b.html", "PATH_TRANSLATED": "/srv/www/a/b.html"},
    ),
    (
        "40a the document root of the server",
        {},
        {"PATH_INFO": "/{env}/a", "DOCUMENT_ROOT": "/srv"},
        {"DOCUMENT_ROOT": "/srv", "PATH_TRANSLATED": "/srv/a"},
    ),
    (
        "40b of the two roots the operator's",
        {"env": {"DOCUMENT_ROOT": "/op"}},
        {"PATH_INFO": "/{env}/a", "DOCUMENT_ROOT": "/srv"},
        {"DOCUMENT_ROOT": "/op", "PATH_TRANSLATED": "/op/a"},
    ),
    (
        "40c the operator's own translation",
        {"env": {"DOCUMENT_ROOT": "/op", "PATH_TRANSLATED": "/t"}},
        {"PATH_INFO": "/{env}/a"},
        {"PATH_TRANSLATED": "/t"},
    ),
    (
        "40d no extra path, nothing to translate",
        {"env": {"DOCUMENT_ROOT": "/op"}},
        {},
        {"PATH_INFO": None, "PATH_TRANSLATED": None},
    ),
]


@pytest.mark.parametrize(
    ("options", "changes", "expected"), [row[1:] for row in CONFIGURED], ids=[row[0] for row in CONFIGURED]
)
def test_configured(
    ask: Callable[..., Any],
    directory: Callable[..., Any],
    way: Any,
    variables: Callable[..., Any],
    options: dict[str, Any],
    changes: dict[str, Any],
    expected: Expected,
) -> None:
    """The operator's word counts more than the request's, and each name stands once."""
    if "PATH_INFO" in changes:
        changes = {**changes, "PATH_INFO": changes["PATH_INFO"].format(env=way.file("env"))}
    body = shown(ask, directory, way, options, **changes)
    compare(variables(body), expected)
    names = [item.partition(b"=")[0] for item in body.split(b"\0")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("pass_path", [False, True], ids=["40", "40e"])
def test_40_the_file(
    ask: Callable[..., Any],
    directory: Callable[..., Any],
    cgi_bin: Path,
    way: Any,
    variables: Callable[..., Any],
    pass_path: bool,
) -> None:
    """SCRIPT_FILENAME is the program's absolute path, with an extra path or without; REQUEST_URI the raw target."""
    path = f"/{way.file('env')}" + ("/caf%C3%A9/%7Ex" if pass_path else "")
    decoded = unquote_to_bytes(path).decode("latin-1")
    app = directory(way.runner)
    seen = variables(ask(app, decoded, check=False, RAW_URI=path + "?q=%20", QUERY_STRING="q=%20").body)
    assert seen[b"SCRIPT_FILENAME"] == os.fsencode(cgi_bin / way.file("env"))
    assert seen[b"REQUEST_URI"] == f"{path}?q=%20".encode()


def php(folder: Path) -> str:
    """Return a stand-in for php-cgi: it refuses to work without REDIRECT_STATUS, as the real one does."""
    path = folder / "php-cgi"
    path.write_text(
        '#!/bin/sh\n[ -n "$REDIRECT_STATUS" ] || exit 1\n'
        'printf \'Content-Type: text/plain\\n\\n%s %s\' "$REDIRECT_STATUS" "$SCRIPT_FILENAME"\n'
    )
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("real", [False, True], ids=["41 stand-in", "41 php-cgi"])
def test_php(ask: Callable[..., Any], runner: str, tmp_path: Path, real: bool) -> None:
    """php-cgi gets REDIRECT_STATUS, or it would not work; no other program sees it."""
    program = shutil.which("php-cgi") if real else php(tmp_path)
    if program is None:
        pytest.skip("no php-cgi")
    page = tmp_path / "p.php"
    page.write_text("<?php echo getenv('REDIRECT_STATUS'), ' ', $_SERVER['SCRIPT_FILENAME'];")
    answer = ask(CGIDirectory(tmp_path, interpreters={".php": program}, runner=runner), "/p.php", check=False)
    assert (answer.status, answer.body.decode()) == ("200 OK", f"200 {page}")


def test_41a_no_other_program_has_it(wire: Any, way: Any, variables: Callable[..., Any]) -> None:
    """REDIRECT_STATUS is for php-cgi."""
    assert b"REDIRECT_STATUS" not in variables(wire.ask(way.url("env")).body)


SEGMENT = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="/\x7f"), min_size=1, max_size=8
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segments=st.lists(SEGMENT.filter(lambda text: set(text) != {"."}), max_size=3))
def test_43_the_url_can_be_made_again(
    ask: Callable[..., Any], directory: Callable[..., Any], variables: Callable[..., Any], segments: list[str]
) -> None:
    """SCRIPT_NAME and PATH_INFO together are the path that was asked for; so is REQUEST_URI, encoded."""
    path = "/".join(["/env-sh.cgi", *segments])
    seen = variables(ask(directory("exec"), check=False, PATH_INFO=path).body)
    whole = seen[b"SCRIPT_NAME"] + seen.get(b"PATH_INFO", b"")
    assert whole == path.encode("latin-1") == unquote_to_bytes(seen[b"REQUEST_URI"])
    assert re.fullmatch(rb"[!-~]+", seen[b"REQUEST_URI"])


def test_44_the_servers_own_environment_stays(
    ask: Callable[..., Any], directory: Callable[..., Any], every_way: Any
) -> None:
    """Two requests later, the process has the environment that it had."""
    before, directory_before = dict(os.environb), os.getcwd()
    for value in ("x", "y"):
        assert shown(ask, directory, every_way, {}, HTTP_X=value)
    assert (dict(os.environb), os.getcwd()) == (before, directory_before)


def test_44a_nothing_is_inherited(
    ask: Callable[..., Any],
    directory: Callable[..., Any],
    every_way: Any,
    variables: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No variable of the server's process reaches a program unasked."""
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    body = shown(ask, directory, every_way, {})
    assert b"SCRIPT_NAME" in variables(body)
    assert b"s3cret" not in body


@pytest.mark.parametrize("name", ["HTTP_X", "QUERY_STRING", "REMOTE_USER", "CONTENT_TYPE"], ids="44b NUL in {}".format)
def test_nul(ask: Callable[..., Any], directory: Callable[..., Any], every_way: Any, name: str) -> None:
    """No environment can hold a NUL: 400, and nothing runs."""
    assert shown(ask, directory, every_way, {}, **{name: "a\0b", "wsgi.errors": io.StringIO()}) == b"400 Bad Request\n"
