"""SQLite databases with fewer rows."""

import sqlite3
from contextlib import closing

import pytest

from harness.seed.entries import levels, without
from harness.seed.sqlite import read, write

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE "the item" (name TEXT, note TEXT);
CREATE TABLE part (item INTEGER REFERENCES "the item" (rowid) ON DELETE CASCADE, name TEXT);
CREATE TABLE fixed (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE VIRTUAL TABLE found USING fts5 (name);
CREATE TRIGGER noted AFTER DELETE ON "the item" BEGIN INSERT INTO part VALUES (0, old.name); END;
INSERT INTO "the item" VALUES ('plum', 'x'), ('fig', NULL);
INSERT INTO part VALUES (1, 'stone'), (2, 'seeds');
INSERT INTO fixed VALUES ('kept');
INSERT INTO found VALUES ('plum');
"""


@pytest.fixture
def shop(tmp_path):
    """A database, of which rows are still written ahead."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.executescript(SCHEMA)
        database.commit()
        yield tmp_path / "shop.db"


def content(file, table):
    """Return the rows of a table."""
    with closing(sqlite3.connect(file)) as database:
        return database.execute(f'SELECT * FROM "{table}"').fetchall()


def test_rows_are_left_out_without_what_deleting_them_does(shop, tmp_path):
    """No trigger, no foreign key; tables whose rows have no numbers, and searches, stay as they are."""
    document = read(shop)
    assert set(document) == {"the item", "part"}
    write(without(document, [("the item", 0)]), shop, tmp_path / "small.db")
    assert content(tmp_path / "small.db", "the item") == [("fig", None)]
    assert content(tmp_path / "small.db", "part") == [(1, "stone"), (2, "seeds")]
    assert content(tmp_path / "small.db", "fixed") == [("kept",)]
    assert content(tmp_path / "small.db", "found") == [("plum",)]


def test_numbers_of_rows_and_triggers_stay(shop, tmp_path):
    """A row is found by its number; what happens later happens as it did. The original is not touched."""
    document = read(shop)
    write(without(document, [("the item", 0), ("part", 0)]), shop, tmp_path / "small.db")
    with closing(sqlite3.connect(tmp_path / "small.db")) as database:
        assert database.execute('SELECT rowid FROM "the item"').fetchall() == [(2,)]
        database.execute('DELETE FROM "the item"')
        assert ("fig",) in database.execute("SELECT name FROM part").fetchall()
    assert len(content(shop, "the item")) == 2


def test_all_rows_are_entries(shop):
    """Of all tables at once, as nobody knows which need which."""
    assert len(levels(read(shop))[0]) == 4
