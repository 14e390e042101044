"""`harness purge`: what is removed is gone from the file, and the file is whole at every moment."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.commands.purge import command
from harness.errors import HarnessError
from harness.exchange import Exchange, Request, Response
from harness.recording import open_recordings
from harness.store.archive import Archive, ArchiveWriter

PIP = ((b"User-Agent", b"pip/9.0"), (b"X-Private", b"of-the-removed"))
GONE = [
    b"/secret-path",
    b"of-the-removed",
    b"answer-to-remove",
    b"peer-to-remove",
    b"user-to-remove",
    b"token-to-remove",
]
REMOVED = Exchange(
    "",
    Request(b"POST /secret-path HTTP/1.1", PIP, b"token-to-remove"),
    Response(200, body=b"answer-to-remove"),
    2.0,
    peer="peer-to-remove",
    user="user-to-remove",
)
KEPT = [
    Exchange(
        "", Request(b"GET /%d HTTP/1.1" % number), Response(200, body=b"kept %d" % number), number, peer="10.0.0.1"
    )
    for number in (1.0, 3.0, 4.0)
]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return the path of an archive of four exchanges, one of them to be removed."""
    with ArchiveWriter(tmp_path / "x.archive", "seed") as writer:
        for exchange in (KEPT[0], REMOVED, *KEPT[1:]):
            writer.add(exchange)
        writer.note("what", "noted")
    return tmp_path / "x.archive"


def purge(archive: Path, *arguments: str) -> str:
    """Return what the command prints."""
    return CliRunner().invoke(command, [str(archive), *arguments], catch_exceptions=False).output.strip()


def paths(archive: Path) -> list[bytes]:
    """Return what stands in an archive."""
    return [exchange.request.path for exchange in Archive(archive)]


OPTIONS = {
    "client": ("--client", "pip"),
    "session": ("--session", "2"),
    "path": ("--path", "/secret*"),
    "time": ("--since", "2", "--before", "3"),
    "user": ("--user", "user-to-remove"),
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_what_is_removed_is_gone(archive: Path, options: tuple[str, ...]) -> None:
    """From the file and from the folder, byte by byte; the others stand as they were, state and notes too."""
    assert GONE[0] in archive.read_bytes()
    assert purge(archive, *options).startswith("removed 1 of 4 exchanges\ncopies, backups")
    (recording,) = open_recordings([archive])
    assert [replace(exchange, id="") for exchange in recording] == KEPT
    assert (recording.state, Archive(archive).notes()) == ("seed", {"what": "noted"})
    left = b"".join(file.read_bytes() for file in archive.parent.iterdir())
    assert [secret for secret in GONE if secret in left] == []
    assert [file.name for file in archive.parent.iterdir()] == ["x.archive"]


def test_the_old_file_is_overwritten(archive: Path) -> None:
    """Who still has it open finds zeros."""
    with archive.open("rb") as old:
        purge(archive, "--client", "pip")
        data = old.read()
    assert len(data) > 1000
    assert data.strip(b"\0") == b""


def test_a_dry_run_changes_nothing(archive: Path) -> None:
    """It says how many there are."""
    before = archive.read_bytes()
    assert purge(archive, "--client", "pip", "--dry-run") == "would remove 1 of 4 exchanges; nothing is changed"
    assert purge(archive, "--client", "nobody at all") == "removed 0 of 4 exchanges"
    assert archive.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [((), "say which"), (("--session", "99"), "no exchange 99")],
    ids=["everything", "unknown session"],
)
def test_refusals(archive: Path, options: tuple[str, ...], message: str) -> None:
    """Nothing is removed by mistake."""
    before = archive.read_bytes()
    with pytest.raises(HarnessError, match=message):
        purge(archive, *options)
    assert archive.read_bytes() == before


def test_not_while_it_is_written(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorder that has the file open would write into the old one."""
    monkeypatch.setattr("harness.store.purge._PATIENCE", 0.1)
    writer = ArchiveWriter(archive, "seed")
    writer.add(KEPT[0])
    writer.flush()
    with pytest.raises(HarnessError, match="is in use; stop what records"):
        purge(archive, "--client", "pip")
    writer.close()
    assert purge(archive, "--client", "pip").startswith("removed 1 of 5 exchanges\ncopies, backups")


def test_not_while_it_is_read(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader would find zeros in the middle."""
    monkeypatch.setattr("harness.store.purge._PATIENCE", 0.1)
    connection = sqlite3.connect(archive)
    reading = connection.execute("SELECT seq FROM exchange")
    reading.fetchone()
    with pytest.raises(HarnessError, match="somebody reads it"):
        purge(archive, "--client", "pip")
    reading.close()
    connection.close()
    assert len(paths(archive)) == 4


def test_what_a_killed_recorder_left_is_purged_too(archive: Path) -> None:
    """Its write-ahead log goes with it."""
    child = os.fork()
    if not child:
        try:
            writer = ArchiveWriter(archive, "seed")
            writer.add(REMOVED)
            writer.flush()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert archive.with_name("x.archive-wal").exists()
    assert purge(archive, "--client", "pip").startswith("removed 2 of 5 exchanges\ncopies, backups")
    assert [file.name for file in archive.parent.iterdir()] == ["x.archive"]


def test_a_killed_purge_leaves_a_whole_file(tmp_path: Path) -> None:
    """The old one or the new one, whenever the kill comes; another purge cleans up."""
    path = tmp_path / "x.archive"
    with ArchiveWriter(path) as writer:
        for number in range(3000):
            removed = number % 3 == 0
            line = b"GET /%s/%d HTTP/1.1" % (b"out" if removed else b"in", number)
            writer.add(Exchange("", Request(line), Response(200, body=b"%d " % number * 99), number))
    run = "from harness.cli import main; print('ready', flush=True); main(['purge', 'x.archive', '--path', '/out/*'])"
    counts = set()
    for delay in (0.0, 0.1, 0.25, 0.4):
        command = [sys.executable, "-c", run]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(delay)
            process.kill()
        counts.add(len(paths(path)))
    assert counts <= {3000, 2000}
    purge(path, "--path", "/out/*")
    assert len(paths(path)) == 2000
    assert [file.name for file in tmp_path.iterdir()] == ["x.archive"]
