"""Few exchanges that have all features, with what they build on."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.distill.cover import Candidate, cover


def candidate(features: str, inert: bool = True) -> Candidate:
    """Return a candidate whose features are letters."""
    return Candidate(frozenset(map(ord, features)), inert)


def test_one_that_has_all_is_enough() -> None:
    """The greatest gain comes first."""
    assert cover({0: [(0, candidate("a")), (1, candidate("abc")), (2, candidate("bc"))]}) == {(0, 1): True}


def test_what_wrote_before_is_kept_with_it() -> None:
    """A page that is only there after a write needs the write, though that brings nothing itself."""
    kept = cover({0: [(0, candidate("", inert=False)), (1, candidate("")), (2, candidate("a"))]})
    assert kept == {(0, 0): False, (0, 2): True}


def test_a_cheap_one_is_preferred() -> None:
    """The same feature without writes before it."""
    wrote = [(position, candidate("", inert=False)) for position in range(5)]
    kept = cover({0: [*wrote, (5, candidate("a"))], 1: [(0, candidate("a"))]})
    assert set(kept) == {(1, 0)}


def test_as_often_as_wanted() -> None:
    """Two of each, where there are two."""
    kept = cover({0: [(0, candidate("ab")), (1, candidate("a")), (2, candidate("a"))]}, times=2)
    assert len(kept) == 2
    assert (0, 0) in kept


CANDIDATES = st.builds(Candidate, st.frozensets(st.integers(0, 12), max_size=5), st.booleans())
SCENARIOS = st.dictionaries(st.integers(0, 3), st.lists(CANDIDATES, max_size=8), max_size=4)


@settings(max_examples=150)
@given(SCENARIOS, st.integers(1, 3))
def test_nothing_is_lost(scenarios: dict[int, list[Candidate]], times: int) -> None:
    """Each feature is there as often as wanted or as it was, and all that a kept one builds on."""
    numbered = {number: list(enumerate(found)) for number, found in scenarios.items()}
    kept = cover(numbered, times)
    there, left = Counter[int](), Counter[int]()
    for number, found in numbered.items():
        for position, each in found:
            there.update(each.features)
            if (number, position) in kept:
                left.update(each.features)
                before = [earlier for earlier, other in found if earlier < position and not other.inert]
                assert all((number, earlier) in kept for earlier in before)
    assert all(left[feature] >= min(times, count) for feature, count in there.items())
