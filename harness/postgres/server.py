"""A running PostgreSQL server that databases are made, cloned, renamed and dropped in, whoever started it.

URLs (or DSNs) as libpq takes them come in and go out. psycopg2 is imported at first use: it is an optional dependency.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from harness.errors import StateError
from harness.guard import Guard

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

MAIN = "postgres"  # the user, and the database that exists from the start


class PostgresError(StateError):
    """No PostgreSQL to work with: it cannot be started, reached, or refuses what was asked."""


def driver() -> Any:
    """Return the module psycopg2, imported at first use: it is an optional dependency."""
    try:
        import psycopg2
    except ImportError as error:
        raise PostgresError(
            "psycopg2 is missing: pip install 'screamtest[postgres]', "
            "or 'screamtest[postgres-embedded]' for an embedded server"
        ) from error
    return psycopg2


class Server:
    """A PostgreSQL server that databases can be made in; a context manager that stops it.

    Its methods may be called from any thread. They raise PostgresError.
    """

    def __init__(self, url: str, guard: Guard | None = None) -> None:
        self.url = url
        self._guard = guard
        self._idle: list[Connection] = []
        self._owner = os.getpid()
        self._lock = threading.Lock()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def embedded(self) -> bool:
        """Whether we started it, so that it goes, with all that is in it, when it is stopped."""
        return self._guard is not None

    def database_url(self, name: str) -> str:
        """Return the libpq URL of the database called `name` in this server, existing or not."""
        return with_database(self.url, name)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or as a clone of `template` (in which nobody may be connected), and return its URL."""
        if template is None:
            self._execute(f"CREATE DATABASE {_quote(name)} TEMPLATE template0")
        else:
            with self._session() as session:
                # Copying files beats logging each page from some 50 MB on, and is no slower below. Since PostgreSQL 15.
                strategy = " STRATEGY FILE_COPY" if session.server_version >= 150000 else ""
            self._execute(f"CREATE DATABASE {_quote(name)} TEMPLATE {_quote(template)}{strategy}")
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database if it exists, throwing out whoever is connected to it."""
        with self._session() as session:
            force = session.server_version >= 130000
        if not force:
            self._execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)
        self._execute(f"DROP DATABASE IF EXISTS {_quote(name)}" + (" WITH (FORCE)" if force else ""))

    def rename_database(self, name: str, new_name: str) -> None:
        """Give a database (in which nobody may be connected) another name."""
        self._execute(f"ALTER DATABASE {_quote(name)} RENAME TO {_quote(new_name)}")

    def databases(self) -> list[str]:
        """Return the names of all databases, sorted."""
        return [name for (name,) in self._execute("SELECT datname FROM pg_database ORDER BY datname")]

    def open(self, name: str | None = None) -> Connection:
        """Return a new connection in autocommit mode to a database (None: that of `url`); the caller closes it."""
        return open_session(self.url if name is None else self.database_url(name))

    def stop(self) -> None:
        """Close what we opened; an embedded server is stopped and its files are removed.

        Calling it again, or in a child forked from the process that made this, does nothing.
        """
        if self._owner != os.getpid():
            return
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()
        if self._guard is not None:
            self._guard.close()

    def _execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        psycopg2 = driver()
        with self._session() as session, session.cursor() as cursor:
            try:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
            except psycopg2.Error as error:
                raise PostgresError(f"PostgreSQL refused `{statement}`: {_one_line(error)}") from error

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        """Lend an administrative connection: an idle one, or a new one when all are busy."""
        with self._lock:
            # In a forked child the idle ones are the parent's: using, even closing them would end the parent's session.
            session = self._idle.pop() if self._idle and self._owner == os.getpid() else None
        if session is None or session.closed:
            session = open_session(self.url)
        try:
            yield session
        finally:
            with self._lock:
                if self._owner == os.getpid():
                    self._idle.append(session)


def connect(url: str) -> Server:
    """Return the existing server at a libpq URL (or DSN); an unreachable one is a PostgresError of one line."""
    psycopg2 = driver()
    try:
        main = with_database(url, MAIN)
    except psycopg2.Error as error:
        raise PostgresError(f"not a PostgreSQL URL: {_one_line(error)}") from error
    try:
        open_session(main).close()
    except PostgresError as error:
        if 'database "postgres" does not exist' not in str(error):
            raise
        open_session(url).close()  # some hosts have no database of that name; then the one we were given must do
        main = url
    return Server(main)


def with_database(url: str, name: str) -> str:
    """Return the libpq URL (or DSN) `url` with `name` in place of its database."""
    if "://" not in url:
        return str(driver().extensions.make_dsn(url, dbname=name))
    driver().extensions.parse_dsn(url)
    parts = urlsplit(url)
    options = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "dbname"]
    query = urlencode(options, safe="/", quote_via=quote)
    return f"{parts.scheme}://{parts.netloc}/{quote(name, safe='')}" + (f"?{query}" if query else "")


@contextmanager
def guarded(doing: str) -> Iterator[None]:
    """Turn what psycopg2 raises within into a PostgresError of one line: `cannot DOING: ...`."""
    try:
        yield
    except driver().Error as error:
        raise PostgresError(f"cannot {doing}: {_one_line(error)}") from error


def database_name(url: str) -> str:
    """Return the name of the database that a libpq URL (or DSN) leads to: its user's where it names none."""
    parts = driver().extensions.parse_dsn(url)
    name = parts.get("dbname") or parts.get("user")
    if not name:
        raise PostgresError("the PostgreSQL URL names no database")
    return str(name)


def open_session(url: str) -> Connection:
    """Return a new connection in autocommit mode; raises PostgresError."""
    psycopg2 = driver()
    try:
        session: Connection = psycopg2.connect(url, connect_timeout=5, application_name="harness")
    except psycopg2.Error as error:
        raise PostgresError(f"PostgreSQL cannot be reached: {_one_line(error)}") from error
    session.autocommit = True
    return session


def _quote(name: str) -> str:
    """Return an SQL identifier (utility statements take no parameters)."""
    return '"' + name.replace('"', '""') + '"'


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
