"""YAML for people: laid out to be read, and read back as it was."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.store.yaml_text import dump, dump_item

ODD = ["yes", "No", "null", "~", "1", "1.0", "1e3", "0x1", "1:30", "2001-01-01", "<<", "=", "---", "- a", "a: b", "a #"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(ODD)
scalars = texts | st.binary(max_size=20) | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none()
lists = st.lists(texts) | st.lists(st.lists(texts, min_size=1))
trees = st.recursive(
    st.dictionaries(texts, scalars | lists, max_size=4),
    lambda inner: st.dictionaries(texts, inner | scalars | lists, max_size=3),
    max_leaves=10,
)


@given(trees.filter(bool))
def test_read_back(tree: dict[str, Any]) -> None:
    """Whatever is written is read as the same data, types included."""
    assert yaml.safe_load("".join(dump(tree))) == tree


@given(st.lists(trees.filter(bool), min_size=1, max_size=3), st.sampled_from([0, 2]))
def test_list_items_are_read_back(trees_: list[dict[str, Any]], indent: int) -> None:
    """Mappings as the elements of a list are read as the same list."""
    lines = [line for tree in trees_ for line in dump_item(tree, indent)]
    assert yaml.safe_load("key:\n" + "".join(lines)) == {"key": trees_}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("text/html", "k: text/html\n"),
        ("text/html; q=0.1", "k: text/html; q=0.1\n"),
        ("http://h:80/a?b=c&d", "k: http://h:80/a?b=c&d\n"),
        ("yes", 'k: "yes"\n'),
        ("1", 'k: "1"\n'),
        ('say "x"', "k: 'say \"x\"'\n"),
        ("a\tb", 'k: "a\\tb"\n'),
        ("one\ntwo", "k: |-\n  one\n  two\n"),
        ("one\n\ttwo \n", "k: |\n  one\n  \ttwo \n"),
        ("one\n\n", "k: |+\n  one\n\n"),
        ("  one\ntwo\n", "k: |2\n    one\n  two\n"),
        ("one\r\n two\r\n", 'k: "one\\r\\n\\\n  \\ two\\r\\n"\n'),
        (b"\x00\xff", "k: !!binary |\n  AP8=\n"),
        (["a", "b c", "1"], 'k: [a, b c, "1"]\n'),
        ([["a", "b"], ["c", "d"]], "k:\n- [a, b]\n- [c, d]\n"),
        ({}, "k: {}\n"),
        (1e300, "k: 1.0e+300\n"),
        (None, "k: null\n"),
    ],
)
def test_layout(value: Any, written: str) -> None:
    """Texts are bare or block text where they can be, quoted where they must be."""
    assert "".join(dump({"k": value})) == written
    assert yaml.safe_load(written) == {"k": value}


def test_long_keys() -> None:
    """A key too long for one line is written with its question mark."""
    tree = {"\x01" * 1000: "v", "b": ["w"]}
    assert yaml.safe_load("".join(dump(tree))) == tree
