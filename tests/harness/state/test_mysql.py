"""Both sides start equal on MySQL; what a program writes is told per exchange, and undone; a real server."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.effects import NO_EFFECTS
from harness.errors import StateError
from harness.state import SideState, State, mysql_server, open_state, read_spec
from harness.state.mysql_server import MysqlServer

pymysql = pytest.importorskip("pymysql", reason="no PyMySQL: pip install 'screamtest[mysql]'")
if mysql_server._find(mysql_server.SERVERS) is None:
    pytest.skip("no mariadbd or mysqld: install mariadb-server", allow_module_level=True)

SCHEMA = """
CREATE TABLE project (name VARCHAR(50) COLLATE utf8mb4_general_ci PRIMARY KEY, summary TEXT, size DECIMAL(9,2),
  changed TIMESTAMP(3) NULL, raw LONGBLOB, kind ENUM('a','b'), flags BIT(4), big INT AS (size * 2) STORED);
CREATE TABLE journal (id INT AUTO_INCREMENT PRIMARY KEY, note TEXT);
CREATE TABLE heap (word VARCHAR(20), n INT);
CREATE TABLE old_style (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(20)) ENGINE=MyISAM;
CREATE TABLE pair (a INT, b INT, note TEXT, PRIMARY KEY (b, a));
CREATE TABLE child (id INT PRIMARY KEY, project VARCHAR(50) COLLATE utf8mb4_general_ci,
  FOREIGN KEY (project) REFERENCES project (name) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE grandchild (child INT, FOREIGN KEY (child) REFERENCES child (id) ON DELETE CASCADE);
CREATE TABLE audited (id INT PRIMARY KEY, n INT);
CREATE TABLE audit (what VARCHAR(20));
CREATE TRIGGER noting AFTER UPDATE ON audited FOR EACH ROW INSERT INTO audit VALUES (CONCAT(OLD.n, '>', NEW.n));
CREATE VIEW late AS SELECT name FROM early;
CREATE PROCEDURE add_word(IN w VARCHAR(20)) INSERT INTO heap VALUES (w, 0);
INSERT INTO project (name, summary, size, changed, raw, kind, flags)
  VALUES ('demo', 'old', 1.50, '2016-01-02 03:04:05.678', X'00ff', 'a', b'101');
INSERT INTO journal (note) VALUES ('first');
INSERT INTO heap VALUES ('w', 1), ('w', 1), (NULL, 2);
INSERT INTO old_style (word) VALUES ('one');
INSERT INTO pair VALUES (1, 2, 'x');
INSERT INTO child VALUES (1, 'demo'), (2, NULL);
INSERT INTO grandchild VALUES (1), (1);
INSERT INTO audited VALUES (1, 5)
""".replace("CREATE VIEW late", "CREATE VIEW early AS SELECT name FROM project;\nCREATE VIEW late")
LOAD = f"""
import os, pymysql
session = pymysql.connect(unix_socket=os.environ["SOCKET"], user=os.environ["LOGIN"], database=os.environ["NAME"])
with session.cursor() as cursor:
    for statement in {SCHEMA!r}.split(";"):
        cursor.execute(statement)
session.commit()
"""
ENV = {"DB": "{database}", "SOCKET": "{database_socket}", "LOGIN": "{database_user}", "NAME": "{database_name}"}
TABLE: dict[str, Any] = {"load": ["{python}", "-c", LOAD], "database": "mysql", "env": ENV}


def connect(side: SideState) -> Any:
    """A session as the application has one."""
    env = side.env("h")
    place = {"unix_socket": env["SOCKET"], "user": env["LOGIN"], "database": env["NAME"]}
    return pymysql.connect(**place, charset="utf8mb4", read_timeout=20, ssl_disabled=True)


def run(side: SideState, *statements: str, commit: bool = True) -> list[Any]:
    """Run statements in one transaction; return the last one's rows."""
    session = connect(side)
    try:
        with session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            rows = list(cursor.fetchall())
        session.commit() if commit else session.rollback()
        return rows
    finally:
        session.close()


DEMO = {
    "name": "demo",
    "summary": "old",
    "size": "1.50",
    "changed": "2016-01-02 03:04:05.678",
    "raw": "X'00ff'",
    "kind": "a",
    "flags": "5",
    "big": "3",
}


def demo(**changed: str | None) -> tuple[tuple[str, str | None], ...]:
    """The row `demo` of the snapshot with some columns changed."""
    return tuple({**DEMO, **changed}.items())


def row(**values: str | None) -> tuple[tuple[str, str | None], ...]:
    """A row of those columns."""
    return tuple(values.items())


def column(table: str, name: str, kind: str, null: str = "yes", default: str | None = "NULL") -> Any:
    """A column, as a row of the pseudo table of tables."""
    return row(table=table, column=name, type=kind, null=null, default=default)


@pytest.mark.parametrize(
    ("statements", "rows"),
    [
        pytest.param(["INSERT INTO journal (note) VALUES ('x')"], {"journal": {row(id="2", note="x"): 1}}, id="insert"),
        pytest.param(
            ["UPDATE project SET summary = 'new'"], {"project": {demo(): -1, demo(summary="new"): 1}}, id="update"
        ),
        pytest.param(
            ["UPDATE project SET size = 2", "UPDATE project SET summary = NULL"],
            {"project": {demo(): -1, demo(summary=None, size="2.00", big="4"): 1}},
            id="update in two steps, computed column",
        ),
        pytest.param(
            ["UPDATE project SET summary = 'x'", "UPDATE project SET summary = 'old'"], {}, id="nets to nothing"
        ),
        pytest.param(
            ["REPLACE INTO pair VALUES (1, 2, 'y')"],
            {"pair": {row(a="1", b="2", note="x"): -1, row(a="1", b="2", note="y"): 1}},
            id="replace",
        ),
        pytest.param(
            ["INSERT INTO pair VALUES (1, 2, 'z') ON DUPLICATE KEY UPDATE note = 'z'"],
            {"pair": {row(a="1", b="2", note="x"): -1, row(a="1", b="2", note="z"): 1}},
            id="on duplicate key",
        ),
        pytest.param(
            ["DELETE FROM heap WHERE word = 'w'"],
            {"heap": {row(word="w", n="1"): -2}},
            id="no key",
        ),
        pytest.param(
            ["INSERT INTO heap VALUES ('t', 1)", "TRUNCATE heap", "INSERT INTO heap VALUES ('u', 1)"],
            {"heap": {row(word="w", n="1"): -2, row(word=None, n="2"): -1, row(word="u", n="1"): 1}},
            id="truncate",
        ),
        pytest.param(["CALL add_word('p')"], {"heap": {row(word="p", n="0"): 1}}, id="by a procedure"),
        pytest.param(
            ["UPDATE old_style SET word = 'two'"],
            {"old_style": {row(id="1", word="one"): -1, row(id="1", word="two"): 1}},
            id="MyISAM",
        ),
        pytest.param(
            ["DELETE FROM project"],
            {"project": {demo(): -1}, "child": {row(id="1", project="demo"): -1}, "grandchild": {row(child="1"): -2}},
            id="deleted by foreign keys",
        ),
        pytest.param(
            ["UPDATE project SET name = 'Demo'"],
            {
                "project": {demo(): -1, demo(name="Demo"): 1},
                "child": {row(id="1", project="demo"): -1, row(id="1", project="Demo"): 1},
            },
            id="updated by a foreign key, in case alone",
        ),
        pytest.param(
            ["UPDATE audited SET n = 6"],
            {"audited": {row(id="1", n="5"): -1, row(id="1", n="6"): 1}, "audit": {row(what="5>6"): 1}},
            id="by a trigger of the application",
        ),
        pytest.param(
            [
                "SET time_zone = '+09:00', sql_mode = 'ANSI'",
                "UPDATE project SET summary = 'ü'",
            ],
            {"project": {demo(): -1, demo(summary="ü"): 1}},
            id="whatever the session's settings",
        ),
        pytest.param(
            ["SET foreign_key_checks = 0", "UPDATE project SET raw = REPEAT('x', 70000)"],
            {
                "project": {
                    demo(): -1,
                    demo(
                        raw="value of 70000 bytes sha256:"
                        "bca09f4a757d5571c7d9f3341d4301f3c391c090826acc1a3013c6bcb7c01722"
                    ): 1,
                }
            },
            id="long value",
        ),
        pytest.param(["SELECT * FROM project FOR UPDATE"], {}, id="lock only"),
        pytest.param(
            ["CREATE TABLE fresh (a INT NOT NULL)", "INSERT INTO fresh VALUES (1)"],
            {"(schema)": {column("fresh", "a", "int(11)", "no", None): 1}, "fresh": {row(a="1"): 1}},
            id="new table",
        ),
        pytest.param(
            ["DROP TABLE heap"],
            {"(schema)": {column("heap", "word", "varchar(20)"): -1, column("heap", "n", "int(11)"): -1}},
            id="dropped table",
        ),
        pytest.param(
            ["INSERT INTO heap VALUES ('b', 1)", "ALTER TABLE heap DROP COLUMN n, ADD COLUMN m INT, ADD COLUMN k INT"],
            {
                "(schema)": {
                    column("heap", "n", "int(11)"): -1,
                    column("heap", "m", "int(11)"): 1,
                    column("heap", "k", "int(11)"): 1,
                },
                "heap": {row(word="b", n="1"): 1},
            },
            id="changed columns",
        ),
        pytest.param(["CREATE TEMPORARY TABLE t (n INT)", "INSERT INTO t VALUES (1)"], {}, id="temporary table"),
    ],
)
def test_tells_the_net_row_changes_once_and_undoes_them(
    side: SideState, statements: list[str], rows: dict[str, Any]
) -> None:
    """What a transaction comes to is told by the next call, and by that only; then all is as it was."""
    before = everything(side)
    run(side, *statements)
    assert dict(side.changes(unsafe=True).rows) == rows
    assert side.changes(unsafe=True) == NO_EFFECTS
    side.restore()
    assert everything(side) == before
    assert side.changes(unsafe=True) == NO_EFFECTS


DROPPED = "DROP INDEX i ON heap"
OBJECTS: dict[str, tuple[list[str], list[tuple[str, str, str, str, int]]]] = {
    "index": (
        ["CREATE INDEX few ON heap (word(3), n)"],
        [("heap", "index", "few", "btree (word(3), n)", 1)],
    ),
    "dropped key": (
        ["ALTER TABLE pair DROP PRIMARY KEY"],
        [("pair", "index", "PRIMARY", "unique btree (b, a)", -1)],
    ),
    "foreign key": (
        ["ALTER TABLE audited ADD CONSTRAINT held FOREIGN KEY (n) REFERENCES child (id) ON DELETE SET NULL"],
        [
            ("audited", "index", "held", "btree (n)", 1),
            ("audited", "foreign key", "held", "(n) references child (id) on update {} on delete set null", 1),
        ],
    ),
    "check": (
        ["ALTER TABLE heap ADD CONSTRAINT enough CHECK (n > 0)"],
        [("heap", "check", "enough", "`n` > 0", 1)],
    ),
    "trigger": (
        ["CREATE TRIGGER counting BEFORE INSERT ON heap FOR EACH ROW SET NEW.n = 1"],
        [("heap", "trigger", "counting", "BEFORE INSERT SET NEW.n = 1", 1)],
    ),
    "dropped trigger": (
        ["DROP TRIGGER noting"],
        [
            (
                "audited",
                "trigger",
                "noting",
                "AFTER UPDATE INSERT INTO audit VALUES (CONCAT(OLD.n, '>', NEW.n))",
                -1,
            )
        ],
    ),
    "view": (
        ["CREATE VIEW words AS SELECT word FROM heap"],
        [("words", "view", "words", "select `heap`.`word` AS `word` from `heap`", 1)],
    ),
    "dropped views": (
        ["DROP VIEW late, early"],
        [
            ("early", "view", "early", "select `project`.`name` AS `name` from `project`", -1),
            ("late", "view", "late", "select `early`.`name` AS `name` from `early`", -1),
        ],
    ),
    "the same again": (["CREATE VIEW v AS SELECT 1 AS a", "DROP VIEW v", "CREATE INDEX i ON heap (n)", DROPPED], []),
}


@pytest.mark.parametrize(("statements", "objects"), OBJECTS.values(), ids=OBJECTS)
def test_tells_what_else_the_schema_has_and_undoes_it(
    side: SideState, statements: list[str], objects: list[tuple[str, str, str, str, int]]
) -> None:
    """What is defined, dropped or altered is told by its definition, once; then all is as it was, and can be again."""
    before = everything(side)
    run(side, "SET foreign_key_checks = 0", *statements)
    told = side.changes(unsafe=True).rows.get("(schema)", {})
    rule = "no action" if any("on update no action" in str(row) for row in told) else "restrict"
    rows = {
        (("table", table), (kind, name), ("definition", text.format(rule))): times
        for table, kind, name, text, times in objects
    }
    assert {row: times for row, times in told.items() if row[1][0] != "column"} == rows
    assert side.changes(unsafe=True) == NO_EFFECTS
    side.restore()
    assert everything(side) == before
    run(side, "SET foreign_key_checks = 0", *statements)
    assert side.changes(unsafe=True).rows.get("(schema)", {}) == told


def test_routines_are_told_and_undone(side: SideState) -> None:
    """By what they do; calling one is no change of it."""
    run(side, "DROP PROCEDURE add_word", "CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1")
    told = {row[1]: times for row, times in side.changes(unsafe=True).rows["(schema)"].items()}
    assert told == {("procedure", "add_word"): -1, ("function", "one"): 1}
    side.restore()
    run(side, "CALL add_word('x')")
    assert side.changes(unsafe=True).rows == {"heap": {row(word="x", n="0"): 1}}
    with pytest.raises(pymysql.MySQLError, match="one"):
        run(side, "SELECT one()")


def everything(side: SideState) -> dict[str, Any]:
    """All rows, definitions (with the next number to be given) and triggers, as the application would see them."""
    tables = [name for (name,) in run(side, "SHOW TABLES")]
    return {
        "triggers": sorted((trigger[0], trigger[1], trigger[2]) for trigger in run(side, "SHOW TRIGGERS")),
        **{name: Counter(run(side, f"SELECT * FROM `{name}`")) for name in tables},
        **{f"{name}()": run(side, f"SHOW CREATE TABLE `{name}`")[0][1] for name in tables},
    }


def test_a_rolled_back_insert_is_no_effect_but_its_number_is_undone(side: SideState) -> None:
    """What cannot be rolled back (MyISAM) is told; the number that was taken is given again."""
    insert = "INSERT INTO journal (note) VALUES ('x')"
    run(side, insert, "INSERT INTO old_style (word) VALUES ('stays')", commit=False)
    assert side.changes(unsafe=True).rows == {"old_style": {row(id="2", word="stays"): 1}}
    side.restore()
    run(side, insert, "INSERT INTO old_style (word) VALUES ('again')")
    assert side.changes(unsafe=True).rows == {
        "journal": {row(id="2", note="x"): 1},
        "old_style": {row(id="2", word="again"): 1},
    }


def test_an_application_asking_for_its_last_id_gets_its_own(side: SideState) -> None:
    """Watching must not show: neither in LAST_INSERT_ID() nor in the number of rows changed."""
    session = connect(side)
    with session.cursor() as cursor:
        changed = cursor.execute("INSERT INTO journal (note) VALUES ('x'), ('y')")
        assert (changed, cursor.lastrowid) == (2, 2)
        cursor.execute("SELECT LAST_INSERT_ID(), ROW_COUNT()")
        assert cursor.fetchone() == (2, 2)
        cursor.execute("UPDATE heap SET n = 3")
        assert (cursor.rowcount, cursor.lastrowid) == (3, 0)
    session.close()


def test_names_the_primary_keys_in_their_order(side: SideState) -> None:
    """Rows can be paired by key; tables without one are not named."""
    run(side, "DELETE FROM pair", "DELETE FROM heap")
    assert dict(side.changes(unsafe=True).keys) == {"pair": ("b", "a")}


def test_a_transaction_that_does_not_end_is_not_waited_for_twice(side: SideState) -> None:
    """A forgotten commit costs a second once; when it comes it belongs to that exchange."""
    session = connect(side)
    session.cursor().execute("INSERT INTO heap VALUES ('open', 1)")
    assert side.changes(unsafe=True) == NO_EFFECTS
    began = time.monotonic()
    assert side.changes(unsafe=True) == NO_EFFECTS
    assert time.monotonic() - began < 0.5
    session.commit()
    session.close()
    assert side.changes(unsafe=True).rows == {"heap": {row(word="open", n="1"): 1}}


def test_sides_do_not_see_each_other(state: State, side: SideState) -> None:
    """Not even where one truncates or makes tables, which the server counts for all."""
    other = state.side(0, "new")
    run(other, "INSERT INTO heap VALUES ('new', 1)", "TRUNCATE pair", "CREATE TABLE fresh (n INT)")
    assert side.changes(unsafe=True) == NO_EFFECTS
    assert set(other.changes(unsafe=True).rows) == {"heap", "pair", "(schema)"}
    other.close()


def test_one_side_goes_on_from_where_the_other_is(state: State, side: SideState) -> None:
    """Rows and numbers are the other's, and not told; what was altered is left as it is."""
    other = state.side(0, "new")
    run(side, "INSERT INTO journal (note) VALUES ('x'), ('y')", "DELETE FROM heap WHERE word = 'w'")
    run(other, "INSERT INTO heap VALUES ('new', 1)")
    wrote = [made for made in (side.changes(unsafe=True), other.changes(unsafe=True)) if made]
    assert other.rejoin(side, wrote)
    assert other.changes(unsafe=True) == NO_EFFECTS
    assert everything(other) == everything(side)
    run(side, "ALTER TABLE heap ADD COLUMN m INT")
    wrote = [made for made in (side.changes(unsafe=True), other.changes(unsafe=True)) if made]
    assert not other.rejoin(side, wrote)
    other.restore()
    side.restore()
    assert everything(other) == everything(side)
    other.close()


def test_views_and_procedures_work_on_the_copy(side: SideState) -> None:
    """A view that was made of the snapshot's tables reads the side's."""
    run(side, "UPDATE project SET name = 'mine'")
    assert run(side, "SELECT * FROM late") == [("mine",)]


def test_the_users_own_database_is_only_copied(tmp_path: Path) -> None:
    """A template named by the environment gives the rows, and gets neither triggers nor tables; the copies go."""
    server = mysql_server.start()
    try:
        session = server.open()
        session.run("CREATE DATABASE production")
        session.use("production")
        for statement in SCHEMA.split(";"):
            session.run(statement)
        before = session.run("SHOW DATABASES")
        environ = {**os.environ, "APP_DB": server.url("production")}
        with open_state(read_spec("seed", {**TABLE, "template": "APP_DB"}, tmp_path), environ) as state:
            side = state.side(0, "old")
            run(side, "DELETE FROM heap")
            assert set(side.changes(unsafe=True).rows) == {"heap"}
            assert len(session.run("SHOW DATABASES")) == len(before) + 3
        assert session.run("SHOW DATABASES") == before
        assert session.run("SELECT COUNT(*) FROM heap") == [(3,)]
        assert [name for name, *_ in session.run("SHOW TRIGGERS")] == ["noting"]
        session.close()
    finally:
        server.stop()


def test_what_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    """A server that is not there, or is none, is one clear StateError."""
    for url, message in (
        ("mysql://u@127.0.0.1:1/x", "cannot be reached"),
        ("mysql:x", "not a MySQL URL"),
        ("postgresql://h/x", "not a MySQL URL"),
    ):
        with pytest.raises(StateError, match=message) as raised:
            open_state(read_spec("seed", {"database": "mysql", "server": url}, tmp_path))
        assert "\n" not in str(raised.value)


def test_a_machine_without_a_server_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message says both ways out."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mysql_server, "FOLDERS", ())
    with pytest.raises(StateError, match=r"\[state.seed\]: no mariadbd or mysqld is installed: install .*`server`"):
        open_state(read_spec("seed", {"database": "mysql"}, tmp_path))


@pytest.mark.parametrize(
    "server",
    [
        MysqlServer("root", socket="/run/my sql/socket"),
        MysqlServer("us:er", "p@ss/word", "db.example.org", 3307),
    ],
    ids=["socket", "host"],
)
def test_urls_are_read_as_they_are_written(server: MysqlServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part survives, whatever characters are in it."""

    class Reached:
        def close(self) -> None: ...

    monkeypatch.setattr(MysqlServer, "open", lambda self: Reached())
    assert mysql_server.connect(server.url("name")) == (server, "name")


# ---- any writes: the net rows are the difference of all rows, and nothing is left of them after restore ----

VALUES = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.just("LONG")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "cut", "rename", "truncate", "rollback", "look"]),
        st.sampled_from(["keyed", "bare", "myisam"]),
        st.integers(0, 9),
        VALUES,
    ),
    max_size=10,
)
MAKE = """
CREATE TABLE keyed (k INT PRIMARY KEY, v LONGTEXT);
CREATE TABLE bare (k INT, v LONGTEXT);
CREATE TABLE myisam (k INT PRIMARY KEY, v LONGTEXT) ENGINE=MyISAM;
CREATE TABLE child (k INT, FOREIGN KEY (k) REFERENCES keyed (k) ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO keyed VALUES (1, 'a'), (2, NULL), (3, ''), (4, 'd');
INSERT INTO bare SELECT * FROM keyed; INSERT INTO myisam SELECT * FROM keyed; INSERT INTO child SELECT k FROM keyed
"""


@pytest.fixture(scope="module")
def any_side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SideState]:
    """A side with a table of each kind."""
    load = LOAD.replace(repr(SCHEMA), repr(MAKE))
    table = {**TABLE, "load": ["{python}", "-c", load]}
    with open_state(read_spec("any", table, tmp_path_factory.mktemp("any"))) as state:
        yield state.side(0, "old")


def step(session: Any, act: str, table: str, key: int, value: str | None) -> None:
    """Do one write, as far as the keys allow it."""
    value = "x" * 70_000 if value == "LONG" else value
    statements = {
        "put": (f"REPLACE INTO {table} VALUES (%s, %s)", (key, value)),
        "cut": (f"DELETE FROM {table} WHERE k BETWEEN %s AND %s", (key, key + 2)),
        "rename": (f"UPDATE IGNORE {table} SET k = k + 5 WHERE k = %s", (key,)),
        "truncate": ("TRUNCATE bare", ()),
    }
    with session.cursor() as cursor:
        if act == "rollback":
            cursor.execute("BEGIN")
            cursor.execute(f"DELETE FROM {table} WHERE k = %s", (key,))
            cursor.execute("ROLLBACK")
        elif act in statements:
            with contextlib.suppress(pymysql.err.IntegrityError):
                cursor.execute(*statements[act])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_writes_net_to_the_difference_of_all_rows(any_side: SideState, steps: list[Any]) -> None:
    """What is told, over as many calls as may be, is what a comparison of all rows before and after shows."""
    any_side.restore()
    tables = ("keyed", "bare", "myisam", "child")
    session = connect(any_side)
    session.autocommit(True)

    def rows() -> Counter[Any]:
        with session.cursor() as cursor:
            return Counter(
                (table, *map(as_told, found))
                for table in tables
                if cursor.execute(f"SELECT * FROM {table}") >= 0
                for found in cursor.fetchall()
            )

    before, told = rows(), Counter[Any]()
    for act in [*steps, ("look", "keyed", 0, None)]:
        step(session, *act)
        if act[0] == "look":
            for table, counts in any_side.changes(unsafe=True).rows.items():
                for found, times in counts.items():
                    told[(table, *(value for _, value in found))] += times
    expected = rows()
    expected.subtract(before)
    assert {found: n for found, n in told.items() if n} == {found: n for found, n in expected.items() if n}
    any_side.restore()
    assert rows() == before
    session.close()


def as_told(value: Any) -> str | None:
    """A value that the application reads, in the form that effects have."""
    text = None if value is None else str(value)
    long = "value of 70000 bytes sha256:bca09f4a757d5571c7d9f3341d4301f3c391c090826acc1a3013c6bcb7c01722"
    return long if text == "x" * 70_000 else text
