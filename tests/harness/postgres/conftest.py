"""A running embedded server, shared by the tests of one module, and a way to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness import postgres


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """A running embedded server."""
    with postgres.start() as running:
        yield running


@pytest.fixture(scope="session")
def ask() -> Callable[[postgres.Server, str, str], list[tuple[object, ...]]]:
    """Run one statement in the named database of a server and return its rows."""

    def asked(server: postgres.Server, name: str, statement: str) -> list[tuple[object, ...]]:
        """Run one statement in the database called `name` and return its rows."""
        session = server.open(name)
        try:
            with session.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            session.close()

    return asked
