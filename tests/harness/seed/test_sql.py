"""Dumps in SQL, taken apart into rows and put together again."""

import shutil
import sqlite3
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.seed.entries import levels, without
from harness.seed.sql import parse, text

SQLITE = """\
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE item (name TEXT, note TEXT); -- it's an item; really
INSERT INTO item VALUES('plum; (red)','it''s');
INSERT INTO "item" VALUES('C:\\','-- no');
CREATE TRIGGER twice AFTER DELETE ON item BEGIN INSERT INTO item VALUES ('gone', ''); SELECT 1; END;
COMMIT;
"""
MYSQL = """\
-- MySQL dump 10.19
DROP TABLE IF EXISTS `item`;
CREATE TABLE `item` (`id` int, `name` varchar(9)) ENGINE=InnoDB;
/*!40000 ALTER TABLE `item` DISABLE KEYS */;
INSERT INTO `item` (`id`,`name`) VALUES (1,'plum'),(2,'it\\'s; ('),
(3,'fig')
ON DUPLICATE KEY UPDATE name = VALUES(name);
# a note; with an apostrophe'
INSERT INTO `item` SELECT 1, 'x';
"""
POSTGRES = """\
CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN INSERT INTO log VALUES (1); RETURN new; END; $$ LANGUAGE plpgsql;
COPY public.item (id, name) FROM stdin;
1\tplum; it's
2\tfig \x85 \xe9
\\.

SELECT setval('item_id_seq', 2);
INSERT INTO log VALUES (now(), coalesce((SELECT 1), 2)), (now(), 3);
"""


def rows(dump):
    """Return the rows that can be left out."""
    document = parse(dump)
    found = []
    for entry in (entry for level in levels(document) for entry in level):
        value = document
        for key in entry:
            value = value[key]
        found.append(value)
    return found


@pytest.mark.parametrize(
    ("dump", "found"),
    [
        (SQLITE, ["('plum; (red)','it''s')", "('C:\\','-- no')"]),
        (MYSQL, ["(1,'plum')", "(2,'it\\'s; (')", "(3,'fig')"]),
        (POSTGRES, ["1\tplum; it's\n", "2\tfig \x85 \xe9\n", "(now(), coalesce((SELECT 1), 2))", "(now(), 3)"]),
        ("INSERT INTO a VALUES (1)", ["(1)"]),
        ("insert into a values (1), -- one\n (2);", ["(1)"]),
        ("INSERT INTO a VALUES (1, 'open", ["(1, 'open"]),
        ("INSERT INTO a DEFAULT VALUES;", []),
        ("", []),
    ],
    ids=["sqlite", "mysql", "postgres", "no end", "a comment between", "cut short", "default", "nothing"],
)
def test_the_rows_of_insert_and_copy_are_found(dump, found):
    """Those of programs and of SELECT are none; nothing is taken for the end of a row that stands in quotes."""
    assert rows(dump) == found


@pytest.mark.parametrize("dump", [SQLITE, MYSQL, POSTGRES], ids=["sqlite", "mysql", "postgres"])
def test_nothing_is_lost(dump):
    """Put together again it is what it was, but for blanks between rows."""
    assert "".join(text(parse(dump)).split()) == "".join(dump.split())


@given(st.text("();,'\"`$-/*# \nINSERTVALUESx\\", max_size=60).map(lambda part: f"INSERT INTO a VALUES {part};{part}"))
def test_nothing_of_whatever_text_is_lost(dump):
    """Blanks aside, and a comma before the end of rows."""

    def plain(sql):
        return "".join(sql.split()).replace(",", "")

    assert plain(text(parse(dump))) == plain(dump)


def test_a_dump_with_fewer_rows_loads_fewer_rows():
    """A statement without rows is gone, and COPY has none."""
    document = parse(SQLITE)
    (first, second), *_ = levels(document)
    with sqlite3.connect(":memory:") as database:
        database.executescript(text(without(document, [first])))
        assert database.execute("SELECT name FROM item").fetchall() == [("C:\\",)]
    database.close()
    assert "INSERT INTO item VALUES('" not in text(without(document, [first, second]))
    assert "plum" not in text(without(parse(POSTGRES), levels(parse(POSTGRES))[0][:1]))


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="there is no sqlite3 program")
def test_what_sqlite3_dumps_is_understood(tmp_path):
    """Rows with quotes, ends of lines and bytes."""
    with sqlite3.connect(tmp_path / "x.db") as database:
        database.execute("CREATE TABLE item (name, data)")
        database.executemany("INSERT INTO item VALUES (?, ?)", [("a'b\n;", b"\0'"), ("c", None)])
    database.close()
    dump = subprocess.run(["sqlite3", tmp_path / "x.db", ".dump"], check=True, capture_output=True, text=True).stdout
    document = parse(dump)
    assert len(levels(document)[0]) == 2
    with sqlite3.connect(":memory:") as database:
        database.executescript(text(document))
        assert database.execute("SELECT * FROM item").fetchall() == [("a'b\n;", b"\0'"), ("c", None)]
    database.close()
