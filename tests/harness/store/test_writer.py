"""Writing archives: kills, full disks, several writers and readers at once, and what sessions become."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.exchange import Exchange, Request, Response
from harness.session import sessions
from harness.store.archive import Archive, ArchiveWriter
from harness.store.inspection import inspected


def exchange(number: int, *headers: tuple[bytes, bytes], size: int = 500, peer: str = "10.0.0.1") -> Exchange:
    """Return an exchange with a body of its own."""
    body = random.Random(number).randbytes(size)
    return Exchange("", Request(b"GET /%d HTTP/1.1" % number, headers), Response(200, body=body), number, peer=peer)


def numbers(path: Path) -> list[int]:
    """Return which exchanges stand in an archive; each is read to its last byte."""
    found = [(int(each.request.path[1:]), each) for each in Archive(path)]
    assert all(each.response and each.response.body == exchange(number).response.body for number, each in found)  # type: ignore[union-attr]
    return [number for number, _ in found]


def forked(action: Callable[[], None]) -> int:
    """Run something in a child; return its process number."""
    child = os.fork()
    if not child:
        try:
            action()
        finally:
            os._exit(0)
    return child


@pytest.mark.parametrize("seed", range(12))
def test_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    """The file can be read, holds all that was acknowledged, nothing twice; and it is added to as before."""
    path, log, chance = tmp_path / "x.archive", tmp_path / "log", random.Random(seed)

    def write() -> None:
        with log.open("wb", buffering=0) as acknowledged:
            for start in range(0, 1_000_000, 20):
                writer = ArchiveWriter(path, batch=7)
                for number in range(start, start + 20):
                    writer.add(exchange(number))
                writer.flush()
                acknowledged.write(b"%d\n" % (start + 20))
                writer.close()

    child = forked(write)
    time.sleep(0.02 + chance.random() * 0.2)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    acknowledged = int(log.read_bytes().split()[-1]) if log.exists() and log.read_bytes() else 0
    if acknowledged:  # before that there may be no archive yet
        found = numbers(path)
        assert found[:acknowledged] == list(range(acknowledged))
        assert len(set(found)) == len(found)
    with ArchiveWriter(path) as writer:
        writer.add(exchange(2_000_000))
    assert numbers(path)[-1] == 2_000_000
    assert inspected(path).damage == ()


FILLING = """
import resource, sys
from pathlib import Path
from harness.errors import RecordingError
from harness.exchange import Exchange, Request, Response
from harness.store.archive import ArchiveWriter
import random
writer = ArchiveWriter(Path(sys.argv[1]), batch=10)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
try:
    for number in range(10_000):
        body = random.Random(number).randbytes(500)
        writer.add(Exchange("", Request(b"GET /%d HTTP/1.1" % number), Response(200, body=body), number))
except RecordingError as error:
    writer.abandon()
    print(writer.count, error)
"""


def test_a_full_disk_is_told_and_harms_nothing(tmp_path: Path) -> None:
    """What was flushed is there; the error names the file; when there is room again, writing goes on."""
    path = tmp_path / "x.archive"
    told = subprocess.run([sys.executable, "-c", FILLING, str(path)], capture_output=True, text=True, check=True).stdout
    written, message = int(told.split()[0]), told.partition(" ")[2]
    assert message.startswith(f"{path}: cannot be written: ")
    assert written >= 20
    assert numbers(path) == list(range(written))
    with ArchiveWriter(path) as writer:
        writer.add(exchange(99_999))
    assert len(numbers(path)) == written + 1


def test_an_archive_is_its_owner_s(tmp_path: Path) -> None:
    """Nobody else reads it, nor what stands beside it; a mode that somebody gave it stays."""
    path = tmp_path / "day.archive"
    with ArchiveWriter(path) as writer:
        writer.add(exchange(1))
        writer.flush()
        assert {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()} == {0o600}
    path.chmod(0o640)
    with ArchiveWriter(path) as writer:
        writer.add(exchange(2))
    assert path.stat().st_mode & 0o777 == 0o640


def test_an_abandoned_batch_leaves_no_numbers_behind(tmp_path: Path) -> None:
    """What comes after refers to nothing that was taken back."""
    path = tmp_path / "x.archive"
    with ArchiveWriter(path) as writer:
        writer.add(exchange(1))
        writer.flush()
        writer.add(exchange(2, (b"X", b"new")))
        writer.abandon()
        assert writer.count == 1
        writer.add(exchange(2, (b"X", b"new")))
        writer.add(exchange(3, (b"X", b"new")))
    assert numbers(path) == [1, 2, 3]
    assert inspected(path).damage == ()


def test_many_writers_and_readers(tmp_path: Path) -> None:
    """Four processes write what they have in common and what not, while two threads read: whole at every moment."""
    path = tmp_path / "x.archive"
    ArchiveWriter(path).close()

    def write(first: int) -> None:
        writer = ArchiveWriter(path, batch=10)
        for number in range(first, 400, 4):
            writer.add(exchange(number, (b"X-Common", b"%d" % (number % 7)), (b"X-Own", b"%d" % number)))
        writer.close()

    children = [forked(lambda first=first: write(first)) for first in range(4)]  # type: ignore[misc]
    seen: list[int] = []
    readers = [threading.Thread(target=lambda: seen.extend(len(numbers(path)) for _ in range(5))) for _ in range(2)]
    for reader in readers:
        reader.start()
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    for reader in readers:
        reader.join()
    assert len(seen) == 10
    assert sorted(numbers(path)) == list(range(400))
    assert inspected(path).damage == ()


def test_sessions_that_turn_out_to_be_one(tmp_path: Path) -> None:
    """Across writers that do not know of each other, and whichever of them sees the joining exchange."""
    path = tmp_path / "x.archive"
    one, other = (b"Cookie", b"a=0123456789abcdef"), (b"Cookie", b"b=0123456789abcdef")
    third = (b"Authorization", b"Basic eA==")
    first, second = ArchiveWriter(path, batch=1), ArchiveWriter(path, batch=1)
    first.add(exchange(1, one))
    second.add(exchange(2, other))
    first.add(exchange(3, third))
    second.add(exchange(4, other, third))
    first.add(exchange(5, third, one))
    second.add(exchange(6, other))
    first.add(exchange(7, peer="10.9.9.9"))
    first.close()
    second.close()
    found = [[int(each.id.rpartition("#")[2]) for each in session] for session in sessions(Archive(path))]
    assert found == [[1, 2, 3, 4, 5, 6], [7]]


@pytest.mark.parametrize("size", [0, 1, 300, 32_767, 32_768, 200_000])
def test_bodies_of_any_size(tmp_path: Path, size: int) -> None:
    """Packed with others or alone."""
    path = tmp_path / "x.archive"
    with ArchiveWriter(path) as writer:
        for number in range(5):
            writer.add(exchange(number, size=size))
    assert [each.response for each in Archive(path)] == [exchange(number, size=size).response for number in range(5)]


def test_notes(tmp_path: Path) -> None:
    """The last one under a key counts; they are durable with the next flush."""
    path = tmp_path / "x.archive"
    writer = ArchiveWriter(path)
    writer.note("a", "1")
    writer.note("b", "2")
    writer.note("a", "3")
    writer.flush()
    assert Archive(path).notes() == {"a": "3", "b": "2"}
    writer.close()


def test_another_table_of_clients_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adds by another table than the one that began marks the names in the file as unreliable."""
    path = tmp_path / "x.archive"
    with ArchiveWriter(path) as writer:
        writer.add(exchange(1))
    monkeypatch.setattr("harness.store.writer.edition", lambda: "newer")
    with ArchiveWriter(path) as writer:
        writer.add(exchange(2))
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'clients'").fetchone() == ("",)
    connection.close()


def test_what_another_writer_stored_between_is_stored_once(tmp_path: Path) -> None:
    """Writers that take turns, each knowing all it wrote itself, give no text and no body twice."""
    path = tmp_path / "x.archive"
    with ArchiveWriter(path) as one, ArchiveWriter(path) as other:
        for turn in range(6):
            for writer in (one, other):
                writer.add(exchange(turn // 2, (b"X", b"%d" % (turn // 3)), peer=f"10.0.0.{turn // 2}"))
                writer.flush()
    with sqlite3.connect(path) as connection:
        for table, what in (("text", "data, cut"), ("body", "digest"), ("kind", "endpoint, client, method, status")):
            rows = connection.execute(f"SELECT {what} FROM {table}").fetchall()
            assert len(set(rows)) == len(rows), table
    connection.close()
    assert len(numbers(path)) == 12
