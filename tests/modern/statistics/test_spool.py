"""modern.statistics.spool: downloads are written down by several processes, or counted as lost; nothing ever fails."""

import json
import logging
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from modern.statistics import spool
from modern.statistics.events import read_event
from modern.statistics.spool import LINES, LOSSES, Gap, Recorder, losses, segments

ROOT = Path(__file__).parents[3]
ENDLESS = """
import sys
from modern.statistics.spool import Recorder
recorder = Recorder(sys.argv[1], segment=5000)
for number in range(10**9):
    recorder.record(f"a/a-{number}.zip", 1, "10.0.0.1", "x" * 300)
    print(number, flush=True)
"""


def recorded(folder):
    """Paths of all that was written down."""
    return [read_event(line).path for segment in segments(folder) for line in segment.lines]


def record(recorder, *names):
    """Downloads of files of these names."""
    for name in names:
        recorder.record(f"a/{name}.zip", 7, "10.0.0.1", "pip/1.0")


def test_a_download_is_one_line(tmp_path):
    """All of it is read back, with an id of its own; the file is held while its writer lives."""
    recorder = Recorder(str(tmp_path / "spool"))
    record(recorder, "a", "b")
    (segment,) = segments(tmp_path / "spool")
    events = [read_event(line) for line in segment.lines]
    assert not segment.finished
    assert [event.path for event in events] == ["a/a.zip", "a/b.zip"]
    assert events[0][3:] == (7, "10.0.0.1", "pip/1.0", "index")
    assert events[0].id != events[1].id
    recorder.close()
    assert [segment.finished for segment in segments(tmp_path / "spool")] == [True]


def test_a_full_file_is_followed_by_another(tmp_path):
    """Nothing is lost between them, and the full one may go."""
    recorder = Recorder(str(tmp_path), segment=200)
    record(recorder, *"abcdef")
    assert recorded(tmp_path) == [f"a/{name}.zip" for name in "abcdef"]
    assert [segment.finished for segment in segments(tmp_path)] == [True, False]


def test_threads_share_a_file(tmp_path):
    """Lines of eight threads are whole."""
    recorder = Recorder(str(tmp_path), segment=3000)
    threads = [threading.Thread(target=record, args=(recorder, *(f"{n}-{i}" for i in range(50)))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(recorded(tmp_path)) == sorted(f"a/{n}-{i}.zip" for n in range(8) for i in range(50))


def test_a_forked_process_has_files_of_its_own(tmp_path):
    """And other ids than its parent."""
    recorder = Recorder(str(tmp_path))
    record(recorder, "parent")
    child = multiprocessing.get_context("fork").Process(target=record, args=(recorder, "child"))
    child.start()
    child.join(10)
    record(recorder, "again")
    assert sorted(recorded(tmp_path)) == ["a/again.zip", "a/child.zip", "a/parent.zip"]
    assert len(list(tmp_path.glob("*" + LINES))) == 2


def test_what_a_killed_process_wrote_is_there(tmp_path):
    """SIGKILL at any moment: each download that was answered is in a file that nobody holds."""
    child = subprocess.Popen([sys.executable, "-c", ENDLESS, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    told = [child.stdout.readline() for _ in range(300)]
    child.kill()
    told += child.stdout.read().split()
    child.communicate(timeout=10)
    found = list(segments(tmp_path))
    assert all(segment.finished for segment in found)
    numbers = [int(read_event(line).path[4:-4]) for segment in found for line in segment.lines]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= int(told[-1]) + 1


def test_a_full_disk_fails_no_download(tmp_path, caplog):
    """What is lost is counted, in the place that was taken beforehand; then it goes on, with whole lines."""
    recorder = Recorder(str(tmp_path))
    record(recorder, "before")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    (written,) = tmp_path.glob("*" + LINES)
    resource.setrlimit(resource.RLIMIT_FSIZE, (written.stat().st_size + 20, limit[1]))  # a line of it fits, torn
    try:
        with caplog.at_level(logging.ERROR):
            record(recorder, "torn", "lost", "lost")
            broken = recorder.broken_since
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    (process,) = losses(tmp_path)
    assert process.gaps == [Gap(broken, process.gaps[0].last, 3, True)]
    assert process.gaps[0].last >= broken
    assert len(caplog.records) == 1
    record(recorder, "after")
    assert recorder.broken_since is None
    assert losses(tmp_path)[0].gaps[0][2:] == (3, False)
    (segment,) = segments(tmp_path)
    assert [read_event(segment.lines[place]).path for place in (0, -1)] == ["a/before.zip", "a/after.zip"]
    assert len(segment.lines) == 3


def test_a_folder_that_cannot_be_made_fails_no_download(tmp_path):
    """Losses are noted as soon as they can be."""
    (tmp_path / "file").write_text("")
    recorder = Recorder(str(tmp_path / "file" / "spool"))
    record(recorder, "a", "b")
    assert recorder.broken_since is not None
    (tmp_path / "file").unlink()
    recorder._files._not_before = 0.0  # as if some seconds went by
    record(recorder, "c")
    assert recorder.broken_since is None
    assert recorded(tmp_path / "file" / "spool") == ["a/c.zip"]
    assert losses(tmp_path / "file" / "spool")[0].gaps[0].lost == 2


def test_whoever_finds_itself_in_another_process_begins_anew(tmp_path):
    """As the child of the test above does: the files of before are let go, with all that they have."""
    recorder = Recorder(str(tmp_path))
    record(recorder, "before")
    recorder._process = 0
    record(recorder, "after")
    assert [segment.finished for segment in segments(tmp_path)].count(True) == 1
    assert sorted(recorded(tmp_path)) == ["a/after.zip", "a/before.zip"]


def test_a_file_that_gets_no_place_is_not_left(tmp_path):
    """A disk that is full from the beginning: what was begun goes, and nothing is recorded until there is room."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))
    try:
        recorder = Recorder(str(tmp_path))
        record(recorder, "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list(tmp_path.iterdir()) == []
    assert recorder.broken_since is not None


def test_what_nobody_reads_is_bounded(tmp_path):
    """Beyond that downloads are counted as lost, and the disk is not asked at each of them."""
    recorder = Recorder(str(tmp_path), segment=100, most=300)
    record(recorder, *(str(number) for number in range(50)))
    kept = recorded(tmp_path)
    assert 0 < len(kept) < 10
    assert losses(tmp_path)[0].gaps[0].lost == 50 - len(kept)
    assert spool.spooled(tmp_path) < 500


def test_gaps_are_remembered_within_bounds(tmp_path):
    """The oldest are joined: no loss is forgotten, and the note always has room."""
    recorder = Recorder(str(tmp_path))
    for _ in range(50):
        recorder._files.lose(1_500_000_000.123456, OSError("no"))
        record(recorder, "a")
    gaps = losses(tmp_path)[0].gaps
    assert sum(gap.lost for gap in gaps) == 50
    assert len(gaps) <= spool.REMEMBERED
    assert os.path.getsize(next(iter(tmp_path.glob("*" + LOSSES)))) == spool.ROOM


def test_nothing_of_a_dead_process_goes_on(tmp_path):
    """Its gap ended with it; a note that is none is empty."""
    (tmp_path / f"dead{LOSSES}").write_text(json.dumps([Gap(1.0, 2.0, 3, True)]))
    (tmp_path / f"young{LOSSES}").write_text("")
    assert [process[1:] for process in losses(tmp_path)] == [("dead", [Gap(1.0, 2.0, 3, False)], False),
                                                             ("young", [], False)]  # fmt: skip


def test_the_last_line_of_a_dead_process_may_be_torn(tmp_path):
    """It is given all the same, so that somebody counts it."""
    (tmp_path / f"dead{LINES}").write_bytes(b'["whole"]\n["to')
    (segment,) = segments(tmp_path)
    assert segment[1:] == ([b'["whole"]', b'["to'], True)


@pytest.mark.skipif(sys.platform != "linux", reason="counts its own descriptors in /proc")
def test_no_descriptor_is_left(tmp_path):
    """Neither by files that are full nor by a close."""
    before = len(os.listdir("/proc/self/fd"))
    recorder = Recorder(str(tmp_path), segment=100)
    record(recorder, *"abcdef")
    recorder.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_signals_are_left_alone():
    """SIGXFSZ is Python's to ignore: the test of the full disk relies on it."""
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
