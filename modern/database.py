"""Connections to PostgreSQL: settings in, an engine and sessions that belong to a request's transaction out."""

from __future__ import annotations

from functools import cached_property

import zope.sqlalchemy
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session
from transaction import TransactionManager

from .states import States

POOL, OVERFLOW = 8, 16  # connections kept, and those beyond that while a worker has more threads than usual


class Database:
    """One database of an installation, which lives as long as the application."""

    def __init__(self, url: str) -> None:
        # psycopg2 looks for a server that went away before each use: one that was restarted costs no request.
        self.engine: Engine = create_engine(
            psycopg2_url(url), pool_size=POOL, max_overflow=OVERFLOW, pool_pre_ping=True, query_cache_size=500
        )
        # No transaction, so none is ended when a connection comes back; a broken one is replaced by who uses it.
        asking = create_engine(
            psycopg2_url(url), pool_size=POOL, max_overflow=OVERFLOW, isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
        )  # fmt: skip
        self.states = States(asking)
        self._engines = (self.engine, asking)

    def session(self, manager: TransactionManager) -> Session:
        """Return a session that commits and ends with the transaction of `manager`."""
        session = Session(self.engine, autoflush=False)
        zope.sqlalchemy.register(session, transaction_manager=manager, initial_state="changed")
        return session

    @cached_property
    def has_strong_digests(self) -> bool:
        """Whether revision 0002 was made: the old schema alone is enough to run on."""
        with self.engine.connect() as connection:
            return bool(connection.scalar(text("SELECT to_regclass('modern_passwords') IS NOT NULL")))

    def close(self) -> None:
        """Close all connections."""
        for engine in self._engines:
            engine.dispose()


def psycopg2_url(url: str) -> str:
    """Return a libpq URL (postgresql://, postgres://) in SQLAlchemy's spelling."""
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in ("postgres", "postgresql", "postgresql+psycopg2"):
        raise ValueError(f"{scheme}: only PostgreSQL is supported; write the database as postgresql://...")
    return make_url("postgresql+psycopg2:" + rest).render_as_string(hide_password=False)
