"""modern.database: how long a database is waited for."""

import socket
import time
from dataclasses import replace

import pytest

from modern.app import make_app
from modern.database import PATIENCE, Database, with_patience


def test_what_the_url_says_of_waiting_counts():
    """The rest is ours."""
    query = with_patience("postgresql://h/d?connect_timeout=9&host=/x").query
    assert query == PATIENCE | {"connect_timeout": "9", "host": "/x"}


@pytest.mark.parametrize("name", ["engine", "_asking"])
def test_no_connection_waits_without_end(seeded_site, name):
    """Neither those of the pool nor the one that asks for states; the server takes all of the words."""
    database = Database(seeded_site[0].database_url)
    try:
        with getattr(database, name).connect() as connection:
            told = connection.connection.dbapi_connection.info.dsn_parameters
        assert {key: told[key] for key in PATIENCE} == PATIENCE
    finally:
        database.close()


def test_a_database_that_takes_connections_and_says_nothing_is_away(person, seeded_site):
    """A host that hangs, or a pooler that is full: 503, and the thread is free again."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgresql://127.0.0.1:{mute.getsockname()[1]}/x?connect_timeout=2&sslmode=disable"
        person.app = make_app(replace(seeded_site[0], database_url=url))
        begun = time.monotonic()
        answer = person.get("/pypi/demo/json")
        assert (answer.status_int, answer.headers["Retry-After"]) == (503, "60")
        assert time.monotonic() - begun < 30
        person.app.registry["installation"].close()
