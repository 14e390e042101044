"""Noted lines become rows and net counts; what is noted by a real database is tested in test_snapshot."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.state.postgres_log import net_rows, parse_row


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("{}", ()),
        ('{"a":1.50,"b":"x\\"y","c":null,"d":true}', (("a", "1.50"), ("b", 'x"y'), ("c", None), ("d", "true"))),
        ('{"a":  {"k" : [1, 2]} ,"b":12345678901234567890}', (("a", '{"k" : [1, 2]}'), ("b", "12345678901234567890"))),
    ],
)
def test_rows_keep_the_spelling_of_their_values(line: str, row: object) -> None:
    """`1.50` stays `1.50`, and JSON in a column keeps its spacing."""
    assert parse_row(line) == row


def test_rows_that_cancel_out_are_not_told() -> None:
    """Added and taken away as often is nothing."""
    lines = [("t", 1, '{"a":1}'), ("t", -1, '{"a":1}'), ("t", 1, '{"a":2}'), ("t", 1, '{"a":2}')]
    assert net_rows(lines) == {"t": {(("a", "2"),): 2}}


@given(st.dictionaries(st.text(max_size=5), st.none() | st.text() | st.booleans() | st.lists(st.text(), max_size=2)))
def test_any_object_is_read(members: dict[str, object]) -> None:
    """Whatever PostgreSQL writes as an object gives its members in order, texts as they are and the rest as JSON."""
    expected = tuple(
        (name, value if value is None or isinstance(value, str) else json.dumps(value))
        for name, value in members.items()
    )
    assert parse_row(json.dumps(members)) == expected
