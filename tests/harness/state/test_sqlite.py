"""What a program writes to SQLite files is told as rows, whatever the file is like; the file itself is left alone."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.effects import NO_EFFECTS
from harness.errors import StateError
from harness.state import SideState, State, open_state, read_spec

SCHEMA = """
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, age, photo BLOB);
CREATE TABLE heap (word TEXT, n INTEGER);
CREATE TABLE pair (a INTEGER, b TEXT, note TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;
CREATE TABLE odd ("rowid" TEXT, "oid" TEXT, "_rowid_" TEXT, "a ""b" TEXT);
CREATE INDEX person_name ON person (name);
CREATE VIEW names AS SELECT name FROM person;
INSERT INTO person VALUES (1, 'ann', 30, NULL), (2, 'bob', NULL, X'00ff');
INSERT INTO heap VALUES ('w', 1), ('w', 1), (NULL, 2);
INSERT INTO pair VALUES (1, 'x', 'one'), (2, 'x', 'two');
"""
LOAD = f"""
import sqlite3, sys
session = sqlite3.connect(sys.argv[1])
session.executescript("PRAGMA journal_mode = " + sys.argv[3] + ";" + {SCHEMA!r})
session.close()
open(sys.argv[2] + "/upload", "w").write("content")
"""
JOURNALS = ("DELETE", "TRUNCATE", "PERSIST", "WAL")


def open_sqlite(root: Path, journal: str = "DELETE", load: str = LOAD, **table: Any) -> State:
    """A state whose load command makes the tables."""
    command = ["{python}", "-c", load, "{database}", "{files}", journal]
    env = {"DB": "{database}", "FILES": "{files}"}
    return open_state(read_spec("seed", {"load": command, "database": "sqlite", "env": env, **table}, root))


@pytest.fixture(scope="module", params=JOURNALS)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SideState]:
    """One side in each journal mode, put back after each test by `side`."""
    with open_sqlite(tmp_path_factory.mktemp("app"), request.param) as state:
        yield state.side(0, "old")


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[SideState]:
    """A side of its own, in rollback mode."""
    with open_sqlite(tmp_path) as state:
        yield state.side(0, "old")


def database(side: SideState) -> str:
    """The path of the side's database."""
    return side.env("h")["DB"]


def run(side: SideState, *statements: str, values: tuple[object, ...] = ()) -> list[Any]:
    """Run statements as the application would, in one transaction; return the last one's rows."""
    session = sqlite3.connect(database(side))
    try:
        with session:
            for statement in statements:
                cursor = session.execute(statement, values)
            return cursor.fetchall()
    finally:
        session.close()


def person(**changed: str | None) -> tuple[tuple[str, str | None], ...]:
    """The row `ann` of the snapshot with some columns changed."""
    return tuple({"id": "1", "name": "ann", "age": "30", "photo": None, **changed}.items())


def heap(word: str | None, n: str) -> tuple[tuple[str, str | None], ...]:
    """A row of the table without a primary key."""
    return (("word", word), ("n", n))


def pair(a: str, b: str, note: str) -> tuple[tuple[str, str | None], ...]:
    """A row of the table without row ids."""
    return (("a", a), ("b", b), ("note", note))


@pytest.mark.parametrize(
    ("statements", "rows"),
    [
        pytest.param(["INSERT INTO heap VALUES ('x', 9)"], {"heap": {heap("x", "9"): 1}}, id="insert"),
        pytest.param(
            ["UPDATE person SET name = 'eve' WHERE id = 1"],
            {"person": {person(): -1, person(name="eve"): 1}},
            id="update",
        ),
        pytest.param(
            ["REPLACE INTO person VALUES (1, 'ann', 31, NULL)"],
            {"person": {person(): -1, person(age="31"): 1}},
            id="replace",
        ),
        pytest.param(["UPDATE person SET id = id + 0, name = name"], {}, id="update that nets to nothing"),
        pytest.param(
            ["DELETE FROM heap WHERE word = 'w'"], {"heap": {heap("w", "1"): -2}}, id="two equal rows without a key"
        ),
        pytest.param(
            ["DELETE FROM heap"],
            {"heap": {heap("w", "1"): -2, heap(None, "2"): -1}},
            id="all rows",
        ),
        pytest.param(
            ["UPDATE pair SET note = 'ONE' WHERE a = 1"],
            {"pair": {pair("1", "x", "one"): -1, pair("1", "x", "ONE"): 1}},
            id="without rowid",
        ),
        pytest.param(
            ["INSERT INTO odd VALUES ('r', 'o', '_', 'q')"],
            {"odd": {(("rowid", "r"), ("oid", "o"), ("_rowid_", "_"), ('a "b', "q")): 1}},
            id="columns named as the row id",
        ),
        pytest.param(
            ["UPDATE person SET age = '30' WHERE id = 1"],
            {"person": {person(): -1, person(age="'30'"): 1}},
            id="a text instead of a number",
        ),
        pytest.param(
            ["UPDATE person SET age = 30.0 WHERE id = 1"],
            {"person": {person(): -1, person(age="30.0"): 1}},
            id="a real instead of an integer",
        ),
        pytest.param(
            ["UPDATE person SET name = CAST('ann' AS BLOB) WHERE id = 1"],
            {"person": {person(): -1, person(name="X'616e6e'"): 1}},
            id="a blob instead of a text",
        ),
        pytest.param(
            ["UPDATE person SET photo = '' WHERE id = 1"],
            {"person": {person(): -1, person(photo=""): 1}},
            id="empty instead of NULL",
        ),
        pytest.param(["SELECT * FROM person"], {}, id="read only"),
        pytest.param(["CREATE TEMP TABLE t (a)", "INSERT INTO t VALUES (1)"], {}, id="temporary table"),
        pytest.param(["ANALYZE"], {}, id="statistics"),
        pytest.param(["DROP INDEX person_name", "CREATE INDEX person_name  ON person (name)"], {}, id="the same again"),
        pytest.param(
            ["ALTER TABLE heap ADD COLUMN extra TEXT DEFAULT 'd'"],
            {
                "(schema)": {
                    (("table", "heap"), ("column", "extra"), ("type", "TEXT"), ("null", "yes"), ("default", "'d'")): 1
                }
            },
            id="added column",
        ),
        pytest.param(
            ["CREATE TABLE fresh (a INT NOT NULL)", "INSERT INTO fresh VALUES (1)"],
            {
                "(schema)": {
                    (("table", "fresh"), ("column", "a"), ("type", "INT"), ("null", "no"), ("default", None)): 1
                },
                "fresh": {(("a", "1"),): 1},
            },
            id="new table",
        ),
        pytest.param(
            ["DROP TABLE heap"],
            {
                "(schema)": {
                    (("table", "heap"), ("column", name), ("type", kind), ("null", "yes"), ("default", None)): -1
                    for name, kind in (("word", "TEXT"), ("n", "INTEGER"))
                }
            },
            id="dropped table",
        ),
    ],
)
def test_tells_the_net_row_changes_once(side: SideState, statements: list[str], rows: dict[str, Any]) -> None:
    """What was committed is told by the next call, as rows and not as a file, and by that call only."""
    run(side, *statements)
    effects = side.changes(unsafe=True)
    assert (dict(effects.rows), dict(effects.files)) == (rows, {})
    assert side.changes(unsafe=True) == NO_EFFECTS


@pytest.mark.parametrize(
    ("statement", "row", "times"),
    [
        pytest.param(
            "CREATE UNIQUE INDEX heap_n ON heap (n DESC) WHERE n > 1",
            ("heap", "index", "heap_n", "CREATE UNIQUE INDEX heap_n ON heap (n DESC) WHERE n > 1"),
            1,
            id="index",
        ),
        pytest.param(
            "DROP INDEX person_name",
            ("person", "index", "person_name", "CREATE INDEX person_name ON person (name)"),
            -1,
            id="dropped index",
        ),
        pytest.param(
            "CREATE VIEW all_words AS SELECT word -- what is there\n FROM heap",
            ("all_words", "view", "all_words", "CREATE VIEW all_words AS SELECT word FROM heap"),
            1,
            id="view",
        ),
        pytest.param(
            "DROP VIEW names",
            ("names", "view", "names", "CREATE VIEW names AS SELECT name FROM person"),
            -1,
            id="dropped view",
        ),
        pytest.param(
            "CREATE TRIGGER noting AFTER INSERT ON heap BEGIN DELETE FROM pair; END",
            ("heap", "trigger", "noting", "CREATE TRIGGER noting AFTER INSERT ON heap BEGIN DELETE FROM pair; END"),
            1,
            id="trigger",
        ),
    ],
)
def test_tells_what_else_the_schema_says(
    side: SideState, statement: str, row: tuple[str, str, str, str], times: int
) -> None:
    """Indexes, views and triggers that come or go are rows of the pseudo table, and undone."""
    run(side, statement)
    table, kind, name, definition = row
    told = side.changes(unsafe=True).rows
    assert told == {"(schema)": {(("table", table), (kind, name), ("definition", definition)): times}}
    side.restore()
    run(side, statement)
    assert side.changes(unsafe=True).rows == told


def test_tells_what_binds_the_rows_of_a_new_table(side: SideState) -> None:
    """Keys, uniqueness, checks and what a table is kept as are rows of the pseudo table."""
    run(
        side,
        "CREATE TABLE bound (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT COLLATE nocase UNIQUE CHECK (b <> ','),"
        " c INT REFERENCES person (id) ON DELETE CASCADE, d INT AS (c * 2) STORED, UNIQUE (c, b)) STRICT",
    )
    told = side.changes(unsafe=True).rows["(schema)"]
    constraints = {(dict(row)["constraint"], dict(row)["definition"]) for row in told if dict(row).get("constraint")}
    assert constraints == {
        ("primary key", "(a)"),
        ("autoincrement", "a"),
        ("unique", "(b)"),
        ("unique", "(c, b)"),
        ("check", "(b <> ',')"),
        ("collate", "b nocase"),
        ("computed", "d (c * 2)"),
        ("foreign key", "(c) references person (id) on update no action on delete cascade"),
        ("options", "strict"),
    }


def test_restore_undoes_all(side: SideState) -> None:
    """Rows, tables and files are the snapshot's again."""
    look = "SELECT (SELECT count(*) FROM heap), (SELECT count(*) FROM sqlite_master), (SELECT max(id) FROM person)"
    before = run(side, look)
    run(side, "DELETE FROM heap", "CREATE TABLE more (n)", "INSERT INTO person VALUES (9, '', 1, 1)")
    Path(side.env("h")["FILES"], "upload").unlink()
    side.changes(unsafe=True)
    side.restore()
    assert run(side, look) == before
    assert Path(side.env("h")["FILES"], "upload").exists()
    run(side, "INSERT INTO heap VALUES ('again', 1)")
    assert side.changes(unsafe=True).rows == {"heap": {heap("again", "1"): 1}}


def test_names_the_primary_keys_in_their_order(side: SideState) -> None:
    """Rows can be paired by key; tables without one are not named."""
    run(side, "DELETE FROM pair", "DELETE FROM heap", "DELETE FROM person")
    assert dict(side.changes(unsafe=True).keys) == {"pair": ("b", "a"), "person": ("id",)}


def test_a_safe_request_that_wrote_is_seen(side: SideState) -> None:
    """A GET that counts visits is told like any other."""
    run(side, "INSERT INTO heap VALUES ('x', 9)")
    assert side.changes(unsafe=False).rows == {"heap": {heap("x", "9"): 1}}


def test_an_application_that_keeps_its_connection(side: SideState) -> None:
    """Many exchanges over one open connection: each has its own rows, also across checkpoints of the log."""
    session = sqlite3.connect(database(side), isolation_level=None)
    for number in range(20):
        session.execute("INSERT INTO heap VALUES ('k', ?)", (number,))
        if number % 7 == 6:
            session.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert side.changes(unsafe=True).rows == {"heap": {heap("k", str(number)): 1}}
    session.close()
    assert side.changes(unsafe=True) == NO_EFFECTS


def test_our_looking_takes_no_lock(side: SideState) -> None:
    """An application that holds the file for itself is still seen, and never told that the database is locked."""
    session = sqlite3.connect(database(side), isolation_level=None, timeout=0)
    session.execute("PRAGMA locking_mode = EXCLUSIVE")
    session.execute("INSERT INTO heap VALUES ('mine', 1)")
    assert side.changes(unsafe=True).rows == {"heap": {heap("mine", "1"): 1}}
    session.execute("INSERT INTO heap VALUES ('mine', 2)")
    session.close()
    assert side.changes(unsafe=True).rows == {"heap": {heap("mine", "2"): 1}}


def test_a_rolled_back_transaction_is_no_effect(side: SideState) -> None:
    """Not even one so large that it reached the file before."""
    session = sqlite3.connect(database(side), isolation_level=None)
    session.execute("PRAGMA cache_size = 5")
    session.execute("BEGIN")
    session.executemany("INSERT INTO heap VALUES (?, 1)", [("x" * 900,)] * 500)
    session.execute("ROLLBACK")
    session.close()
    assert side.changes(unsafe=True) == NO_EFFECTS


def test_a_commit_after_the_answer_is_waited_for(plain: SideState) -> None:
    """A program that answers first and commits a moment later has still written in this exchange."""
    session = sqlite3.connect(database(plain), isolation_level=None, check_same_thread=False)
    session.execute("BEGIN")
    session.execute("INSERT INTO heap VALUES ('late', 1)")
    timer = threading.Timer(0.1, lambda: session.execute("COMMIT"))
    timer.start()
    rows = plain.changes(unsafe=True).rows
    timer.join()
    session.close()
    assert rows == {"heap": {heap("late", "1"): 1}}


def test_a_file_replaced_by_rename_is_followed(side: SideState) -> None:
    """A program that writes a new file and renames it over the old one has changed rows, too."""
    path = Path(database(side))
    copy = path.with_name("next")
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)
        target.execute("DELETE FROM pair WHERE a = 1")
    source.close()
    target.close()
    copy.rename(path)
    assert side.changes(unsafe=True).rows == {"pair": {pair("1", "x", "one"): -1}}


@pytest.mark.parametrize("size", [512, 65536])
def test_vacuum_to_another_page_size_changes_no_row(plain: SideState, size: int) -> None:
    """Every byte of the file is another, and no row is."""
    session = sqlite3.connect(database(plain), isolation_level=None)
    session.execute(f"PRAGMA page_size = {size}")
    session.execute("VACUUM")
    session.close()
    assert plain.changes(unsafe=True) == NO_EFFECTS
    run(plain, "DELETE FROM pair WHERE a = 1")
    assert plain.changes(unsafe=True).rows == {"pair": {pair("1", "x", "one"): -1}}


def test_a_value_overwritten_in_place_far_from_its_row_is_found(plain: SideState) -> None:
    """Where a long value changes at its end only, no page of the table itself changes."""
    run(plain, "INSERT INTO person VALUES (7, 'long', 1, ?)", values=(b"a" * 20_000,))
    plain.changes(unsafe=True)
    run(plain, "UPDATE person SET photo = ? WHERE id = 7", values=(b"a" * 19_999 + b"b",))
    rows = plain.changes(unsafe=True).rows["person"]
    assert sorted(rows.values()) == [-1, 1]
    assert {dict(row)["photo"][:18] for row in rows} == {"blob of 20000 byte"}


def test_several_files(tmp_path: Path) -> None:
    """Tables of other files than the first are named with their file. A new file is watched at once."""
    make = "import sqlite3, sys\nfor name in ('a.db', 'b.db'):\n" + (
        " s = sqlite3.connect(sys.argv[2] + '/' + name); s.execute('CREATE TABLE t (n)'); s.commit(); s.close()"
    )
    with open_sqlite(tmp_path, load=make) as state:
        side = state.side(0, "old")
        folder = Path(side.env("h")["FILES"])
        assert database(side) == str(folder / "a.db")
        for name in ("a.db", "b.db", "session.db"):
            session = sqlite3.connect(folder / name)
            session.execute("CREATE TABLE IF NOT EXISTS t (n)")
            session.execute("INSERT INTO t VALUES (1)")
            session.commit()
            session.close()
        effects = side.changes(unsafe=True)
        one = {(("n", "1"),): 1}
        assert {table: rows for table, rows in effects.rows.items() if table != "session.db:(schema)"} == {
            "t": one,
            "b.db:t": one,
            "session.db:t": one,
        }
        assert effects.files == {}
        side.restore()
        assert sorted(os.listdir(folder)) == ["a.db", "b.db"]


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda data: b"\x00" * 16 + data[16:], id="encrypted"),
        pytest.param(lambda data: data[:100] + b"\xff" * (len(data) - 100), id="corrupt"),
        pytest.param(lambda data: data[:200], id="cut"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_digest(plain: SideState, harm: Callable[[bytes], bytes]) -> None:
    """The file is compared as a file from then on, and the notes say so."""
    path = Path(database(plain))
    path.write_bytes(harm(path.read_bytes()))
    told = plain.changes(unsafe=True).files or plain.changes(unsafe=True).files
    path.write_bytes(path.read_bytes() + b"more")
    assert set(told) | set(plain.changes(unsafe=True).files) == {"app.db"}
    assert [note for note in plain.notes if "app.db cannot be read as a SQLite database" in note]
    plain.restore()
    run(plain, "DELETE FROM pair WHERE a = 1")
    assert plain.changes(unsafe=True).rows == {"pair": {pair("1", "x", "one"): -1}}


def test_only_reading_costs_no_restore(side: SideState) -> None:
    """The folder stays the very same where nothing was written, though a reader leaves companions of the file."""
    folder = Path(side.env("h")["FILES"])
    before = folder.stat().st_ino
    session = sqlite3.connect(database(side))
    session.execute("SELECT * FROM person").fetchall()
    side.changes(unsafe=False)
    session.close()
    side.restore()
    assert folder.stat().st_ino == before


def test_a_database_among_the_files_is_found_where_none_is_configured(tmp_path: Path) -> None:
    """The folder alone will do: its digest would only say that something was written."""
    load = ["{python}", "-c", LOAD, "{files}/app.sqlite", "{files}", "DELETE"]
    table = {"load": load, "env": {"FILES": "{files}"}}
    with open_state(read_spec("seed", table, tmp_path)) as state:
        side = state.side(0, "old")
        with sqlite3.connect(Path(side.env("h")["FILES"]) / "app.sqlite") as session:
            session.execute("INSERT INTO heap VALUES ('v', 3)")
        session.close()
        effects = side.changes(True)
    assert (list(effects.rows), effects.files) == (["heap"], {})


def test_a_file_named_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A wrong name in the configuration is an error, not an unwatched database."""
    with pytest.raises(StateError, match=r"\[state.seed\]: other.db is not among the files of the starting state"):
        open_sqlite(tmp_path, load="", sqlite=["other.db"])


@pytest.mark.parametrize("name", ["pipe", "app.db"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """Nobody writes into a named pipe that an application made, also where its database was: it is told as a file."""
    with open_sqlite(tmp_path) as state:
        side = state.side(0, "old")
        pipe = Path(side.env("h")["FILES"], name)
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        told = {**side.changes(unsafe=True).files, **side.changes(unsafe=True).files}
        assert told == {name: "special"}
        side.restore()
        assert pipe.exists() == (name == "app.db")


def test_a_pipe_in_the_starting_state_is_told(tmp_path: Path) -> None:
    """Its copy could have no other end."""
    spec = read_spec("seed", {"load": ["mkfifo", "{files}/pipe"]}, tmp_path)
    message = r"^\[state.seed\]: the files cannot be copied.*pipe` is a named pipe$"
    with open_state(spec) as state, pytest.raises(StateError, match=message):
        state.side(0, "old")


@pytest.mark.parametrize("template", [False, True], ids=["load", "template"])
def test_a_link_to_the_real_database_is_refused(tmp_path: Path, template: bool) -> None:
    """Replayed writes would go through it into the data of every day, of both sides alike."""
    real, copy = tmp_path / "real.db", tmp_path / "copy"
    copy.mkdir()
    (copy / "app.db").symlink_to(real)
    with sqlite3.connect(real) as session:
        session.execute("PRAGMA journal_mode=WAL")
    session.close()
    before = real.read_bytes()
    table = {"template_files": "APP_FILES"} if template else {"load": ["cp", "-a", f"{copy}/.", "{files}"]}
    message = r"^\[state.seed\]: app.db is a symbolic link to .*/real.db: .*cp -aL"
    with pytest.raises(StateError, match=message):
        open_state(read_spec("seed", table, tmp_path), {**os.environ, "APP_FILES": str(copy)})
    assert real.read_bytes() == before


# ---- any writes: the net rows are the difference of all rows, read by the application's own means ----

VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.binary(max_size=8),
    st.sampled_from([b"x" * 900, "y" * 5000, b"z" * 70_000, "1", "X'00'"]),
)
KEYS = st.integers(-3, 40)
TABLES = ("keyed", "bare", "packed")
STEPS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(TABLES), KEYS, VALUES),
    st.tuples(st.just("cut"), st.sampled_from(TABLES), KEYS, st.none()),
    st.tuples(st.just("fill"), st.sampled_from(TABLES), KEYS, VALUES),
    st.tuples(st.just("empty"), st.sampled_from(TABLES), KEYS, st.none()),
    st.tuples(st.just("vacuum"), st.just("keyed"), KEYS, st.none()),
    st.tuples(st.just("look"), st.just("keyed"), KEYS, st.none()),
)
MAKE = """
import sqlite3, sys
s = sqlite3.connect(sys.argv[1])
s.executescript("PRAGMA page_size = 1024; PRAGMA auto_vacuum = %d; PRAGMA journal_mode = " + sys.argv[3] + ";"
 "CREATE TABLE keyed (k INTEGER PRIMARY KEY, v); CREATE TABLE bare (k, v); CREATE INDEX bare_v ON bare (v);"
 "CREATE TABLE packed (k PRIMARY KEY, v) WITHOUT ROWID;")
for n in range(200):
    for table in ("keyed", "bare", "packed"):
        s.execute("INSERT INTO %%s VALUES (?, ?)" %% table, (n + 100, "start" * n))
s.commit()
"""


@pytest.fixture(
    scope="module", params=[("DELETE", 0), ("WAL", 0), ("DELETE", 1)], ids=["rollback", "wal", "autovacuum"]
)
def any_state(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """Three kinds of table with rows on many pages."""
    journal, vacuum = request.param
    with open_sqlite(tmp_path_factory.mktemp("any"), journal, MAKE % vacuum) as state:
        yield state


def all_rows(path: str) -> Counter[tuple[object, ...]]:
    """Every row of every table, each value with its storage class; by SQLite, on the application's own file."""
    session = sqlite3.connect(path)
    found = Counter(
        (table, *row)
        for table in TABLES
        for row in session.execute(f"SELECT typeof(k), quote(k), typeof(v), quote(v) FROM {table}")
    )
    session.close()
    return found


def step(session: sqlite3.Connection, act: str, table: str, key: int, value: object) -> None:
    """Do one write."""
    if act == "put":
        session.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, value))
    elif act == "cut":
        session.execute(f"DELETE FROM {table} WHERE k BETWEEN ? AND ?", (key * 6, key * 6 + 20))
    elif act == "fill":
        session.execute("BEGIN")
        session.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", [(key * 10 + n, value) for n in range(30)])
        session.execute("COMMIT")
    elif act == "empty":
        session.execute(f"DELETE FROM {table}")
    elif act == "vacuum":
        session.execute("VACUUM")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=8))
def test_any_writes_net_to_the_difference_of_all_rows(any_state: State, steps: list[Any]) -> None:
    """What is told, over as many calls as may be, is what a comparison of all rows before and after shows."""
    side = _side(any_state)
    side.restore()
    path = database(side)
    before = all_rows(path)
    told: Counter[tuple[object, ...]] = Counter()
    session = sqlite3.connect(path, isolation_level=None)
    session.execute("PRAGMA synchronous = OFF")
    for act in [*steps, ("look", "keyed", 0, None)]:
        step(session, *act)
        if act[0] == "look":
            for table, rows in side.changes(unsafe=True).rows.items():
                for row, times in rows.items():
                    told[(table, *(value for _, value in row))] += times
    session.close()
    net = all_rows(path)
    net.subtract(before)
    expected: Counter[tuple[object, ...]] = Counter()
    for (table, *texts), times in net.items():
        expected[(table, *(_shown(*texts[at : at + 2]) for at in (0, 2)))] += times
    assert {row: times for row, times in told.items() if times} == {row: n for row, n in expected.items() if n}


def _side(state: State) -> SideState:
    made = state._sides  # one side for all examples; a public list of sides would serve this test alone
    return made[0] if made else state.side(0, "old")


def _shown(kind: str, quoted: str) -> str | None:
    """What SQLite's own quote() says, in the form that effects have."""
    if kind == "null":
        return None
    if kind == "text":
        text = quoted[1:-1].replace("''", "'")
        numeric = re.fullmatch(r"[+-]?(\d+\.?\d*(e[+-]?\d+)?|inf)", text, re.I)
        return quoted if numeric or re.fullmatch(r"X?'.*'|blob of .*", text, re.I | re.S) else text
    if kind == "blob":
        data = bytes.fromhex(quoted[2:-1])
        digest = hashlib.sha256(data).hexdigest()
        return f"X'{data.hex()}'" if len(data) <= 2000 else f"blob of {len(data)} bytes sha256:{digest}"
    return repr(float(quoted.replace("9.0e+999", "inf"))) if kind == "real" else quoted
