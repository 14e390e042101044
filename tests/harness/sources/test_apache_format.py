"""LogFormat of Apache: the same as what another parser of it reads, for any line that Apache could have written."""

from __future__ import annotations

from typing import Any

import apachelogs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.sources.clf import read_log
from harness.sources.source import Read

TEXT = st.text(st.characters(codec="latin-1"), max_size=12)


def escaped(text: str) -> str:
    """Write a text as Apache does: what is not printable ASCII, quotes and backslashes (ap_escape_logitem)."""
    named = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\v": "\\v"}
    return "".join(
        named.get(letter) or (letter if " " <= letter <= "~" else f"\\x{ord(letter):02x}") for letter in text
    )


LOGGED = TEXT.map(escaped)
NUMBER = st.integers(0, 10**9).map(str)
WORD = st.from_regex(r"[a-z0-9.:]{1,12}", fullmatch=True)
PEER = st.from_regex(r"[a-z0-9.]{1,12}", fullmatch=True)
WHEN = st.datetimes().map(lambda when: f"[{when:%d}/Oct/2008:{when:%H:%M:%S} -0330]")
VALUES = {
    "%h": PEER, "%l": st.just("-"), "%u": WORD, "%t": WHEN, '"%r"': LOGGED.map('"{}"'.format), "%D": NUMBER,
    "%>s": st.integers(100, 599).map(str), "%b": NUMBER | st.just("-"), "%O": NUMBER, "%v": WORD.map(lambda t: "v" + t),
    '"%{Referer}i"': LOGGED.map('"{}"'.format), '"%{X-Y}o"': LOGGED.map('"{}"'.format), "%P": NUMBER,
    "%X": st.just("+"),
    "%{%Y-%m-%d %H:%M:%S}t": st.just("2008-11-18 06:27:01"), "%{msec_frac}t": st.just("250"),
}  # fmt: skip


@st.composite
def logs(draw: st.DrawFn) -> tuple[str, str]:
    """A LogFormat and a line of it."""
    directives = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=9, unique=True))
    separator = draw(st.sampled_from([" ", " | ", "\t"]))
    return separator.join(directives), separator.join(draw(VALUES[directive]) for directive in directives)


@given(logs())
def test_agrees_with_another_parser(log: tuple[str, str]) -> None:
    """Whatever a LogFormat holds, each value is the one that the other parser finds."""
    log_format, line = log
    (item,) = read_log([line.encode("latin-1")], log_format)
    assert isinstance(item, Exchange)
    told = told_by_the_other(apachelogs.LogParser(log_format).parse(line))
    told["line"] = b"-" if told["line"] is None else told["line"]
    response = item.response
    assert {
        "line": item.request.start_line,
        "peer": item.peer,
        "user": item.user,
        "started": item.started if "%{%Y" not in log_format and "_frac" not in log_format else told["started"],
        "duration": item.duration,
        "status": response and response.status,
        "size": response and response.size,
        "referer": item.request.header(b"referer"),
        "answered": response and response.header(b"x-y"),
    } == told


def told_by_the_other(entry: Any) -> dict[str, Any]:
    """What the other parser says, in our terms."""
    values = entry.directives
    status = values.get("%>s")
    when = values.get("%t")

    def header(name: str) -> bytes | None:
        value = values.get(name)
        return None if value is None else value.encode("latin-1")

    return {
        "line": header("%r"),
        "peer": values.get("%h") or "",
        "user": values.get("%u") or "",
        "started": when.timestamp() if when else 0.0,
        "duration": values["%D"] / 1e6 if "%D" in values else None,
        "status": status,
        "size": (values["%b"] or 0) if status and "%b" in values else None,
        "referer": header("%{Referer}i"),
        "answered": header("%{X-Y}o") if status else None,
    }


def one(line: str, log_format: str) -> Exchange:
    """Read a single line that must be readable."""
    (item,) = read_log([line.encode("latin-1")], log_format)
    exchange = item.exchange if isinstance(item, Read) else item
    assert isinstance(exchange, Exchange), item
    return exchange


@pytest.mark.parametrize(
    ("log_format", "line", "start_line"),
    [
        ('%m "%U%q" %H', 'GET "/a?b=c" HTTP/1.1', b"GET /a?b=c HTTP/1.1"),
        ("%m %U %q %H", "GET /a  HTTP/1.0", b"GET /a HTTP/1.0"),
        ("%m %U%q", "POST /a?", b"POST /a? HTTP/1.1"),
        ("%>s", "200", b"-"),
    ],
    ids=["quoted", "no query", "no protocol", "nothing"],
)
def test_request_line_of_its_parts(log_format: str, line: str, start_line: bytes) -> None:
    """Where the log has no request line, its parts make one."""
    assert one(line, log_format).request.start_line == start_line


@pytest.mark.parametrize(
    ("log_format", "line", "started"),
    [
        ("%{%d/%b/%Y:%H:%M:%S}t.%{msec_frac}t %{%z}t", "18/Nov/2008:06:27:01.250 +0100", 1226986021.25),
        ("%{%Y-%m-%dT%H:%M:%S}t.%{usec_frac}t", "2008-11-18T05:27:01.000250", 1226986021.00025),
        ("%{%F %T %z}t", "2008-11-18 05:27:01 +0000", 1226986021),
        ("%{begin:sec}t", "1226986021", 1226986021),
        ("%{usec}t", "1226986021250000", 1226986021.25),
        ("%{msec}t", "1226986021250", 1226986021.25),
        ("%{end:msec}t %D", "1226986021250 250000", 1226986021),
        ("%{%a %d %b %y %I:%M:%S %p}t", "Tue 18 Nov 08 05:27:01 AM", 1226986021),
        ("%{%s}t", "1226986021", 1226986021),
        ("%200t", "[18/Nov/2008:06:27:01 +0100]", 1226986021),
        ("%{msec_frac}t", "250", 0),
        ("%{%H:%M}t", "06:27", 0),
        ("%t", "[31/Dec/2008:23:59:60 +0000]", 1230768000),
    ],
)
def test_times(log_format: str, line: str, started: float) -> None:
    """Times in every notation of `%{}t`, also in several fields; a time without a zone is UTC."""
    assert one(line, log_format).started == pytest.approx(started, abs=1e-6)


@pytest.mark.parametrize(
    ("log_format", "line", "headers"),
    [
        ('"%{session}C" "%{lang}C"', '"a\\"b" "de"', ((b"Cookie", b'session=a"b; lang=de'),)),
        ("%{X-Forwarded-For}i %>s", "1.2.3.4, 5.6.7.8 200", ((b"X-Forwarded-For", b"1.2.3.4, 5.6.7.8"),)),
        ("%h %{X-Forwarded-For}i %u %>s", "h 1.2.3.4, 5.6.7.8 jo 200", ((b"X-Forwarded-For", b"1.2.3.4, 5.6.7.8"),)),
        ("%V %p", "a.example 8080", ((b"Host", b"a.example:8080"),)),
        ('"%{Cookie}i" "%{a}C"', '"a=1" "1"', ((b"Cookie", b"a=1"),)),
        ('LogFormat "%h \\"%{Via}i\\"" mine', 'h "x"', ((b"Via", b"x"),)),
    ],
    ids=["cookies", "unquoted list", "and a user", "virtual host", "cookie header wins", "whole directive"],
)
def test_headers(log_format: str, line: str, headers: object) -> None:
    """Headers and cookies that a format names are the request's."""
    assert one(line, log_format).request.headers == headers


@pytest.mark.parametrize(
    ("log_format", "line", "seconds"),
    [("%T", "3", 3), ("%{ms}T", "250", 0.25), ("%{us}T", "250", 0.00025), ("%D", "-", None)],
)
def test_durations(log_format: str, line: str, seconds: float | None) -> None:
    """Durations in each unit."""
    assert one(line, log_format).duration == seconds


def test_what_came_before_an_internal_redirect_is_not_the_answer() -> None:
    """`%<s` is a status that the client never saw."""
    response = one("302 200", "%<s %>s").response
    assert response is not None
    assert response.status == 200


@pytest.mark.parametrize("log_format", ["%Z", "%h %", "%{%Q}t", "%{nothing}T"])
def test_what_apache_does_not_have_is_refused(log_format: str) -> None:
    """A directive that is unknown is a usage error."""
    with pytest.raises(UsageError, match="nor a LogFormat"):
        list(read_log([b"x"], log_format))
