"""Access logs: each line becomes what the client sent, as far as the log knows it."""

from __future__ import annotations

import random
import time

import pytest

from harness.errors import UsageError
from harness.exchange import Exchange, Request, Response
from harness.sources.clf import FORMATS, detect_format, read_log
from harness.sources.source import Unreadable

LINE = b'80.120.121.126 - jo [18/Nov/2008:06:27:01 +0100] "%s" 200 138 "http://a/b" "agent/1.0 (x)"\n'


def one(line: bytes, log_format: str = "combined") -> Exchange:
    """Read a single line that must be readable."""
    (item,) = read_log([line], log_format)
    assert isinstance(item, Exchange)
    return item


def test_combined_line() -> None:
    """A combined line gives client, user, time, request line, status, size, referer and user agent."""
    assert one(LINE % b"GET /simple/ HTTP/1.1") == Exchange(
        "",
        Request(b"GET /simple/ HTTP/1.1", ((b"Referer", b"http://a/b"), (b"User-Agent", b"agent/1.0 (x)")), b""),
        Response(200, body=None, size=138),
        started=1226986021.0,
        peer="80.120.121.126",
        user="jo",
        user_by="remote",
    )


def test_common_line() -> None:
    """A common line has neither referer nor user agent; a hyphen for the size means no bytes."""
    exchange = one(b'h - - [18/Nov/2008:06:27:01 +0000] "HEAD / HTTP/1.0" 304 -', "clf")
    assert (exchange.request.headers, exchange.response) == ((), Response(304, body=None, size=0))


@pytest.mark.parametrize(
    ("logged", "sent"),
    [
        (b"GET /a b/c d HTTP/1.1", b"GET /a b/c d HTTP/1.1"),
        (b"-", b"-"),
        (b"", b""),
        (b"GET http://other.example/ HTTP/1.0", b"GET http://other.example/ HTTP/1.0"),
        (rb"\x16\x03\x01\x02", b"\x16\x03\x01\x02"),
        (rb"GET /\"q\"\\ HTTP/1.1", b'GET /"q"\\ HTTP/1.1'),
        (rb"GET /\xc3\xa9\t HTTP/1.1", b"GET /\xc3\xa9\t HTTP/1.1"),
        (b"GET /caf\xe9 HTTP/1.1", b"GET /caf\xe9 HTTP/1.1"),
        (b"get /", b"get /"),
        (b"OPTIONS * HTTP/1.0", b"OPTIONS * HTTP/1.0"),
    ],
    ids=["spaces", "hyphen", "empty", "absolute", "tls", "quotes", "escapes", "8-bit", "0.9", "star"],
)
def test_request_lines_are_kept(logged: bytes, sent: bytes) -> None:
    """The request line is what the client sent, malformed or not, the log's own escapes undone."""
    assert one(LINE % logged).request.start_line == sent


@pytest.mark.parametrize(
    ("method", "body", "framing"),
    [
        (b"GET", b"", "none"),
        (b"HEAD", b"", "none"),
        (b"DELETE", b"", "none"),
        (b"POST", None, "length"),
        (b"PUT", None, "length"),
    ],
)
def test_bodies_are_unknown_unless_there_is_none(method: bytes, body: bytes | None, framing: str) -> None:
    """A log has no bodies: None for methods that send one."""
    request = one(LINE % (method + b" / HTTP/1.1")).request
    assert (request.body, request.framing) == (body, framing)


def test_any_log_format() -> None:
    """A LogFormat may name headers of both directions, the virtual host and the duration."""
    log_format = '%v:%p %h %t "%r" %>s %D "%{X-Forwarded-For}i" "%{Location}o"'
    line = b'a.example:8080 h [18/Nov/2008:06:27:01 +0000] "GET / HTTP/1.1" 302 1500 "1.2.3.4" "/x"'
    exchange = one(line, log_format)
    assert exchange.request.headers == ((b"Host", b"a.example:8080"), (b"X-Forwarded-For", b"1.2.3.4"))
    assert exchange.response == Response(302, headers=((b"Location", b"/x"),), body=None)
    assert exchange.duration == 0.0015


def test_recorded_host_wins() -> None:
    """Where the log has the client's Host, the virtual host does not replace it."""
    log_format = '%v %h %t "%r" %>s %b "%{Host}i"'
    line = b'a.example h [18/Nov/2008:06:27:01 +0000] "GET / HTTP/1.1" 200 1 "b.example"'
    assert one(line, log_format).request.headers == ((b"Host", b"b.example"),)


def test_unknown_format_is_refused() -> None:
    """A format that is neither a name nor a LogFormat is a usage error that lists the names."""
    with pytest.raises(UsageError, match="vhost, combined, nginx, clf"):
        list(read_log([b"x"], "%Z{"))


def test_every_line_is_counted() -> None:
    """A line that does not fit comes out with its number; empty ones are no lines."""
    lines = [LINE % b"GET / HTTP/1.1", b"\n", b"garbage \xff\n", LINE % b"GET /2 HTTP/1.1"]
    items = list(read_log(lines, "combined"))
    assert [item.number for item in items if isinstance(item, Unreadable)] == [3]
    assert len(items) == 3


@pytest.mark.parametrize("name", list(FORMATS))
def test_format_is_found(name: str) -> None:
    """The format is found by what most of the lines are."""
    combined = LINE % b"GET /"
    lines = {
        "combined": [combined],
        "clf": [combined.split(b' "http')[0]],
        "vhost": [b"a:80 " + combined],
        "nginx": [combined.rstrip() + b' "-"'],
        "vhost-clf": [b"a:80 " + combined.split(b' "http')[0]],
        "host": [b"a.example " + combined],
        "host-clf": [b"a.example " + combined.split(b' "http')[0]],
        "proxied": [b"10.1.2.3, " + combined],
        "proxied-clf": [b"2001:db8::1, " + combined.split(b' "http')[0]],
        "json-log": [b'{"time": "2008-11-18T06:27:01Z", "request": "GET / HTTP/1.1", "status": 200}'],
        "w3c": [b"#Fields: date time cs-method cs-uri-stem sc-status", b"2008-11-18 06:27:01 GET / 200"],
    }
    assert detect_format([b"garbage", *lines[name]]) == name


END = b'[18/Nov/2008:06:27:01 +0100] "GET / HTTP/1.1" 200 138'
AGENT = b' "-" "agent"'
MISLEADING = {
    "virtual host": (b"www.example.org 1.2.3.4 - - " + END + AGENT, "1.2.3.4", "www.example.org"),
    "its user": (b"www.example.org 1.2.3.4 - jo " + END, "1.2.3.4", "www.example.org"),
    "and port": (b"www.example.org:443 1.2.3.4 - - " + END, "1.2.3.4", "www.example.org"),
    "address 6": (b"2001:db8::1 - - " + END + AGENT, "2001:db8::1", ""),
    "a user with blanks": (b"1.2.3.4 - John Doe " + END, "1.2.3.4", ""),
    "no ident": (b"www.example.org 1.2.3.4 jo " + END, None, None),
    "client first": (b"1.2.3.4 www.example.org - - " + END, None, None),
    "two addresses": (b"1.2.3.4 10.0.0.1 - - " + END, None, None),
    "syslog": (b"Nov 23 06:25:24 web1 nginx: 1.2.3.4 - - " + END + AGENT, None, None),
    "syslog, a user": (b"Nov 23 06:25:24 web1 nginx: 1.2.3.4 - jo " + END + AGENT, None, None),
    "RFC 5424": (b"2008-11-18T06:27:01Z web1 1.2.3.4 - - " + END + AGENT, None, None),
    "packed": (b"1.2.3.4 - - " + END + AGENT + b' "gzip"', None, None),
    "ratio": (b"1.2.3.4 - - " + END + AGENT + b' "3.12"', None, None),
}


@pytest.mark.parametrize("case", MISLEADING)
def test_nobody_is_taken_for_the_client(case: str) -> None:
    """What stands before the time is who asked and whom, or no format is found: it is never put elsewhere."""
    line, peer, host = MISLEADING[case]
    name = detect_format([line])
    assert (name is None) == (peer is None)
    if name:
        (item,) = read_log([line], name, found=True)
        assert isinstance(item, Exchange)
        assert (item.peer, item.host) == (peer, host)


@pytest.mark.parametrize("prefix", [b"1.2.3.4, 10.0.0.5 - - ", b"1.2.3.4, unknown, 2001:db8::5 - jo "])
def test_a_list_of_addresses_is_a_header(prefix: bytes) -> None:
    """As proxies write it where the address of the client should be."""
    name = detect_format([prefix + END + AGENT])
    (item,) = read_log([prefix + END + AGENT], name or "", found=True)
    assert isinstance(item, Exchange)
    assert item.request.header(b"x-forwarded-for") == prefix.partition(b" - ")[0]
    assert (item.peer, item.user) == ("", "jo" if b"jo" in prefix else "")


def test_lines_of_another_format_are_counted() -> None:
    """The format of most lines is taken; one line does not make it, and the others are not read by it."""
    plain, listed = b"1.2.3.4 - - " + END, b"1.2.3.4, 5.6.7.8 - - " + END
    assert detect_format([plain, b"x", b"y"]) is None
    assert detect_format([plain, plain, listed]) == "proxied-clf"
    kinds = [type(item) for item in read_log([plain, listed], "clf", found=True)]
    assert kinds == [Exchange, Unreadable]


def test_no_format_is_found() -> None:
    """Lines of something else have no format."""
    assert detect_format([b"{}", b'{"status": 200}', b"GET / HTTP/1.1", b"#Fields: x", b"y"]) is None


def test_a_file_that_is_no_log_is_refused_at_once() -> None:
    """A large binary file (the wrong one, given by mistake) takes no time worth speaking of."""
    started = time.monotonic()
    assert detect_format([random.Random(1).randbytes(300_000).replace(b"\n", b"")]) is None
    assert time.monotonic() - started < 10


HOSTILE = [
    b"h " * 20_000,
    b'"' * 20_000,
    b'"\\' * 20_000,
    b"h - - [18/Nov/2008:06:27:01 +0000] " * 1000,
    b"- " * 20_000,
]


@pytest.mark.parametrize("line", HOSTILE, ids=["words", "quotes", "backslashes", "times", "hyphens"])
def test_a_hostile_line_takes_no_time(line: bytes) -> None:
    """No line of 40 kB makes a reader go over it again and again."""
    started = time.monotonic()
    for name in FORMATS:
        assert all(isinstance(item, Unreadable) for item in read_log([line], name))
    assert time.monotonic() - started < 10


def test_other_escapes_and_users() -> None:
    """An empty user name in quotes is none, one with a blank is one; a hyphen for the status is no answer."""
    assert one(LINE.replace(b"jo", b'""') % b"GET /").user == ""
    assert one(LINE.replace(b"jo", b"John Doe") % b"GET /").user == "John Doe"
    assert one(LINE.replace(b" 200 ", b" - ") % b"GET /").response is None


def test_port_443_is_https() -> None:
    """The virtual host's port tells the scheme; a usual port does not stand in Host."""
    exchange = one(b"a.example:443 " + LINE % b"GET /", "vhost")
    assert (exchange.scheme, exchange.host) == ("https", "a.example")
