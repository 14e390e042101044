"""The snapshot of a starting state, and one worker's copy of it for one side of a replay.

A StateSpec comes in; each SideState goes out with the environment for its targets, the effects of each exchange, and
the way back. All is removed when the State closes or this process ends in whatever way; on somebody else's server,
where nothing can do that after a SIGKILL, the next start drops what a dead process left.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from harness import postgres
from harness.effects import NO_EFFECTS, Effects
from harness.errors import StateError
from harness.guard import Guard, hold
from harness.postgres import Server
from harness.state.database import DatabaseSide, DatabaseSnapshot
from harness.state.files import Mail, Tree
from harness.state.spec import StateSpec, fill

CLONERS = 2  # threads that copy ahead
OURS = re.compile(r"harness_([0-9a-f]{8})_(\d+)_")


class SideState(Protocol):
    """What the replay needs of the state of one side; used by one thread at a time."""

    def env(self, host: str) -> dict[str, str]:
        """Return the variables for the target process; `host` is what the scenario's clients asked for."""

    def restore(self) -> None:
        """Make all equal to the snapshot again; the targets of this side must be idle. Raises StateError."""

    def changes(self, unsafe: bool) -> Effects | None:
        """Return what was written since the last call, None where nobody watches.

        `unsafe` says that the method lets a write be expected.
        """

    def close(self) -> None:
        """Remove this side's copy."""


class Stateless:
    """The SideState of a target that has no state of ours, such as a URL."""

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._env = dict(env or {})

    def env(self, host: str) -> dict[str, str]:
        """Return the fixed variables it was made with."""
        return dict(self._env)

    def restore(self) -> None:
        """Do nothing."""

    def changes(self, unsafe: bool) -> Effects | None:
        """Return None: what it writes is not seen."""
        return None

    def close(self) -> None:
        """Do nothing."""


class CopiedState:
    """A SideState with a clone of the snapshot's database, a copy of its files, and a mail file."""

    def __init__(self, spec: StateSpec, root: Path, snapshot: _Snapshot, name: str, background: Executor) -> None:
        root.mkdir(parents=True)
        self._spec = spec
        self._background = background
        self._tree = Tree(root / "files", snapshot.files)
        self._mail = Mail(root / "mail")
        self._database = DatabaseSide(snapshot.database, name, background) if snapshot.database else None
        self._keys = snapshot.database.keys if snapshot.database else {}
        self._copying: Future[None] | None = None

    def env(self, host: str) -> dict[str, str]:
        """Return the spec's `env` for this side: the same each time but for the host."""
        url = self._database.url if self._database else ""
        return environment(self._spec, placeholders(url, self._tree.root, self._mail.path, host))

    def changes(self, unsafe: bool) -> Effects:
        """Return the net effect since the last call; see SideState."""
        rows = self._database.changes(unsafe) if self._database else {}
        files = self._tree.changes(look=unsafe or bool(rows))
        mail = self._mail.changes()
        if self._tree.dirty and self._copying is None:
            self._copying = self._background.submit(self._tree.prepare)
        if not (rows or files or mail):
            return NO_EFFECTS
        return Effects(rows, {table: self._keys[table] for table in rows if table in self._keys}, files, mail)

    def restore(self) -> None:
        """Make all equal to the snapshot again; nothing is done where nothing was written."""
        self._tree.changes(look=True)
        if self._copying is not None:
            self._copying.result()
            self._copying = None
        if self._tree.dirty:
            self._tree.restore()
        self._mail.restore()
        if self._database:
            self._database.restore()

    def close(self) -> None:
        """Remove this side's database and files."""
        if self._database:
            self._database.close()
        if self._copying is not None and not self._copying.cancel():
            self._copying.exception()
        shutil.rmtree(self._tree.root.parent, ignore_errors=True)


class _Snapshot:
    """What all copies are made of: a folder, and a database or none."""

    def __init__(self, files: Path, database: DatabaseSnapshot | None) -> None:
        self.files = files
        self.database = database


class State:
    """A starting state: the snapshot, and the copies made of it. A context manager; made by `open_state`."""

    def __init__(self, spec: StateSpec, environ: Mapping[str, str]) -> None:
        self._spec = spec
        self._environ = environ
        self._names = f"harness_{_machine()}_{os.getpid()}_{secrets.token_hex(3)}"
        self._root = Path(tempfile.mkdtemp(prefix="harness-"))
        self._guard: Guard = hold(self._root)
        self._server: Server | None = None
        self._sides: list[CopiedState] = []
        self._background = ThreadPoolExecutor(CLONERS, "clone")
        try:
            self._snapshot = self._take()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def side(self, worker: int, name: str) -> SideState:
        """Return a copy of the snapshot for one side (`old`, `new`) of one worker. Raises StateError."""
        made = CopiedState(
            self._spec,
            self._root / str(worker) / name,
            self._snapshot,
            f"{self._names}_{worker}_{name}",
            self._background,
        )
        self._sides.append(made)
        return made

    def close(self) -> None:
        """Remove the snapshot and every copy; a server that we started is stopped."""
        self._background.shutdown(wait=True, cancel_futures=True)
        try:
            if self._server is not None:
                self._drop_databases(self._server)
        finally:
            self._guard.close()

    def _drop_databases(self, server: Server) -> None:
        try:
            if not server.embedded:
                for side in self._sides:
                    side.close()
                server.drop_database(f"{self._names}_snapshot")
        finally:
            server.stop()

    def _take(self) -> _Snapshot:
        """Make the snapshot: of the templates that the environment names, else by running `load`."""
        spec = self._spec
        template = self._environ.get(spec.template or "", "")
        template_files = self._environ.get(spec.template_files or "", "")
        files = self._root / "snapshot"
        _copy_files(template_files, spec, files)
        name = self._make_database(template)
        url = self._server.database_url(name) if self._server else ""
        if not (template or template_files) and spec.load:
            self._load(url, files)
        return _Snapshot(files, DatabaseSnapshot(self._server, name) if self._server else None)

    def _make_database(self, template: str) -> str:
        """Make the snapshot's database, as a clone of the one at the URL `template` or empty, and return its name."""
        name = f"{self._names}_snapshot"
        if self._spec.database is None:
            return name
        existing = template or self._spec.server
        self._server = postgres.connect(existing) if existing else postgres.start()
        _drop_stale(self._server)
        try:
            self._server.create_database(name, postgres.database_name(template) if template else None)
        except StateError as error:
            raise StateError(f"[state.{self._spec.name}]: the database cannot be copied: {error}") from error
        return name

    def _load(self, url: str, files: Path) -> None:
        """Run the command that fills the snapshot, in the caller's environment and the directory of harness.toml."""
        values = placeholders(url, files, self._root / "mail", "localhost")
        command = [fill(word, values) for word in self._spec.load]
        environ = {**self._environ, **environment(self._spec, values)}
        where = f"[state.{self._spec.name}] load"
        try:
            done = subprocess.run(command, cwd=self._spec.directory, env=environ, capture_output=True, check=False)
        except OSError as error:
            raise StateError(f"{where}: {command[0]} cannot be run: {error.strerror}") from error
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
            raise StateError(f"{where} ended with {done.returncode}: {said[-1] if said else 'it printed nothing'}")


def open_state(spec: StateSpec, environ: Mapping[str, str] | None = None) -> State:
    """Make the snapshot that `spec` describes; `environ` (default: our own) names templates and is what `load` runs in.

    Raises StateError.
    """
    return State(spec, os.environ if environ is None else environ)


def placeholders(database: str, files: Path, mail: Path, host: str) -> dict[str, str]:
    """Return what stands for each placeholder of a StateSpec."""
    return {"python": sys.executable, "database": database, "files": str(files), "mail": str(mail), "host": host}


def environment(spec: StateSpec, values: Mapping[str, str]) -> dict[str, str]:
    """Return the spec's `env` with its placeholders filled."""
    return {name: fill(text, values) for name, text in spec.env.items()}


def _copy_files(template: str, spec: StateSpec, files: Path) -> None:
    if not template:
        files.mkdir()
        return
    try:
        shutil.copytree(template, files, symlinks=True)
    except (OSError, shutil.Error) as error:
        raise StateError(
            f"[state.{spec.name}]: the files of {spec.template_files} cannot be copied: {error}"
        ) from error


def _machine() -> str:
    """Return what tells our process ids from those of other machines and containers on the same database server."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return hashlib.sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:8]


def _drop_stale(server: Server) -> None:
    """Drop what processes of this machine that are gone left on a server that is not ours."""
    for name in server.databases():
        ours = OURS.match(name)
        if ours and ours[1] == _machine() and not _runs(int(ours[2])):
            server.drop_database(name)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
