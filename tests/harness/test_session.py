"""Client sessions of a recording: who is one client, in which order, and that nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RecordingError
from harness.exchange import Exchange, Headers, Request, Response
from harness.recording import Recording, open_recordings
from harness.session import sessions
from harness.store.archive import Archive, ArchiveWriter
from harness.store.cassette import write_cassette

LONG = b"0123456789abcdef"


def exchange(started: float, *headers: tuple[bytes, bytes], peer: str = "10.0.0.1", sets: Headers = ()) -> Exchange:
    """One GET with these headers."""
    request = Request(b"GET /%d HTTP/1.1" % started, headers)
    return Exchange("", request, Response(200, b"OK", sets, b"body %d" % started), started, 0.5, peer=peer)


def recorded(path: Path, exchanges: Sequence[Exchange], state: str | None = None) -> Recording:
    """Write a recording of the kind that the name asks for, and open it."""
    if path.suffix == ".yaml":
        write_cassette(path, exchanges, state)
    else:
        with ArchiveWriter(path, state) as writer:
            for each in exchanges:
                writer.add(each)
    return open_recordings([path])[0]


def numbers(recording: Recording) -> list[list[int]]:
    """The numbers of the exchanges of each session."""
    return [[int(each.id.rpartition("#")[2]) for each in session] for session in sessions(recording)]


BASIC = (b"Authorization", b"Basic YTpi")
PIP, CURL = (b"User-Agent", b"pip/9"), (b"User-Agent", b"curl/8")
LOGIN = ((b"Set-Cookie", b"sid=" + LONG + b"; Path=/"),)
COOKIE = (b"Cookie", b"lang=en; sid=" + LONG)

CASES = [
    ("authorization", [exchange(1, BASIC), exchange(2, PIP), exchange(3, BASIC, PIP)], [[1, 3], [2]]),
    ("another peer, the same credentials", [exchange(1, BASIC), exchange(2, BASIC, peer="10.9.9.9")], [[1, 2]]),
    ("user agent", [exchange(1, PIP), exchange(2, CURL), exchange(3, PIP)], [[1, 3], [2]]),
    ("address", [exchange(1, PIP), exchange(2, PIP, peer="10.0.0.2")], [[1], [2]]),
    ("port of the address", [exchange(1, peer="10.0.0.1:80"), exchange(2, peer="10.0.0.1:81")], [[1, 2]]),
    ("IPv6", [exchange(1, peer="2001:db8::1"), exchange(2, peer="2001:db8::2")], [[1], [2]]),
    (
        "forwarded address",
        [exchange(1, (b"X-Forwarded-For", b"1.1.1.1, 9.9.9.9")), exchange(2, (b"X-Forwarded-For", b"2.2.2.2"))],
        [[1], [2]],
    ),
    (
        "from the first visit on",
        [exchange(1, PIP), exchange(2, PIP, sets=LOGIN), exchange(3, COOKIE, peer="10.0.0.7")],
        [[1, 2, 3]],
    ),
    (
        "short cookies are shared by many",
        [exchange(1, (b"Cookie", b"lang=en"), PIP), exchange(2, (b"Cookie", b"lang=en"), CURL)],
        [[1], [2]],
    ),
    ("cookie", [exchange(1, COOKIE), exchange(2, (b"Cookie", b"sid=x" + LONG)), exchange(3, COOKIE)], [[1, 3], [2]]),
    (
        "joined late",
        [exchange(1, COOKIE), exchange(2, BASIC), exchange(3, CURL), exchange(4, BASIC, COOKIE)],
        [[1, 2, 4], [3]],
    ),
    (
        "time order, whatever the order of writing",
        [exchange(3, PIP), exchange(1, CURL), exchange(2, PIP)],
        [[1], [2, 3]],
    ),
]


@pytest.mark.parametrize("suffix", [".archive", ".yaml"])
@pytest.mark.parametrize(("exchanges", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_one_client_is_one_session(
    tmp_path: Path, suffix: str, exchanges: list[Exchange], expected: list[list[int]]
) -> None:
    """In archives and cassettes alike."""
    if suffix == ".yaml":  # a cassette stands in time order by itself
        exchanges = sorted(exchanges, key=lambda each: each.started)
    assert numbers(recorded(tmp_path / f"r{suffix}", exchanges)) == expected


@pytest.mark.parametrize("suffix", [".archive", ".yaml"])
def test_a_session_is_a_recording(tmp_path: Path, suffix: str) -> None:
    """With name, state, length, and the exchanges of the whole, bodies included, as often as they are read."""
    recording = recorded(tmp_path / f"r{suffix}", [exchange(1, PIP), exchange(2, CURL), exchange(3, PIP)], "seed")
    session = sessions(recording)[0]
    assert (session.name, session.state, len(session)) == (f"r{suffix}", "seed", 2)
    assert list(session) == [each for each in recording if each.id.endswith(("#1", "#3"))] == list(session)


@given(clients=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=30))
def test_every_exchange_is_in_one_session_in_time_order(clients: list[tuple[int, int, bool]]) -> None:
    """Whoever made them, and whatever ties them together."""

    class InMemory:
        name, state = "r", None
        exchanges = tuple(
            Exchange(
                f"r#{number}",
                Request(b"GET / HTTP/1.1", ((b"Cookie", b"sid=%d" % cookie + LONG),) if cookie else ()),
                Response(200, headers=((b"Set-Cookie", b"sid=%d" % cookie + LONG),)) if sets else None,
                peer=str(peer),
            )
            for number, (peer, cookie, sets) in enumerate(clients)
        )

        def __len__(self) -> int:
            return len(self.exchanges)

        def __iter__(self) -> object:
            return iter(self.exchanges)

    found = [[int(each.id[2:]) for each in session] for session in sessions(InMemory())]  # type: ignore[arg-type]
    assert sorted(number for session in found for number in session) == list(range(len(clients)))
    assert all(session == sorted(session) for session in found)
    assert [session[0] for session in found] == sorted(session[0] for session in found)


def test_bodies_are_not_read_to_tell_sessions_apart(tmp_path: Path) -> None:
    """A body that is damaged shows when its session is replayed."""
    path = tmp_path / "r.archive"
    recording = recorded(path, [exchange(1, PIP), exchange(2, CURL)])
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM body WHERE start = 6")
    connection.close()
    good, bad = sessions(recording)
    assert [each.id for each in good] == ["r.archive#1"]
    with pytest.raises(RecordingError, match="a body is missing"):
        list(bad)


def test_an_exchange_that_went_away_is_said(tmp_path: Path) -> None:
    """Nothing else is replayed in its place."""
    recording = recorded(tmp_path / "r.archive", [exchange(1)])
    assert isinstance(recording, Archive)
    with pytest.raises(RecordingError, match="has no exchange 7 any more"):
        list(recording.pick([(7, 99)]))
