"""What a MySQL database consists of: its tables, views, routines and triggers.

Names of databases come in; tables as data go out. Making the same again is for `mysql_copy`.
"""
# ruff: noqa: S608 - names take no parameters, so statements are put together; every one is quoted

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.effects import Row
from harness.state.driver import column_row, definition_row
from harness.state.mysql_server import Session, quoted

BINARY = re.compile(r"(tiny|medium|long)?blob|(var)?binary|geometry|point|linestring|polygon")
KEYABLE = re.compile(r"(tiny|small|medium|big)?int|(var)?char|date|datetime")
WATCHING = "~harness_"  # what the names of our own triggers begin with
LONG = 65_536  # bytes; a longer value is noted by its digest
COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type, c.column_type, c.is_nullable, c.column_default, c.extra,
       c.column_key, t.engine, c.generation_expression
FROM information_schema.columns c JOIN information_schema.tables t
  ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema = %s AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position
"""
KEYS = """
SELECT table_name, column_name FROM information_schema.key_column_usage
WHERE table_schema = %s AND constraint_name = 'PRIMARY' ORDER BY table_name, ordinal_position
"""
# What else is declared with a table: kind, table, name, definition. A functional index has no column's name.
OTHERS = (
    """
SELECT 'index', table_name, index_name, CONCAT(IF(non_unique, '', 'unique '), LOWER(index_type), ' (', GROUP_CONCAT(
           CONCAT(IFNULL(column_name, 'expression'), IFNULL(CONCAT('(', sub_part, ')'), ''),
                  IF(collation = 'D', ' desc', ''))
           ORDER BY seq_in_index SEPARATOR ', '), ')')
FROM information_schema.statistics WHERE table_schema = %s GROUP BY table_name, index_name, non_unique, index_type
""",
    """
SELECT 'foreign key', k.table_name, k.constraint_name, CONCAT(
           '(', GROUP_CONCAT(k.column_name ORDER BY k.ordinal_position SEPARATOR ', '),
           ') references ', k.referenced_table_name,
           ' (', GROUP_CONCAT(k.referenced_column_name ORDER BY k.ordinal_position SEPARATOR ', '),
           ') on update ', LOWER(r.update_rule), ' on delete ', LOWER(r.delete_rule))
FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
  ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
WHERE k.table_schema = %s
GROUP BY k.table_name, k.constraint_name, k.referenced_table_name, r.update_rule, r.delete_rule
""",
    """
SELECT DISTINCT 'check', t.table_name, c.constraint_name, c.check_clause
FROM information_schema.table_constraints t JOIN information_schema.check_constraints c
  ON c.constraint_schema = t.constraint_schema AND c.constraint_name = t.constraint_name
WHERE t.table_schema = %s AND t.constraint_type = 'CHECK'
""",
    f"""
SELECT 'trigger', event_object_table, trigger_name, CONCAT_WS(' ', action_timing, event_manipulation, action_statement)
FROM information_schema.triggers WHERE trigger_schema = %s AND trigger_name NOT LIKE '{WATCHING}%%'
""",
)
VIEWS = "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = %s"
ROUTINES = "SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = %s"
CASCADES = """
SELECT referenced_table_name, table_name FROM information_schema.referential_constraints
WHERE constraint_schema = %s AND (delete_rule IN ('CASCADE', 'SET NULL') OR update_rule IN ('CASCADE', 'SET NULL'))
"""


@dataclass(frozen=True)
class Column:
    """A column: what kind of values it holds, and whether they are written (not computed)."""

    name: str
    kind: str
    written: bool
    described: Row

    def noted(self, row: str) -> str:
        """Return the SQL for this column of a row as hexadecimal text, in which no setting of a session shows."""
        value = f"{row}{quoted(self.name)}"
        if self.kind == "timestamp":
            return f"IFNULL(HEX(CONVERT(UNIX_TIMESTAMP({value}) USING utf8mb4)), '-')"
        if self.kind == "bit":
            value = f"({value} + 0)"
        text = value if BINARY.fullmatch(self.kind) else f"CONVERT({value} USING utf8mb4)"
        digest = f"CONCAT('~', OCTET_LENGTH({text}), ':', SHA2({text}, 256))"
        return f"IFNULL(IF(OCTET_LENGTH({text}) > {LONG}, {digest}, HEX({text})), '-')"

    def shown(self, noted: str) -> str | None:
        """Return the value that was noted as text."""
        if noted == "-":
            return None
        if noted.startswith("~"):
            size, _, digest = noted[1:].partition(":")
            return f"value of {size} bytes sha256:{digest}"
        data = bytes.fromhex(noted)
        if self.kind == "timestamp":
            return _moment(data.decode())
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return f"X'{data.hex()}'"
        readable = not BINARY.fullmatch(self.kind) or (text.isprintable() and not text.startswith("X'"))
        return text if readable else f"X'{data.hex()}'"


@dataclass(frozen=True)
class Table:
    """A table; `transactional`: what is written to it can be rolled back. `others`: its indexes, keys, triggers."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    transactional: bool
    others: tuple[Row, ...] = ()

    @property
    def described(self) -> Iterator[Row]:
        """The table as rows of the pseudo table `(schema)`."""
        yield from (column.described for column in self.columns)
        yield from self.others

    @property
    def keyable(self) -> bool:
        """Whether single rows can be asked for by their key as it was noted."""
        kinds = {column.name: column.kind for column in self.columns}
        return bool(self.key) and all(KEYABLE.fullmatch(kinds[name]) for name in self.key)

    @property
    def written(self) -> str:
        """The columns that are written, as SQL."""
        return ", ".join(quoted(column.name) for column in self.columns if column.written)

    def line(self, row: str = "") -> str:
        """Return the SQL for a whole row (`OLD.`, `NEW.`) as one text."""
        return f"CONCAT_WS(',', {', '.join(column.noted(row) for column in self.columns)})"

    def row(self, line: str) -> Row:
        """Return the row that was noted as `line`."""
        values = zip(self.columns, line.split(","), strict=True)
        return tuple((column.name, column.shown(noted)) for column, noted in values)


def _moment(text: str) -> str:
    """Return what UNIX_TIMESTAMP gave, in UTC; zero is the date of zeros."""
    from datetime import UTC, datetime

    seconds, _, fraction = text.partition(".")
    moment = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S") if int(seconds) else "0"
    return f"{moment}.{fraction}" if fraction else moment


def read_tables(session: Session, name: str) -> dict[str, Table]:
    """Return the tables of a database."""
    keys: dict[str, list[str]] = {}
    for table, column in session.run(KEYS, (name,)):
        keys.setdefault(table, []).append(column)
    columns: dict[str, list[Column]] = {}
    engines: dict[str, str] = {}
    for table, column, kind, declared, null, default, extra, _, engine, computed in session.run(COLUMNS, (name,)):
        shown = default if default is None or isinstance(default, str) else bytes(default).decode()
        described = column_row(table, column, f"{declared} {extra}".strip(), null == "YES", shown)
        columns.setdefault(table, []).append(Column(column, kind.lower(), not computed, described))
        engines[table] = (engine or "").lower()
    others = _read_others(session, name)
    return {
        table: Table(
            table, tuple(found), tuple(keys.get(table, ())), engines[table] == "innodb", tuple(others.get(table, ()))
        )
        for table, found in columns.items()
    }


def _read_others(session: Session, name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for query in OTHERS:
        for kind, table, named, definition in sorted(map(_as_texts, session.run(query, (name,)))):
            found.setdefault(table, []).append(definition_row(table, kind, named, definition))
    return found


def _as_texts(row: Sequence[object]) -> tuple[str, ...]:
    return tuple(value.decode() if isinstance(value, bytes) else str(value) for value in row)


Loose = Mapping[tuple[str, str], str]
"""Views and routines: the definition of each, by kind (as in DROP) and name."""


def read_loose(session: Session, name: str) -> dict[tuple[str, str], str]:
    """Return the views and routines of a database, which belong to no table."""
    found = {("VIEW", view): text for view, text in map(_as_texts, session.run(VIEWS, (name,)))}
    for kind, routine in map(_as_texts, session.run(ROUTINES, (name,))):
        found[kind, routine] = str(session.run(f"SHOW CREATE {kind} {quoted(name, routine)}")[0][2])
    return {key: text.replace(f"{quoted(name)}.", "") for key, text in found.items()}


def loose_rows(loose: Loose) -> list[Row]:
    """Return views and routines as rows of the pseudo table `(schema)`."""
    return [definition_row(name, kind.lower(), name, text) for (kind, name), text in loose.items()]


def read_cascades(session: Session, name: str) -> dict[str, set[str]]:
    """Return, for each table, those whose rows change with its own by foreign keys, directly or not."""
    direct: dict[str, set[str]] = {}
    for parent, child in session.run(CASCADES, (name,)):
        direct.setdefault(parent, set()).add(child)
    return {parent: _reached(parent, direct) for parent in direct}


def _reached(parent: str, direct: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [parent]
    while waiting:
        for child in set(direct.get(waiting.pop(), ())) - found:
            found.add(child)
            waiting.append(child)
    return found


def read_triggers(session: Session, name: str) -> dict[str, list[str]]:
    """Return the statements that make the triggers of each table, in their order."""
    found: dict[str, list[str]] = {}
    order = "SELECT trigger_name, event_object_table FROM information_schema.triggers WHERE trigger_schema = %s"
    for trigger, table in session.run(f"{order} ORDER BY event_object_table, action_timing, action_order", (name,)):
        found.setdefault(table, []).append(session.run(f"SHOW CREATE TRIGGER {quoted(name, trigger)}")[0][2])
    return found
