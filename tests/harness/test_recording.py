"""Opening recordings: files and folders, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import RecordingError
from harness.exchange import Exchange, Request
from harness.recording import distinct_names, open_recordings, replacing, writer_for
from harness.store.archive import Archive, ArchiveWriter
from harness.store.cassette import write_cassette

KILLED = """
import os, pathlib, signal, sys
from harness.exchange import Exchange, Request
from harness.store.archive import ArchiveWriter
writer = ArchiveWriter(pathlib.Path(sys.argv[1]))
for number in range(300):
    writer.add(Exchange("", Request(b"GET /old HTTP/1.1", (), b"x" * 100)))
writer.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""

ONE = Exchange("", Request(b"GET / HTTP/1.1", ((b"Host", b"h"),)))

FULL_DISK = """
import pathlib, resource, sys
from harness.errors import RecordingError
from harness.exchange import Exchange, Request
from harness.recording import replacing
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
try:
    with replacing(pathlib.Path(sys.argv[1])) as writer:
        writer.add(Exchange("", Request(b"GET / HTTP/1.1", (), b"x" * 10_000)))
except RecordingError as error:
    print(error)
"""


def make(path: Path) -> Path:
    """Write a recording of one exchange in the format its name asks for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = writer_for(path, "seed")
    writer.add(ONE)
    writer.close()
    return path


@pytest.mark.parametrize("name", ["a.archive", "a.anything", "a.yaml", "a.yml", "a.json"])
def test_opens_each_format(tmp_path: Path, name: str) -> None:
    """Archives and cassettes are the same to those who read them."""
    (recording,) = open_recordings([make(tmp_path / name)])
    assert (recording.name, recording.state, len(recording)) == (name, "seed", 1)
    assert [exchange.id for exchange in recording] == [f"{name}#1"]


def test_opens_a_folder_sorted(tmp_path: Path) -> None:
    """All recordings below a folder are found, in the order of their paths; other and hidden files are passed over."""
    for name in ("b.yaml", "sub/a.archive", "a.json", ".hidden.yaml", ".git/x.yaml"):
        make(tmp_path / name)
    (tmp_path / "README.md").write_text("words", encoding="utf-8")
    (tmp_path / "seed.json").write_text('{"projects": []}', encoding="utf-8")
    (tmp_path / "list.yaml").write_text("- a\n- b\n", encoding="utf-8")
    assert [recording.name for recording in open_recordings([tmp_path])] == ["a.json", "b.yaml", "a.archive"]


def test_same_file_twice_is_one_recording(tmp_path: Path) -> None:
    """A file given by itself and in its folder is replayed once."""
    path = make(tmp_path / "a.yaml")
    assert len(open_recordings([path, tmp_path])) == 1


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["x/a.yaml", "x/b.yaml"], ["a.yaml", "b.yaml"]),
        (["x/a.yaml", "y/a.yaml", "y/b.yaml"], ["x/a.yaml", "y/a.yaml", "b.yaml"]),
        (["p/x/a", "q/x/a"], ["p/x/a", "q/x/a"]),
        (["a", "x/a"], ["a", "x/a"]),
    ],
)
def test_names_are_distinct(files: list[str], names: list[str]) -> None:
    """A name is the file's, with as many folders as tell it from the others."""
    assert distinct_names([Path(file) for file in files]) == names


def damaged_cassette(folder: Path) -> None:
    """Write a cassette whose end is missing."""
    write_cassette(folder / "bad.yaml", [ONE])
    whole = (folder / "bad.yaml").read_bytes()
    (folder / "bad.yaml").write_bytes(whole[:-20])


def damaged_archive(folder: Path) -> None:
    """Write an archive whose second half is missing."""
    with ArchiveWriter(folder / "bad.archive") as writer:
        writer.add(ONE)
    whole = (folder / "bad.archive").read_bytes()
    (folder / "bad.archive").write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (damaged_cassette, "bad.yaml: truncated"),
        (damaged_archive, "bad.archive: truncated"),
        (lambda folder: (folder / "bad.yaml").touch(), "bad.yaml: empty"),
        (lambda folder: (folder / "bad.archive").touch(), "bad.archive: empty"),
        (lambda folder: write_cassette(folder / "bad.yaml", []), "bad.yaml: holds no exchange"),
    ],
    ids=["cut cassette", "cut archive", "empty cassette", "empty archive", "no exchange"],
)
def test_damage_in_a_folder_is_not_passed_over(tmp_path: Path, damage: object, reason: str) -> None:
    """One damaged recording in a folder of good ones stops the run."""
    make(tmp_path / "good.yaml")
    damage(tmp_path)  # type: ignore[operator]
    with pytest.raises(RecordingError, match=reason.replace(".", r"\.")):
        open_recordings([tmp_path])


def test_folder_without_recordings(tmp_path: Path) -> None:
    """A folder in which there is nothing to replay is an error."""
    with pytest.raises(RecordingError, match="without any recording"):
        open_recordings([tmp_path])


def test_missing_path(tmp_path: Path) -> None:
    """A path that does not exist is an error that names it."""
    with pytest.raises(RecordingError, match=r"nowhere: no such"):
        open_recordings([tmp_path / "nowhere"])


@pytest.mark.parametrize("name", ["a.archive", "a.yaml"])
def test_writing_into_no_folder(tmp_path: Path, name: str) -> None:
    """Says which folder there is not."""
    with (
        pytest.raises(RecordingError, match=f"there is no folder {tmp_path / 'no'}"),
        replacing(tmp_path / "no" / name),
    ):
        pass


@pytest.mark.parametrize("name", ["a.archive", "a.yaml"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, name: str) -> None:
    """Neither half a file nor the beginning of one, and the one before is untouched."""
    (tmp_path / name).write_text("before")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path / name], capture_output=True, text=True, timeout=60, check=False
    )
    assert f"{name}" in done.stdout
    assert "cannot be written" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "before"


@pytest.mark.parametrize("suffix", ["", ".yaml"])
@pytest.mark.parametrize("write", [writer_for, lambda path: replacing(path).__enter__()], ids=["added to", "anew"])
def test_a_device_is_not_replaced(tmp_path: Path, suffix: str, write: Callable[[Path], object]) -> None:
    """Written by root, a file renamed to /dev/null would take its place for everybody."""
    pipe = tmp_path / f"null{suffix}"
    os.mkfifo(pipe)
    with pytest.raises(RecordingError, match="is no file"):
        write(pipe)
    assert pipe.is_fifo()
    assert os.listdir(tmp_path) == [pipe.name]


@pytest.mark.parametrize("removed", [False, True], ids=["replaced", "removed before"])
def test_the_log_of_an_earlier_archive_does_not_come_back(tmp_path: Path, removed: bool) -> None:
    """What a killed recorder left beside its file is not played into the one that takes its place."""
    path = tmp_path / "a.archive"
    subprocess.run([sys.executable, "-c", KILLED, path], timeout=60, check=False)
    assert (tmp_path / "a.archive-wal").exists()
    if removed:
        path.unlink()
    with replacing(path) as writer:
        writer.add(ONE)
    assert [exchange.request.path for exchange in Archive(path)] == [b"/"]
    assert os.listdir(tmp_path) == ["a.archive"]


@pytest.mark.parametrize("begun", ["before", "meanwhile"])
def test_an_archive_that_is_recorded_into_is_not_replaced(
    tmp_path: Path, begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded would go nowhere; the recording goes on, and nothing else is left."""
    monkeypatch.setattr("harness.store.purge._PATIENCE", 0.1)
    path = make(tmp_path / "a.archive")
    recorder = ArchiveWriter(path, "seed")
    if begun == "before":
        recorder.add(ONE)
    with pytest.raises(RecordingError, match="is in use"), replacing(path):
        recorder.add(ONE)
    recorder.close()
    assert len(Archive(path)) == 2
    assert os.listdir(tmp_path) == ["a.archive"]


def test_a_damaged_archive_is_replaced(tmp_path: Path) -> None:
    """Nobody can record into it; what stands beside it is of no use any more."""
    path = tmp_path / "a.archive"
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    (tmp_path / "a.archive-wal").write_bytes(b"x")
    with replacing(path) as writer:
        writer.add(ONE)
    assert len(Archive(path)) == 1
    assert os.listdir(tmp_path) == ["a.archive"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    """The file that it names is written anew."""
    (tmp_path / "day").mkdir()
    make(tmp_path / "day/a.archive")
    (tmp_path / "latest.archive").symlink_to("day/a.archive")
    with replacing(tmp_path / "latest.archive") as writer:
        writer.add(ONE)
        writer.add(ONE)
    assert (tmp_path / "latest.archive").is_symlink()
    assert len(Archive(tmp_path / "day/a.archive")) == 2
