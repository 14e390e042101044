"""modern.services.passwords: strong digests beside the old ones, which the old code goes on checking and changing."""

import pytest
from sqlalchemy import create_engine, text

from modern.database import psycopg2_url
from modern.services.passwords import Remembered


@pytest.fixture
def rows(seeded_site):
    """ask(statement, **values) -> rows of the shared index."""
    engine = create_engine(psycopg2_url(seeded_site[0].database_url))

    def ask(statement, **values):
        with engine.begin() as connection:
            found = connection.execute(text(statement), values)
            return found.all() if found.returns_rows else []

    yield ask
    engine.dispose()


def digests(rows, name):
    """The strong digests of a user."""
    return rows(
        "SELECT digest FROM modern_passwords p JOIN accounts_user u ON u.id = p.user_id WHERE username = :name",
        name=name,
    )


def may_log_in(site, name, password):
    """Whether another process, which remembers nothing, takes a password."""
    import base64

    from webob import Request

    from modern.app import make_app

    app = make_app(site[0])
    request = Request.blank("/pypi?:action=login", base_url="http://index.example")
    request.headers["Authorization"] = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
    return request.get_response(app).status_int == 200


def old_hash(name, password):
    """What the old code writes."""
    import hashlib

    return "scrypt$" + hashlib.scrypt(password.encode(), salt=name.encode(), n=1024, r=8, p=1, dklen=20).hex()


def test_a_login_makes_a_strong_digest_that_counts(seeded_site, rows):
    """The first login makes it, the next one needs it, and the old digest stays for the old code."""
    before = rows("SELECT password FROM accounts_user WHERE username = 'Erin'")
    assert not may_log_in(seeded_site, "Erin", "wrong")
    assert digests(rows, "Erin") == []
    assert may_log_in(seeded_site, "Erin", "Erin pw with spaces")
    (digest,) = digests(rows, "Erin")
    assert digest[0].startswith("$argon2id$")
    assert rows("SELECT password FROM accounts_user WHERE username = 'Erin'") == before
    assert may_log_in(seeded_site, "Erin", "Erin pw with spaces")
    assert not may_log_in(seeded_site, "Erin", "wrong")
    assert digests(rows, "Erin") == [digest]


def test_a_password_that_the_old_code_changes_counts_at_once(seeded_site, rows):
    """The strong digest of the old password is none any more; the next login replaces it."""
    assert may_log_in(seeded_site, "dave.d", "davepw")
    before = digests(rows, "dave.d")
    rows("UPDATE accounts_user SET password = :p WHERE username = 'dave.d'", p=old_hash("dave.d", "changed on old"))
    assert not may_log_in(seeded_site, "dave.d", "davepw")
    assert may_log_in(seeded_site, "dave.d", "changed on old")
    assert digests(rows, "dave.d") != before
    rows("UPDATE accounts_user SET password = :p WHERE username = 'dave.d'", p=old_hash("dave.d", "davepw"))


def test_a_damaged_digest_is_no_way_in(seeded_site, rows):
    """What Argon2 cannot read lets nobody in."""
    assert may_log_in(seeded_site, "carol", "carol:has:colons")
    rows(
        "UPDATE modern_passwords SET digest = 'x' WHERE user_id = (SELECT id FROM accounts_user WHERE username='carol')"
    )
    assert not may_log_in(seeded_site, "carol", "carol:has:colons")
    rows("DELETE FROM modern_passwords")


def test_the_old_tables_are_enough(modern_server, tmp_path):
    """Before the migration is made, logins are checked against the old digest alone."""
    from pathlib import Path

    from legacy.load import load
    from modern.settings import Settings

    url = modern_server.create_database("old_tables")
    load(str(Path(__file__).parents[3] / "recordings" / "seed.json"), url, str(tmp_path))
    settings = Settings(database_url=url, files=str(tmp_path))
    assert may_log_in((settings,), "alice", "alicepw")
    assert not may_log_in((settings,), "alice", "wrong")
    assert not may_log_in((settings,), "nobody", "x")


def test_what_was_right_is_remembered_for_that_digest_only():
    """Neither another password, nor another stored digest, nor too many others."""
    remembered = Remembered(size=2)
    remembered.add("stored", "password")
    assert remembered.knows("stored", "password")
    assert not remembered.knows("stored", "other")
    assert not remembered.knows("changed", "password")
    remembered.add("a", "b")
    remembered.add("c", "d")
    assert not remembered.knows("stored", "password")


def test_what_was_right_is_forgotten_in_time():
    """After its seconds."""
    remembered = Remembered(seconds=-1)
    remembered.add("stored", "password")
    assert not remembered.knows("stored", "password")
