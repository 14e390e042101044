"""Groups match causes: known mistakes, injected into real answers, are told apart."""

import pytest

from benchmarks.causes import HELD_OUT, KNOWN
from benchmarks.grouping import WANTED, drawings, measure, v_measure

EVERY = 8
"""One of so many exchanges: the benchmark takes all."""


@pytest.mark.parametrize("causes", [KNOWN, HELD_OUT], ids=["known", "held out"])
@pytest.mark.parametrize("number", [5, 20])
def test_groups_match_injected_causes(causes, number):
    """Several mistakes at once: the V-measure over differing exchange x place is as promised."""
    (drawn,) = drawings(causes, number, 1)
    assert measure(drawn, EVERY) >= WANTED


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([("a", "1"), ("b", "2")], 1.0),
        ([("a", "1"), ("a", "2")], 0.0),
        ([("a", "1"), ("b", "1")], 0.0),
        ([("a", "1"), ("a", "1")], 1.0),
        ([], None),
    ],
    ids=["apart", "split", "merged", "one", "nothing"],
)
def test_the_measure_is_what_it_is_called(labels, expected):
    """One cause in two groups, and two causes in one, are worth nothing."""
    assert v_measure(labels) == expected
