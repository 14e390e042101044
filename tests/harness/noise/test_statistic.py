"""Exact tests: known values, and what must hold for any counts."""

from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.noise.statistic import binomial_tail, more_often, paired


@pytest.mark.parametrize(
    ("hits", "trials", "other_hits", "other_trials", "chance"),
    [
        (3, 4, 1, 4, 17 / 70),  # Fisher's lady tasting tea
        (4, 4, 0, 4, 1 / 70),
        (0, 10, 5, 10, 1.0),
        (5, 10, 5, 10, 0.67186),
        (0, 0, 5, 10, 1.0),
    ],
)
def test_known_values_of_fisher_s_test(hits, trials, other_hits, other_trials, chance):
    """One-sided."""
    assert isclose(more_often(hits, trials, other_hits, other_trials), chance, rel_tol=1e-4)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_fisher_s_test_is_the_sum_of_the_hypergeometric_distribution(hits, more, other_hits, other_more):
    """Against the definition, in whole numbers."""
    trials, other = hits + more, other_hits + other_more
    if not trials or not other:
        return
    drawn = hits + other_hits
    ways = sum(comb(trials, n) * comb(other, drawn - n) for n in range(hits, min(trials, drawn) + 1) if drawn - n >= 0)
    assert isclose(more_often(hits, trials, other_hits, other), ways / comb(trials + other, drawn), rel_tol=1e-6)


@pytest.mark.parametrize(
    ("hits", "trials", "chance", "tail"), [(0, 5, 0.5, 1.0), (5, 5, 0.5, 1 / 32), (1, 2, 0.5, 0.75)]
)
def test_known_values_of_the_binomial_tail(hits, trials, chance, tail):
    """At least so many."""
    assert isclose(binomial_tail(hits, trials, chance), tail)


def test_many_exchanges_are_no_trouble():
    """Neither overflow nor minutes."""
    assert binomial_tail(900, 1_000, 0.5) < 1e-100
    assert more_often(9_000, 10_000, 100, 20_000) < 1e-100


def test_new_that_differs_where_old_never_does_is_no_chance():
    """Fifteen exchanges of which old agrees with itself, in two runs."""
    assert paired({(True, 0): 15, (False, 1): 1}, 2) < 1e-4


def test_new_that_differs_as_old_does_is_chance():
    """One run is as good as another."""
    assert paired({(True, 0): 5, (False, 1): 10, (True, 1): 3, (False, 2): 2}, 2) > 0.1


def test_where_all_runs_differ_counts_say_nothing():
    """A value that is never the same is judged by what it is."""
    assert paired({(True, 2): 1_000}, 2) == 1.0


def test_the_same_count_elsewhere_is_seen():
    """New differs as often as old, but in exchanges in which old is steady."""
    assert paired({(True, 0): 30, (False, 2): 30}, 2) < 1e-4
