"""PostgreSQL: the snapshot is a database, each side has a clone whose written rows can be read and undone.

The snapshot gets triggers (in our copy only, never in the user's database) that note each row's old and new text; a
clone inherits them. Nothing is read as long as the cluster's transaction ids stand still, so an exchange that writes
nothing costs one round trip for both sides. The clone that a restore needs is made ahead, in the background, once
something was written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import postgres
from harness.effects import Row
from harness.errors import StateError
from harness.postgres import PostgresError, Server, guarded
from harness.postgres.server import driver as library
from harness.state.driver import SCHEMA, Copy, Rows, added, moved
from harness.state.names import drop_stale
from harness.state.postgres_copy import copy_rows
from harness.state.postgres_log import BEFORE_ALL, INSTALL, INSTALL_EVENTS, PLAN_ONCE, PREPARE_READ, READ, net_rows
from harness.state.postgres_pulse import PREPARE_PULSE, PULSE, WRITING, Pulse, pulse_of
from harness.state.postgres_schema import read_keys, read_schema, read_stamp
from harness.state.settling import Settling

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

CLONERS = 2  # threads that copy ahead
# What can differ from the snapshot although no row was noted: sequences (they do not roll back), tables, large objects.
FINGERPRINT = """
SELECT (SELECT string_agg(concat_ws(' ', schemaname, sequencename, last_value), ',' ORDER BY schemaname, sequencename)
        FROM pg_sequences),
       (SELECT md5(string_agg(concat_ws(' ', oid, relfilenode, relnatts, relchecks, relhastriggers), ',' ORDER BY oid))
        FROM pg_class WHERE oid >= 16384 AND relpersistence <> 't'),
       (SELECT count(*) FROM pg_largeobject_metadata)
"""


class PostgresDriver:
    """The database that all sides are cloned from, with its triggers, primary keys and fingerprint."""

    def __init__(self, name: str, existing: str | None, template: str | None) -> None:
        """Make the database `NAME_snapshot`: empty, or as a clone of the one at the URL `template`.

        `existing` is the URL of the server to use; without it and `template` an embedded one is started. Raises
        PostgresError.
        """
        self.server: Server = postgres.connect(template or existing or "") if template or existing else postgres.start()
        self._prefix = name
        self.name = f"{name}_snapshot"
        self._copies: list[PostgresCopy] = []
        self._background = ThreadPoolExecutor(CLONERS, "clone")
        try:
            drop_stale(self.server.databases(), self.server.drop_database)
            self._create(template)
        except BaseException:
            self.close()
            raise

    def _create(self, template: str | None) -> None:
        try:
            self.server.create_database(self.name, postgres.database_name(template) if template else None)
        except StateError as error:
            raise PostgresError(f"the database cannot be copied: {error}") from error

    @property
    def url(self) -> str:
        """The libpq URL of the snapshot."""
        return self.server.database_url(self.name)

    def seal(self) -> None:
        """Install the triggers. Nobody may be connected to the template of a clone from then on."""
        session = self.server.open(self.name)
        try:
            with guarded("watch the tables"), session.cursor() as cursor:
                cursor.execute(INSTALL)
            with guarded("watch the tables"), session.cursor() as cursor:
                cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
                self.told_of_schema = bool((cursor.fetchone() or (False,))[0])
                if self.told_of_schema:
                    cursor.execute(INSTALL_EVENTS)
                self.keys, self.schema, self.stamp = read_keys(cursor), read_schema(cursor), read_stamp(cursor)
                cursor.execute(FINGERPRINT)
                self.fingerprint = cursor.fetchone()
        finally:
            session.close()

    def copy(self, worker: int, side: str, folder: Path) -> PostgresCopy:
        """Clone the snapshot."""
        made = PostgresCopy(self, f"{self._prefix}_{worker}_{side}", self._background)
        self._copies.append(made)
        return made

    def close(self) -> None:
        """Remove the databases; a server that we started is stopped."""
        self._background.shutdown(wait=True, cancel_futures=True)
        try:
            if not self.server.embedded:
                for made in self._copies:
                    made.close()
                self.server.drop_database(self.name)
        finally:
            self.server.stop()


class PostgresCopy:
    """One side's clone. Its name and URL stay the same for ever; what is in it is swapped."""

    in_folder = False
    notes: Sequence[str] = ()

    def __init__(self, driver: PostgresDriver, name: str, background: Executor) -> None:
        self.name = name
        self.url = driver.server.create_database(name, driver.name)
        self.dirty = False
        self._driver = driver
        self._server = driver.server
        self._background = background
        self._monitor = self._server.open()  # not inside the clone, where it would be in the way of dropping it
        with guarded("ask what was written"), self._monitor.cursor() as cursor:
            cursor.execute(PREPARE_PULSE)
        self._observer: Connection | None = None
        self._spare: Future[str] | None = None
        self._settling = Settling(lambda: self._ask(WRITING, name)[0] or (), 0.001)
        self._begin()

    def _begin(self) -> None:
        self.dirty = False
        self._read_up_to = BEFORE_ALL
        self._read_at = self._pulse().snapshot
        self._felt: Pulse | None = None
        self.keys: Mapping[str, tuple[str, ...]] = self._driver.keys
        self._schema: frozenset[Row] = self._driver.schema
        self._stamp = self._driver.stamp

    def _ask(self, statement: str, *values: object) -> tuple[Any, ...]:
        with guarded("ask what was written"), self._monitor.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchone() or ()

    def _pulse(self) -> Pulse:
        return pulse_of(*self._ask(PULSE))

    def owns(self, path: str) -> bool:
        """No: the database is not in the folder."""
        return False

    def stands_still(self, other: Copy, unsafe: bool) -> bool:
        """Whether nobody wrote in the cluster since both copies were read last, nor (`unsafe`) is still writing.

        If somebody did, the same answer spares the `changes` of both copies, which come next, to ask for themselves.
        """
        if not isinstance(other, PostgresCopy) or other._server is not self._server:
            return False
        pulse = self._pulse()
        if pulse.snapshot == self._read_at == other._read_at:
            return pulse.settled or not unsafe
        if pulse.settled:
            self._felt = other._felt = pulse
        return False

    def changes(self, unsafe: bool) -> Rows:
        """Return the net row changes since the last call; `unsafe`: a write is likely, wait for its end."""
        felt, self._felt = self._felt, None
        pulse = felt or self._pulse()
        if not pulse.settled and (unsafe or pulse.snapshot != self._read_at):
            self._settling.wait()
            pulse = self._pulse()
        if pulse.snapshot == self._read_at:
            return {}
        self._read_at = pulse.snapshot
        schema = {} if self._driver.told_of_schema else self._compare_schema()
        lines = self._read()
        if any(sign == 0 for _, sign, _ in lines):
            schema = self._compare_schema()
        if not self.dirty and (lines or schema or self._fingerprint() != self._driver.fingerprint):
            self.dirty = True
            self._spare = self._background.submit(self._clone)
        return added(net_rows(lines), schema)

    def rejoin(self, other: Copy, tables: Collection[str]) -> bool:
        """Copy these tables, and all sequences, from another clone of the snapshot; not what is large or locked."""
        if not isinstance(other, PostgresCopy) or SCHEMA in tables:
            return False
        try:
            with other._observing().cursor() as source, self._observing().cursor() as copy:
                copied = copy_rows(source, copy, tables)
        except library().Error:
            self._close_observer()
            other._close_observer()
            copied = False
        self.changes(unsafe=True)
        return copied

    def _compare_schema(self) -> Rows:
        """Tell what of the schema came and went, and watch the tables that nobody watches yet."""
        before = self._schema
        with guarded("read the schema"), self._observing().cursor() as cursor:
            stamp, self._stamp = self._stamp, read_stamp(cursor)
            if self._stamp == stamp:
                return {}
            self._schema = read_schema(cursor)
            if self._schema != before:
                cursor.execute("SELECT harness_log.watch(true)")
                self.keys = read_keys(cursor)
        return moved({SCHEMA: before - self._schema}, {SCHEMA: self._schema - before})

    def _read(self) -> list[tuple[str, int, str]]:
        with guarded("read what was written"), self._observing().cursor() as cursor:
            cursor.execute(READ, (self._read_up_to,))
            found = cursor.fetchall()
        if found:
            self._read_up_to = found[0][0]
        return [(relation, sign, line) for _, relation, sign, line in found]

    def _fingerprint(self) -> tuple[Any, ...] | None:
        with guarded("read the sequences"), self._observing().cursor() as cursor:
            cursor.execute(FINGERPRINT)
            return cursor.fetchone()

    def _observing(self) -> Connection:
        if self._observer is None:
            self._observer = self._server.open(self.name)
            with self._observer.cursor() as cursor:
                if self._observer.server_version >= 120000:
                    cursor.execute(PLAN_ONCE)
                cursor.execute(PREPARE_READ)
        return self._observer

    def _clone(self) -> str:
        return self._server.create_database(f"{self.name}_next", self._driver.name)

    def restore(self) -> None:
        """Make the database equal to the snapshot; costs a drop and a rename, or nothing when nothing was written."""
        self.changes(unsafe=True)
        if not self.dirty:
            return
        self._close_observer()
        if self._spare is None:
            self._clone()
        else:
            self._spare.result()
        self._spare = None
        self._server.drop_database(self.name)
        self._server.rename_database(f"{self.name}_next", self.name)
        self._begin()

    def close(self) -> None:
        """Close our connections and remove the database and the clone made ahead."""
        self._close_observer()
        self._monitor.close()
        if self._spare is not None and not self._spare.cancel():
            self._spare.exception()
        for name in (self.name, f"{self.name}_next"):
            self._server.drop_database(name)

    def _close_observer(self) -> None:
        if self._observer is not None:
            self._observer.close()
            self._observer = None
