"""modern.statistics.counting: sums in the old column, once, whatever happens; and what they are worth."""

import psycopg2
import pytest
from sqlalchemy import create_engine

pytest.importorskip("duckdb")

from modern import migrations
from modern.database import psycopg2_url
from modern.statistics.archive import Archive, ArchiveError
from modern.statistics.counting import Counted, owners_in, publish
from modern.statistics.events import Event, row
from modern.statistics.spans import Span
from modern.statistics.spool import Gap

NOON = 1_480_075_200  # 25 November 2016, 12:00 UTC
SETUP = """
    INSERT INTO packages (name) VALUES ('a'), ('b');
    INSERT INTO releases (name, version) VALUES ('a', '1'), ('b', '1');
    INSERT INTO release_files (name, version, filename, md5_digest, downloads)
        VALUES ('a', '1', 'a-1.zip', 'x', 100), ('a', '1', 'a-1.egg', 'y', 0), ('b', '1', 'b-1.zip', 'z', 7)
"""


def run(url, *statements):
    """The rows of the last statement."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


@pytest.fixture(scope="module")
def url(modern_server):
    """A database with three files."""
    made = modern_server.create_database("counting")
    migrations.upgrade(made)
    run(made, SETUP)
    return made


@pytest.fixture
def engine(url):
    """The same, with the counts of its beginning."""
    for name in ("modern_downloads", "modern_download_feed", "modern_project_downloads"):
        run(url, f"DELETE FROM {name}")
    before = "CASE filename WHEN 'a-1.zip' THEN 100 WHEN 'b-1.zip' THEN 7 ELSE 0 END"
    run(url, f"UPDATE release_files SET downloads = {before}")
    made = create_engine(psycopg2_url(url))
    yield made
    made.dispose()


def archive_with(folder, *names, first=0):
    """An archive with a download of each of these files."""
    archive = Archive(folder)
    events = [Event(f"id{n}", NOON - n, f"a/{name}", 1, "", "", "log") for n, name in enumerate(names, first)]
    archive.add([row(event, lambda address: "", lambda name: None, counted=True) for event in events])
    archive.note(NOON, {}, [Span(NOON - 60, NOON)])
    return archive


def counts(url):
    """The old column."""
    return dict(run(url, "SELECT filename, downloads FROM release_files"))


def test_sums_are_added_to_what_was_counted_before(tmp_path, url, engine):
    """Once, however often they are written; a file that was not downloaded stays as it is."""
    archive = archive_with(tmp_path, "a-1.zip", "a-1.zip", "a-1.egg", "gone-1.zip")
    assert publish(engine, archive, 60) == Counted(2, 1)
    assert counts(url) == {"a-1.zip": 102, "a-1.egg": 1, "b-1.zip": 7}
    assert publish(engine, archive, 60) == Counted(0, 1)
    archive_with(tmp_path, "a-1.zip", first=10)
    assert publish(engine, archive, 60) == Counted(1, 1)
    assert counts(url) == {"a-1.zip": 103, "a-1.egg": 1, "b-1.zip": 7}


def test_projects_have_their_last_days(tmp_path, url, engine):
    """Of all their files."""
    publish(engine, archive_with(tmp_path, "a-1.zip", "a-1.zip", "a-1.egg"), 60)
    assert run(url, "SELECT * FROM modern_project_downloads") == [("a", 3, 3, 3)]


def test_the_feed_says_what_the_counts_are_worth(tmp_path, url, engine):
    """Since and until when they are, when others are due, what was lost; another revision each time."""
    archive = archive_with(tmp_path, "a-1.zip")
    publish(engine, archive, 3600)
    archive.note(None, {"one": [Gap(NOON - 50, NOON - 40, 2), Gap(NOON - 30, NOON - 10, 3, True)]})
    publish(engine, archive, 3600)
    (feed,) = run(url, "SELECT until::text, due::text, broken_since::text, last_loss::text, revision,"
                       " counted_since::text FROM modern_download_feed")  # fmt: skip
    assert feed == ("2016-11-25 12:00:00", "2016-11-25 13:00:00", "2016-11-25 11:59:30", "2016-11-25 11:59:50", 2,
                    "2016-11-25 11:59:00")  # fmt: skip


def test_another_archive_is_refused_unless_it_goes_on(tmp_path, url, engine):
    """So a folder that was lost does not take counts back."""
    publish(engine, archive_with(tmp_path / "one", "a-1.zip", "a-1.zip"), 60)
    other = archive_with(tmp_path / "two", "a-1.zip")
    with pytest.raises(ArchiveError, match="--adopt"):
        publish(engine, other, 60)
    assert counts(url)["a-1.zip"] == 102
    publish(engine, other, 60, adopt=True)
    assert counts(url)["a-1.zip"] == 103
    publish(engine, other, 60)
    assert counts(url)["a-1.zip"] == 103


def test_nothing_read_is_nothing_counted(tmp_path, engine):
    """It says so, rather than to write that everything is 0."""
    with pytest.raises(ArchiveError, match="nothing was read yet"):
        publish(engine, Archive(tmp_path), 60)


def test_an_archive_that_does_not_know_since_when_says_so(tmp_path, url, engine):
    """Nothing was noted but until when."""
    archive = Archive(tmp_path)
    archive.note(NOON, {})
    publish(engine, archive, 60)
    assert run(url, "SELECT counted_since FROM modern_download_feed") == [(None,)]


@pytest.mark.parametrize("revision", ["0002", "0003"])
def test_an_old_database_is_told_to_migrate(tmp_path, modern_server, revision):
    """By the name of the command."""
    url = modern_server.create_database("counting_old" + revision)
    migrations.upgrade(url, revision)
    engine = create_engine(psycopg2_url(url))
    try:
        with pytest.raises(ArchiveError, match="migrate"):
            publish(engine, archive_with(tmp_path, "a-1.zip"), 60)
    finally:
        engine.dispose()


def test_a_failure_in_the_middle_leaves_no_half(tmp_path, url, engine):
    """All in one transaction."""
    archive = archive_with(tmp_path, "a-1.zip")
    run(url, "ALTER TABLE modern_project_downloads ADD CONSTRAINT never CHECK (last_day < 0)")
    try:
        with pytest.raises(Exception, match="never"):
            publish(engine, archive, 60)
    finally:
        run(url, "ALTER TABLE modern_project_downloads DROP CONSTRAINT never")
    assert counts(url)["a-1.zip"] == 100


def test_the_index_knows_whose_a_file_is(engine):
    """Project and version by its name; others are not there."""
    assert owners_in(engine)({"a-1.egg", "nobody-1.zip", "a\0.zip"}) == {"a-1.egg": ("a", "1")}
