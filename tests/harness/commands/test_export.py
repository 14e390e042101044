"""`harness export`: the same exchanges in another format."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.commands.export import command
from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange, Request, Response
from harness.recording import open_recordings, writer_for

EXCHANGES = [
    Exchange("", Request(b"GET / HTTP/1.1", ((b"Host", b"h"),)), Response(200, b"OK", (), b"\x00\xff"), started=1.5),
    Exchange("", Request(b"-", (), None, "length"), Response(408, b"", (), None, size=3), started=2.5, peer="1.2.3.4"),
]


def write(path: Path, state: str | None = "seed", extra: Exchange | None = None) -> Path:
    """Write a recording of two exchanges, and one more."""
    writer = writer_for(path, state)
    for exchange in (*EXCHANGES, *([extra] if extra else [])):
        writer.add(exchange)
    writer.close()
    return path


@pytest.mark.parametrize(("source", "target"), [("a.archive", "b.yaml"), ("a.yaml", "b.archive"), ("a.json", "b.yml")])
def test_nothing_is_lost(tmp_path: Path, source: str, target: str) -> None:
    """Exchanges and the starting state are the same in the other format."""
    path = write(tmp_path / source)
    result = CliRunner().invoke(command, [str(path), "-o", str(tmp_path / target)], catch_exceptions=False)
    (copy,) = open_recordings([tmp_path / target])
    assert result.output == "exported 2 exchanges\n"
    assert list(copy) == [replace(one, id=f"{target}#{number}") for number, one in enumerate(EXCHANGES, 1)]
    assert copy.state == "seed"


def test_folder_becomes_one_archive(tmp_path: Path) -> None:
    """All cassettes of a folder go into one archive."""
    (tmp_path / "in").mkdir()
    write(tmp_path / "in/a.yaml")
    write(tmp_path / "in/b.yaml")
    CliRunner().invoke(command, [str(tmp_path / "in"), "-o", str(tmp_path / "all.archive")], catch_exceptions=False)
    (all_of_them,) = open_recordings([tmp_path / "all.archive"])
    assert len(all_of_them) == 4


def test_states_are_not_mixed(tmp_path: Path) -> None:
    """Recordings of different starting states do not get into one file."""
    (tmp_path / "in").mkdir()
    write(tmp_path / "in/a.yaml")
    write(tmp_path / "in/b.yaml", None)
    with pytest.raises(UsageError, match="seed, unnamed"):
        CliRunner().invoke(command, [str(tmp_path / "in"), "-o", str(tmp_path / "x")], catch_exceptions=False)


def test_damaged_source_leaves_no_target(tmp_path: Path) -> None:
    """A source that breaks in the middle leaves an earlier target as it was."""
    target, source = write(tmp_path / "b.yaml"), write(tmp_path / "a.archive")
    before = target.read_bytes()
    data = source.read_bytes()
    source.write_bytes(data[:8192] + bytes(len(data) - 8192))
    with pytest.raises(RecordingError, match=r"a\.archive"):
        CliRunner().invoke(command, [str(source), "-o", str(target)], catch_exceptions=False)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.archive", "b.yaml"]


@pytest.mark.parametrize(
    ("name", "options", "start"),
    [
        ("b.har", (), b'{"log": {"version": "1.2"'),
        ("b.jsonl", (), b'{"started":1.5,'),
        ("b.sh", (), b"#!/bin/sh"),
        ("b.txt", ("--format", "har"), b'{"log"'),
        ("b.json", ("--format", "vcr"), b'{"harness"'),
        ("b.txt", ("--format", "vcr"), b"harness:"),
        ("b.gor", ("--format", "archive"), b"SQLite format 3"),
        ("b.har.gz", (), b"\x1f\x8b"),
    ],
)
def test_format_by_name_or_wanted(tmp_path: Path, name: str, options: tuple[str, ...], start: bytes) -> None:
    """The end of the name tells the format, unless one is wanted; `.gz` compresses."""
    path = write(tmp_path / "a.archive")
    result = CliRunner().invoke(command, [str(path), "-o", str(tmp_path / name), *options], catch_exceptions=False)
    assert result.output.splitlines()[-1] == "exported 2 exchanges"
    assert (tmp_path / name).read_bytes().startswith(start)
    assert not list(tmp_path.glob("*.part*"))


def test_losses_are_said(tmp_path: Path) -> None:
    """What the format could not hold is counted before the last line."""
    path = write(tmp_path / "a.archive")
    lines = CliRunner().invoke(command, [str(path), "-o", str(tmp_path / "b.sh")]).output.splitlines()
    assert "lost: answers (2 times)" in lines
    assert "lost: requests whose body was not recorded (1 times)" in lines


def test_secrets_on_request(tmp_path: Path) -> None:
    """An export holds what the recording holds; --redact replaces secrets first."""
    request = Request(b"GET / HTTP/1.1", ((b"Authorization", b"Bearer s3cr3t-t0ken-9"),))
    writer = writer_for(tmp_path / "a.archive")
    writer.add(Exchange("", request))
    writer.close()
    for options, expected in (((), True), (("--redact",), False)):
        arguments = [str(tmp_path / "a.archive"), "-o", str(tmp_path / "b.har"), *options]
        CliRunner().invoke(command, arguments, catch_exceptions=False)
        assert (b"s3cr3t-t0ken-9" in (tmp_path / "b.har").read_bytes()) == expected


@pytest.mark.parametrize("size", [1, 20_000], ids=["at the end", "before the end"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, size: int) -> None:
    """A file that cannot be written whole is not there."""
    path = write(tmp_path / "a.archive", extra=Exchange("", Request(b"GET /" + b"a" * size + b" HTTP/1.1")))
    with pytest.raises(RecordingError, match="there is no folder"):
        CliRunner().invoke(command, [str(path), "-o", str(tmp_path / "no/b.har")], catch_exceptions=False)
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50)); "
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); from harness.cli import main; main()"
    arguments = [sys.executable, "-c", limited, "export", str(path), "-o", str(tmp_path / "b.har")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "b.har: cannot be written" in done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.archive"]
