"""modern.states and modern.database: one statement says what an answer depends on, also after the server went away."""

import pytest
from sqlalchemy import text

from modern.database import Database, psycopg2_url


@pytest.fixture
def database(seeded_site):
    """Connections to the shared index."""
    made = Database(seeded_site[0].database_url)
    yield made
    made.close()


def test_a_project_is_found_by_any_spelling(database):
    """Name as registered, its serial, its roles and the newest serial; None for nobody."""
    state = database.states.project("UNDER.score")
    assert state.name == "Under_Score"
    assert state[:2] == database.states.serial("under-score")
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT last_serial FROM packages WHERE name = 'Under_Score'")).scalar_one()
    assert state.serial == found <= state.last_serial
    assert state.roles == 1
    assert database.states.project("nobody") is None
    assert database.states.serial("nobody") is None


def test_a_connection_that_the_server_closed_costs_no_answer(database):
    """Both pools replace what is broken."""
    before = database.states.serial("demo")
    for _ in range(2):
        with database.engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            )
        assert database.states.serial("demo") == before


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_urls_of_postgresql_are_taken(scheme):
    """In libpq's spelling and in SQLAlchemy's, passwords kept."""
    assert psycopg2_url(f"{scheme}://u:p@h/d?host=/x") == "postgresql+psycopg2://u:p@h/d?host=%2Fx"


@pytest.mark.parametrize("url", ["mysql://h/d", "nothing", "sqlite:///x"])
def test_other_databases_are_refused(url):
    """With what to write instead."""
    with pytest.raises(ValueError, match="only PostgreSQL is supported"):
        psycopg2_url(url)


def test_the_tables_of_revision_2_are_looked_for_once(database):
    """The old schema alone is enough: then there are none."""
    assert database.has_strong_digests
    assert "has_strong_digests" in vars(database)
