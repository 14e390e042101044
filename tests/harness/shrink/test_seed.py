"""JSON documents that states are loaded from, with fewer entries."""

import json
from pathlib import Path

import pytest

from harness.shrink.seed import find_seed, levels, loading, mentioned, without

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


@pytest.mark.parametrize(
    ("load", "found"),
    [
        (["load", "seed.json"], "seed.json"),
        (["load", "seed.json", "other.json"], None),
        (["load", "missing.json"], None),
        (["load", "broken.json"], None),
        ([], None),
    ],
    ids=["one", "two", "missing", "broken", "none"],
)
def test_the_one_json_file_of_load_is_the_seed(tmp_path, load, found):
    """Of several it is not known which holds the rows."""
    for name in ("seed.json", "other.json"):
        (tmp_path / name).write_text(json.dumps(SHOP))
    (tmp_path / "broken.json").write_text("{")
    seed = find_seed({"load": load}, tmp_path)
    assert (seed.word if seed else None) == found


def test_another_file_is_loaded_in_its_place(tmp_path):
    """And no template, which would stand for all of the state."""
    (tmp_path / "seed.json").write_text("{}")
    table = {"load": ["x", "seed.json", "{files}"], "template": "DATABASE", "env": {"A": "{files}"}}
    made = loading(table, find_seed(table, tmp_path), Path("small.json"))
    assert made == {"load": ["x", "small.json", "{files}"], "env": {"A": "{files}"}}
