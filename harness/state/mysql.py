"""MySQL and MariaDB: the snapshot is a database, each side has a copy whose written rows can be read and undone.

The copies (never the user's database) get triggers that note each row's old and new text in a database of ours. What
no trigger sees, TRUNCATE and the rows that foreign keys change, is found by comparing such a table with the snapshot.
A restore puts back the rows that were noted, not whole tables.
"""
# ruff: noqa: S608 - names take no parameters, so statements are put together; every one is quoted

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from harness.state.driver import SCHEMA, Copy, Rows, added, moved, net
from harness.state.mysql_copy import copy_database, copy_table, fill_table, remake_loose
from harness.state.mysql_log import Log, batches, rows_of
from harness.state.mysql_schema import Table, loose_rows, read_cascades, read_loose, read_tables, read_triggers
from harness.state.mysql_server import MysqlError, MysqlServer, Session, connect, quoted, start
from harness.state.names import drop_stale
from harness.state.settling import Settling

LARGE = 20_000  # rows; a larger table is not copied from one side to the other
MANY = 2000  # changed rows of a table from which on all of it is put back
# Counters of the whole server; they tell when to look, not what happened.
COUNTERS = """
SHOW GLOBAL STATUS WHERE variable_name IN
('Com_truncate', 'Com_create_table', 'Com_drop_table', 'Com_alter_table', 'Com_rename_table', 'Com_create_index',
 'Com_drop_index', 'Com_create_view', 'Com_drop_view', 'Com_create_trigger', 'Com_drop_trigger', 'Com_create_function',
 'Com_drop_function', 'Com_create_procedure', 'Com_drop_procedure')
"""
WRITING = """
SELECT t.trx_id FROM information_schema.innodb_trx t JOIN information_schema.processlist p
ON p.id = t.trx_mysql_thread_id WHERE p.db = %s AND t.trx_rows_modified > 0
"""
NUMBERS = "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = %s"


class MysqlDriver:
    """The database that all sides are copied from."""

    def __init__(self, prefix: str, existing: str | None, template: str | None) -> None:
        """Make the database `PREFIX_snapshot`: empty, or as the one at the URL `template` is.

        `existing` is the URL of the server to use; without it and `template` an installed one is started. Raises
        MysqlError.
        """
        self.started = not (template or existing)
        self.server, source = (start(), "") if self.started else connect(template or existing or "")
        self._prefix = prefix
        self.name = f"{prefix}_snapshot"
        self.tables: Mapping[str, Table] = {}
        self._copies: list[MysqlCopy] = []
        self.session: Session | None = None
        try:
            self.session = self.server.open()
            names = [name for (name,) in self.session.run("SHOW DATABASES")]
            drop_stale(names, lambda name: self.run(f"DROP DATABASE {quoted(name)}"))
            if template:
                copy_database(self.session, source, self.name)
            else:
                self.run(f"CREATE DATABASE {quoted(self.name)} CHARACTER SET utf8mb4")
        except BaseException:
            self.close()
            raise

    def run(self, statement: str) -> None:
        """Run a statement in the driver's own session."""
        if self.session is not None:
            self.session.run(statement)

    @property
    def url(self) -> str:
        """The URL of the snapshot."""
        return self.server.url(self.name)

    def seal(self) -> None:
        """Read what tables there are."""
        session = self.server.open()
        try:
            self.tables = read_tables(session, self.name)
            self.cascades = read_cascades(session, self.name)
            self.triggers = read_triggers(session, self.name)
            self.loose = read_loose(session, self.name)
        finally:
            session.close()

    def copy(self, worker: int, side: str, folder: Path) -> MysqlCopy:
        """Copy the snapshot."""
        made = MysqlCopy(self, self.server, f"{self._prefix}_{worker}_{side}")
        self._copies.append(made)
        return made

    def close(self) -> None:
        """Remove the databases; a server that we started is stopped."""
        try:
            if not self.started:
                for made in self._copies:
                    made.close()
                self.run(f"DROP DATABASE IF EXISTS {quoted(self.name)}")
        finally:
            if self.session is not None:
                self.session.close()
                self.session = None
            self.server.stop()


class MysqlCopy:
    """One side's copy. Its name and URL stay the same for ever; its rows are put back."""

    in_folder = False
    notes: Sequence[str] = ()

    def __init__(self, driver: MysqlDriver, server: MysqlServer, name: str) -> None:
        self.name, self.url = name, server.url(name)
        self._driver = driver
        self._session = server.open()
        self._settling = Settling(lambda: [number for (number,) in self._session.run(WRITING, (name,))], 0.01)
        copy_database(self._session, driver.name, name)
        self._log = Log(self._session, name)
        self.tables, self.loose = dict(driver.tables), dict(driver.loose)
        for table in self.tables.values():
            self._log.watch(table)
        self._numbers = self._read_numbers()
        self._begin()

    def _begin(self) -> None:
        self._told: dict[str, Counter[str]] = {}
        self._rebuild: set[str] = set()
        self._counters = self._read_counters()

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """The primary keys."""
        return {name: table.key for name, table in self.tables.items() if table.key}

    def rejoin(self, other: Copy, tables: Collection[str]) -> bool:
        """Copy these tables from another copy; not what is large, was altered, or has triggers of its own."""
        if not isinstance(other, MysqlCopy):
            return False
        usable = self._driver.tables.keys() - self._rebuild - other._rebuild - self._driver.triggers.keys()
        if not set(tables) <= usable or any(self._count(other.name, name) > LARGE for name in tables):
            return False
        numbers = other._read_numbers()
        for name in tables:
            self._session.run(f"DELETE FROM {quoted(self.name, name)}")
            fill_table(self._session, other.name, self.name, self.tables[name])
            self._number(name, numbers.get(name))
        self.changes(unsafe=True)
        return True

    def owns(self, path: str) -> bool:
        """No: the database is not in the folder."""
        return False

    # ---- what was written ----

    def changes(self, unsafe: bool) -> Rows:
        """Return the net row changes since the last call; `unsafe`: a write is likely, wait for its end."""
        if unsafe:
            self._settling.wait()
        lines = self._log.take()
        before, counters = self._counters, self._read_counters()
        if not lines and counters == before:
            return {}
        former = self.tables
        schema: Rows = {}
        fresh: list[str] = []
        if counters != before:
            self._counters = counters
            schema, fresh = self._compare_schema()
        for table, sign, line in lines:
            self._told.setdefault(table, Counter())[line] += sign
        suspects = {child for table, sign, _ in lines if sign < 0 for child in self._driver.cascades.get(table, ())}
        if counters["Com_truncate"] != before["Com_truncate"]:
            suspects |= self._emptied()
        found = [(table, line, sign) for table, sign, line in lines]
        found += [(table, line, times) for table in [*suspects, *fresh] for line, times in self._unseen(table)]
        return added(net(rows_of(found, self.tables, former)), schema)

    def _read_counters(self) -> dict[str, str]:
        return {str(name): str(value) for name, value in self._session.run(COUNTERS)}

    def _compare_schema(self) -> tuple[Rows, list[str]]:
        """Tell what of the schema came and went; watch tables that are new or altered, and return the new."""
        before, self.tables = self.tables, read_tables(self._session, self.name)
        loose, self.loose = self.loose, read_loose(self._session, self.name)
        altered = [name for name, table in self.tables.items() if before.get(name) != table]
        for name in altered:
            self._log.watch(self.tables[name])
        self._rebuild |= set(altered) | (before.keys() - self.tables.keys())
        if altered:
            self._counters = self._read_counters()  # our triggers count as well
        listed = [
            {SCHEMA: [row for table in tables.values() for row in table.described] + loose_rows(others)}
            for tables, others in ((before, loose), (self.tables, self.loose))
        ]
        return moved(*listed), [name for name in altered if name not in before]

    def _emptied(self) -> set[str]:
        """Return the tables that have another number of rows than the triggers make believe."""
        return {
            name
            for name in self.tables.keys() & self._driver.tables.keys() - self._rebuild
            if self._count(self.name, name) - self._count(self._driver.name, name)
            != sum(self._told.get(name, Counter()).values())
        }

    def _count(self, database: str, name: str) -> int:
        return int(self._session.run(f"SELECT COUNT(*) FROM {quoted(database, name)}")[0][0])

    def _unseen(self, name: str) -> list[tuple[str, int]]:
        """Return the rows of a table that changed without being noted, by comparing all of it with the snapshot."""
        if name not in self.tables or (name in self._rebuild and name in self._driver.tables):
            return []
        line = self.tables[name].line()
        parts = [f"SELECT {line} AS line, 1 AS times FROM {quoted(self.name, name)}"]
        if name in self._driver.tables:
            parts.append(f"SELECT {line}, -1 FROM {quoted(self._driver.name, name)}")
        both = " UNION ALL ".join(parts)
        rows = self._session.run(f"SELECT line, SUM(times) FROM ({both}) AS t GROUP BY line HAVING SUM(times) <> 0")
        told, now = self._told.get(name, Counter()), Counter({str(noted): int(times) for noted, times in rows})
        self._told[name] = now
        return [(noted, now[noted] - told[noted]) for noted in {*now, *told} if now[noted] != told[noted]]

    # ---- the way back ----

    def restore(self) -> None:
        """Put back the rows that were written, and the numbers that are given next."""
        self.changes(unsafe=True)
        for name in self._rebuild:
            self._remake(name)
        if self.loose != self._driver.loose:
            remake_loose(self._session, self._driver.name, self.name, self._driver.loose, self.loose)
            self.loose = dict(self._driver.loose)
        for name, told in self._told.items():
            if name not in self._rebuild and any(told.values()):
                self._put_back(self.tables[name], [line for line, times in told.items() if times])
        numbers = self._read_numbers()
        for name, number in self._numbers.items():
            if numbers.get(name) != number:
                self._number(name, number)
        self._log.clear()
        self._begin()

    def _number(self, name: str, number: int | None) -> None:
        """Have the next row of a table numbered so (None: tables without numbers)."""
        if number is not None:
            self._session.run(f"ALTER TABLE {quoted(self.name, name)} AUTO_INCREMENT = {number}")

    def _read_numbers(self) -> dict[str, int | None]:
        return dict(self._session.run(NUMBERS, (self.name,)))

    def _remake(self, name: str) -> None:
        """Make a table as the snapshot has it, whatever became of it."""
        self._session.run(f"DROP TABLE IF EXISTS {quoted(self.name, name)}")
        self.tables.pop(name, None)
        if name not in self._driver.tables:
            return
        table = self.tables[name] = self._driver.tables[name]
        copy_table(self._session, self._driver.name, self.name, name)
        fill_table(self._session, self._driver.name, self.name, table)
        self._session.use(self.name)
        for statement in self._driver.triggers.get(name, ()):
            self._session.run(statement)
        self._log.watch(table)

    def _put_back(self, table: Table, lines: Sequence[str]) -> None:
        """Put back the rows that were noted: by key, or all of them where there is none or they are many."""
        if table.name in self._driver.triggers:
            self._remake(table.name)  # the application's own triggers must not take this for writing
            return
        if not table.keyable or len(lines) > MANY:
            self._session.run(f"DELETE FROM {quoted(self.name, table.name)}")
            fill_table(self._session, self._driver.name, self.name, table)
            return
        places = [[column.name for column in table.columns].index(name) for name in table.key]
        keys = sorted({tuple(line.split(",")[at] for at in places) for line in lines})
        for some in batches(keys):
            values = ", ".join(f"({', '.join(f'CONVERT(0x{part} USING utf8mb4)' for part in key)})" for key in some)
            where = f"WHERE ({', '.join(map(quoted, table.key))}) IN ({values})"
            self._session.run(f"DELETE FROM {quoted(self.name, table.name)} {where}")
            fill_table(self._session, self._driver.name, self.name, table, where)

    def close(self) -> None:
        """Remove the copy and its log."""
        for name in (self.name, self._log.name):
            try:
                self._session.run(f"DROP DATABASE IF EXISTS {quoted(name)}")
            except MysqlError:  # the server is gone, and they with it
                break
        self._session.close()
