"""modern.sandbox: an index is never served as a sandbox, nor the reverse, whatever is given twice by mistake."""

import os

import pytest
from sqlalchemy import text

from modern.database import Database
from modern.migrations import upgrade
from modern.sandbox import WrongPlace, claim, refuse_others


@pytest.fixture(scope="module")
def places(modern_server, tmp_path_factory):
    """{name: (database, folder)} of a sandbox and an index, each with a project and a file."""
    found = {}
    for name in ("sandbox", "index"):
        url, folder = modern_server.create_database(f"place_{name}"), str(tmp_path_factory.mktemp(name) / "files")
        upgrade(url)
        claim(url, folder, sandbox=name == "sandbox")
        database = Database(url)
        with database.engine.begin() as connection:
            connection.execute(text("INSERT INTO packages (name, created) VALUES ('x', '2016-01-01')"))
        database.close()
        os.makedirs(f"{folder}/aa", exist_ok=True)
        found[name] = (url, folder)
    return found


@pytest.mark.parametrize("sandbox", [True, False])
def test_an_empty_database_is_nobodys(modern_server, tmp_path, sandbox):
    """It has no tables yet, and the folder is not there; asking changes nothing."""
    url = modern_server.create_database(f"place_empty_{sandbox}".lower())
    refuse_others(url, str(tmp_path / "files"), sandbox=sandbox)
    assert not os.path.exists(tmp_path / "files")


@pytest.mark.parametrize("kind", ["sandbox", "index"])
def test_each_is_served_again_as_what_it_is(places, kind):
    """With all that it holds by now; a sandbox's files may be in a store elsewhere as well."""
    for files in (places[kind][1], "s3://elsewhere/files"):
        claim(places[kind][0], files, sandbox=kind == "sandbox")


WRONG = [
    ("index", "index", True, "the database is in use and no sandbox: give --sandbox a database and"),
    ("sandbox", "index", True, "the folder .* is in use and no sandbox"),
    ("sandbox", "index", False, "the database is a sandbox's: serve it with --sandbox, or name another"),
    ("index", "sandbox", False, "the folder .* is a sandbox's"),
]


@pytest.mark.parametrize(("database", "folder", "sandbox", "message"), WRONG)
def test_nothing_is_shared(places, database, folder, sandbox, message):
    """Neither rows nor files: a file that both store has one place, and goes with either."""
    for refuse in (refuse_others, claim):
        with pytest.raises(WrongPlace, match=message):
            refuse(places[database][0], places[folder][1], sandbox=sandbox)
    claim(*places["index"], sandbox=False)  # nothing was marked
