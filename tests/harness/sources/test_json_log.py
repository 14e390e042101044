"""Access logs in JSON: by the names that servers give."""

from __future__ import annotations

import json

import pytest

from harness.exchange import Exchange
from harness.sources.clf import read_log
from harness.sources.source import Unreadable

NGINX = {"time_local": "18/Nov/2008:06:27:01 +0100", "request": "GET /a HTTP/1.1", "status": "200",
         "remote_addr": "1.2.3.4", "http_user_agent": "x", "body_bytes_sent": "12"}  # fmt: skip
CADDY = {"ts": 1226986021.25, "request": {"remote_ip": "1.2.3.4", "proto": "HTTP/1.1", "method": "GET", "host": "a",
         "uri": "/a", "headers": {"User-Agent": ["x"], "Accept": ["y", "z"]}}, "duration": 0.25, "size": 12,
         "status": 200, "resp_headers": {"Server": ["Caddy"]}}  # fmt: skip
TRAEFIK = {"ClientHost": "1.2.3.4", "Duration": 250000000, "DownstreamContentSize": 12, "DownstreamStatus": 200,
           "RequestHost": "a", "RequestMethod": "GET", "RequestPath": "/a", "RequestProtocol": "HTTP/1.1",
           "StartUTC": "2008-11-18T05:27:01.5Z", "request_User-Agent": "x"}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "started"),
    [(NGINX, 1226986021), (CADDY, 1226986021), (TRAEFIK, 1226986021.5)],
    ids=["nginx", "Caddy", "Traefik"],
)
def test_servers(document: object, started: float) -> None:
    """What each server names its own way is the same request and answer."""
    (exchange,) = read_log([json.dumps(document).encode()], "json-log")
    assert isinstance(exchange, Exchange)
    assert exchange.request.start_line == b"GET /a HTTP/1.1"
    assert exchange.request.header(b"user-agent") == b"x"
    assert (exchange.peer, exchange.started) == ("1.2.3.4", started)
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.size) == (200, 12)


def test_repeated_headers_are_kept() -> None:
    """A list of values is a header that came several times."""
    (exchange,) = read_log([json.dumps(CADDY).encode()], "json-log")
    assert isinstance(exchange, Exchange)
    assert exchange.request.headers == ((b"Host", b"a"), (b"User-Agent", b"x"), (b"Accept", b"y"), (b"Accept", b"z"))


@pytest.mark.parametrize(
    "line",
    [b"[]", b"{", b'{"msg": "started"}', b"{" * 100_000, b'{"request": "GET /", "status": "many"}',
     b'{"request": "GET /", "status": 200, "msec": "' + b"9" * 400 + b'"}'],
    ids=["list", "cut", "another message", "nested", "no status", "no time"],
)  # fmt: skip
def test_other_lines_are_counted(line: bytes) -> None:
    """A line that tells of no request is unreadable."""
    assert [type(item) for item in read_log([line], "json-log")] == [Unreadable]
