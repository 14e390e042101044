"""What the triggers of a PostgreSQL snapshot note of each written row, and how that is read: SQL and lines of JSON.

Noted lines come in, net rows go out. When to look, and in which database, is for `postgres`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from harness.effects import Row
from harness.state.driver import Rows, net

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
CREATE FUNCTION harness_log.watch(fill boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET timezone = 'UTC' SET bytea_output = 'hex' SET intervalstyle = 'postgres'
SET extra_float_digits = 1 AS $$
DECLARE
    one regclass;
    relation text;
BEGIN
    FOR one, relation IN
        SELECT c.oid, CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND c.relpersistence <> 't'
          AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'harness_log')
          AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = '~harness_rows')
    LOOP
        IF fill THEN
            EXECUTE format('INSERT INTO harness_log.change SELECT txid_current(), %L, 1, row_to_json(t)::text '
                           'FROM ONLY %s t', relation, one);
        END IF;
        EXECUTE format('CREATE TRIGGER "~harness_rows" AFTER INSERT OR UPDATE OR DELETE ON %s '
                       'FOR EACH ROW EXECUTE FUNCTION harness_log.note()', one);
        EXECUTE format('CREATE TRIGGER "~harness_truncate" BEFORE TRUNCATE ON %s '
                       'FOR EACH STATEMENT EXECUTE FUNCTION harness_log.note()', one);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "~harness_rows"', one);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "~harness_truncate"', one);
    END LOOP;
END $$;
SELECT harness_log.watch(false);
"""
# Tables made during a run are watched from the same command on, their first rows included. A line of sign 0 says that
# the schema may have moved. Event triggers are for superusers only; without them it is asked for after each write.
# What watching itself defines is not looked at: it would be watched twice.
INSTALL_EVENTS = """
CREATE FUNCTION harness_log.defined() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
BEGIN
    IF coalesce(current_setting('harness_log.watching', true), '') = ''
       AND EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE schema_name IS DISTINCT FROM 'pg_temp') THEN
        PERFORM set_config('harness_log.watching', 'yes', true);
        PERFORM harness_log.watch(true);
        PERFORM set_config('harness_log.watching', '', true);
        INSERT INTO harness_log.change VALUES (txid_current(), '', 0, '');
    END IF;
END $$;
CREATE FUNCTION harness_log.dropped() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary) THEN
        INSERT INTO harness_log.change VALUES (txid_current(), '', 0, '');
    END IF;
END $$;
CREATE EVENT TRIGGER "~harness_defined" ON ddl_command_end EXECUTE FUNCTION harness_log.defined();
CREATE EVENT TRIGGER "~harness_dropped" ON sql_drop EXECUTE FUNCTION harness_log.dropped();
ALTER EVENT TRIGGER "~harness_defined" ENABLE ALWAYS;
ALTER EVENT TRIGGER "~harness_dropped" ENABLE ALWAYS;
"""
# Planned once: that costs more than reading the few rows of an exchange.
PREPARE_READ = """
PREPARE written(txid_snapshot) AS
SELECT txid_current_snapshot()::text, relation, sign, line FROM harness_log.change
WHERE txid >= txid_snapshot_xmin($1) AND NOT txid_visible_in_snapshot(txid, $1)
"""
READ = "EXECUTE written(%s)"
PLAN_ONCE = "SET plan_cache_mode = force_generic_plan"  # since PostgreSQL 12; else planned five times

_DECODE = json.JSONDecoder().raw_decode


def net_rows(lines: Iterable[tuple[str, int, str]]) -> Rows:
    """Return what (table, +1 or -1, row as a JSON object) come to, without what cancels out."""
    counted: Counter[tuple[str, str]] = Counter()
    for relation, sign, line in lines:
        counted[relation, line] += sign
    return net((relation, parse_row(line), count) for (relation, line), count in counted.items() if count)


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
