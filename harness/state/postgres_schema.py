"""What a PostgreSQL database consists of, rows aside: keys, and the schema as rows of the pseudo table `(schema)`.

A cursor comes in, frozen rows go out, in an order of their own. What is written by whom, and when to look, is for
`postgres`. Not told: grants, comments, policies, and what belongs to an extension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.effects import Row
from harness.state.driver import column_row, definition_row

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

OURS = """
WITH ours AS (
    SELECT oid, CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END AS prefix FROM pg_namespace
    WHERE nspname NOT IN ('information_schema', 'harness_log') AND nspname !~ '^pg_'
), relation AS (
    SELECT c.*, c.oid AS id, prefix || relname AS named FROM pg_class c JOIN ours ON ours.oid = relnamespace
    WHERE relpersistence <> 't'
)
"""
COLUMNS = """
SELECT c.named, coalesce(a.attname, ''),
       concat_ws(' ', coalesce(format_type(a.atttypid, a.atttypmod), ''), 'collate ' || quote_ident(l.collname),
                 CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity' END,
                 CASE WHEN a.attgenerated <> '' THEN 'generated' END),
       NOT coalesce(a.attnotnull, false), pg_get_expr(d.adbin, d.adrelid)
FROM relation c
LEFT JOIN pg_attribute a ON a.attrelid = c.id AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.id AND d.adnum = a.attnum
LEFT JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_collation l ON l.oid = a.attcollation AND a.attcollation <> t.typcollation
WHERE c.relkind IN ('r', 'p')
"""
# Constraints of kind n are the columns' NOT NULL, which is told with the column; an index of a constraint is not told.
OTHERS = """
SELECT c.named, 'index', i.relname::text, pg_get_indexdef(i.oid)
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN relation c ON c.id = x.indrelid
WHERE c.relkind IN ('r', 'p', 'm') AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid
                                                   AND k.conrelid = c.id AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT c.named, 'constraint', k.conname::text, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN relation c ON c.id = k.conrelid WHERE k.contype NOT IN ('n', 't')
UNION ALL
SELECT c.named, 'trigger', t.tgname::text, concat_ws(' ', pg_get_triggerdef(t.oid), nullif(t.tgenabled::text, 'O'))
FROM pg_trigger t JOIN relation c ON c.id = t.tgrelid WHERE NOT t.tgisinternal AND t.tgname !~ '^~harness_'
UNION ALL
SELECT c.named, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, c.relname::text, pg_get_viewdef(c.id)
FROM relation c WHERE c.relkind IN ('v', 'm')
UNION ALL
SELECT c.named, 'partition', i.inhparent::regclass::text, coalesce(pg_get_expr(c.relpartbound, c.id), 'inherits')
FROM pg_inherits i JOIN relation c ON c.id = i.inhrelid WHERE c.relkind IN ('r', 'p')
UNION ALL
SELECT c.named, 'sequence', c.relname::text,
       concat_ws(' ', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement, 'from', s.seqmin,
                 'to', s.seqmax, 'cache', s.seqcache, CASE WHEN s.seqcycle THEN 'cycle' END)
FROM pg_sequence s JOIN relation c ON c.id = s.seqrelid
UNION ALL
SELECT prefix || p.proname, 'routine', format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
       CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END
FROM pg_proc p JOIN ours ON ours.oid = p.pronamespace
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
UNION ALL
SELECT prefix || t.typname, CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'domain' END, t.typname::text,
       CASE t.typtype WHEN 'e'
       THEN (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
       ELSE concat_ws(' ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'not null' END,
                      'default ' || t.typdefault,
                      (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname)
                       FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n')) END
FROM pg_type t JOIN ours ON ours.oid = t.typnamespace WHERE t.typtype IN ('e', 'd')
"""
# The catalogs that the above is read from: what was defined or dropped shows in the writers of their rows.
STAMP = "(SELECT concat(count(*), ' ', sum(xmin::text::bigint)) FROM {} WHERE {} >= 16384)"
STAMPED = {
    **dict.fromkeys(
        ("pg_class", "pg_attrdef", "pg_constraint", "pg_trigger", "pg_rewrite", "pg_proc", "pg_type"), "oid"
    ),
    "pg_enum": "oid",
    "pg_attribute": "attrelid",
    "pg_sequence": "seqrelid",
    "pg_inherits": "inhrelid",
}
KEYS = """
SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname,
       array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum))
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
WHERE i.indisprimary AND c.oid >= 16384 GROUP BY 1
"""


def read_keys(cursor: Cursor) -> dict[str, tuple[str, ...]]:
    """Return the primary key's columns of each table that has one."""
    cursor.execute(KEYS)
    return {table: tuple(columns) for table, columns in cursor.fetchall()}


def read_stamp(cursor: Cursor) -> tuple[str, ...]:
    """Return what moves with every change of the schema, for a fraction of what it costs to read that."""
    cursor.execute("SELECT " + ", ".join(STAMP.format(*catalog) for catalog in STAMPED.items()))
    return tuple(cursor.fetchone() or ())


def read_schema(cursor: Cursor) -> frozenset[Row]:
    """Return the columns of all tables, and what else the schema has, by its definition."""
    cursor.execute(OURS + COLUMNS)
    columns = [column_row(*facts) for facts in cursor.fetchall()]
    cursor.execute(OURS + OTHERS)
    return frozenset([*columns, *(definition_row(*facts) for facts in cursor.fetchall())])
