"""A real PostgreSQL server for tests and replays: an embedded one from a wheel's binaries, or an existing one.

`start` gives a throw-away server, gone when we are (`embedded`); `connect` takes the URL of a server that runs already.
Both answer with a `Server` (`server`). What is in its databases, and restoring it, is the business of `harness.state`.
"""

from harness.postgres.embedded import start
from harness.postgres.server import PostgresError, Server, connect, database_name, guarded, with_database

__all__ = ["PostgresError", "Server", "connect", "database_name", "guarded", "start", "with_database"]
