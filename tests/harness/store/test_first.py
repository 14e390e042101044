"""Archives of version 1: read as ever, told apart, and no longer added to."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from harness.errors import RecordingError
from harness.exchange import Exchange, Headers, Request, Response
from harness.recording import open_recordings
from harness.session import sessions
from harness.store.archive import Archive, ArchiveWriter
from harness.store.inspection import inspected
from harness.store.purge import purge
from harness.store.zstandard import Compressor

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE blob (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,
                   zstd INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE exchange (seq INTEGER PRIMARY KEY, started, duration, method, path, status, scheme, peer, user, user_by,
    start_line, request_headers, request_body, request_framing, request_raw_head, version, reason, response_headers,
    response_body, response_framing, response_raw_head, complete, size);
CREATE INDEX exchange_started ON exchange (started);
INSERT INTO meta VALUES ('state', 'seed');
PRAGMA application_id = 0x53435254;
PRAGMA user_version = 1;
"""
LONG = b"<p>long page</p>" * 100
HEADERS = ((b"Host", b"h"), (b"X", b"\xff"))
WANTED = [
    Exchange("x.archive#1", Request(b"GET /a?b HTTP/1.1", HEADERS), Response(200, b"OK", (), LONG), 1.5, 0.1, peer="p"),
    Exchange(
        "x.archive#2", Request(b"POST /c HTTP/1.0", (), None, "length", b"raw"), None, 2.0, user="u", user_by="basic"
    ),
    Exchange("x.archive#3", Request(b"GET /d HTTP/1.1", HEADERS), Response(404, b"No", HEADERS, None, size=7), 3.0),
]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Write what version 1 wrote, by its own schema."""
    connection = sqlite3.connect(tmp_path / "x.archive")
    connection.executescript(SCHEMA)
    for exchange in reversed(WANTED):
        connection.execute(f"INSERT INTO exchange VALUES (NULL, {', '.join('?' * 22)})", row(connection, exchange))
    connection.commit()
    connection.close()
    return tmp_path / "x.archive"


def row(connection: sqlite3.Connection, exchange: Exchange) -> tuple[object, ...]:
    """Return the columns of an exchange."""
    request, response = exchange.request, exchange.response
    answer = (None,) * 8
    if response:
        answer = (
            response.version, response.reason, headers(connection, response.headers), blob(connection, response.body),
            response.framing, response.raw_head, response.complete, response.size,
        )  # type: ignore[assignment]  # fmt: skip
    return (
        exchange.started, exchange.duration, request.method.decode(), request.path.decode(),
        response.status if response else None, exchange.scheme, exchange.peer, exchange.user, exchange.user_by,
        request.start_line, headers(connection, request.headers), blob(connection, request.body), request.framing,
        request.raw_head, *answer,
    )  # fmt: skip


def headers(connection: sqlite3.Connection, pairs: Headers) -> int | None:
    """Store a header list; return its number."""
    text = json.dumps([(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs])
    return blob(connection, text.encode())


def blob(connection: sqlite3.Connection, data: bytes | None) -> int | None:
    """Store bytes, packed where they are long; return their number."""
    if data is None:
        return None
    packed = Compressor().pack(data) if len(data) > 256 else data
    values = (hashlib.sha256(data).digest(), len(data), packed is not data, packed)
    connection.execute("INSERT OR IGNORE INTO blob (digest, size, zstd, data) VALUES (?, ?, ?, ?)", values)
    number: int = connection.execute("SELECT id FROM blob WHERE digest = ?", values[:1]).fetchone()[0]
    return number


def test_is_read(archive: Path) -> None:
    """Whole, in part, by number, by session, and named by its state."""
    (recording,) = open_recordings([archive])
    assert isinstance(recording, Archive)
    assert (list(recording), recording.state, recording.version) == (WANTED, "seed", 1)
    assert [exchange for _, exchange in recording.heads()][1:] == WANTED[1:]
    assert recording.get(2) == WANTED[1]
    assert [len(session) for session in sessions(recording)] == [1, 2]
    assert inspected(archive).readable == 3


def test_is_not_added_to(archive: Path) -> None:
    """The message says what to do."""
    with pytest.raises(
        RecordingError, match=r"version 1, which is read but no longer .*harness export .* -o new.archive"
    ):
        ArchiveWriter(archive, "seed").open()
    assert list(Archive(archive)) == WANTED


def test_is_of_this_version_when_purged(archive: Path) -> None:
    """Since it is written anew."""
    assert purge(archive, lambda opened: {place for place, each in opened.heads() if each.started == 2}) == 1
    assert [exchange.started for exchange in Archive(archive)] == [1.5, 3.0]
    assert Archive(archive).version == 2


def test_a_changed_body_is_noticed(archive: Path) -> None:
    """As it always was."""
    with sqlite3.connect(archive) as connection:
        connection.execute("UPDATE blob SET data = x'00' WHERE size > 256")
    connection.close()
    with pytest.raises(RecordingError, match="damaged archive: a stored body"):
        list(Archive(archive))
    assert inspected(archive).unreadable == ("x.archive#1",)
