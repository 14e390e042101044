"""A MySQL or MariaDB server to make databases in: one that runs already, or one started from an installed `mariadbd`.

`mysql://` URLs come in and go out. A server that we start listens on a socket in its own temporary directory, and goes
with it when we do (`harness.guard`). PyMySQL is imported at first use: it is an optional dependency.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from harness.errors import StateError
from harness.guard import Guard, GuardError, hold

if TYPE_CHECKING:
    from pymysql.connections import Connection

FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/libexec")  # beside PATH
SERVERS = ("mariadbd", "mysqld")
INSTALLERS = ("mariadb-install-db", "mysql_install_db")
READY = 60.0  # seconds a server gets to start
CONNECT = 5  # seconds a server gets to take a connection
WAIT = 5  # seconds that a statement of ours waits for a lock
INSTALL = ("--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
# Everything is thrown away in the end, so nothing need survive a power cut: making a table then costs a fifth.
STORAGE = ("--innodb-log-file-size=8M", "--loose-debug-no-sync", "--loose-sync-frm=0", "--innodb-doublewrite=0")
SETTINGS = (
    "--skip-networking",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=64M",
    "--max-allowed-packet=1G",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
    "--log-bin-trust-function-creators=1",
)


class MysqlError(StateError):
    """No MySQL to work with: it cannot be started, reached, or refuses what was asked."""


def driver() -> Any:
    """Return the module pymysql, imported at first use: it is an optional dependency."""
    try:
        import pymysql
    except ImportError as error:
        raise MysqlError("PyMySQL is missing: pip install 'screamtest[mysql]'") from error
    return pymysql


@dataclass(frozen=True)
class MysqlServer:
    """A server and the account to use there. Its methods raise MysqlError."""

    user: str
    password: str = ""
    host: str = "localhost"
    port: int = 3306
    socket: str = ""
    guard: Guard | None = None

    def url(self, name: str) -> str:
        """Return the URL of the database called `name`."""
        account = quote(self.user, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        if self.socket:
            return f"mysql://{account}@localhost/{name}?unix_socket={quote(self.socket, safe='/')}"
        return f"mysql://{account}@{self.host}:{self.port}/{name}"

    def open(self) -> Session:
        """Open a session of our own."""
        return Session(self)

    def stop(self) -> None:
        """Stop the server if we started it."""
        if self.guard is not None:
            self.guard.close()


class Session:
    """A connection that says what it wants in statements, with `?` nowhere: values are `%s`."""

    def __init__(self, server: MysqlServer) -> None:
        pymysql = driver()
        settings = f"SET SESSION time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO', lock_wait_timeout = {WAIT}"
        self._connection: Connection[Any] = pymysql.connect(
            user=server.user,
            password=server.password,
            charset="utf8mb4",
            autocommit=True,
            init_command=f"{settings}, innodb_lock_wait_timeout = {WAIT}, foreign_key_checks = 0",
            defer_connect=True,
            ssl_disabled=bool(server.socket),  # making ready for TLS takes longer than all else
        )
        try:
            self._connection.connect(_reach(server))
        except (pymysql.Error, OSError) as error:
            raise MysqlError(f"MySQL cannot be reached: {_one_line(error)}") from error

    def run(self, statement: str, values: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        pymysql = driver()
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall())
        except (pymysql.Error, OSError) as error:
            raise MysqlError(f"MySQL refused `{' '.join(statement.split())[:120]}`: {_one_line(error)}") from error

    def use(self, name: str) -> None:
        """Make a database the one that names without one lead to."""
        self.run(f"USE {quoted(name)}")

    def close(self) -> None:
        """Hang up."""
        if self._connection.open:
            self._connection.close()


def _reach(server: MysqlServer) -> socket.socket:
    """Return a connected socket; PyMySQL would leave one open where nobody listens. Raises OSError."""
    if not server.socket:
        found = socket.create_connection((server.host, server.port), timeout=CONNECT)
    else:
        found = socket.socket(socket.AF_UNIX)
        found.settimeout(CONNECT)
        try:
            found.connect(server.socket)
        except BaseException:
            found.close()
            raise
    found.settimeout(None)
    return found


def quoted(*names: str) -> str:
    """Return an identifier, with the database before it where two names are given."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


def connect(url: str) -> tuple[MysqlServer, str]:
    """Return the server and the database (may be empty) at `mysql://user:password@host:port/name?unix_socket=path`."""
    parts = urlsplit(url)
    try:
        port = parts.port or 3306
    except ValueError as error:
        raise MysqlError(f"not a MySQL URL: {error}") from error
    if parts.scheme not in ("mysql", "mariadb") or not parts.username:
        raise MysqlError("not a MySQL URL: mysql://user:password@host:port/name is one")
    path = parse_qs(parts.query).get("unix_socket", [""])[-1]
    host, password = parts.hostname or "localhost", unquote(parts.password or "")
    server = MysqlServer(unquote(parts.username), password, host, port, path)
    server.open().close()
    return server, unquote(parts.path.lstrip("/"))


def start() -> MysqlServer:
    """Start a throw-away server of an installed MariaDB or MySQL. Raises MysqlError naming what is missing."""
    driver()
    program = _find(SERVERS)
    if program is None:
        raise MysqlError("no mariadbd or mysqld is installed: install mariadb-server, or give `server` the URL of one")
    account = _account()
    directory = Path(tempfile.mkdtemp(prefix="my-"))
    if account:
        os.chown(directory, *account)
    data, path = f"--datadir={directory / 'data'}", directory / "socket"
    installer = _find(INSTALLERS)
    if installer:
        install = [installer, "--no-defaults", data, *INSTALL, *STORAGE]
    else:
        install = [program, "--no-defaults", "--initialize-insecure", data, *STORAGE]
    serve = [
        program,
        "--no-defaults",
        data,
        f"--socket={path}",
        f"--pid-file={directory / 'pid'}",
        *SETTINGS,
        *STORAGE,
    ]
    try:
        guard = hold(directory, [install, serve], account=account)
    except (GuardError, OSError) as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise MysqlError(f"MySQL does not start: {error}") from error
    server = MysqlServer("root", socket=str(path), guard=guard)
    try:
        _wait_until_ready(server, guard)
    except BaseException:
        guard.close()
        raise
    return server


def _wait_until_ready(server: MysqlServer, guard: Guard) -> None:
    until = time.monotonic() + READY
    while True:
        try:
            server.open().close()
            return
        except MysqlError as error:
            if not guard.alive or time.monotonic() > until:
                log = (guard.directory / "log").read_text(errors="replace") if guard.directory.exists() else ""
                raise MysqlError(f"MySQL does not start: {error}; {' / '.join(log.splitlines()[-3:])}") from error
        time.sleep(0.02)


def _find(names: Sequence[str]) -> str | None:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *FOLDERS))
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def _account() -> tuple[int, int] | None:
    """Return who the server runs as: ourselves (None), or where we are root its own account, or another that is not."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name: (entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall() if entry.pw_uid}
    found = accounts.get("mysql") or accounts.get("nobody")
    if found is None:
        raise MysqlError("MySQL does not run as root, and this machine has no account `mysql` or `nobody` to run it as")
    return found


def _one_line(error: BaseException) -> str:
    words = error.args[1] if len(error.args) > 1 else error
    return " ".join(str(words).split())
