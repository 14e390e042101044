"""modern.statistics.archive: each download is kept once, whoever is killed; SQL reads downloads and nothing else."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("duckdb")

from modern.statistics.archive import Added, Archive, ArchiveError, Count, Manifest
from modern.statistics.events import Event, row
from modern.statistics.spans import Span
from modern.statistics.spool import Gap

ROOT = Path(__file__).parents[3]
NOON = 1_480_075_200  # 25 November 2016, 12:00 UTC
DAY = 86400
KILLED = """
import sys
from pathlib import Path
from modern.statistics.archive import Archive
from modern.statistics.events import Event, row
for start in range(0, 400, 100):
    events = [
        Event(f"id{n}", 1480075200 + n % 3 * 86400, f"a/a-{n % 7}.zip", 1, "", "", "log")
        for n in range(start, start + 110)
    ]
    Archive(Path(sys.argv[1])).add([row(e, lambda address: "", lambda name: None, counted=True) for e in events])
    print("more", flush=True)
"""


def rows(*ids, seconds=NOON, path="a/a-1.zip", counted=True):
    """Rows with these ids."""
    events = [Event(name, seconds, path, 10, "", "pip/1.0", "log") for name in ids]
    return [row(event, lambda address: "NL", lambda name: None, counted=counted) for event in events]


@pytest.fixture
def archive(tmp_path):
    """An empty archive."""
    return Archive(tmp_path)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """(archive, folder) with one download, for those who only read."""
    folder = tmp_path_factory.mktemp("one")
    Archive(folder).add(rows("a"))
    return Archive(folder), folder


def number(archive):
    """How many downloads it has."""
    return archive.query("SELECT count(*) FROM downloads")[1][0][0]


def test_a_download_is_kept_once(archive):
    """In one batch or in several, with others or alone."""
    assert archive.add(rows("a", "b", "a")) == Added(2, 1)
    assert archive.add(rows("b", "c")) == Added(1, 1)
    assert archive.add(rows("a")) == Added(0, 1)
    assert number(archive) == 3


def test_nothing_is_an_archive_too(archive):
    """No rows, no days, an answer with no rows."""
    assert number(archive) == 0
    assert archive.add([]) == Added(0, 0)
    assert archive.counts(NOON) == []


def test_days_are_those_of_utc(archive):
    """A file of rows and one of sums for each."""
    archive.add(rows("a", seconds=NOON + DAY // 2 - 1) + rows("b", seconds=NOON + DAY // 2))
    assert list(archive.manifest().days) == ["2016-11-25", "2016-11-26"]


def test_files_of_a_day_are_joined(archive, tmp_path, monkeypatch):
    """When there are many; what was joined goes with the next rows, and no download is lost."""
    monkeypatch.setattr("modern.statistics.archive.PARTS", 3)
    for index in range(5):
        archive.add(rows(f"id{index}"))
    assert len(archive.manifest().parts()) == 2
    assert number(archive) == 5
    archive.add([])
    assert len(list(tmp_path.glob("*.parquet"))) == len(archive.manifest().parts()) + 1


def test_counts_are_of_all_times_and_of_the_last_days(archive):
    """What the index counted before is not added again, but was downloaded all the same."""
    archive.add(rows("now", "then", seconds=NOON) + rows("week", seconds=NOON - 6 * DAY))
    archive.add(rows("month", seconds=NOON - 29 * DAY) + rows("old", "older", seconds=NOON - 400 * DAY))
    archive.add(rows("b", path="b/b-1.zip", counted=False) + rows("future", seconds=NOON + 60, path="c/c-1.zip"))
    assert archive.counts(NOON) == [
        Count("a-1.zip", 6, 2, 3, 4), Count("b-1.zip", 0, 1, 1, 1), Count("c-1.zip", 1, 0, 0, 0),
    ]  # fmt: skip


def test_a_row_is_asked_for_in_sql(archive):
    """By the columns of the documentation."""
    archive.add(rows("a"))
    names, found = archive.query("SELECT project, version, installer, country, size FROM downloads")
    assert names == ["project", "version", "installer", "country", "size"]
    assert found == [("a", "1", "pip", "NL", 10)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')", "COPY downloads TO '{}/out.csv'", "ATTACH '{}/x.db'",
        "SET enable_external_access = true", "INSTALL httpfs", "SELECT nothing FROM downloads", "no SQL", "", "-- none",
        "SELECT * FROM read_text('{}/manifest.json')",
    ],
)  # fmt: skip
def test_sql_reaches_nothing_else(one, sql):
    """No other file is read, none is written; what is wrong is said in DuckDB's words."""
    archive, folder = one
    before = sorted(folder.iterdir())
    with pytest.raises(ArchiveError):
        archive.query(sql.format(folder))
    assert sorted(folder.iterdir()) == before


def test_what_was_written_and_not_named_does_not_count(archive, tmp_path, monkeypatch):
    """Killed before the one step: nothing of it counts, and it goes with the next rows."""
    archive.add(rows("a"))

    def killed(*paths):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            archive.add(rows("b"))
    assert number(archive) == 1
    assert archive.add(rows("a", "b")) == Added(1, 1)
    named = {*archive.manifest().parts(), *(day.totals for day in archive.manifest().days.values())}
    assert named <= {path.name for path in tmp_path.glob("*.parquet")}
    assert number(archive) == 2


def test_who_is_killed_loses_nothing_and_adds_nothing_twice(tmp_path):
    """SIGKILL at several moments; the same rows again until all are there."""
    for moment in (1, 2):
        child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(moment):
            child.stdout.readline()
        time.sleep(0.02 * moment)
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=10)
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=True, timeout=60, capture_output=True)
    archive = Archive(tmp_path)
    assert archive.query("SELECT count(*), count(DISTINCT id) FROM downloads")[1] == [(410, 410)]
    assert sum(count.total for count in archive.counts(NOON)) == 410


def test_two_who_add_wait_for_each_other(archive):
    """The same rows from two threads are kept once."""
    added = []
    threads = [threading.Thread(target=lambda: added.append(archive.add(rows("a", "b", "c")))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(added) == [Added(0, 3), Added(3, 0)]


def test_what_was_read_and_lost_is_noted(archive):
    """An older log does not take a later time back; losses of other processes stay."""
    archive.note(NOON, {"one": [Gap(1.0, 2.0, 3)]})
    noted = archive.note(NOON - DAY, {"two": [Gap(0.5, 1.0, 1, True)]})
    assert noted == archive.manifest()
    assert noted.until == NOON
    assert noted.gaps() == [Gap(0.5, 1.0, 1, True), Gap(1.0, 2.0, 3)]
    assert archive.note(None, {}).until == NOON


def test_it_is_known_since_when_nothing_is_missing(archive):
    """From the last hole on; a log that is given late fills one."""
    since = [
        archive.note(last and NOON + last, {}, [Span(NOON + first, NOON + last)] if last else [], 60).since
        for first, last in ((0, None), (0, 100), (300, 400), (110, 280), (-900, -200))
    ]
    assert since == [None, NOON, NOON + 300, NOON, NOON]


def test_an_archive_of_an_earlier_version_is_known_since_it_was_read(archive, tmp_path):
    """It did not note holes; where nothing was read nothing is known."""
    for until in (None, NOON):
        archive.note(until, {})
        told = json.loads((tmp_path / "manifest.json").read_text())
        del told["read"]
        (tmp_path / "manifest.json").write_text(json.dumps(told))
        assert archive.manifest().since == until


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", json.dumps({"format": "modern-downloads", "version": 2}), json.dumps({"format": "x"})]
)
def test_another_manifest_is_refused(archive, tmp_path, text):
    """Rather than taken for an empty archive."""
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ArchiveError, match=r"manifest\.json"):
        archive.add(rows("a"))


def test_without_duckdb_it_says_what_to_install(archive, monkeypatch):
    """The name of the extra."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ArchiveError, match=r"screamtest\[statistics\]"):
        archive.add([])


def test_an_archive_has_a_name_that_stays(archive):
    """So that its counts are told from another's."""
    archive.add(rows("a"))
    assert archive.manifest().name == archive.manifest().name
    assert Manifest("x").parts() == []
