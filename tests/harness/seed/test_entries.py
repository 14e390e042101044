"""JSON documents that states are loaded from, with fewer entries."""

from harness.seed.entries import levels, mentioned, without

SHOP = {"users": ["anna", "bert"], "items": [{"name": "plum", "sizes": [1, 2]}, {"name": "fig", "sizes": [3]}]}


def test_entries_are_those_of_lists_outermost_first():
    """Rows before the rows of rows."""
    outer, inner = levels(SHOP)
    assert outer == [("users", 0), ("users", 1), ("items", 0), ("items", 1)]
    assert inner == [("items", 0, "sizes", 0), ("items", 0, "sizes", 1), ("items", 1, "sizes", 0)]


def test_entries_are_left_out_by_their_first_places():
    """What is left out before does not move the others."""
    gone = [("users", 0), ("items", 0), ("items", 1, "sizes", 0)]
    assert without(SHOP, gone) == {"users": ["bert"], "items": [{"name": "fig", "sizes": []}]}
    assert without(SHOP, []) == SHOP


def test_what_a_request_asks_for_is_mentioned():
    """By a word of its own, in any case; short words say nothing."""
    outer = levels(SHOP)[0]
    assert mentioned(SHOP, outer, b"GET /items/PLUM?by=anna HTTP/1.1") == [("users", 0), ("items", 0)]
    assert mentioned(SHOP, outer, b"GET /fig HTTP/1.1") == []


def test_the_values_of_a_row_in_sql_are_words():
    """Each by itself, for the row as a whole stands in no request."""
    rows = {"0": {"rows": ["(1,'plum')", "(2,'pear')", "(3,'x')"]}}
    assert mentioned(rows, levels(rows)[0], b"GET /items/plum?x=1 HTTP/1.1") == [("0", "rows", 0)]
