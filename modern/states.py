"""What answers depend on, by one statement each: outside of the request's transaction, and without SQLAlchemy's part of
the work, because most requests ask nothing else.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg2 import InterfaceError, OperationalError
from sqlalchemy import Engine

SERIAL = (
    "SELECT p.name, p.last_serial FROM packages p"
    " WHERE normalize_pep426_name(p.name) = normalize_pep426_name(%s)"
    " ORDER BY p.name = %s DESC, p.created, p.name LIMIT 1"
)
PROJECT = (
    "SELECT p.name, p.last_serial, (SELECT count(*) FROM roles r WHERE r.package_name = p.name),"
    " (SELECT max(id) FROM journals) FROM packages p"
    " WHERE normalize_pep426_name(p.name) = normalize_pep426_name(%s)"
    " ORDER BY p.name = %s DESC, p.created, p.name LIMIT 1"
)


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
    """Asks for states over connections that are in no transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def project(self, name: str) -> ProjectState | None:
        """The state of a project by any spelling of its name; None where there is none."""
        row = self._first(PROJECT, (name, name))
        return ProjectState(*row) if row else None

    def serial(self, name: str) -> SerialState | None:
        """The same without what a simple page does not depend on."""
        row = self._first(SERIAL, (name, name))
        return SerialState(*row) if row else None

    def _first(self, statement: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        try:
            return self._ask(statement, values)
        except (OperationalError, InterfaceError):
            self._engine.dispose()  # the server was restarted: what is open is of the last one
            return self._ask(statement, values)

    def _ask(self, statement: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(statement, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
        finally:
            connection.close()
