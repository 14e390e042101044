"""modern.prepared and modern.services.targets: what each upload asks and writes, planned once."""

import psycopg2
import pytest
from psycopg2.errors import InvalidSqlStatementName
from sqlalchemy import text
from sqlalchemy.orm import Session

from modern import prepared
from modern.database import Database
from modern.services.journal import Actor, Journal
from modern.services.projects import Projects
from modern.services.targets import Target, target


@pytest.fixture
def db(seeded_site):
    """A session that commits nothing."""
    database = Database(seeded_site[0].database_url)
    with Session(database.engine) as session:
        yield session
    database.close()


@pytest.mark.parametrize("name", ["account", "upload_target", "store_file"])
def test_each_connection_has_them(db, name):
    """Also the second one."""
    other = Session(db.get_bind())
    for session in (db, other):
        found = session.connection().exec_driver_sql("SELECT name FROM pg_prepared_statements").scalars().all()
        assert name in found
    other.close()


def test_another_name_is_no_statement(db):
    """Nothing but what was prepared can be executed."""
    with pytest.raises(InvalidSqlStatementName):
        prepared.execute(db, "nothing", 1)


def test_a_connection_that_breaks_off_is_not_used_again(db):
    """Who was in the middle of something hears of it; the next one is answered."""
    database = db.get_bind()
    number = db.scalar(text("SELECT pg_backend_pid()"))
    with database.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
    with pytest.raises(psycopg2.OperationalError):
        prepared.execute(db, "account", "alice")
    db.close()
    with Session(database) as after:
        assert prepared.execute(after, "account", "alice").fetchone()


TARGETS = [
    ("alice", "Under.SCORE", "9", "", Target("Under_Score", False, False)),
    ("bob", "demo", "1.1", "demo-1.1.tar.gz", Target("demo", True, True)),
    ("bob", "demo", "1.1", "demo-1.1.egg", Target("demo", True, False)),
    ("nobody", "demo", "1.1", "demo-1.1.tar.gz", None),
    ("bob", "no-such-project", "1", "", None),
]


@pytest.mark.parametrize(("user", "name", "version", "filename", "found"), TARGETS)
def test_what_a_file_is_for(db, user, name, version, filename, found):
    """The project by any spelling, if it is the user's to change; release and file to the letter."""
    assert target(db, user, name, version, filename) == found


def test_a_project_of_just_that_spelling_comes_first(db):
    """The old code could register two names that PEP 426 takes for one."""
    db.execute(text("INSERT INTO packages (name, created) VALUES ('De.mo', '2001-01-01'), ('de_mo', '2002-01-01')"))
    found = [target(db, "alice", name, "1", "") for name in ("de_mo", "De.mo", "de-mo")]
    assert [project.name for project in found] == ["de_mo", "De.mo", "De.mo"]


@pytest.mark.parametrize("locked", [target, None], ids=["a file", "a form"])
def test_one_upload_of_a_project_at_a_time(db, locked):
    """The second waits for the first, instead of each for the other; other projects are free, and readers too."""
    other = Session(db.get_bind())
    other.execute(text("SET lock_timeout = 50"))
    if locked:
        locked(db, "bob", "demo", "1.1", "")
    else:
        Projects(db, Journal(db, Actor(), lambda name, action: None)).lock("demo")
    assert target(other, "alice", "lone-wheel", "4.0", "").has_release
    assert other.scalar(text("SELECT count(*) FROM packages WHERE name = 'demo'")) == 1
    with pytest.raises(psycopg2.OperationalError, match="lock timeout"):
        target(other, "bob", "demo", "1.1", "")
    other.close()
