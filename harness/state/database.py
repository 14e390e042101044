"""One side's PostgreSQL database: a clone of the snapshot whose written rows can be read and undone.

The snapshot gets triggers (in our copy only, never in the user's database) that note each row's old and new text; a
clone inherits them. Nothing is read as long as the cluster's transaction ids stand still, so a read-only exchange costs
one round trip. Files and mails are elsewhere.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from harness.effects import Row
from harness.postgres import PostgresError, Server, guarded

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

SETTLE = 1.0  # seconds; how long we wait for a transaction that outlives the answer
BEFORE_ALL = "1:1:"  # a transaction snapshot older than every transaction

# No sequence in the log: an application that asks for lastval() must not get ours. No search path, time zone or output
# style of the application's session may change the text of a row.
INSTALL = """
CREATE SCHEMA harness_log;
CREATE UNLOGGED TABLE harness_log.change (
    txid bigint NOT NULL, relation text NOT NULL, sign integer NOT NULL, line text NOT NULL);
CREATE INDEX ON harness_log.change (txid);
CREATE FUNCTION harness_log.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' SET bytea_output = 'hex' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 AS $$
DECLARE
    relation text := CASE TG_TABLE_SCHEMA WHEN 'public' THEN '' ELSE TG_TABLE_SCHEMA || '.' END || TG_TABLE_NAME;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format('INSERT INTO harness_log.change SELECT txid_current(), %L, -1, row_to_json(t)::text '
                       'FROM ONLY %s t', relation, TG_RELID::regclass);
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO harness_log.change VALUES (txid_current(), relation, -1, row_to_json(OLD)::text);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO harness_log.change VALUES (txid_current(), relation, 1, row_to_json(NEW)::text);
    END IF;
    RETURN NULL;
END $$;
DO $$
DECLARE one regclass;
BEGIN
    FOR one IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind = 'r' AND c.relpersistence <> 't'
                 AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'harness_log')
    LOOP
        EXECUTE format('CREATE TRIGGER "~harness_rows" AFTER INSERT OR UPDATE OR DELETE ON %s '
                       'FOR EACH ROW EXECUTE FUNCTION harness_log.note()', one);
        EXECUTE format('CREATE TRIGGER "~harness_truncate" BEFORE TRUNCATE ON %s '
                       'FOR EACH STATEMENT EXECUTE FUNCTION harness_log.note()', one);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "~harness_rows"', one);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "~harness_truncate"', one);
    END LOOP;
END $$;
"""
KEYS = """
SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname,
       array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum))
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
WHERE i.indisprimary AND c.oid >= 16384 GROUP BY 1
"""
# What can differ from the snapshot although no row was noted: sequences (they do not roll back), tables, large objects.
FINGERPRINT = """
SELECT (SELECT string_agg(concat_ws(' ', schemaname, sequencename, last_value), ',' ORDER BY schemaname, sequencename)
        FROM pg_sequences),
       (SELECT md5(string_agg(concat_ws(' ', oid, relfilenode, relnatts, relchecks, relhastriggers), ',' ORDER BY oid))
        FROM pg_class WHERE oid >= 16384 AND relpersistence <> 't'),
       (SELECT count(*) FROM pg_largeobject_metadata)
"""
NEXT_ID = "SELECT txid_snapshot_xmax(txid_current_snapshot())"
WRITING = "SELECT array_agg(backend_xid::text) FROM pg_stat_activity WHERE datname = %s AND backend_xid IS NOT NULL"
READ = """
SELECT txid_current_snapshot()::text, relation, sign, line FROM harness_log.change
WHERE txid >= txid_snapshot_xmin(%s::txid_snapshot) AND NOT txid_visible_in_snapshot(txid, %s::txid_snapshot)
"""


_DECODE = json.JSONDecoder().raw_decode


class DatabaseSnapshot:
    """The database that all sides are cloned from, with its triggers, primary keys and fingerprint."""

    def __init__(self, server: Server, name: str) -> None:
        """Install the triggers in the database `name`, which is ours. Raises PostgresError."""
        self.server = server
        self.name = name
        session = server.open(name)
        try:
            with guarded("watch the tables"), session.cursor() as cursor:
                cursor.execute(INSTALL)
                cursor.execute(KEYS)
                self.keys = {table: tuple(columns) for table, columns in cursor.fetchall()}
                cursor.execute(FINGERPRINT)
                self.fingerprint = cursor.fetchone()
        finally:
            session.close()  # nobody may be connected to the template of a clone


class DatabaseSide:
    """One side's clone. Its name and URL stay the same for ever; what is in it is swapped."""

    def __init__(self, snapshot: DatabaseSnapshot, name: str, background: Executor) -> None:
        self.name = name
        self.url = snapshot.server.create_database(name, snapshot.name)
        self.dirty = False
        self._snapshot = snapshot
        self._server = snapshot.server
        self._background = background
        self._monitor = self._server.open()  # not inside the clone, where it would be in the way of dropping it
        self._observer: Connection | None = None
        self._spare: Future[str] | None = None
        self._unfinished: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self.dirty = False
        self._read_up_to = BEFORE_ALL
        self._next_id = self._ask(NEXT_ID)

    def _ask(self, statement: str, *values: object) -> Any:
        with guarded("ask what was written"), self._monitor.cursor() as cursor:
            cursor.execute(statement, values or None)
            return (cursor.fetchone() or (None,))[0]

    def changes(self, unsafe: bool) -> dict[str, dict[Row, int]]:
        """Return the net row changes since the last call, by table; `unsafe`: a write is likely, wait for its end."""
        if unsafe:
            self._settle()
        if self._ask(NEXT_ID) == self._next_id:
            return {}
        self._settle()
        self._next_id = self._ask(NEXT_ID)
        lines = self._read()
        if not self.dirty and (lines or self._fingerprint() != self._snapshot.fingerprint):
            self.dirty = True
            self._spare = self._background.submit(self._clone)
        return net_rows(lines)

    def _settle(self) -> None:
        """Wait for transactions that write in this database; not twice for one that does not end."""
        until = time.monotonic() + SETTLE
        while writing := self._ask(WRITING, self.name):
            if set(writing) <= set(self._unfinished):
                return
            if time.monotonic() > until:
                self._unfinished = writing
                return
            time.sleep(0.001)

    def _read(self) -> list[tuple[str, int, str]]:
        with guarded("read what was written"), self._observing().cursor() as cursor:
            cursor.execute(READ, (self._read_up_to, self._read_up_to))
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
        return self._observer

    def _clone(self) -> str:
        return self._server.create_database(f"{self.name}_next", self._snapshot.name)

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


def net_rows(lines: list[tuple[str, int, str]]) -> dict[str, dict[Row, int]]:
    """Return what (table, +1 or -1, row as a JSON object) come to, without what cancels out."""
    counted: Counter[tuple[str, str]] = Counter()
    for relation, sign, line in lines:
        counted[relation, line] += sign
    tables: dict[str, dict[Row, int]] = {}
    for (relation, line), count in counted.items():
        if count:
            tables.setdefault(relation, {})[parse_row(line)] = count
    return tables


def parse_row(line: str) -> Row:
    """Return the members of a JSON object as pairs of texts; numbers and nested values keep their spelling."""
    row: list[tuple[str, str | None]] = []
    at = _skip(line, 1)
    while line[at] != "}":
        column, at = _DECODE(line, at)
        start = _skip(line, at)
        value, end = _DECODE(line, start)
        row.append((column, value if value is None or isinstance(value, str) else line[start:end]))
        at = _skip(line, end)
    return tuple(row)


def _skip(line: str, at: int) -> int:
    """Return where the next member or value begins."""
    while line[at] in " \t\r\n:,":
        at += 1
    return at


__all__ = ["DatabaseSide", "DatabaseSnapshot", "PostgresError", "net_rows", "parse_row"]
