"""JSON bodies and values in general: types, members, lists by key and by content."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.values import compare_values

CHANGES = {
    "number": ({"a": 1}, {"a": 2}, [("a", "changed", "1", "2")]),
    "int and float": ({"a": 1}, {"a": 1.0}, [("a", "type", "int 1", "float 1.0")]),
    "int and str": ({"a": 1}, {"a": "1"}, [("a", "type", "int 1", 'str "1"')]),
    "int and bool": ({"a": 1}, {"a": True}, [("a", "type", "int 1", "bool true")]),
    "null and empty": ({"a": None}, {"a": ""}, [("a", "type", "null null", 'str ""')]),
    "null and absent": ({"a": None}, {}, [("a", "missing", "null", "")]),
    "member new": ({}, {"a": 1}, [("a", "added", "", "1")]),
    "member renamed": ({"a": 1, "b": 2}, {"c": 1, "b": 2}, [("a", "renamed", "a", "c")]),
    "equal members, one renamed": (
        {"a": None, "b": None},
        {"c": None},
        [("a", "missing", "null", ""), ("b", "missing", "null", ""), ("c", "added", "", "null")],
    ),
    "nested": ({"info": {"name": "x"}}, {"info": {"name": "y"}}, [("info.name", "changed", '"x"', '"y"')]),
    "versions are data": (
        {"releases": {"1.0": [{"url": "x", "n": 1}]}},
        {"releases": {"1.0": [{"url": "x", "n": 2}]}},
        [("releases.{}[].n", "changed", "1", "2")],
    ),
    "version gone": ({"r": {"1.0": [], "2": []}}, {"r": {"2": []}}, [("r.{}", "missing", '"1.0": []', "")]),
    "scalar gone": ({"c": ["a", "b", "c"]}, {"c": ["a", "c"]}, [("c[]", "missing", '"b"', "")]),
    "scalar in front": ({"c": ["a", "b"]}, {"c": ["z", "a", "b"]}, [("c[]", "added", "", '"z"')]),
    "order": ({"c": ["a", "b", "c"]}, {"c": ["c", "a", "b"]}, [("c[]", "order", '"a", "b", "c"', '"c", "a", "b"')]),
    "order of equals": ([1, 1, 2], [1, 2, 1], [("[]", "order", "1, 1, 2", "1, 2, 1")]),
    "element type": ([1, 2, 3], ["1", 2, 3], [("[]", "type", "int 1", 'str "1"')]),
    "another sort in its place": ([1, {"a": 1}, 2], [1, "x", 2], [("[]", "type", 'object {"a": 1}', 'str "x"')]),
    "another sort, and one of the same gone": (
        [7, "k", 9, 7, 5],
        [["x"], "k", 9, 5],
        [("[]", "type", "int 7", 'list ["x"]'), ("[]", "missing", "7", "")],
    ),
    "keyed, one changed, one new in front": (
        [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}],
        [{"id": 3, "v": "c"}, {"id": 1, "v": "a"}, {"id": 2, "v": "B"}],
        [("[].v", "changed", '"b"', '"B"'), ("[]", "added", "", '{"id": 3, "v": "c"}')],
    ),
    "keyed, moved and changed": (
        [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}, {"id": 3, "v": "c"}],
        [{"id": 3, "v": "C"}, {"id": 1, "v": "a"}, {"id": 2, "v": "b"}],
        [("[].v", "changed", '"c"', '"C"'), ("[]", "order", "1, 2, 3", "3, 1, 2")],
    ),
    "the key itself changed everywhere": (
        [{"url": "http://a/1", "size": 1, "md5": "x"}, {"url": "http://a/2", "size": 2, "md5": "y"}],
        [{"url": "https://a/1", "size": 1, "md5": "x"}, {"url": "https://a/2", "size": 2, "md5": "y"}],
        [
            ("[].url", "changed", '"http://a/1"', '"https://a/1"'),
            ("[].url", "changed", '"http://a/2"', '"https://a/2"'),
        ],
    ),
    "rows without keys": (
        [["a", 1, "new"], ["b", 2, "edit"], ["c", 3, "new"]],
        [["x", 0, "new"], ["a", 1, "new"], ["b", 2, "edited"], ["c", 3, "new"]],
        [("[][]", "changed", '"edit"', '"edited"'), ("[]", "added", "", '["x", 0, "new"]')],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_named_by_its_place(old, new, expected):
    """One change is one difference, whose path holds members and no positions."""
    assert [(d.path, d.kind, d.old, d.new) for d in compare_values(old, new)] == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
def test_equal_values_have_no_difference(value):
    """A value never differs from its own copy."""
    assert compare_values(value, copy.deepcopy(value)) == []


@given(JSON, JSON)
def test_unequal_values_always_have_a_difference(old, new):
    """Values written differently, members sorted, are never passed over; the same ones never reported."""
    same = json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)
    assert (compare_values(old, new) == []) == same


@given(st.lists(st.integers(), unique=True, min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_a_shuffled_keyed_list_differs_in_order_only(keys, random):
    """Objects that have a key are found wherever they stand."""
    old = [{"key": key, "value": [key, str(key)]} for key in keys]
    new = random.sample(old, len(old))
    assert [d.kind for d in compare_values(old, new)] == ([] if old == new else ["order"])


SPELLINGS = {
    "spacing": ('{"a":1}', '{ "a" : 1 }'),
    "member order": ('{"a":1,"b":2}', '{"b":2,"a":1}'),
    "escapes": ('"\\u00e9"', '"\u00e9"'),
    "number": ("1.0", "1.00"),
    "indentation": ("[1,2]", "[\n 1,\n 2\n]"),
}


@pytest.mark.parametrize(("old", "new"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_equal_meaning_is_one_spelling_difference(rows, old, new):
    """Where only bytes differ, there is one difference for the document."""
    found = rows(old, new, "application/json; charset=utf-8")
    assert [(path.split("/")[:2], kind) for path, kind, _, _ in found] == [(["body", "json"], "spelling")]


def test_json_that_is_none_on_one_side_is_the_difference(rows):
    """A side that claims JSON and sends something else is one difference, which says why it cannot be read."""
    ((path, kind, old, new),) = rows('{"a": 1}', "<h1>Error</h1>", "application/json")
    assert (path, kind, old) == ("body/json", "type", 'json: {"a": 1}')
    assert new.startswith("not json (Expecting value")
    assert new.endswith("<h1>Error</h1>")


def test_json_that_is_none_on_both_sides_is_compared_as_text(rows):
    """Two error pages that claim to be JSON differ by their lines, and the difference says so."""
    ((path, kind, old, new),) = rows("Error 1", "Error 2", "application/json")
    assert (path, kind) == ("text", "changed")
    assert old.startswith("Error 1 (as text: Expecting value")
    assert new.startswith("Error 2 (as text: Expecting value")


@pytest.mark.parametrize("number", [5, 200])
def test_one_column_of_long_rows_changed_is_told_by_type(number):
    """However many rows there are: each is the row it was, changed."""
    old = [["demo", None, 1_000 + row // 3, f"add file {row // 7}", row] for row in range(number)]
    new = [[*row[:2], str(row[2]), *row[3:]] for row in old]
    assert {(found.path, found.kind) for found in compare_values(old, new)} == {("[][]", "type")}
