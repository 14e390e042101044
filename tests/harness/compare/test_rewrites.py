"""Equivalent rewrites of an answer are spelling and never nothing; what only looks like one is never spelling."""

import pytest

from benchmarks.rewrites import NEAR_MISSES, REWRITES
from harness.compare import compare


def kinds(old, new):
    """Return the kinds of the differences of two answers."""
    return {difference.kind for difference in compare(old, new)}


def test_there_are_thirty_of_each():
    """As many as were promised."""
    assert len(REWRITES) >= 30
    assert len(NEAR_MISSES) >= 30


@pytest.mark.parametrize(("old", "new"), REWRITES.values(), ids=REWRITES.keys())
def test_a_rewrite_is_one_spelling_difference(old, new):
    """Each row, in both directions: told once, and as nothing but another spelling."""
    for found in (compare(old, new), compare(new, old)):
        assert [difference.kind for difference in found] == ["spelling"]


@pytest.mark.parametrize(("old", "new"), NEAR_MISSES.values(), ids=NEAR_MISSES.keys())
def test_a_near_miss_is_no_spelling(old, new):
    """Each row, in both directions: told, and not to be hidden with what is merely spelled otherwise."""
    for found in (kinds(old, new), kinds(new, old)):
        assert found
        assert "spelling" not in found
