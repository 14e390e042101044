"""Replay: what is sent where a recording does not know everything."""

from __future__ import annotations

import pytest

from harness.exchange import Exchange, Headers, Request, Response
from harness.replay import addressed

LOGGED = Response(200, body=None)
HOST = (b"Host", b"server:81")


@pytest.mark.parametrize(
    ("line", "headers", "recorded", "server", "sent"),
    [
        pytest.param(b"GET / HTTP/1.1", ((b"A", b"b"),), LOGGED, "server:81", (HOST, (b"A", b"b")), id="logged"),
        pytest.param(
            b"GET / HTTP/1.1", ((b"host", b"h"),), LOGGED, "server:81", ((b"host", b"h"),), id="with its host"
        ),
        pytest.param(b"GET / HTTP/1.1", (), Response(400, body=b""), "server:81", (), id="recorded without a host"),
        pytest.param(b"GET / HTTP/1.1", (), None, "server:81", (), id="recorded without an answer"),
        pytest.param(b"GET /", (), LOGGED, "server:81", (), id="without a version"),
        pytest.param(b"GET / HTTP/1.1", (), LOGGED, "", (), id="no server among the targets"),
    ],
)
def test_the_host_that_a_log_does_not_tell(
    line: bytes, headers: Headers, recorded: Response | None, server: str, sent: Headers
) -> None:
    """A server among the targets gives it, for both sides alike."""
    exchange = addressed(Exchange("t#1", Request(line, headers), recorded), server)
    assert (exchange.request.start_line, exchange.request.headers) == (line, sent)
