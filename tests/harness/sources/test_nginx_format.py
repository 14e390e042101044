"""`log_format` of nginx: variables, escapes, and lines that a real nginx wrote."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.sources.clf import read_log
from harness.sources.source import START_LINE, Read, Unreadable

COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
JSON = r"""log_format mine escape=json '{"at":"$msec","line":"$request","status":$status,'
    '"agent":"$http_user_agent","cookie":"$http_cookie","body":"$request_body","took":$request_time}';"""


def one(line: bytes, log_format: str) -> Exchange:
    """Read a single line that must be readable."""
    (item,) = read_log([line], log_format)
    exchange = item.exchange if isinstance(item, Read) else item
    assert isinstance(exchange, Exchange), item
    return exchange


def test_combined() -> None:
    r"""The predefined format; nginx escapes by \xHH."""
    line = rb'1.2.3.4 - jo [18/Nov/2008:06:27:01 +0100] "GET /\x22 HTTP/1.1" 200 138 "-" "a\x5Cb"'
    exchange = one(line, COMBINED)
    assert (exchange.peer, exchange.user, exchange.started) == ("1.2.3.4", "jo", 1226986021)
    assert exchange.request.start_line == b'GET /" HTTP/1.1'
    assert exchange.request.headers == ((b"User-Agent", rb"a\b"),)
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.size) == (200, 138)


@pytest.mark.parametrize(
    ("log_format", "line", "started"),
    [
        ("$msec $request_time", b"1226986021.250 0.250", 1226986021),
        ("$time_local $request_time", b"18/Nov/2008:06:27:01 +0100 0.900", 1226986021),
        ("$time_iso8601 $request_time", b"2008-11-18T06:27:01+01:00 2.900", 1226986019),
    ],
    ids=["exact", "within the second", "longer"],
)
def test_a_line_is_written_when_the_request_ends(log_format: str, line: bytes, started: float) -> None:
    """The time of the line less the duration is the start; less a part of a second only where the clock has such."""
    assert one(line, log_format).started == pytest.approx(started)


@pytest.mark.parametrize(
    ("log_format", "line", "start_line", "headers"),
    [
        ("$request_method $request_uri $server_protocol", b"GET /a?b HTTP/2.0", b"GET /a?b HTTP/1.1", ()),
        ("$request_method $uri?$args", b"GET /a?b=1", b"GET /a?b=1 HTTP/1.1", ()),
        ("$scheme://$host:$server_port $request_method $uri", b"http://a:8 GET /", b"GET / HTTP/1.1",
         ((b"Host", b"a:8"),)),
        ("${http_x_request_id}|$own_variable", b"7|what ever", b"-", ((b"X-Request-Id", b"7"),)),
        ("$cookie_sid;$sent_http_x_a", b"1;2", b"-", ((b"Cookie", b"sid=1"),)),
    ],
    ids=["uri", "args", "scheme and port", "own", "cookie"],
)  # fmt: skip
def test_variables(log_format: str, line: bytes, start_line: bytes, headers: object) -> None:
    """Variables tell what they are named for; those of a user's own are read over."""
    request = one(line, log_format).request
    assert (request.start_line, request.headers) == (start_line, headers)


def test_json_with_a_body() -> None:
    """With `escape=json` an empty text is none; `$request_body` is the body."""
    line = (
        rb'{"at":"1226986021.250","line":"POST /caf\u00e9 HTTP/1.1","status":302,'
        rb'"agent":"\"x\"\\","cookie":"","body":"a=1&b=%20\n","took":0.25}'
    )
    exchange = one(line, JSON)
    assert exchange.request.start_line == b"POST /caf\xe9 HTTP/1.1"
    assert exchange.request.headers == ((b"User-Agent", b'"x"\\'),)
    assert (exchange.request.body, exchange.request.framing) == (b"a=1&b=%20\n", "length")
    assert (exchange.started, exchange.duration) == (1226986021, 0.25)


ASKED = [
    ('"$request"', b'"GET /a HTTP/2.0"', b"GET /a HTTP/1.1", True),
    ('"$request"', b'"GET /a HTTP/3"', b"GET /a HTTP/1.1", True),
    ('"$request"', b'"GET /a"', b"GET /a", False),
    ('"$request"', b'"GET /a HTTP/1.0"', b"GET /a HTTP/1.0", False),
    ('"$request"', b'"PRI * HTTP/2.0"', b"PRI * HTTP/2.0", False),
    ("$request_method $request_uri", b"GET /a", b"GET /a HTTP/1.1", True),
    ("$request_method $request_uri $server_protocol", b"GET /a HTTP/1.1", b"GET /a HTTP/1.1", False),
]


@pytest.mark.parametrize(("log_format", "line", "start_line", "guessed"), ASKED)
def test_what_newer_versions_asked_is_as_http_1_writes_it(
    log_format: str, line: bytes, start_line: bytes, guessed: bool
) -> None:
    """So that it can be sent again; the line is a guess then. One without a version is HTTP/0.9 where it is whole."""
    (item,) = read_log([line], log_format)
    assert one(line, log_format).request.start_line == start_line
    assert (isinstance(item, Read) and START_LINE in item.guesses) == guessed


SIDE_BY_SIDE = [
    ("$request_method $scheme://$host$request_uri", b"GET http://ex.org/a?b=1", b"GET /a?b=1", b"ex.org"),
    ("$request_method $http_host$request_uri", b"GET ex.org:81/a", b"GET /a", b"ex.org:81"),
    ("$request_method $host:$server_port$request_uri", b"GET ex.org:81/a/b:1", b"GET /a/b:1", b"ex.org:81"),
    ("$request_method $uri$is_args$args $status", b"GET /a?b=1 200", b"GET /a?b=1", None),
    ("$request_method $uri$is_args$args $status", b"GET /a 200", b"GET /a", None),
    ('"$uri$is_args$args" "$request_method"', b'"/a b" "GET"', b"GET /a b", None),
    ("%m https://%v%U%q", b"GET https://ex.org/a?b", b"GET /a?b", b"ex.org"),
    ("%m https://%v%U%q", b"GET https://[::1]:8/a", b"GET /a", b"[::1]:8"),
]


@pytest.mark.parametrize(("log_format", "line", "start_line", "host"), SIDE_BY_SIDE)
def test_fields_side_by_side(log_format: str, line: bytes, start_line: bytes, host: bytes | None) -> None:
    """Host, path and query need no text between them: each ends where the next begins."""
    request = one(line, log_format).request
    assert (request.start_line, request.header(b"host")) == (start_line + b" HTTP/1.1", host)


def test_an_address_and_its_port() -> None:
    """Also one that has colons itself."""
    assert one(b"2001:db8::1:443 200", "$remote_addr:$remote_port $status").peer == "2001:db8::1"
    assert one(b"1.2.3.4:443 200", "$remote_addr:$remote_port $status").peer == "1.2.3.4"
    assert one(b"unix: 200", "$remote_addr $status").peer == "unix:"


@pytest.mark.parametrize("log_format", ["$remote_user$status", "$uri$args", "%m%U", "$remote_addr$own", "%D%b"])
def test_two_fields_of_which_nobody_knows_where_one_ends_are_refused(log_format: str) -> None:
    """A wrong request would be made of them without a word."""
    with pytest.raises(UsageError, match="nothing stands between"):
        list(read_log([b"x"], log_format))


@pytest.mark.parametrize("log_format", ["escape=odd '$status'", "$status $"])
def test_what_nginx_would_not_take_is_refused(log_format: str) -> None:
    """An escape or a variable that cannot be is a usage error."""
    with pytest.raises(UsageError, match="nor a log_format of nginx"):
        list(read_log([b"x"], log_format))


CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {json}
    access_log {folder}/combined.log combined;
    access_log {folder}/json.log mine;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello"; }} }}
}}
"""
SENT = [
    b'GET /plain?a=%20b HTTP/1.1\r\nHost: a.example\r\nUser-Agent: "quoted" back\\slash\r\nConnection: close\r\n\r\n',
    b"GET /8-bit-caf\xc3\xa9 HTTP/1.1\r\nHost: a.example\r\nCookie: a=\xff\r\nConnection: close\r\n\r\n",
    b"\x16\x03\x01garbage\r\n\r\n",
]


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_lines_of_a_real_nginx(tmp_path: Path) -> None:
    """What nginx wrote, in both of its escapes, is read as what was sent to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "nginx.conf").write_text(CONFIGURATION.format(folder=tmp_path, port=port, json=JSON))
    server = subprocess.Popen(["nginx", "-p", tmp_path, "-c", tmp_path / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        for request in SENT:
            send(port, request)
        wait_for_lines(tmp_path / "json.log", len(SENT))
    finally:
        server.terminate()
        server.wait(10)
    for name, log_format in (("combined.log", COMBINED), ("json.log", JSON)):
        items = list(read_log((tmp_path / name).read_bytes().splitlines(), log_format))
        assert not [item for item in items if isinstance(item, Unreadable)]
        requests = [item.request for item in items if isinstance(item, Exchange)]
        assert [request.start_line for request in requests] == [request.split(b"\r\n")[0] for request in SENT]
        assert requests[0].header(b"user-agent") == b'"quoted" back\\slash'
        assert abs(time.time() - items[0].started) < 60


def send(port: int, request: bytes) -> None:
    """Send a request and wait for the end of the answer; the server may need a moment to start."""
    until = time.monotonic() + 10
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port), 10)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.05)
    with client:
        client.sendall(request)
        while client.recv(65536):
            pass


def wait_for_lines(log: Path, count: int) -> None:
    """Wait until a log has so many lines."""
    until = time.monotonic() + 10
    while not log.exists() or log.read_bytes().count(b"\n") < count:
        assert time.monotonic() < until
        time.sleep(0.02)
