"""Sections 11 and 12 of the catalogue: tables, journal and stored files; by number."""

import os
from types import SimpleNamespace

import psycopg2
import pytest

BOB = ("bob", "bobpw")


@pytest.fixture
def query(visitor):
    """Ask the database of the visitor's index."""
    connection = psycopg2.connect(os.environ["PYPI_DATABASE_URL"])
    connection.autocommit = True

    def ask(sql, *args):
        with connection.cursor() as cursor:
            cursor.execute(sql, args)
            return cursor.fetchall() if cursor.description else None

    yield ask
    connection.close()


def primary_key(query, table):
    """Columns of a table's primary key."""
    rows = query(
        "SELECT a.attname FROM pg_index i, pg_attribute a WHERE i.indrelid=%s::regclass AND i.indisprimary"
        " AND a.attrelid=i.indrelid AND a.attnum = ANY(i.indkey)", table,
    )  # fmt: skip
    return {name for (name,) in rows}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("packages", {"name"}),
        ("releases", {"name", "version"}),
        ("cookies", {"cookie"}),
        ("csrf_tokens", {"name"}),
        ("accounts_user", {"id"}),
        ("trove_classifiers", {"id"}),
        ("roles", set()),
        ("release_files", set()),
        ("release_classifiers", set()),
        ("release_dependencies", set()),
        ("rego_otk", set()),
    ],
)
def test_b264_keys(visitor, query, table, key):
    """What has a primary key, and what has none (B265)."""
    assert primary_key(query, table) == key


def test_b267_serial_of_a_project(visitor, query):
    """Kept by the database at the newest journal row, however that came (B269)."""
    query("INSERT INTO journals (name, action, submitted_date) VALUES ('demo', 'by hand', '2016-01-01')")
    assert visitor.call("list_packages_with_serial")["demo"] == visitor.call("changelog_last_serial")


def test_b268_kinds_of_dependencies(visitor, query):
    """One to eight."""
    kinds = ("requires", "provides", "obsoletes", "requires_dist", "provides_dist", "obsoletes_dist",
             "requires_external", "project_url")  # fmt: skip
    visitor.user = BOB
    visitor.post("submit", name="fresh", version="1", **dict.fromkeys(kinds, "x"))
    assert query("SELECT kind, specifier FROM release_dependencies WHERE name='fresh' ORDER BY kind") == [
        (number, "x") for number in range(1, 9)
    ]


def test_b270_times_are_whole_seconds_in_utc(visitor, query):
    """Without a zone; who and from where besides."""
    visitor.user = BOB
    visitor.post("submit", name="fresh", version="1")
    [(when, who, where)] = query("SELECT max(submitted_date), max(submitted_by), max(submitted_from) FROM journals"
                                 " WHERE name='fresh'")  # fmt: skip
    assert (when.microsecond, when.tzinfo, who, where) == (0, None, "bob", "127.0.0.1")


def test_b273_renaming_cascades(visitor, query):
    """From the project to all that is its, but the journal; deleting does not cascade."""
    query("UPDATE packages SET name='renamed' WHERE name='demo'")
    assert visitor.call("package_releases", "renamed") == ["1.1", "1.0"]
    assert visitor.call("package_roles", "renamed")
    assert visitor.journal("renamed") == []
    with pytest.raises(psycopg2.IntegrityError):
        query("DELETE FROM packages WHERE name='renamed'")


def test_b274_text_is_utf8(visitor):
    """In and out."""
    visitor.user = BOB
    visitor.post("submit", name="fresh", version="1", summary="Größe 大")
    assert visitor.call("release_data", "fresh", "1")["summary"] == "Größe 大"
    assert "Größe 大".encode() in visitor.get("/pypi/fresh/1").body


def test_b135_control_characters(visitor):
    """Are stored, and left out of XML, which could not be read with them (I20)."""
    visitor.user = BOB
    visitor.post("submit", name="fresh", version="1", summary="bell\x07 and\ttab")
    assert visitor.call("release_data", "fresh", "1")["summary"] == "bell and\ttab"
    assert b"bell\\u0007 and" in visitor.get("/pypi/fresh/json").body


@pytest.fixture
def refused(visitor, query, capfd, caplog):
    """The removal of a file whose transaction fails at its very end: answer, path of the file, log."""
    [(path, digest)] = query("SELECT path, md5_digest FROM release_files WHERE filename='demo-1.0.tar.gz'")
    query("CREATE FUNCTION refuse() RETURNS trigger AS 'BEGIN RAISE EXCEPTION $$no$$; END' LANGUAGE plpgsql")
    query("CREATE CONSTRAINT TRIGGER refuse AFTER DELETE ON release_files DEFERRABLE INITIALLY DEFERRED"
          " FOR EACH ROW EXECUTE FUNCTION refuse()")  # fmt: skip
    visitor.user = BOB
    answer = visitor.post("files", name="demo", version="1.0", submit_remove="1", **{"file-ids": digest})
    return SimpleNamespace(
        answer=answer, path=visitor.folder / "files" / path, log=capfd.readouterr().err + caplog.text
    )


def test_b052_commit_after_the_answer(refused, query):
    """The page says 200, and nothing was done."""
    assert refused.answer.status == 200
    assert query("SELECT count(*) FROM release_files WHERE filename='demo-1.0.tar.gz'") == [(1,)]


def test_b258_errors_are_logged(refused):
    """With their traceback; they were mailed, with the whole environment."""
    assert "RaiseException" in refused.log


def test_b279_files_go_after_the_commit(refused):
    """Where the transaction fails, they stay."""
    assert refused.path.is_file()


def test_b226_wrong_password_is_nobody(visitor):
    """A public page is one all the same."""
    visitor.user = ("bob", "wrong")
    assert visitor.get("/pypi/demo/1.0").status == 200
    assert visitor.action("user_form").status == 401


def test_b225_password_with_colons(visitor):
    """Split at the first colon (I11)."""
    visitor.user = ("carol", "carol:has:colons")
    assert visitor.action("login").status == 200


def test_b252_without_a_database(reader, monkeypatch):
    """500 with the driver's words in a comment."""
    monkeypatch.setenv("PYPI_DATABASE_URL", "postgresql://127.0.0.1:1/x")
    answer = reader.get("/pypi")
    assert answer.status == 500
    assert answer.body.startswith(b"Database connection failed\n\nPlease try again later.\n<!-- ")
