"""`python -m modern statistics`: what is said, and the exit status."""

import csv
import io
import json
import os

import psycopg2
import pytest

pytest.importorskip("duckdb")

from modern import migrations
from modern.__main__ import main
from modern.statistics.feed import SPOOL
from modern.statistics.spool import LOSSES, Gap, Recorder

LINE = (
    '10.0.0.1 - - [18/Nov/2008:06:27:11 +0100] "GET /packages/source/B/Beaker/Beaker-1.1.tar.gz HTTP/1.1" 200 35438'
    ' "-" "Python-urllib/2.5 setuptools/0.6c7"\n'
)


@pytest.fixture
def run(capsys):
    """run(words...): (exit status, what was printed)."""

    def command(*words):
        status = main(["statistics", *map(str, words)])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return command


@pytest.fixture
def log(tmp_path):
    """An access log with one download."""
    (tmp_path / "access.log").write_text(LINE)
    return tmp_path / "access.log"


@pytest.fixture(scope="module")
def url(modern_server):
    """A database with the file of the log."""
    made = modern_server.create_database("statistics_cli")
    migrations.upgrade(made)
    connection = psycopg2.connect(made)
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO packages (name) VALUES ('Beaker')")
        cursor.execute("INSERT INTO releases (name, version) VALUES ('Beaker', '1.1')")
        values = "('Beaker', '1.1', 'Beaker-1.1.tar.gz')"
        cursor.execute(f"INSERT INTO release_files (name, version, filename) VALUES {values}")
    connection.close()
    return made


def test_a_log_is_brought_in_and_counted(run, log, tmp_path, url):
    """Given twice at once it counts once; the numbers are said."""
    status, text = run("backfill", log, log, "--folder", tmp_path, "--database", url)
    assert status == 0
    assert "1 lines: 1 downloads are new, 0 were known" in text
    assert "1 lines: 0 downloads are new, 1 were known" in text
    assert "counts of 1 files are new; 0 files are not of this index" in text


@pytest.mark.parametrize(
    ("form", "read"),
    [
        ("table", lambda text: [line.split() for line in text.splitlines()]),
        ("csv", lambda text: list(csv.reader(io.StringIO(text)))),
        ("json", lambda text: [list(json.loads(text)), list(json.loads(text).values())]),
    ],
)
def test_a_question_is_answered_in_each_format(run, log, tmp_path, form, read):
    """Names of columns, then rows."""
    (tmp_path / "countries.csv").write_text("10.0.0.0/8,NL\n")
    run("backfill", log, "--folder", tmp_path, "--countries", tmp_path / "countries.csv")
    sql = "SELECT project, country, python FROM downloads"
    status, text = run("query", sql, "--folder", tmp_path, "--format", form)
    assert (status, read(text)) == (0, [["project", "country", "python"], ["Beaker", "NL", "2.5"]])


def test_numbers_stand_to_the_right(run, log, tmp_path):
    """In a table; nothing is an empty place."""
    run("backfill", log, "--folder", tmp_path)
    _, text = run("query", "SELECT 5 AS number, NULL AS nothing UNION ALL SELECT 1000, NULL", "--folder", tmp_path)
    assert text == "number  nothing\n     5\n  1000\n"


def test_a_log_that_is_cut_is_exit_status_1(run, tmp_path):
    """And the line where it ends."""
    import gzip

    (tmp_path / "log.gz").write_bytes(gzip.compress(LINE.encode())[:-5])
    status, text = run("backfill", tmp_path / "log.gz", "--folder", tmp_path)
    assert status == 1
    assert "the log ends after line" in text


def test_what_cannot_be_read_is_said(run, log, tmp_path):
    """How many lines, and the first of them."""
    log.write_text("odd\n" + LINE)
    assert "1 lines cannot be read, the first is line 1" in run("backfill", log, "--folder", tmp_path)[1]


def test_workers_are_brought_in(run, tmp_path, url, monkeypatch):
    """By the folder of the environment, as the index has it."""
    monkeypatch.setenv("PYPI_STATISTICS", str(tmp_path))
    recorder = Recorder(str(tmp_path / SPOOL))
    recorder.record("ab/cd/Beaker-1.1.tar.gz", 1, "", "pip/1.0")
    assert run("update", "--database", url, "--adopt")[0] == 0
    assert run("status") == (0, run("status")[1])
    assert "1 downloads of 1 days in 1 files" in run("status")[1]
    assert run("query", "SELECT version FROM downloads", "--format", "csv")[1] == "version\n1.1\n"
    recorder.close()


def test_updates_go_on_until_interrupted(run, tmp_path, monkeypatch):
    """Every so many seconds."""
    naps = iter([None, None])

    def sleep(seconds):
        assert seconds == 7
        if next(naps, "over") == "over":
            raise KeyboardInterrupt

    monkeypatch.setattr("modern.statistics.cli.time.sleep", sleep)
    status, text = run("update", "--folder", tmp_path, "--every", "7")
    assert (status, text.count("0 lines")) == (130, 3)


def test_updates_go_on_until_the_database_is_there(run, tmp_path, url, modern_server, monkeypatch):
    """And lines to count: each round says in a line what is missing."""
    recorders = []

    def record():
        recorders.append(Recorder(str(tmp_path / SPOOL)))
        recorders[0].record("ab/cd/Beaker-1.1.tar.gz", 1, "", "pip/1.0")

    naps = iter([
        record,
        lambda: migrations.upgrade(modern_server.create_database("later")),
    ])  # fmt: skip

    def sleep(seconds):
        if (step := next(naps, None)) is None:
            raise KeyboardInterrupt
        step()

    monkeypatch.setattr("modern.statistics.cli.time.sleep", sleep)
    later = url.replace("statistics_cli", "later")
    status, text = run("update", "--folder", tmp_path, "--every", "7", "--database", later)
    recorders[0].close()
    assert status == 130
    said = [line for line in text.splitlines() if line.startswith("modern: ")]
    assert ["nothing was read yet" in said[0], 'database "later" does not exist' in said[1]] == [True, True]
    assert len(said) == 2
    assert "1 lines: 1 downloads are new, 0 were known" in text
    assert "1 files are not of this index" in text


def test_losses_are_told(run, tmp_path):
    """Exit status 1 while they go on."""
    (tmp_path / SPOOL).mkdir()
    (tmp_path / SPOOL / f"dead{LOSSES}").write_text(json.dumps([Gap(0.0, 60.0, 3)]))
    status, text = run("status", "--folder", tmp_path)
    assert status == 0
    assert "lost: 3 downloads from 1970-01-01 00:00:00 UTC to 1970-01-01 00:01:00 UTC" in text
    assert "nothing was read yet" in text
    recorder = Recorder(str(tmp_path / SPOOL))
    recorder._files.lose(1.0, OSError("no"))
    assert run("status", "--folder", tmp_path)[0] == 1
    recorder.close()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("status",), "--folder is missing"),
        (("query", "no SQL", "--folder", "FOLDER"), "syntax error"),
        (("query", "", "--folder", "FOLDER"), "modern: the SQL is empty"),
        (("backfill", "no.log", "--folder", "FOLDER"), "no.log"),
        (("update", "--folder", "FOLDER", "--countries", "/nowhere/none.csv"), "none.csv"),
        (("update", "--folder", "FOLDER", "--database", "URL"), "nothing was read yet"),
        (("backfill", "LOG", "--folder", "FOLDER", "--database", "postgresql://x@127.0.0.1:1/x"), "refused"),
    ],
)
def test_what_is_wrong_is_said(run, log, tmp_path, url, words, text, monkeypatch):
    """Exit status 2."""
    monkeypatch.delenv("PYPI_STATISTICS", raising=False)
    given = {"FOLDER": str(tmp_path), "URL": url, "LOG": str(log)}
    status, said = run(*(given.get(word, word) for word in words))
    assert status == 2
    assert text in said


def test_standard_input_is_a_log(run, tmp_path, monkeypatch):
    """Of another program, through a pipe."""
    reader, writer = os.pipe()
    os.write(writer, LINE.encode())
    os.close(writer)
    with open(reader, encoding="utf-8") as source:
        monkeypatch.setattr("sys.stdin", source)
        assert run("backfill", "-", "--folder", tmp_path) == (0, "-: 1 lines: 1 downloads are new, 0 were known\n")
