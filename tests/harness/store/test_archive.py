"""Archives: what is added is what is read, in time order, and damage is always noticed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange, Redaction, Request, Response
from harness.store.archive import Archive, ArchiveWriter

USUAL = Exchange(
    "a.archive#1",
    Request(b"GET /simple/?a=b HTTP/1.1", ((b"Host", b"localhost"), (b"X", b"1"), (b"x", b"2"))),
    Response(200, b"OK", ((b"Content-Type", b"text/html"),), b"<p>" * 1000),
    started=1463400000.25,
    duration=0.5,
    peer="127.0.0.1",
)


def archive_of(path: Path, *exchanges: Exchange, state: str | None = None) -> Archive:
    """Write an archive and open it."""
    with ArchiveWriter(path, state) as writer:
        for exchange in exchanges:
            writer.add(exchange)
    return Archive(path)


headers = st.lists(st.tuples(st.binary(max_size=8), st.binary(max_size=8)), max_size=4).map(tuple)
exchanges = st.builds(
    Exchange,
    id=st.just(""),
    request=st.builds(
        Request,
        start_line=st.binary(max_size=30),
        headers=headers,
        body=st.none() | st.binary(max_size=600),
        framing=st.sampled_from(["none", "length", "chunked"]),
        raw_head=st.none() | st.binary(max_size=30),
    ),
    response=st.none()
    | st.builds(
        Response,
        status=st.integers(0, 999),
        reason=st.binary(max_size=10),
        headers=headers,
        body=st.none() | st.binary(max_size=600),
        version=st.binary(max_size=10),
        framing=st.sampled_from(["none", "length", "chunked", "close"]),
        raw_head=st.none() | st.binary(max_size=30),
        complete=st.booleans(),
        size=st.none() | st.integers(0, 2**40),
    ),
    started=st.floats(-1e12, 1e12),
    duration=st.none() | st.floats(0, 1e9),
    scheme=st.sampled_from(["http", "https"]),
    peer=st.text(st.characters(codec="utf-8"), max_size=9),
    user=st.text(st.characters(codec="latin-1"), max_size=9),
    user_by=st.sampled_from(["", "basic"]),
    redactions=st.lists(st.builds(Redaction, *[st.text(max_size=5)] * 3), max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(exchanges, max_size=4))
def test_any_bytes_survive_in_time_order(tmp_path: Path, recorded: list[Exchange]) -> None:
    """Reading gives the same exchanges by start, those of one moment in the order they were added."""
    path = tmp_path / "a.archive"
    path.unlink(missing_ok=True)
    wanted = [replace(one, id=f"a.archive#{n}") for n, one in enumerate(sorted(recorded, key=lambda e: e.started), 1)]
    archive = archive_of(path, *recorded)
    assert (list(archive), len(archive)) == (wanted, len(wanted))
    assert [archive.get(number) for number in range(1, len(wanted) + 1)] == wanted


def test_one_file_when_closed(tmp_path: Path) -> None:
    """A finished archive is one file without a log beside it, and names its state."""
    archive = archive_of(tmp_path / "a.archive", USUAL, state="seed")
    assert ([one.name for one in tmp_path.iterdir()], archive.state) == (["a.archive"], "seed")


def test_unnamed_state(tmp_path: Path) -> None:
    """An archive made without a state has None."""
    assert archive_of(tmp_path / "a.archive").state is None


def test_bodies_stand_once_and_compressed(tmp_path: Path) -> None:
    """The same body a hundred times costs little more than once."""
    body = os.urandom(20_000) + b"<p>" * 100_000
    same = replace(USUAL, response=replace(USUAL.response, body=body))  # type: ignore[type-var]
    archive_of(tmp_path / "a.archive", *[same] * 100)
    assert (tmp_path / "a.archive").stat().st_size < 90_000


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("SELECT count(*) FROM exchange WHERE kind = 1", "exchange_kind"),
        ("SELECT id FROM kind WHERE endpoint = 'GET /'", "kind_endpoint"),
        ("SELECT seq FROM exchange WHERE session = 1", "exchange_session"),
        ("SELECT seq FROM exchange WHERE started > 1", "exchange_started"),
    ],
)
def test_questions_are_answered_by_an_index(tmp_path: Path, question: str, index: str) -> None:
    """Endpoint, client and status (which are a kind), session and time."""
    archive_of(tmp_path / "a.archive", USUAL)
    connection = sqlite3.connect(tmp_path / "a.archive")
    (plan,) = connection.execute(f"EXPLAIN QUERY PLAN {question}").fetchall()
    connection.close()
    assert f"COVERING INDEX {index} " in plan[-1]


def test_a_view_for_people(tmp_path: Path) -> None:
    """What SQL alone can be asked for."""
    archive_of(tmp_path / "a.archive", replace(USUAL, user="jo"))
    connection = sqlite3.connect(tmp_path / "a.archive")
    rows = connection.execute("SELECT time, client, peer, user, endpoint, start_line, status FROM listing").fetchall()
    connection.close()
    line = "GET /simple/?a=b HTTP/1.1"
    assert rows == [("2016-05-16 12:00:00", "(none)", "127.0.0.1", "jo", "GET /simple/", line, 200)]


def test_reading_needs_no_sorting(tmp_path: Path) -> None:
    """Time order comes from the index: nothing as long as the archive is held in memory."""
    archive_of(tmp_path / "a.archive", USUAL)
    connection = sqlite3.connect(tmp_path / "a.archive")
    plan = connection.execute("EXPLAIN QUERY PLAN SELECT * FROM exchange ORDER BY started, seq").fetchall()
    connection.close()
    assert "USING INDEX exchange_started" in plan[0][-1]
    assert len(plan) == 1


def test_appends(tmp_path: Path) -> None:
    """A second writer adds to what is there."""
    archive_of(tmp_path / "a.archive", USUAL)
    assert len(archive_of(tmp_path / "a.archive", USUAL, USUAL)) == 3


def test_refuses_another_state(tmp_path: Path) -> None:
    """Exchanges that start from different states do not get into one archive."""
    archive_of(tmp_path / "a.archive", USUAL, state="seed")
    with pytest.raises(UsageError, match="'seed', not 'other'"), ArchiveWriter(tmp_path / "a.archive", "other"):
        pass


def test_two_writers_at_once(tmp_path: Path) -> None:
    """Two writers of one file take turns batch by batch."""
    path = tmp_path / "a.archive"
    with ArchiveWriter(path, batch=1) as one, ArchiveWriter(path, batch=1) as other:
        for number in range(10):
            one.add(replace(USUAL, started=number))
            other.add(replace(USUAL, started=number + 0.5))
    assert [exchange.started for exchange in Archive(path)] == [number / 2 for number in range(20)]


def test_read_while_written(tmp_path: Path) -> None:
    """What was flushed can be read while the writer is still at work."""
    writer = ArchiveWriter(tmp_path / "a.archive")
    writer.add(USUAL)
    writer.flush()
    assert list(Archive(tmp_path / "a.archive")) == [USUAL]
    writer.close()


def test_writer_used_after_a_fork(tmp_path: Path) -> None:
    """Parent and child of a fork both write through what they inherited, each over its own connection."""
    path = tmp_path / "a.archive"
    writer = ArchiveWriter(path, batch=1)
    writer.add(replace(USUAL, started=1))
    child = os.fork()
    if not child:
        try:
            writer.add(replace(USUAL, started=2))
            writer.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    writer.add(replace(USUAL, started=3))
    writer.close()
    assert [exchange.started for exchange in Archive(path)] == [1, 2, 3]


KILLED = """
import sys, time
from pathlib import Path
from harness.store.archive import ArchiveWriter
from harness.exchange import Exchange, Request
writer = ArchiveWriter(Path(sys.argv[1]), batch=10)
for number in range(25):
    writer.add(Exchange("", Request(b"GET / HTTP/1.1"), started=number))
print("written", flush=True)
time.sleep(60)
"""


def test_a_killed_writer_loses_at_most_a_batch(tmp_path: Path) -> None:
    """After SIGKILL the file is readable and holds every finished batch."""
    path = tmp_path / "a.archive"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert [exchange.started for exchange in Archive(path)] == list(range(20))
    assert len(archive_of(path, USUAL)) == 21


def big(path: Path) -> bytes:
    """Write an archive of some hundred pages and return its bytes."""
    posts = (Request(b"POST /%d HTTP/1.1" % number, body=os.urandom(999)) for number in range(500))
    archive_of(path, *(replace(USUAL, request=request) for request in posts))
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9, 0.9999])
def test_truncated_archive_is_refused(tmp_path: Path, share: float) -> None:
    """Wherever an archive is cut off, opening it says so."""
    data = big(tmp_path / "a.archive")
    (tmp_path / "a.archive").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(RecordingError, match=r"a\.archive: truncated archive"):
        Archive(tmp_path / "a.archive")


def test_damage_found_while_reading(tmp_path: Path) -> None:
    """Damage that opening cannot see ends the reading with an error, not with fewer exchanges."""
    path = tmp_path / "a.archive"
    data = big(path)
    archive = Archive(path)
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    with pytest.raises(RecordingError, match=r"a\.archive: truncated or damaged"):
        list(archive)


def test_changed_body_is_noticed(tmp_path: Path) -> None:
    """One changed byte in a stored body is noticed, though the file is sound."""
    path = tmp_path / "a.archive"
    body = bytes(range(200))
    archive_of(path, replace(USUAL, response=Response(200, body=body)))
    data = path.read_bytes()
    assert data.count(body) == 1
    path.write_bytes(data.replace(body, body[::-1]))
    with pytest.raises(RecordingError, match="other bytes than were written"):
        list(Archive(path))


def test_cut_while_open(tmp_path: Path) -> None:
    """A file that is cut off between opening and reading ends the reading with an error."""
    path = tmp_path / "a.archive"
    data = big(path)
    archive = Archive(path)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(RecordingError, match=r"a\.archive"):
        list(archive)


def foreign_database(path: Path) -> None:
    """Make an SQLite file of somebody else's."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE exchange (seq)")
    connection.commit()
    connection.close()


def newer_version(path: Path) -> None:
    """Make an archive of a version to come."""
    archive_of(path, USUAL)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "cannot be read"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(b"GET / HTTP/1.1"), "not an archive"),
        (lambda path: path.mkdir(), "cannot be read"),
        (foreign_database, "not an archive"),
        (newer_version, r"version 99; this harness reads up to version 2: install a newer"),
    ],
    ids=["missing", "empty", "other file", "folder", "other database", "newer"],
)
def test_refuses_what_is_no_archive(tmp_path: Path, make: object, reason: str) -> None:
    """What is not an archive of this version raises an error with its name and the reason."""
    path = tmp_path / "bad.archive"
    make(path)  # type: ignore[operator]
    with pytest.raises(RecordingError, match=reason) as caught:
        Archive(path)
    assert str(path) in str(caught.value)


def test_never_writes_into_a_foreign_file(tmp_path: Path) -> None:
    """A writer refuses a file that is something else and leaves it as it was."""
    path = tmp_path / "notes.txt"
    path.write_text("keep me", encoding="utf-8")
    with pytest.raises(RecordingError, match="not an archive"):
        ArchiveWriter(path).open()
    assert path.read_text(encoding="utf-8") == "keep me"


def test_a_reader_left_alone_may_be_collected_by_any_thread(tmp_path):
    """Else its connection stays open, and a warning appears wherever the garbage collector runs."""
    path = tmp_path / "x.archive"
    with ArchiveWriter(path) as writer:
        for number in range(3):
            writer.add(Exchange("x", Request(b"GET / HTTP/1.1"), Response(200), started=float(number)))
    readers = [iter(Archive(path, "x"))]
    next(readers[0])
    failed = []
    thread = threading.Thread(target=lambda: _closed(readers.pop(), failed))
    thread.start()
    thread.join()
    assert failed == []


def _closed(reader, failed):
    try:
        reader.close()
    except Exception as error:
        failed.append(error)
