"""Numbers of what stands once: the same for the same key, whoever wrote it and however much was forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.store.numbers import Numbers

FIND = "SELECT id FROM word WHERE data = ?"
INSERT = "INSERT INTO word (id, data) VALUES (?, ?)"


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    """A database with one empty table."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute("CREATE TABLE word (id INTEGER PRIMARY KEY, data UNIQUE)")
    yield made
    made.close()


def numbered(numbers: Numbers, word: str) -> int:
    """Return the number of a word, as those who use numbers ask for it."""
    number = numbers.known(word)
    if number is None:
        number = numbers.number(word, (word,))
    return numbers.new(word, (word,)) if number is None else number


@given(st.lists(st.lists(st.text("abc", max_size=2), max_size=20), max_size=6), st.integers(1, 5), st.booleans())
def test_each_key_stands_once(
    connection: sqlite3.Connection, batches: list[list[str]], most: int, others: bool
) -> None:
    """However little is kept in memory, and whether or not others write too, a key has one number and one row."""
    connection.execute("DELETE FROM word")
    numbers = Numbers(connection, "word", FIND, INSERT, most)
    given_out: dict[str, set[int]] = {}
    for batch in batches:
        if others:
            connection.execute("INSERT OR IGNORE INTO word (data) VALUES ('a')")
        numbers.begin(others)
        for word in batch:
            given_out.setdefault(word, set()).add(numbered(numbers, word))
        numbers.insert()
    stored = dict(connection.execute("SELECT data, id FROM word").fetchall())
    assert {word: {stored[word]} for word in given_out} == given_out
    assert len(stored) <= len(given_out) + others
