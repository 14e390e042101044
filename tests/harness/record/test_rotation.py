"""Rotation: each exchange whole in one file, by time and by size, and only so many files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange, Request, Response
from harness.record.rotation import RotatingWriter, Rotation, parse_age, parse_size
from harness.store.archive import Archive, ArchiveWriter

NOON = 1_700_000_000 // 86400 * 86400 + 12 * 3600.0


def exchange(number: int, size: int = 0) -> Exchange:
    """Return an exchange that names the number."""
    return Exchange(
        "", Request(b"GET /%d HTTP/1.1" % number), Response(200, b"OK", (), os.urandom(size)), float(number)
    )


def paths(file: Path) -> list[int]:
    """Return the numbers of the exchanges in a file."""
    return [int(one.request.path[1:]) for one in Archive(file)]


class Clock:
    """A clock that is set."""

    now = NOON

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def advance(writer: RotatingWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make durable, and begin another file where that is due."""
    writer.flush()
    monkeypatch.setattr(writer, "_looked", 0.0)
    if writer.due:
        writer.close()


def test_by_a_name_that_tells_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new hour is a new file; none is due within the hour."""
    clock = Clock()
    writer = RotatingWriter(tmp_path / "day-%Y%m%d-%H.archive", Rotation(), "seed", clock)
    for number, at in enumerate([0, 3599, 3600, 3601]):
        clock.now = NOON + at
        advance(writer, monkeypatch)
        writer.add(exchange(number))
    writer.close()
    assert {file.name: paths(file) for file in tmp_path.iterdir()} == {
        "day-20231114-12.archive": [0, 1],
        "day-20231114-13.archive": [2, 3],
    }
    assert writer.count == 4


def test_by_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without a time gets that of the beginning of its age."""
    clock = Clock()
    writer = RotatingWriter(tmp_path / "x.archive", Rotation(age=86400.0), None, clock)
    for number, at in enumerate([0, 43200]):
        clock.now = NOON + at
        advance(writer, monkeypatch)
        writer.add(exchange(number))
    writer.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "x-20231114-000000.archive",
        "x-20231115-000000.archive",
    ]


def test_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that has grown to its size is followed by another; nothing is in two files or in none."""
    writer = RotatingWriter(tmp_path / "x.archive", Rotation(size=200_000))
    for number in range(12):
        writer.add(exchange(number, 60_000))
        advance(writer, monkeypatch)
    writer.close()
    files = list(tmp_path.iterdir())
    assert {"x.archive", "x.2.archive", "x.3.archive"} <= {file.name for file in files}
    assert sorted(number for file in files for number in paths(file)) == list(range(12))


def test_keeps_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older files of this name go; other files in the folder are no affair of ours."""
    (tmp_path / "day-report.archive.txt").touch()
    (tmp_path / "other-2023.archive").touch()
    clock = Clock()
    writer = RotatingWriter(tmp_path / "day-%d%H.archive", Rotation(keep=2), None, clock)
    for number in range(5):
        clock.now = NOON + 3600 * number
        advance(writer, monkeypatch)
        writer.add(exchange(number))
        writer.flush()
        if writer.begun:
            os.utime(writer.path, (clock.now, clock.now))
    writer.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "day-1415.archive",
        "day-1416.archive",
        "day-report.archive.txt",
        "other-2023.archive",
    ]


NOT_OURS = ["day-baseline.archive", "day-2023.archive", "day-20231101x.archive", "day-99999999999.archive"]


def test_removes_only_what_it_made(tmp_path: Path) -> None:
    """A name tells the time in digits, so many as there are; what is no archive stays, whatever its name."""
    for name in NOT_OURS:
        with ArchiveWriter(tmp_path / name) as other:
            other.add(exchange(1))
    (tmp_path / "day-20231101.archive").write_bytes(b"notes")
    for age, day in enumerate((10, 9, 8)):
        with ArchiveWriter(tmp_path / f"day-202311{day:02}.archive") as other:
            other.add(exchange(1))
        os.utime(tmp_path / f"day-202311{day:02}.archive", (NOON - age, NOON - age))
    writer = RotatingWriter(tmp_path / "day-%Y%m%d.archive", Rotation(keep=2), None, Clock())
    writer.add(exchange(2))
    writer.close()
    ours = ["day-20231110.archive", "day-20231114.archive"]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([*NOT_OURS, "day-20231101.archive", *ours])


@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
def test_file_that_is_gone(tmp_path: Path, replaced: bool) -> None:
    """What went into a file that is no longer there does not count as written; the next exchange begins another."""
    writer = RotatingWriter(tmp_path / "x.archive", Rotation())
    writer.add(exchange(1))
    writer.flush()
    (tmp_path / "x.archive").rename(tmp_path / "moved.archive")
    if replaced:
        (tmp_path / "x.archive").write_bytes(b"mine")
    writer.add(exchange(2))
    with pytest.raises(RecordingError, match="was removed or replaced"):
        writer.flush()
    writer.abandon()
    assert writer.count == 1
    if replaced:
        assert (tmp_path / "x.archive").read_bytes() == b"mine"
    else:
        writer.add(exchange(3))
        writer.close()
        assert paths(tmp_path / "x.archive") == [3]
        assert writer.count == 2
    for gone in writer._gone:
        assert gone._connection is not None
        gone._connection.close()


@pytest.mark.parametrize(("text", "size"), [("1", 1), ("2k", 2048), ("1G", 1 << 30), ("500MB", 500 << 20)])
def test_sizes(text: str, size: int) -> None:
    """Sizes have units."""
    assert parse_size(text) == size


@pytest.mark.parametrize(("text", "age"), [("90", 90.0), ("30m", 1800.0), ("24h", 86400.0), ("7d", 604800.0)])
def test_ages(text: str, age: float) -> None:
    """Ages have units."""
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["", "0", "-1", "x", "1.5G", "G"])
def test_nonsense(text: str) -> None:
    """What is neither is refused with an example."""
    with pytest.raises(UsageError, match="like 500M"):
        parse_size(text)
    with pytest.raises(UsageError, match="like 24h"):
        parse_age(text)


def test_no_cassette(tmp_path: Path) -> None:
    """A cassette cannot be rotated."""
    with pytest.raises(UsageError, match="give an archive to rotate"):
        RotatingWriter(tmp_path / "day-%d.yaml", Rotation())
