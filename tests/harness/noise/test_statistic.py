"""Exact tests: known values, and what must hold for any counts."""

from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.noise.statistic import all_different_but_these, binomial_tail, more_often, paired, sign_test


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


@pytest.mark.parametrize(
    ("one", "other", "chance"), [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 1 / 16), (5, 0, 1 / 16), (1, 3, 10 / 16)]
)
def test_known_values_of_the_sign_test(one, other, chance):
    """Two-sided."""
    assert isclose(sign_test(one, other), chance)


def test_the_sign_test_holds_for_many():
    """No overflow, and what is likely stays likely."""
    assert sign_test(5_000, 5_050) > 0.5
    assert sign_test(0, 5_000) < 1e-300


@pytest.mark.parametrize("often", [0.0, 0.2, 0.43, 0.7])
@pytest.mark.parametrize("of", [8, 20, 1_000])
def test_however_values_are_drawn_the_bound_on_a_constant_holds(often, of):
    """One value in a share of the draws, else one of so many: against the definition, multiplied out."""
    different = 8
    distinct = 1.0
    for drawn in range(different):
        distinct *= (1 - often) * (1 - drawn / of)
    for pairs in (1, 3):
        same_often, same_rare = often ** (2 * pairs), ((1 - often) ** 2 / of) ** pairs
        assert (
            distinct * (same_often + same_rare * (1 if often == 0 else 0)) <= all_different_but_these(8, pairs) * 1.01
        )


def test_a_constant_is_told_from_what_each_process_draws_by_two_runs_more():
    """Eight values of old, all different, and new's the same in three pairs of runs."""
    assert all_different_but_these(8, 3) < 1e-4 < all_different_but_these(8, 2)
