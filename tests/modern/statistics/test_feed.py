"""modern.statistics.feed: logs and workers' files are brought in as often as one likes; each download counts once."""

import bz2
import gzip
import lzma
import time
from pathlib import Path

import pytest

pytest.importorskip("duckdb")

from modern.statistics.archive import Added, Archive
from modern.statistics.feed import ARCHIVE, SPOOL, Reading, read_log, read_spool
from modern.statistics.spool import LINES, Recorder, begun

LINES_OF_LOG = [
    f"10.0.0.{n % 3} - - [18/Nov/2008:06:{n:02}:11 +0100] "
    f'"GET /packages/source/B/Beaker/Beaker-1.{n % 2}.tar.gz HTTP/1.1" {status} 35 "-" "pip/1.0"\n'
    for n, status in enumerate([200] * 12 + [304] * 3)
]
LOG = "".join(LINES_OF_LOG).encode()
PACKED = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A folder into which the log was brought once."""
    folder = tmp_path_factory.mktemp("known")
    assert backfill(folder, LOG).added == Added(12, 0)
    return folder


def backfill(folder, log, **reading):
    """The report of a log of these bytes."""
    path = folder / "access.log"
    path.write_bytes(log)
    with path.open("rb") as source:
        return read_log(folder, source, Reading(**reading))


def asked(folder, sql):
    """The rows of an answer."""
    return Archive(folder / ARCHIVE).query(sql)[1]


@pytest.mark.parametrize("packed", PACKED)
def test_a_log_given_again_adds_nothing(known, packed):
    """However it is packed; all lines are read, and until when is known."""
    assert backfill(known, PACKED[packed](LOG)) == (Added(0, 12), 15, 0, 0, "")
    assert Archive(known / ARCHIVE).manifest().until == 1226985251.0


def test_a_longer_log_adds_what_is_new(known):
    """One that overlaps as well."""
    more = LINES_OF_LOG[5].replace("18/Nov", "19/Nov").encode()
    assert backfill(known, LOG[-900:] + more).added.new == 1


def test_a_log_that_is_cut_is_read_as_far_as_it_goes(tmp_path):
    """And that is said; whole, it adds the rest."""
    packed = gzip.compress(LOG)
    report = backfill(tmp_path, packed[:-9])
    assert "end" in report.cut.lower()
    whole = backfill(tmp_path, packed)
    assert whole.cut == ""
    assert whole.added == Added(12 - report.added.new, report.added.new)


def test_lines_that_are_none_are_counted_and_the_first_is_named(tmp_path):
    """The others are brought in."""
    report = backfill(tmp_path, LOG[:90] + b"\0\0 torn\n" + LOG + LOG[:40])
    assert report.added.new == 12
    assert (report.torn, report.first_torn) == (2, 1)


def test_a_log_that_is_missing_is_a_hole(tmp_path):
    """Everything is known since the last one; `silence` says how long nobody asks anything, and the log fills it."""

    def hours(day, **reading):
        """How long is known, after a log of two hours of which only the first line is a download."""
        lines = [LINES_OF_LOG[0].replace("18/Nov/2008:06:00", f"{day}/Nov/2008:{hour}:00") for hour in ("10", "11")]
        lines.append(lines[0].replace(":10:00", ":12:00").replace(" 200 ", " 404 "))
        backfill(tmp_path, "".join(lines).encode(), **reading)
        manifest = Archive(tmp_path / ARCHIVE).manifest()
        return (manifest.until - manifest.since) / 3600

    assert [hours(18), hours(20), hours(19), hours(19, silence=22 * 3600)] == [2, 2, 2, 50]


def test_a_log_of_the_future_is_not_known_until_now(tmp_path):
    """A clock that is a few hours ahead."""
    ahead = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(time.time() + 7200))
    backfill(tmp_path, LINES_OF_LOG[0].replace("18/Nov/2008:06:00:11 +0100", ahead).encode())
    manifest = Archive(tmp_path / ARCHIVE).manifest()
    assert manifest.until <= time.time()
    assert manifest.since is None


def test_an_empty_log_says_nothing(tmp_path):
    """Not even until when."""
    assert backfill(tmp_path, b"") == (Added(0, 0), 0, 0, 0, "")
    assert Archive(tmp_path / ARCHIVE).manifest().until is None


def test_batches_are_added_one_by_one(tmp_path, monkeypatch):
    """The same as in one."""
    monkeypatch.setattr("modern.statistics.feed.BATCH", 5)
    assert backfill(tmp_path, LOG + LOG).added == Added(24, 0)


def test_rows_are_told_by_tables_and_the_index(tmp_path):
    """Country by address, project by file name."""
    backfill(
        tmp_path, LOG, country=lambda address: "NL" if address == "10.0.0.1" else "",
        owners=lambda names: {name: ("beaker", "one") for name in names if name == "Beaker-1.1.tar.gz"},
    )  # fmt: skip
    found = asked(tmp_path, "SELECT project, version, country, count(*) FROM downloads GROUP BY ALL ORDER BY ALL")
    assert found == [("Beaker", "1.0", "", 4), ("Beaker", "1.0", "NL", 2), ("beaker", "one", "", 4),
                     ("beaker", "one", "NL", 2)]  # fmt: skip


def test_what_workers_write_is_brought_in_while_they_write(tmp_path):
    """Once, however often; their files go when they are done."""
    recorder = Recorder(str(tmp_path / SPOOL), segment=400)
    for number in range(6):
        recorder.record(f"a/a-{number}.zip", 1, "10.0.0.1", "pip/1.0")
    assert read_spool(tmp_path, Reading()).added == Added(6, 0)
    still = read_spool(tmp_path, Reading()).added
    assert still.new == 0
    assert still.known < 6
    assert Archive(tmp_path / ARCHIVE).manifest().until is not None
    recorder.record("a/b-1.zip", 1, "10.0.0.1", "pip/1.0")
    recorder.close()
    assert read_spool(tmp_path, Reading()).added.new == 1
    assert list((tmp_path / SPOOL).iterdir()) == []
    assert asked(tmp_path, "SELECT count(*), count(DISTINCT file) FROM downloads") == [(7, 7)]


def test_what_a_worker_wrote_is_known_since_it_began(tmp_path):
    """Also while nobody asked for anything; when it was gone before it was read, until its last download."""
    recorder = Recorder(str(tmp_path / SPOOL))
    first = begun(recorder._files._name)
    assert time.time() - 5 < first <= time.time()
    read_spool(tmp_path, Reading())
    recorder.record("a/a-1.zip", 1, "10.0.0.1", "pip/1.0")
    recorder.close()
    read_spool(tmp_path, Reading(silence=0.0))
    manifest = Archive(tmp_path / ARCHIVE).manifest()
    assert manifest.since == first
    assert [span.first for span in manifest.read] == [first]


def test_a_worker_of_an_earlier_version_is_known_since_its_first_download(tmp_path):
    """Its name does not say when it began."""
    (tmp_path / SPOOL).mkdir()
    lines = b'["a", 5, "a/a-1.zip", 1, "", ""]\n["b", 9, "a/a-1.zip", 1, "", ""]\n'
    (tmp_path / SPOOL / f"{'ab' * 8}-000001{LINES}").write_bytes(lines)
    read_spool(tmp_path, Reading())
    assert Archive(tmp_path / ARCHIVE).manifest().read == [(5.0, 9.0)]


def test_a_kill_between_adding_and_removing_adds_nothing_twice(tmp_path, monkeypatch):
    """The file is still there, and read again."""

    def killed(path, **options):
        raise KeyboardInterrupt

    recorder = Recorder(str(tmp_path / SPOOL))
    recorder.record("a/a-1.zip", 1, "10.0.0.1", "pip/1.0")
    recorder.close()
    with monkeypatch.context() as patched:
        patched.setattr("modern.statistics.feed.remove", killed)
        with pytest.raises(KeyboardInterrupt):
            read_spool(tmp_path, Reading())
    assert read_spool(tmp_path, Reading()).added == Added(0, 1)
    assert asked(tmp_path, "SELECT count(*) FROM downloads") == [(1,)]


def test_torn_lines_of_workers_are_counted(tmp_path):
    """And nobody stumbles over them."""
    (tmp_path / SPOOL).mkdir()
    (tmp_path / SPOOL / f"dead-1{LINES}").write_bytes(b'\0\0\0\n["a", 1, "a/a-1.zip", 1, "", ""]\n["b", 1, ')
    report = read_spool(tmp_path, Reading())
    (tmp_path / SPOOL / f"dead-2{LINES}").write_bytes(b"\0\0\n")
    assert read_spool(tmp_path, Reading()).torn == 1
    assert (report.added, report.torn) == (Added(1, 0), 2)
    assert Archive(tmp_path / ARCHIVE).manifest().until == 1.0


def test_losses_are_noted_and_end_with_their_process(tmp_path):
    """While it loses it says so; when it is gone its gap is kept, closed."""
    recorder = Recorder(str(tmp_path / SPOOL))
    recorder._files.lose(1_480_000_000.0, OSError("no"))
    read_spool(tmp_path, Reading())
    assert [gap[2:] for gap in Archive(tmp_path / ARCHIVE).manifest().gaps()] == [(1, True)]
    recorder.close()
    for path in (tmp_path / SPOOL).iterdir():
        path.unlink()  # as after the machine began anew
    read_spool(tmp_path, Reading())
    assert [gap[2:] for gap in Archive(tmp_path / ARCHIVE).manifest().gaps()] == [(1, False)]


def test_nobody_who_writes_means_nothing_is_known(tmp_path):
    """An empty folder, as one that was named wrongly, is not read until now."""
    read_spool(tmp_path, Reading())
    assert Archive(tmp_path / ARCHIVE).manifest().until is None
    assert not Path(tmp_path / SPOOL).exists()
