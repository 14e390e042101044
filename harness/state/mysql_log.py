"""What is noted of the rows written to a MySQL database: triggers and a log, in a database beside it.

Tables come in to be watched; noted lines, and the rows that they mean, go out. What no trigger sees is for `mysql`.
"""
# ruff: noqa: S608 - names take no parameters, so statements are put together; every one is quoted

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.effects import Row
from harness.state.mysql_schema import WATCHING, Table
from harness.state.mysql_server import Session, quoted

BATCH = 200  # keys named in one statement
EVENTS = (("INSERT", "NEW"), ("DELETE", "OLD"), ("UPDATE", "OLD"), ("UPDATE", "NEW"))
SIGNS = {"OLD": -1, "NEW": 1}
# One log that a rollback takes back, for tables that are taken back too, and one that it does not.
COLUMNS = "id BIGINT UNSIGNED, relation VARCHAR(64), sign TINYINT, line LONGTEXT CHARACTER SET latin1"
LOGS = {True: ("change", "InnoDB"), False: ("change_now", "MyISAM")}


class Log:
    """The log of one database, and the triggers that fill it; `name` is the log's own database."""

    def __init__(self, session: Session, database: str) -> None:
        """Make the log of `database`, empty. Raises MysqlError, as all methods do."""
        self.name = f"{database}_log"
        self._session = session
        self._database = database
        session.run(f"CREATE DATABASE {quoted(self.name)}")
        for log, engine in LOGS.values():
            session.run(f"CREATE TABLE {quoted(self.name, log)} ({COLUMNS}) ENGINE={engine}")

    def watch(self, table: Table) -> None:
        """Give a table its triggers, in place of those that it may have of us."""
        log, _ = LOGS[table.transactional]
        for event in ("INSERT", "DELETE", "UPDATE"):
            trigger = quoted(self._database, _trigger(table.name, event))
            notes = "; ".join(
                f"INSERT INTO {quoted(self.name, log)} "
                f"VALUES (UUID_SHORT(), {_literal(table.name)}, {SIGNS[row]}, {table.line(f'{row}.')})"
                for what, row in EVENTS
                if what == event
            )
            on = quoted(self._database, table.name)
            self._session.run(f"DROP TRIGGER IF EXISTS {trigger}")
            self._session.run(f"CREATE TRIGGER {trigger} AFTER {event} ON {on} FOR EACH ROW BEGIN {notes}; END")

    def take(self) -> list[tuple[str, int, str]]:
        """Return what was noted as (table, sign, line), and forget it."""
        lines: list[tuple[str, int, str]] = []
        for log, _ in LOGS.values():
            found = self._session.run(f"SELECT id, relation, sign, line FROM {quoted(self.name, log)}")
            for some in batches([number for number, *_ in found]):
                self._session.run(f"DELETE FROM {quoted(self.name, log)} WHERE id IN ({', '.join(map(str, some))})")
            lines += [(relation, sign, line) for _, relation, sign, line in found]
        return lines

    def clear(self) -> None:
        """Forget all that was noted."""
        for log, _ in LOGS.values():
            self._session.run(f"DELETE FROM {quoted(self.name, log)}")


def rows_of(
    found: Iterable[tuple[str, str, int]], tables: Mapping[str, Table], former: Mapping[str, Table]
) -> Iterator[tuple[str, Row, int]]:
    """Read what was noted, by the columns that the table has or had when it was."""
    for name, line, times in found:
        for version in (tables, former):
            if name in version and line.count(",") + 1 == len(version[name].columns):
                yield name, version[name].row(line), times
                break


def batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Return items in portions that one statement can name."""
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _literal(text: str) -> str:
    return f"CONVERT(0x{text.encode().hex()} USING utf8mb4)"


def _trigger(table: str, event: str) -> str:
    """Return the name of our trigger: at most 64 characters, as the table's own name may have."""
    name = f"{WATCHING}{event[0].lower()}_{table}"
    return name if len(name) <= 64 else f"{name[:48]}{hashlib.sha256(table.encode()).hexdigest()[:16]}"
