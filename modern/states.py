"""What answers depend on, by one statement each: outside of the request's transaction, and without SQLAlchemy's part of
the work, because most requests ask nothing else. The database has prepared them: planning costs more than answering.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from psycopg2 import InterfaceError, OperationalError

PREPARE = (
    "PREPARE serial_state (text) AS SELECT p.name, p.last_serial FROM packages p"
    " WHERE normalize_pep426_name(p.name) = normalize_pep426_name($1)"
    " ORDER BY p.name = $1 DESC, p.created, p.name LIMIT 1",
    "PREPARE project_state (text) AS SELECT p.name, p.last_serial,"
    " (SELECT count(*) FROM roles r WHERE r.package_name = p.name), (SELECT max(id) FROM journals)"
    " FROM packages p WHERE normalize_pep426_name(p.name) = normalize_pep426_name($1)"
    " ORDER BY p.name = $1 DESC, p.created, p.name LIMIT 1",
)
SERIAL, PROJECT = "EXECUTE serial_state (%s)", "EXECUTE project_state (%s)"


class ProjectState(NamedTuple):
    """A project as it is registered now. Whatever is shown of it changes the serial; only a role that goes with its
    account is in no journal.
    """

    name: str
    serial: int | None
    roles: int
    last_serial: int | None  # of the whole index


class SerialState(NamedTuple):
    """What a project is called, and its serial."""

    name: str
    serial: int | None


class States:
    """Asks for states over connections of its own, which `connect` opens: of psycopg2, and in no transaction."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._idle: deque[Any] = deque()  # as many as there were threads that asked at once

    def project(self, name: str) -> ProjectState | None:
        """The state of a project by any spelling of its name; None where there is none."""
        row = self._first(PROJECT, name)
        return ProjectState(*row) if row else None

    def serial(self, name: str) -> SerialState | None:
        """The same without what a simple page does not depend on."""
        row = self._first(SERIAL, name)
        return SerialState(*row) if row else None

    def close(self) -> None:
        """Close what nobody uses just now."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _first(self, statement: str, name: str) -> tuple[Any, ...] | None:
        try:
            return self._ask(statement, name)
        except (OperationalError, InterfaceError):
            self.close()  # the server was restarted: what is open is of the last one
            return self._ask(statement, name)

    def _ask(self, statement: str, name: str) -> tuple[Any, ...] | None:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._prepared()
        cursor = connection.cursor()
        cursor.execute(statement, (name,))
        row: tuple[Any, ...] | None = cursor.fetchone()
        self._idle.append(connection)
        return row

    def _prepared(self) -> Any:
        connection = self._connect()
        cursor = connection.cursor()
        for statement in PREPARE:
            cursor.execute(statement)
        return connection
