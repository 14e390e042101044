"""Pairing lists: identity, equality, likeness, order, and speed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.align import Item, align, matches


def items(texts):
    """Return words as items whose only label is the word; `key:rest` is identified by its key."""
    return [
        Item(
            text,
            "word",
            text,
            (text.partition(":")[0] if ":" in text else None, text),
            lambda text=text: frozenset(text),
        )
        for text in texts
    ]


CASES = {
    "equal": ("a b", "a b", "aa bb", "", "", ""),
    "one gone": ("a b c", "a c", "aa cc", "b", "", ""),
    "one new in front": ("a b c", "z a b c", "aa bb cc", "", "z", ""),
    "replaced in place": ("a b c", "a x c", "aa bx cc", "", "", ""),
    "alike ones are paired across a gap": ("abcd xyz", "q abcde r", "abcdabcde", "xyz", "q r", ""),
    "by key": ("k:1 l:1", "l:2 k:2", "k:1k:2 l:1l:2", "", "", "k:1"),
    "moved": ("a b c", "b c a", "aa bb cc", "", "", "a"),
    "moved among equals": ("a a b", "a b a", "aa bb", "", "", "a"),
}


@pytest.mark.parametrize(("old", "new", "pairs", "missing", "added", "moved"), CASES.values(), ids=CASES.keys())
def test_items_are_paired(old, new, pairs, missing, added, moved):
    """Each row: two lists, the pairs, and what is left or moved."""
    found = align(items(old.split()), items(new.split()))
    assert {one + other for one, other in found.pairs} == set(pairs.split())
    assert (found.missing, found.added, found.moved) == (missing.split(), added.split(), moved.split())


WORDS = st.lists(st.sampled_from("aabbcdef"), max_size=12)


@given(WORDS, WORDS)
def test_no_item_is_lost_or_used_twice(old, new):
    """Each item is in one pair, or left over, or moved as an equal; never two of these."""
    found = align(items(old), items(new))
    extra = len(old) - len(found.pairs) - len(found.missing)
    assert extra == len(new) - len(found.pairs) - len(found.added)
    assert 0 <= extra <= len(found.moved)


@given(WORDS, WORDS)
def test_matches_are_equal_and_increasing(old, new):
    """Matches pair equal elements, strictly forward on both sides."""
    found = matches(old, new)
    assert all(old[i] == new[j] for i, j in found)
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(found))


def longest_common(old, new):
    """Return the length of the longest common subsequence, by the textbook's table."""
    row = [0] * (len(new) + 1)
    for element in old:
        before = row[:]
        for j, other in enumerate(new):
            row[j + 1] = before[j] + 1 if element == other else max(before[j + 1], row[j])
    return row[-1]


@given(st.permutations(range(12)), st.permutations(range(12)))
def test_unique_elements_give_the_longest_common_subsequence(old, new):
    """Where nothing repeats, matching is exact."""
    assert len(matches(old, new)) == longest_common(old, new)


def test_a_hundred_thousand_shifted_items_are_all_found():
    """Lists of real sizes are aligned exactly and soon."""
    old = [f"item {number}" for number in range(100_000)]
    new = ["first", *old[:50_000], *old[50_001:], "last"]
    found = align(items(old), items(new))
    assert (found.missing, found.added, found.moved) == (["item 50000"], ["first", "last"], [])
