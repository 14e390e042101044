"""The state of one side of a replay: its database, its files and its mails, as one thing that is told and undone.

A snapshot (a folder, and a driver of a database or none) comes in; the environment for targets, the effects of each
exchange and the way back go out. How each kind of thing is watched is in its own module.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import parse_qs, unquote, urlsplit

from harness.effects import NO_EFFECTS, Effects
from harness.state.driver import Copy, Driver, Rows, added
from harness.state.files import Tree
from harness.state.hook import HookCopy
from harness.state.mail import Mailbox, install_sendmail
from harness.state.smtp import Sink
from harness.state.spec import DATABASE_PARTS, SMTP, StateSpec, fill


@runtime_checkable
class ClusteredCopy(Copy, Protocol):
    """One side's database in a cluster that can be asked at once for all databases in it."""

    def stands_still(self, other: Copy, unsafe: bool) -> bool:
        """Whether nobody wrote in the cluster since both copies were read last, nor (`unsafe`) is still writing."""


class SideState(Protocol):
    """What the replay needs of the state of one side; used by one thread at a time."""

    @property
    def notes(self) -> Sequence[str]:
        """What could not be watched as asked, in sentences for the report."""

    @property
    def destinations(self) -> Sequence[tuple[str, int]]:
        """The hosts and ports that the target must be able to reach, whatever else of the network it is denied."""

    def env(self, host: str) -> dict[str, str]:
        """Return the variables for the target process; `host` is what the scenario's clients asked for."""

    def restore(self) -> None:
        """Make all equal to the snapshot again; the targets of this side must be idle. Raises StateError."""

    def clock(self, when: float) -> None:
        """Say when (epoch seconds) the scenario that begins was recorded, where somebody wants to know."""

    def stands_still(self, other: SideState, unsafe: bool) -> bool:
        """Whether one question shows that neither side's database was written to, nor (`unsafe`) still is."""

    def changes(self, unsafe: bool, still: bool = False) -> Effects | None:
        """Return what was written since the last call, None where nobody watches.

        `unsafe` says that the method lets a write be expected, `still` that the database is known to stand still.
        """

    def rejoin(self, other: SideState, wrote: Sequence[Effects]) -> bool:
        """Make what exchanges wrote the same as at the other side, where that can be done; say whether it was.

        Then what the sides do next differs for a reason of its own.
        """

    def close(self) -> None:
        """Remove this side's copy."""


class Stateless:
    """The SideState of a target that has no state of ours, such as a URL."""

    notes: Sequence[str] = ()
    destinations: Sequence[tuple[str, int]] = ()

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._env = dict(env or {})

    def env(self, host: str) -> dict[str, str]:
        """Return the fixed variables it was made with."""
        return dict(self._env)

    def restore(self) -> None:
        """Do nothing."""

    def clock(self, when: float) -> None:
        """Do nothing."""

    def stands_still(self, other: SideState, unsafe: bool) -> bool:
        """No: nothing is known."""
        return False

    def changes(self, unsafe: bool, still: bool = False) -> Effects | None:
        """Return None: what it writes is not seen."""
        return None

    def rejoin(self, other: SideState, wrote: Sequence[Effects]) -> bool:
        """No: what it has is not ours to change."""
        return False

    def close(self) -> None:
        """Do nothing."""


class CopiedState:
    """A SideState with a copy of the snapshot's database and files, and a mail file."""

    def __init__(
        self, spec: StateSpec, root: Path, files: Path, driver: Driver | None, worker: int, side: str, ahead: Executor
    ) -> None:
        """Copy the snapshot to `root`, which must not exist; `ahead` runs what copies in the background."""
        root.mkdir(parents=True)
        self._spec, self._root, self._ahead = spec, root, ahead
        self._tree = Tree(root / "files", files)
        self._mailbox = Mailbox(root / "mail")
        self._sendmail = install_sendmail(root / "bin")
        self._sink = Sink(self._mailbox.path) if spec.uses(*SMTP) else None
        self._copying: Future[None] | None = None
        self._database: Copy | None = None
        self._clustered: ClusteredCopy | None = None
        try:
            if driver is not None:
                self._database = driver.copy(worker, side, self._tree.root)
                self._clustered = self._database if isinstance(self._database, ClusteredCopy) else None
                self._tree.apart = self._database.owns
        except BaseException:
            self.close()
            raise

    @property
    def notes(self) -> Sequence[str]:
        """What could not be watched as asked."""
        return self._database.notes if self._database else ()

    @property
    def destinations(self) -> Sequence[tuple[str, int]]:
        """The SMTP server, and the database's where it is asked by TCP."""
        parts = url_parts(self._database.url if self._database else "")
        tcp = parts["database_host"] and not parts["database_socket"] and parts["database_port"]
        database = [(parts["database_host"], int(parts["database_port"]))] if tcp else []
        return [*database, *([self._sink.address] if self._sink else [])]

    def env(self, host: str) -> dict[str, str]:
        """Return the spec's `env` for this side, the same each time but for the host, with our `sendmail` on PATH."""
        url = self._database.url if self._database else ""
        values = placeholders(url, self._root, host, self._sink.address if self._sink else None)
        env = environment(self._spec, values)
        path = env.get("PATH", os.environ.get("PATH", os.defpath))
        return {**env, "PATH": f"{self._sendmail.parent}{os.pathsep}{path}"}

    def clock(self, when: float) -> None:
        """Tell the hook, if there is one."""
        if isinstance(self._database, HookCopy):
            self._database.clock(when)

    def stands_still(self, other: SideState, unsafe: bool) -> bool:
        """Ask, where both databases are in one cluster."""
        mine, theirs = self._clustered, other._clustered if isinstance(other, CopiedState) else None
        return mine is not None and theirs is not None and mine.stands_still(theirs, unsafe)

    def changes(self, unsafe: bool, still: bool = False) -> Effects:
        """Return the net effect since the last call; see SideState."""
        rows = self._database.changes(unsafe) if self._database and not still else {}
        files = self._tree.changes(look=unsafe or bool(rows))
        if self._database and self._database.in_folder:
            rows = added(rows, self._database.changes(unsafe=False))  # of databases that the tree has just shown
        mail = self._mailbox.changes()
        if self._written and self._copying is None:
            self._copying = self._ahead.submit(self._tree.prepare)
        if not (rows or files or mail):
            return NO_EFFECTS
        return Effects(rows, self._keys(rows), files, mail, self._tree.texts(files))

    def _keys(self, rows: Rows) -> dict[str, tuple[str, ...]]:
        keys = self._database.keys if self._database and rows else {}
        return {table: keys[table] for table in rows if table in keys}

    @property
    def _written(self) -> bool:
        """Whether the folder is no more as it was."""
        return self._tree.dirty or (self._database is not None and self._database.in_folder)

    def rejoin(self, other: SideState, wrote: Sequence[Effects]) -> bool:
        """Copy from the other side the tables and files that either wrote."""
        if not isinstance(other, CopiedState):
            return False
        tables = {table for effects in wrote for table in effects.rows}
        try:
            self._tree.rejoin(other._tree, {path for effects in wrote for path in effects.files})
        except OSError:
            return False
        if not tables:
            return True
        if self._database is None or other._database is None:
            return False
        return self._database.rejoin(other._database, tables)

    def restore(self) -> None:
        """Make all equal to the snapshot again; nothing is done where nothing was written."""
        if self._database:
            self._database.changes(unsafe=False)
        self._tree.changes(look=True)
        if self._copying is not None:
            self._copying.result()
            self._copying = None
        if self._written:
            self._tree.restore()
        self._mailbox.restore()
        if self._database:
            self._database.restore()

    def close(self) -> None:
        """Remove this side's database and files."""
        if self._sink:
            self._sink.close()
            self._sink = None
        database, self._database = self._database, None
        if database:
            database.close()
        if self._copying is not None and not self._copying.cancel():
            self._copying.exception()
        shutil.rmtree(self._root, ignore_errors=True)


def placeholders(database: str, root: Path, host: str, smtp: tuple[str, int] | None = None) -> dict[str, str]:
    """Return what stands for each placeholder of a StateSpec, where `root` holds a side's files, mail and programs."""
    name, port = (smtp[0], str(smtp[1])) if smtp else ("", "")
    return {
        "python": sys.executable,
        "database": database,
        **url_parts(database),
        "files": str(root / "files"),
        "mail": str(root / "mail"),
        "sendmail": str(root / "bin" / "sendmail"),
        "smtp": f"{name}:{port}" if smtp else "",
        "smtp_host": name,
        "smtp_port": port,
        "host": host,
    }


def url_parts(url: str) -> dict[str, str]:
    """Return a database's URL in parts, for applications that take no URL: empty where it does not say.

    A server asked by a socket in the file system has it in `database_socket`: MySQL a file, PostgreSQL a folder.
    """
    parts = urlsplit(url) if "://" in url else urlsplit("")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = parts.hostname or query.get("host", "")
    socket = query.get("unix_socket") or (host if host.startswith("/") else "")
    port = str(parts.port or query.get("port", "") or "")
    found = (unquote(parts.path.lstrip("/")), host, port, socket, parts.username or "", parts.password or "")
    return dict(zip(DATABASE_PARTS, map(unquote, found), strict=True))


def environment(spec: StateSpec, values: Mapping[str, str]) -> dict[str, str]:
    """Return the spec's `env` with its placeholders filled."""
    return {name: fill(text, values) for name, text in spec.env.items()}
