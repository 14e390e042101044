"""Samples: whole sessions, and the first of every endpoint."""

from __future__ import annotations

import pytest

from harness.exchange import Exchange, Request, Response
from harness.record.sample import Sample


def visit(
    path: str, cookie: str = "", sets: str = "", at: float = 1e9, peer: str = "192.0.2.1", agent: str = "x"
) -> Exchange:
    """Return one exchange of a client."""
    headers = ((b"User-Agent", agent.encode()), *([(b"Cookie", cookie.encode())] if cookie else []))
    answered = ((b"Set-Cookie", sets.encode()),) if sets else ()
    request = Request(b"GET %s HTTP/1.1" % path.encode(), headers)
    return Exchange("", request, Response(200, b"OK", answered), at, peer=peer)


def test_keeps_about_the_share() -> None:
    """Of a thousand sessions about a tenth is kept."""
    sample = Sample(0.1, rare=0)
    kept = sum(sample.keeps(visit("/a", f"id={number:020}")) for number in range(1000))
    assert 60 < kept < 150


def test_sessions_stay_whole() -> None:
    """From the first request, that has no cookie yet, through a change of the cookie, all or nothing is kept."""
    sample = Sample(0.5, rare=0)
    fates = set()
    for number in range(200):
        first, second = f"id={number:020}", f"id={number + 1000:020}"
        session = [
            visit("/login", sets=first, peer=f"192.0.2.{number}"),
            visit("/a", first, peer=f"192.0.2.{number}"),
            visit("/renew", first, sets=second, peer=f"198.51.100.{number}"),
            visit("/b", second, peer=f"203.0.113.{number}"),
        ]
        kept = [sample.keeps(one) for one in session]
        assert kept in ([True] * 4, [False] * 4)
        fates.add(kept[0])
    assert fates == {True, False}


def test_recorders_agree() -> None:
    """Two recorders that share nothing decide alike."""
    visits = [visit("/a", f"id={number:020}") for number in range(100)]
    one, other = Sample(0.3, rare=0), Sample(0.3, rare=0)
    assert [one.keeps(each) for each in visits] == [other.keeps(each) for each in reversed(visits)][::-1]


def test_rare_endpoints_are_kept() -> None:
    """The first of each endpoint are kept whoever asks, again each hour."""
    sample = Sample(0.0, rare=2)
    kept = [sample.keeps(visit(path)) for path in ("/a", "/a", "/a", "/seldom", "/a")]
    assert kept == [True, True, False, True, False]
    assert sample.keeps(visit("/a", at=1e9 + 3600))


def test_rule_counts_what_passed() -> None:
    """How many passed of each endpoint is told, by the name that the redacted exchange has."""
    sample = Sample(0.0, rare=1)
    first = visit("/secret/1")
    assert sample.keeps(first)
    sample.call(first, visit("/token/1"))
    for number in range(9):
        sample.keeps(visit(f"/secret/{number}"))
    assert sample.rule() == {"sample": 0.0, "rare": 1, "seen": {"GET /token/{}": 10}}


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_extremes(share: float) -> None:
    """None is none and all is all."""
    sample = Sample(share, rare=0)
    assert {sample.keeps(visit("/a", f"id={number:020}")) for number in range(50)} == {bool(share)}
