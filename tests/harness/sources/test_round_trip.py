"""Formats that are both written and read: what goes out comes in again, as far as the format's table claims."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.exchange import Exchange, Redaction, Request, Response
from harness.sources.registry import SINKS, SOURCES
from harness.sources.source import GUESSES, Input, Options, Read

NASTY = " \t\r\n'\"\\:#-|>%@`!&*?{}[],ab\x00\x7f\x85\u2028\ufeff\uffff\U0001f600"
texts = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=40).map(str.encode),
    st.text(NASTY, max_size=30).map(str.encode),
    st.sampled_from([b"gzip", b"HTTP/1.1", b"GET", b"/a?b=c#d", b"12", b"text/html; charset=latin-1"]),
)
names = texts | st.sampled_from([b"Host", b"Content-Length", b"content-encoding", b"Cookie", b"Content-Type"])
headers = st.lists(st.tuples(names, texts), max_size=4).map(tuple)
seconds = st.floats(allow_nan=False)
requests = st.builds(
    Request,
    start_line=texts | st.sampled_from([b"GET /a?b=c HTTP/1.1", b"HEAD / HTTP/1.0", b"POST http://o/ HTTP/1.1"]),
    headers=headers,
    body=st.none() | texts,
    framing=st.sampled_from(["none", "length", "chunked"]),
    raw_head=st.none() | texts,
)
responses = st.builds(
    Response,
    status=st.integers(0, 999),
    reason=texts,
    headers=headers,
    body=st.none() | texts,
    version=texts,
    framing=st.sampled_from(["none", "length", "chunked", "close"]),
    raw_head=st.none() | texts,
    complete=st.booleans(),
    size=st.none() | st.integers(0, 2**40),
)
words = texts.map(lambda value: value.decode("latin-1"))
exchanges = st.builds(
    Exchange,
    id=st.just(""),
    request=requests,
    response=st.none() | responses,
    started=seconds,
    duration=st.none() | seconds,
    scheme=st.sampled_from(["http", "https"]) | words,
    peer=words,
    user=words,
    user_by=words,
    redactions=st.lists(st.builds(Redaction, words, words, words), max_size=2).map(tuple),
)
WHOLE = ["har", "jsonl"]


def written(name: str, given: list[Exchange]) -> bytes:
    """Write exchanges in a format."""
    (sink,) = [sink for sink in SINKS if sink.name == name]
    style = sink.style("seed")
    parts = [style.opening(), *(style.item(exchange, number) for number, exchange in enumerate(given))]
    return b"".join([*parts, style.closing(len(given))])


def read(name: str, data: bytes) -> list[Exchange]:
    """Read them, all of them exact."""
    (source,) = [source for source in SOURCES if source.name == name]
    assert source.detect(data[:65536], Path("file"))
    found = []
    for item in source.read(Input(Path("file"), io.BytesIO(data)), Options()):
        if isinstance(item, Exchange):
            assert not source.guesses
            found.append(item)
        elif isinstance(item, Read):
            assert not item.guesses & set(GUESSES)
            found.append(item.exchange)
    return found


@pytest.mark.parametrize("name", WHOLE)
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(given=st.lists(exchanges, min_size=1, max_size=3))
def test_nothing_is_lost(name: str, given: list[Exchange]) -> None:
    """Every field of every exchange, malformed ones too."""
    assert read(name, written(name, given)) == given


@pytest.mark.parametrize("name", WHOLE)
def test_a_usual_exchange(name: str) -> None:
    """The id is the recording's; all else stays."""
    exchange = Exchange(
        "x#1",
        Request(b"GET / HTTP/1.1", ((b"Host", b"h"), (b"Cookie", b"a=1"), (b"COOKIE", b"b=2"))),
        Response(200, b"OK", ((b"Content-Length", b"2"),), b"\xff\x00"),
        started=1463400000.1234567,
    )
    assert read(name, written(name, [exchange])) == [replace(exchange, id="")]
