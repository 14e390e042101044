"""W3C extended logs: columns as the file names them."""

from __future__ import annotations

import pytest

from harness.exchange import Exchange, Request, Response
from harness.sources.clf import read_log
from harness.sources.source import Read, Unreadable

IIS = b"""#Software: Microsoft Internet Information Services 10.0
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status time-taken
2008-11-18 05:27:01 10.0.0.1 GET /a b=c 443 jo 1.2.3.4 Mozilla/5.0+(x) 200 1500
#Fields: time cs-method cs-uri-stem sc-status sc-bytes
05:27:02 POST /b 302 10
only three words
"""


def test_iis() -> None:
    """IIS counts in milliseconds and writes a plus for a blank; columns may change; comments are no lines."""
    first, second, last = read_log(IIS.splitlines(), "w3c")
    assert isinstance(first, Read)
    assert first.exchange == Exchange(
        "",
        Request(b"GET /a?b=c HTTP/1.1", ((b"User-Agent", b"Mozilla/5.0 (x)"),)),
        Response(200, body=None),
        started=1226986020,
        duration=1.5,
        scheme="https",
        peer="1.2.3.4",
        user="jo",
        user_by="remote",
    )
    assert isinstance(second, Read)
    asked = second.exchange.request
    assert (asked.start_line, asked.body, second.exchange.response) == (
        b"POST /b HTTP/1.1", None, Response(302, body=None, size=10)
    )  # fmt: skip
    assert last == Unreadable(6, "only three words")


CLOUDFRONT = (
    b"#Version: 1.0",
    b"#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(User-Agent) "
    b"cs-uri-query x-host-header cs-protocol cs-protocol-version",
)


@pytest.mark.parametrize(
    ("logged", "agent"),
    [(b"Mozilla/5.0%20(x%2541)", b"Mozilla/5.0 (x%41)"), (b"Mozilla/5.0%2520(x)", b"Mozilla/5.0 (x)"), (b"a", b"a")],
)
def test_cloudfront(logged: bytes, agent: bytes) -> None:
    """Its escapes are undone once; the Host is the one that the client asked for."""
    asked = b"GET d1.cloudfront.net /a%2520b 200 " + logged + b" q=b%2520c shop.example https HTTP/2.0"
    line = (b"2020-01-01 00:00:00 FRA2 10 1.2.3.4 " + asked).replace(b" ", b"\t")
    (item,) = read_log([*CLOUDFRONT, line], "w3c")
    assert isinstance(item, Read)
    request = item.exchange.request
    assert (request.start_line, request.header(b"user-agent")) == (b"GET /a%20b?q=b%20c HTTP/1.1", agent)
    assert (item.exchange.host, item.exchange.scheme) == ("shop.example", "https")


def test_an_escaped_line_end_stays_escaped() -> None:
    """Nothing in a request gets a second line out of a log."""
    line = b"2020-01-01 00:00:00 FRA2 10 1.2.3.4 GET h /a%0D%0AX:y 200 a%0D%0AX:y - h http HTTP/1.1"
    (item,) = read_log([*CLOUDFRONT, line], "w3c")
    assert isinstance(item, Exchange)
    assert item.request.start_line == b"GET /a%0D%0AX:y HTTP/1.1"
    assert item.request.header(b"user-agent") == b"a%0D%0AX:y"


@pytest.mark.parametrize(
    "lines",
    [[b"GET / 200"], [b"#Fields: x y z", b"GET / 200"], [b"#Fields: cs-method cs-uri sc-status", b"GET / many"]],
    ids=["no columns", "no request", "no status"],
)
def test_lines_without_a_request_are_counted(lines: list[bytes]) -> None:
    """What the columns do not tell, or not as they should, is unreadable."""
    assert [type(item) for item in read_log(lines, "w3c")] == [Unreadable]
