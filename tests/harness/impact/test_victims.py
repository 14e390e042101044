"""Who used what goes away, by client."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.exchange import Exchange, Request, Response
from harness.impact import impact, read_removal
from harness.naming import Names
from harness.recording import open_recordings, writer_for

OK = Response(200, b"OK", ((b"X", b"y"),), b'{"a": 1}')


def asked(line: bytes, agent: bytes, peer: str, at: float) -> Exchange:
    """Return an exchange of a client."""
    return Exchange("", Request(line, ((b"Host", b"h"), (b"User-Agent", agent))), OK, at, None, "http", peer)


EXCHANGES = [
    asked(b"GET /item/a/json HTTP/1.1", b"pip/20.3", "192.0.2.1", 100.0),
    asked(b"GET /item/b/json HTTP/1.1", b"pip/1.5", "192.0.2.2", 200.0),
    asked(b"GET /item/b/json HTTP/1.1", b"pip/1.5", "192.0.2.2", 300.0),
    asked(b"GET /item/b/json HTTP/1.1", b"curl/7", "192.0.2.3", 400.0),
    asked(b"GET /item/b HTTP/1.1", b"curl/7", "192.0.2.3", 100.0 + 2 * 86_400),
]


@pytest.mark.parametrize("name", ["a.archive", "a.yaml"])
def test_counts_by_family(tmp_path: Path, name: str) -> None:
    """The same of an archive, which is asked by its indexes, and of a cassette."""
    writer = writer_for(tmp_path / name)
    writer.open()
    for exchange in EXCHANGES:
        writer.add(exchange)
    writer.close()
    rules = [read_removal("endpoint:/item/*/json"), read_removal("field:json:a@/item/b")]
    found, field = impact(open_recordings([tmp_path / name]), rules, Names())
    assert [(hit.client, hit.requests, hit.sessions, hit.addresses, hit.last) for hit in found.hits] == [
        ("pip", 3, 2, 2, 300.0),
        ("curl", 1, 1, 1, 400.0),
    ]
    assert (found.exchanges, found.requests, found.a_day(found.requests)) == (5, 4, 2.0)
    assert [(hit.client, hit.requests) for hit in field.hits] == [("curl", 1)]


def test_what_is_not_recorded_is_counted_apart(tmp_path: Path) -> None:
    """Nobody is hit by what nobody knows."""
    writer = writer_for(tmp_path / "a.archive")
    writer.open()
    writer.add(Exchange("", Request(b"GET / HTTP/1.1"), Response(200, b"", (), None)))
    writer.close()
    (found,) = impact(open_recordings([tmp_path / "a.archive"]), [read_removal("header:If-Match")], Names())
    assert (found.requests, found.unsure) == (0, 1)
