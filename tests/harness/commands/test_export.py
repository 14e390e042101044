"""`harness export`: the same exchanges in another format."""

from __future__ import annotations

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


def write(path: Path, state: str | None = "seed") -> Path:
    """Write a recording of two exchanges."""
    writer = writer_for(path, state)
    for exchange in EXCHANGES:
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
