"""Makes the rows of one PostgreSQL clone those of another: cursors of both in; tables and sequences are copied.

Which tables, and what becomes of the notes that this leaves, is for `postgres`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

# Other sessions may read meanwhile; what they hold locked we do not wait for.
REJOIN = """
SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '20s';
"""
SIZE = "SELECT reltuples FROM pg_class WHERE oid = %s::regclass"
LARGE = 200_000  # rows of a table beyond which it is not copied between two exchanges
SEQUENCES = """
SELECT format('%I.%I', n.nspname, c.relname), pg_sequence_last_value(c.oid), s.seqstart
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
"""


def copy_rows(source: Cursor, copy: Cursor, tables: Collection[str]) -> bool:
    """Replace the rows of these tables, as `changes` names them, and all sequences; nothing (False) if one is large.

    Raises psycopg2.Error where something is locked.
    """
    if not all(_small(source, table) for table in tables):
        return False
    _copy_tables(source, copy, tables)
    _copy_sequences(source, copy)
    return True


def _small(cursor: Cursor, table: str) -> bool:
    cursor.execute(SIZE, (_quoted(table),))
    return bool((cursor.fetchone() or (LARGE,))[0] < LARGE)


def _copy_tables(source: Cursor, copy: Cursor, tables: Collection[str]) -> None:
    """Replace the rows of tables by those of another database, in one transaction; keys and triggers are not asked."""
    copy.execute("BEGIN")
    copy.execute(REJOIN)
    for name in sorted(map(_quoted, tables)):
        with tempfile.TemporaryFile() as rows:
            source.copy_expert(f"COPY (SELECT * FROM ONLY {name}) TO STDOUT", rows)  # noqa: S608 (quoted)
            rows.seek(0)
            copy.execute(f"DELETE FROM ONLY {name}")  # noqa: S608 (quoted)
            copy.copy_expert(f"COPY {name} FROM STDIN", rows)
    copy.execute("COMMIT")


def _copy_sequences(source: Cursor, copy: Cursor) -> None:
    """Make sequences go on where those of another database do."""
    sides = []
    for cursor in (source, copy):
        cursor.execute(SEQUENCES)
        sides.append({name: (last, start) for name, last, start in cursor.fetchall()})
    wanted, found = sides
    for name, (last, start) in wanted.items():
        if found.get(name) != (last, start):
            copy.execute("SELECT setval(%s, %s, %s)", (name, start if last is None else last, last is not None))


def _quoted(table: str) -> str:
    """Return a table as SQL has it."""
    schema, dot, name = table.rpartition(".")
    return ".".join('"' + part.replace('"', '""') + '"' for part in ((schema, name) if dot else ("public", name)))
