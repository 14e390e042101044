"""GoReplay's files: built byte by byte as its source documents them, since the program itself installs from nowhere."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.commands.import_ import command
from harness.errors import RecordingError
from harness.exchange import Exchange, Headers, Request, Response
from harness.sources import gor
from harness.sources.gor import GOR, GOR_SINK
from harness.sources.source import Input, Item, Note, Options, Skipped, Unreadable
from harness.store import Archive

END = b"\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n"
MONKEYS = END[1:-1]
ID, OTHER = b"8e091765ae902fef8a2b7d9d", b"d7123dasd913jfd21312dasdhas31" * 4
ASKED = b"GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n"
ANSWERED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def record(kind: int, key: bytes, when: int, payload: bytes, took: str = " 0") -> bytes:
    """One record, as GoReplay writes it."""
    return b"%d %b %d%b\n" % (kind, key, when, took.encode()) + payload + END


def read(data: bytes) -> list[Item]:
    """Read a file's bytes."""
    return list(GOR.read(Input(Path("x.gor"), io.BytesIO(data)), Options()))


def exchanges(data: bytes) -> list[Exchange]:
    """Read a file that holds exchanges only."""
    items = read(data)
    assert all(isinstance(item, Exchange) for item in items), items
    return [item for item in items if isinstance(item, Exchange)]


PAIR = record(1, ID, 1226986021_250000000, ASKED), record(2, ID, 1226986021_750000000, ANSWERED)
WANTED = Exchange(
    "",
    Request(b"GET /a?b=c HTTP/1.1", ((b"Host", b"a"),)),
    Response(200, b"OK", ((b"Content-Length", b"5"),), b"hello"),
    started=1226986021.25,
    duration=0.5,
)


@pytest.mark.parametrize("order", [1, -1], ids=["request first", "answer first"])
def test_pairs(order: int) -> None:
    """Request and answer are one exchange, whichever stands first."""
    assert exchanges(b"".join(PAIR[::order])) == [WANTED]


def test_old_headers_and_ids() -> None:
    """Files of old versions have three fields in a request's header, and ids of another length."""
    (exchange,) = exchanges(record(1, OTHER, 10**9, ASKED, "") + record(2, OTHER, 2 * 10**9, ANSWERED, " -1"))
    assert (exchange.started, exchange.duration) == (1, 1)


def test_many_at_once() -> None:
    """Records of many exchanges may stand in any order."""
    keys = [b"%024x" % number for number in range(300)]
    asked = [record(1, key, 10**9, b"GET /%b HTTP/1.1\r\n\r\n" % key) for key in keys]
    answers = [record(2, key, 10**9, b"HTTP/1.1 200 OK\r\nX: %b\r\n\r\n" % key) for key in reversed(keys)]
    found = exchanges(b"".join(asked + answers))
    assert sorted(each.request.path[1:] for each in found) == keys
    assert all(each.response and each.response.header(b"x") == each.request.path[1:] for each in found)


@pytest.mark.parametrize(
    ("data", "kinds", "skipped"),
    [
        (PAIR[0], [Exchange], None),
        (PAIR[1], [Skipped], "answer without its request"),
        (record(3, ID, 1, ANSWERED) + PAIR[0] + PAIR[1], [Skipped, Exchange], "answer of a replay"),
        (PAIR[0] + PAIR[0], [Exchange, Exchange], None),
        (PAIR[0] + record(2, ID, 1, b"x"), [Skipped, Exchange], "answer that is not HTTP"),
        (PAIR[0] + PAIR[1][:-30], [Skipped, Note, Exchange], "last record, cut off"),
        (record(1, ID, 1, b"\x16\x03\x01") + PAIR[0], [Unreadable, Exchange], None),
    ],
    ids=["no answer", "no request", "replayed", "one id twice", "no HTTP", "stopped", "no HTTP asked"],
)
def test_what_is_missing_is_counted(data: bytes, kinds: list[type], skipped: str | None) -> None:
    """Nothing that is missing goes by unsaid."""
    items = read(data)
    assert [type(item) for item in items] == kinds
    assert [item.reason for item in items if isinstance(item, Skipped)] == ([skipped] if skipped else [])


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file in which nothing is answered, no more than a bound is kept in memory."""
    monkeypatch.setattr(gor, "_WAITING", 10)
    stream = io.BytesIO(b"".join(record(1, b"%d" % number, number, ASKED) for number in range(100)))
    first = next(iter(GOR.read(Input(Path("x.gor"), stream), Options())))
    assert isinstance(first, Exchange)
    assert first.started == 0
    assert stream.tell() < 13 * len(record(1, b"10", 10, ASKED))


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "body", "size"),
    [
        (CHUNKED + b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: r\r\n\r\n", b"abc0123456789", None),
        (CHUNKED + b"A\r\n01234", None, None),
        (CHUNKED + b"A\r\n0123456789\r\n", None, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", None, 10),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", b"to the end", None),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWERED, b"hello", None),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 2000 + ANSWERED, b"hello", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nto the end", b"to the end", None),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x00", b"\x1f\x8b\x00", None),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", b"", None),
    ],
    ids=["chunked", "cut in a chunk", "no last chunk", "cut", "close", "interim", "interims", "large", "gzip", "304"],
)
def test_bodies(answer: bytes, body: bytes | None, size: int | None) -> None:
    """The transfer coding is undone and the content coding is not; a body that was cut off is unknown, and counted."""
    items = read(PAIR[0] + record(2, ID, 1, answer))
    (exchange,) = (item for item in items if isinstance(item, Exchange))
    assert exchange.response is not None
    assert (exchange.response.body, exchange.response.size) == (body, size)
    assert len(items) == (1 if body is not None else 2)


def test_a_request_that_was_cut_off_has_no_body() -> None:
    """What a buffer cut off is not sent as if it were the whole."""
    skipped, exchange = read(record(1, ID, 1, b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"))
    assert isinstance(skipped, Skipped)
    assert isinstance(exchange, Exchange)
    assert exchange.request.body is None


def test_a_separator_within_a_body() -> None:
    """A line of monkeys after which no record begins is a part of the body."""
    body = b"before" + END + b"after" + END + b"end"
    asked = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    (exchange,) = exchanges(record(1, ID, 1226986021_250000000, asked) + PAIR[1])
    assert exchange.request.body == body
    assert exchange.response == WANTED.response


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\0\1\2" * 1000, "byte 0: not the header of a GoReplay record"),
        (b"4 abc 1 1\n" + ASKED + END, "byte 0: not the header"),
        (PAIR[1] + b"garbage\n" + PAIR[0], f"byte {len(PAIR[1])}: neither a GoReplay record nor a message goes on"),
    ],
    ids=["binary", "kind", "garbage between"],
)
def test_what_is_no_file_of_goreplay_is_refused(data: bytes, reason: str) -> None:
    """Damage is an error with the byte where it begins."""
    with pytest.raises(RecordingError, match=reason):
        read(data)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_import(tmp_path: Path, pack: type[bytes]) -> None:
    """The command finds the format by the content, compressed or not."""
    (tmp_path / "x").write_bytes(pack(b"".join(PAIR)))
    arguments = [str(tmp_path / "x"), "-o", str(tmp_path / "x.archive"), "--no-redaction"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.output.splitlines()[-1] == "imported 1 exchanges"
    (exchange,) = Archive(tmp_path / "x.archive")
    assert (exchange.request, exchange.response) == (WANTED.request, WANTED.response)


NAME = st.from_regex(rb"[A-Za-z][A-Za-z-]{0,8}", fullmatch=True).map(b"X-".__add__)
VALUE = st.from_regex(rb"(?:[!-~\x80-\xff](?:[ !-~\x80-\xff]{0,8}[!-~\x80-\xff])?)?", fullmatch=True)
PAIRS = st.lists(st.tuples(NAME, VALUE), max_size=4).map(tuple)
BODY = st.binary(max_size=40) | st.sampled_from([END, MONKEYS, END + END, b"x" + MONKEYS, MONKEYS + b"\n"])


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Headers, bytes, str]:
    """Headers, a body, and how they say where it ends."""
    body, framing = draw(BODY), draw(st.sampled_from(["length", "chunked"]))
    headers = draw(PAIRS)
    own = (b"Content-Length", b"%d" % len(body)) if framing == "length" else (b"Transfer-Encoding", b"chunked")
    return (*headers, own), body, framing


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request with or without a body."""
    target = draw(st.from_regex(rb"/[!-~]{0,10}", fullmatch=True))
    if draw(st.booleans()):
        return Request(b"GET %b HTTP/1.1" % target, draw(PAIRS))
    headers, body, framing = draw(bodies())
    return Request(b"POST %b HTTP/1.0" % target, headers, body, framing)  # type: ignore[arg-type]


@st.composite
def responses(draw: st.DrawFn) -> Response:
    """An answer, in each framing."""
    status, reason = draw(st.integers(200, 599)), draw(st.sampled_from([b"", b"OK", b"Not  So"]))
    if status in (204, 304):
        return Response(status, reason, draw(PAIRS), b"", framing="none")
    if draw(st.booleans()):
        return Response(status, reason, draw(PAIRS), draw(BODY), framing="close")
    headers, body, framing = draw(bodies())
    return Response(status, reason, headers, body, framing=framing)  # type: ignore[arg-type]


TIMES = st.integers(0, 2 * 10**9 * 1000).map(lambda number: number / 1000)


@settings(max_examples=50)
@given(st.lists(st.tuples(requests(), st.none() | responses(), TIMES), max_size=4))
def test_round_trip(made: list[tuple[Request, Response | None, float]]) -> None:
    """What is written reads back the same, but for exchanges that are counted as left out."""
    style = GOR_SINK.style(None)
    wanted = [Exchange("", request, response, when, response and 0.0) for request, response, when in made]
    data = style.opening() + b"".join(style.item(each, number) for number, each in enumerate(wanted))
    left_out = sum(style.lost.values())
    kept = [each for each in wanted if not breaks(each)]
    assert left_out == len(wanted) - len(kept)
    found = exchanges(data + style.closing(len(wanted)))
    assert sorted(map(repr, found)) == sorted(map(repr, kept))
    assert data.count(END) == sum(2 if each.response else 1 for each in kept)


def breaks(exchange: Exchange) -> bool:
    """Whether a body that cannot be cut into chunks has a line of monkeys, as it stands in a file."""
    messages = [message for message in (exchange.request, exchange.response) if message]
    return any(message.framing != "chunked" and END in b"\n" + (message.body or b"") + b"\n" for message in messages)


@pytest.mark.parametrize(
    ("exchange", "lost"),
    [
        (Exchange("", Request(b"POST / HTTP/1.1", (), None, "length")), ["request body, unknown"]),
        (Exchange("", Request(b"GET / HTTP/1.1"), Response(200, body=None, size=3)), ["body of the answer, unknown"]),
        (Exchange("", WANTED.request, peer="1.2.3.4", scheme="https", user="jo", user_by="remote"),
         ["address of the client", "user", "https"]),
        (Exchange("", WANTED.request, Response(200, body=b"x")), ["framing of the answer"]),
        (Exchange("", WANTED.request, Response(200, framing="close", complete=False)), ["that the answer was cut off"]),
        (Exchange("", WANTED.request, duration=float("inf")), ["exchange whose time is no number"]),
    ],
    ids=["request body", "answer body", "connection", "framing", "cut off", "endless"],
)  # fmt: skip
def test_what_is_lost_is_counted(exchange: Exchange, lost: list[str]) -> None:
    """Each thing that the format cannot hold is counted by its name."""
    style = GOR_SINK.style(None)
    style.item(exchange, 0)
    assert sorted(style.lost) == sorted(lost)
