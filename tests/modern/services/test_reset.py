"""Keys for new passwords."""

import re
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from modern.database import Database
from modern.models import Account
from modern.services import reset
from modern.services.clock import now
from modern.services.reset import ResetKeys


@pytest.fixture
def db(seeded_site):
    """A session whose changes nobody else sees."""
    database = Database(seeded_site[0].database_url)
    with Session(database.engine) as session:
        yield session
    database.close()


def test_a_key_names_its_user(db):
    """In a form that old links have."""
    key = ResetKeys(db).make("bob")
    assert re.fullmatch(r"Ym9i\.[0-9a-f]{8}\.[0-9a-f]{40}", key)
    assert ResetKeys(db).user_of(key) == "bob"


def test_a_key_is_good_until_the_password_is_changed(db):
    """It is signed with the stored digest."""
    key = ResetKeys(db).make("bob")
    db.query(Account).filter_by(username="bob").one().password = "another"
    db.flush()
    assert ResetKeys(db).user_of(key) is None


def test_a_key_is_good_for_a_day(db, monkeypatch):
    """Not longer."""
    key, later = ResetKeys(db).make("bob"), now() + timedelta(days=1, seconds=2)
    monkeypatch.setattr(reset, "now", lambda: later)
    assert ResetKeys(db).user_of(key) is None


@pytest.mark.parametrize("key", ["", "a.b", "a.b.c.d", "!.1.x", "Ym9i.x.y", "Ym9i.1.y", "bm9ib2R5.1.y", "Ym9i.1.ä"])
def test_anything_else_is_nobodys(db, key):
    """Without an error."""
    assert ResetKeys(db).user_of(key) is None


def test_the_old_index_reads_the_same_keys(db, seeded_site, monkeypatch):
    """A mail of one leads to the other."""
    from legacy.config import Config
    from legacy.store import Store

    monkeypatch.setenv("PYPI_DATABASE_URL", seeded_site[0].database_url)
    store = Store(Config())
    try:
        assert store.user_of_reset_key(ResetKeys(db).make("frank")) == "frank"
        assert ResetKeys(db).user_of(store.reset_key("frank")) == "frank"
    finally:
        store.close()
