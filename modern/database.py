"""Connections to PostgreSQL: settings in, an engine and sessions that belong to a request's transaction out."""

from __future__ import annotations

import select
from functools import cached_property
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker
from transaction import TransactionManager
from zope.sqlalchemy.datamanager import STATUS_CHANGED, join_transaction

from .prepared import prepare
from .states import States

MANAGER = "manager"  # of the transaction that a session is for
POOL, OVERFLOW = 8, 16  # connections kept, and those beyond that while a worker has more threads than usual

# How long libpq waits for a server that says nothing: else without end, and with it the thread of the request. Seconds,
# and milliseconds in the last.
PATIENCE = {
    "connect_timeout": "5", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}  # fmt: skip


class Database:
    """One database of an installation, which lives as long as the application."""

    def __init__(self, url: str) -> None:
        patient = with_patience(url)
        self.engine: Engine = create_engine(patient, pool_size=POOL, max_overflow=OVERFLOW, query_cache_size=500)
        event.listen(self.engine, "connect", prepare)
        event.listen(self.engine, "checkout", refuse_closed)
        self._asking = create_engine(patient, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self.states = States(self._open)
        self._sessions = sessionmaker(self.engine, autoflush=False)
        event.listen(self._sessions, "after_begin", join)

    def session(self, manager: TransactionManager) -> Session:
        """Return a session that commits and ends with the transaction of `manager`."""
        return self._sessions(info={MANAGER: manager})

    @cached_property
    def has_strong_digests(self) -> bool:
        """Whether revision 0002 was made: the old schema alone is enough to run on."""
        with self.engine.connect() as connection:
            return bool(connection.scalar(text("SELECT to_regclass('modern_passwords') IS NOT NULL")))

    def close(self) -> None:
        """Close all connections."""
        self.states.close()
        self.engine.dispose()

    def _open(self) -> Any:
        """A connection of psycopg2 without transactions, which is the caller's to close."""
        borrowed = self._asking.raw_connection()
        opened = borrowed.dbapi_connection
        borrowed.detach()
        return opened


def refuse_closed(connection: Any, record: object, proxy: object) -> None:
    """Have a connection replaced whose server went away: one that was restarted costs no request, nor this a question.

    Where nobody asked, the server's last word or the end of the stream are all that there can be to read.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise DisconnectionError


def join(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """Have a session that began something commit and end with the manager's transaction.

    zope.sqlalchemy's `register` would do this, by seven listeners for each session. Whatever a session did is
    committed: it need not be noticed what writes.
    """
    join_transaction(session, STATUS_CHANGED, session.info[MANAGER])


def with_patience(url: str) -> URL:
    """Return SQLAlchemy's URL of a database that may be away; what the URL itself says of waiting counts."""
    made = make_url(psycopg2_url(url))
    return made.set(query={**PATIENCE, **made.query})


def reason(error: Exception) -> str:
    """What an error says, in one line: of the database's, its own words without the statement."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def psycopg2_url(url: str) -> str:
    """Return a libpq URL (postgresql://, postgres://) in SQLAlchemy's spelling."""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in ("postgres", "postgresql", "postgresql+psycopg2"):
        raise ValueError(f"{scheme}: only PostgreSQL is supported; write the database as postgresql://...")
    return make_url("postgresql+psycopg2:" + rest).render_as_string(hide_password=False)
