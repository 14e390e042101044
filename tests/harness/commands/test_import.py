"""`harness import`, as a user runs it."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.commands.import_ import command
from harness.errors import RecordingError
from harness.recording import open_recordings
from harness.store.archive import Archive

LINE = b'1.2.3.4 - - [18/Nov/2008:06:27:%02d +0000] "GET /%d HTTP/1.1" 200 1 "-" "agent"\n'
LOG = b"".join(LINE % (number, number) for number in reversed(range(30)))
REAL = Path(__file__).parents[4] / "shared/traffic/pypi-access-2008-11-18.log.bz2"


def run(*arguments: object) -> Result:
    """Run the command; an error of ours is raised."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress], ids=["plain", "gz", "bz2", "xz"])
def test_imports_compressed_or_not(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """The compression is known by the content, the order is that of time."""
    (tmp_path / "access.log").write_bytes(pack(LOG))
    result = run(tmp_path / "access.log", "-o", tmp_path / "a.archive", "--state", "seed")
    archive = Archive(tmp_path / "a.archive")
    assert result.output.splitlines()[-1] == "imported 30 exchanges"
    assert [exchange.request.path for exchange in archive] == [b"/%d" % number for number in range(30)]
    assert archive.state == "seed"


def test_counts_what_it_could_not_parse(tmp_path: Path) -> None:
    """Lines that could not be parsed are counted, the first with its number; the last line is the number imported."""
    (tmp_path / "access.log").write_bytes(LINE % (1, 1) + b"garbage\nmore\n")
    lines = run(tmp_path / "access.log", "-o", tmp_path / "a.archive").output.splitlines()
    assert lines[0].startswith("2 of 3 lines could not be parsed; the first: ")
    assert lines[0].endswith("access.log line 2: 'garbage'")
    assert lines[-1] == "imported 1 exchanges"


def test_several_files_one_recording(tmp_path: Path) -> None:
    """Rotated logs become one recording in time order; each file's format is found for itself."""
    (tmp_path / "access.log").write_bytes(LINE % (2, 2))
    (tmp_path / "access.log.1").write_bytes((LINE % (1, 1)).split(b' "-"')[0] + b"\n")
    run(tmp_path / "access.log", tmp_path / "access.log.1", "-o", tmp_path / "a.yaml")
    (recording,) = open_recordings([tmp_path / "a.yaml"])
    assert sorted(exchange.request.path for exchange in recording) == [b"/1", b"/2"]


def test_written_anew(tmp_path: Path) -> None:
    """Importing twice into one file does not double it."""
    (tmp_path / "access.log").write_bytes(LOG)
    for _ in range(2):
        run(tmp_path / "access.log", "-o", tmp_path / "a.archive")
    assert len(Archive(tmp_path / "a.archive")) == 30


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        (b"", "empty"),
        (b"<html>\n", "none of the formats"),
        (bz2.compress(LOG * 100)[:-100], "cannot be read to its end"),
    ],
    ids=["missing", "empty", "foreign", "truncated"],
)
def test_refuses_what_it_cannot_read(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """What is no log stops the command, names the file, and leaves an earlier archive as it was."""
    (tmp_path / "good.log").write_bytes(LOG)
    run(tmp_path / "good.log", "-o", tmp_path / "a.archive")
    if content is not None:
        (tmp_path / "bad.log").write_bytes(content)
    with pytest.raises(RecordingError, match=reason) as caught:
        run(tmp_path / "bad.log", "-o", tmp_path / "a.archive")
    assert "bad.log" in str(caught.value)
    assert len(Archive(tmp_path / "a.archive")) == 30
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.skipif(not REAL.exists(), reason="the real log is not beside this checkout")
def test_real_log(tmp_path: Path) -> None:
    """Every line of a real day is imported, malformed request lines as they are (a tenth of it)."""
    with bz2.open(REAL) as file:
        lines = file.read().splitlines(keepends=True)
    assert len(lines) == 289_600
    (tmp_path / "day.log").write_bytes(b"".join(lines[::20]))
    assert run(tmp_path / "day.log", "-o", tmp_path / "day.archive").stdout.endswith("\nimported 14480 exchanges\n")
    imported = {exchange.request.start_line for exchange in Archive(tmp_path / "day.archive")}
    plain = (line.split(b'"')[1] for line in lines[::20] if b"\\" not in line)
    assert set(plain) <= imported
