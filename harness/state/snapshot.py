"""The snapshot of a starting state, made once, and the copies of it for each worker and side.

A StateSpec comes in; a State goes out, whose `side` gives copies. All is removed when the State closes or this process
ends in whatever way; on somebody else's server, where nothing can do that after a SIGKILL, the next start drops what a
dead process left.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from harness.errors import StateError
from harness.guard import Guard, hold
from harness.state.command import run
from harness.state.driver import Driver
from harness.state.folders import links_out
from harness.state.hook import HookDriver
from harness.state.mail import install_sendmail
from harness.state.mysql import MysqlDriver
from harness.state.names import new_prefix
from harness.state.postgres import PostgresDriver
from harness.state.side import CopiedState, SideState, environment, placeholders
from harness.state.spec import StateSpec, fill
from harness.state.sqlite import SqliteDriver, databases

COPIERS = 2  # threads that copy folders ahead


class State:
    """A starting state: the snapshot, and the copies made of it. A context manager; made by `open_state`."""

    def __init__(self, spec: StateSpec, environ: Mapping[str, str]) -> None:
        self._spec = spec
        self._environ = environ
        self._root = Path(tempfile.mkdtemp(prefix="harness-"))
        self._files = self._root / "snapshot" / "files"
        self._guard: Guard = hold(self._root)
        self._driver: Driver | None = None
        self._sides: list[CopiedState] = []
        self._ahead = ThreadPoolExecutor(COPIERS, "copy")
        try:
            self._take()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> State:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def restores_servers(self) -> bool:
        """Whether commands of the user's put the state back: then a running server may be sent writes."""
        return self._spec.hook is not None

    def side(self, worker: int, name: str) -> SideState:
        """Return a copy of the snapshot for one side (`old`, `new`) of one worker. Raises StateError."""
        root = self._root / str(worker) / name
        try:
            made = CopiedState(self._spec, root, self._files, self._driver, worker, name, self._ahead)
        except shutil.Error as error:  # of all files that failed; a pipe, say
            why = error.args[0][0][2]
            raise StateError(f"[state.{self._spec.name}]: the files cannot be copied for a side: {why}") from error
        self._sides.append(made)
        return made

    def close(self) -> None:
        """Remove the snapshot and every copy; a server that we started is stopped."""
        try:
            for side in self._sides:
                side.close()
            self._ahead.shutdown(wait=True, cancel_futures=True)
            if self._driver is not None:
                self._driver.close()
        finally:
            self._guard.close()

    def _take(self) -> None:
        """Make the snapshot: of the templates that the environment names, else by running `load`."""
        spec = self._spec
        template = self._environ.get(spec.template or "", "")
        template_files = self._environ.get(spec.template_files or "", "")
        install_sendmail(self._files.with_name("bin"))
        _copy_files(template_files, spec, self._files)
        self._driver = self._open_driver(template)
        if not (template or template_files) and spec.load:
            values = placeholders(self._driver.url if self._driver else "", self._files.parent, "localhost")
            command = [fill(word, values) for word in spec.load]
            environ = {**self._environ, **environment(spec, values)}
            run(f"[state.{spec.name}] load", command, spec.directory, environ)
        with self._named():
            _refuse_shared(self._files)
        if self._driver is None and databases(self._files):
            self._driver = SqliteDriver(self._files)
        if self._driver:
            with self._named():
                self._driver.seal()
                _refuse_shared(self._files)  # a hook may have filled it only now

    def _open_driver(self, template: str) -> Driver | None:
        spec = self._spec
        with self._named():
            if spec.hook is not None:
                return HookDriver(spec, spec.hook, self._environ, self._files)
            if spec.database == "postgres":
                return PostgresDriver(new_prefix(), spec.server, template)
            if spec.database == "mysql":
                return MysqlDriver(new_prefix(), spec.server, template)
            if spec.database == "sqlite":
                return SqliteDriver(self._files, spec.sqlite)
        return None

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Put the state's name before an error that does not have it."""
        where = f"[state.{self._spec.name}"
        try:
            yield
        except StateError as error:
            raise error if str(error).startswith(where) else StateError(f"{where}]: {error}") from error


def open_state(spec: StateSpec, environ: Mapping[str, str] | None = None) -> State:
    """Make the snapshot that `spec` describes; `environ` (default: our own) names templates and is what `load` runs in.

    Raises StateError.
    """
    return State(spec, os.environ if environ is None else environ)


def _refuse_shared(files: Path) -> None:
    """Refuse files that every copy would share: through a link both sides would write there, often into production."""
    for link, target in links_out(files):
        raise StateError(
            f"{link} is a symbolic link to {target}: what is written through it would not stay in a side's copy of "
            "{files}; copy the file itself (cp -aL), or make the link a relative one within {files}"
        )


def _copy_files(template: str, spec: StateSpec, files: Path) -> None:
    if not template:
        files.mkdir(parents=True)
        return
    try:
        shutil.copytree(template, files, symlinks=True)
    except (OSError, shutil.Error) as error:
        raise StateError(
            f"[state.{spec.name}]: the files of {spec.template_files} cannot be copied: {error}"
        ) from error
