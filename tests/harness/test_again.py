"""Which exchanges old is asked again: few where it suffices, all where the evidence must not depend on the machine."""

import pytest

from harness.again import ENOUGH, PROOF, again
from harness.difference import Difference
from harness.evidence import Finding
from harness.group.observation import Observation
from harness.scenarios import Scenario


def finding(scenario, position, path="X", kind="changed", old=None, new="new"):
    """Return a finding with one difference; its old value is another each time."""
    difference = Difference("header", path, kind, f"{scenario} {position}" if old is None else old, new)
    seen = Observation(f"x#{position}", "GET /", "curl", difference)
    return Finding(scenario, position, True, (seen,))


SCENARIOS = [Scenario(number, range(1, 101)) for number in range(6)]


def chosen(found, everything=False):
    """Return which scenarios are replayed, and how many exchanges of each."""
    return {scenario.number: len(scenario) for scenario in again(SCENARIOS, found, everything)}


def test_nothing_is_asked_again_where_nothing_differs():
    """No difference, no noise."""
    assert chosen([]) == {}


def test_a_place_is_asked_until_it_was_seen_often_enough():
    """A change in every exchange is looked at in a few."""
    found = [finding(scenario, position) for scenario in range(6) for position in range(1, 101)]
    assert chosen(found) == {0: ENOUGH}


def test_a_rare_place_is_asked_wherever_it_was_seen():
    """Each place is seen as often as it can be, each scenario from its beginning."""
    found = [*(finding(0, position) for position in range(1, 101)), finding(2, 40, "rare"), finding(5, 3, "rare")]
    assert chosen(found) == {0: ENOUGH, 2: 40, 5: 3}


def test_with_everything_each_differing_scenario_is_replayed_whole():
    """Then the evidence is the same for every way to deal out the scenarios."""
    found = [finding(1, 1), finding(4, 100)]
    assert chosen(found, everything=True) == {1: 100, 4: 100}


@pytest.mark.parametrize(
    "differences",
    [
        [("missing", "", "")] * PROOF,
        [("added", "", f"{number}") for number in range(PROOF)],
    ],
    ids=["always gone", "always added"],
)
def test_what_chance_does_not_explain_is_not_asked_again(differences):
    """Noise would show in both directions; sixteen exchanges in one of them are proof."""
    found = [finding(0, position, "X", *each) for position, each in enumerate(differences, 1)]
    assert chosen(found) == {}
    assert chosen(found[1:]) != {}
    assert chosen(found, everything=True) == {0: 100}


def test_what_is_always_the_same_change_is_looked_at_once():
    """Each process may have drawn a value of its own, its number say: asking old once again tells."""
    found = [finding(0, position, "X", "changed", "a", "b") for position in range(3, 3 + PROOF)]
    assert chosen(found) == {0: 3}
    assert chosen(found[1:]) == {0: 2 + PROOF}


@pytest.mark.parametrize(
    "differences",
    [
        [("missing", "a", ""), ("added", "", "a")] * PROOF,
        [("changed", "a", "b"), ("changed", "b", "a")] * PROOF,
        [("order", "a, b", "b, a")] * PROOF,
    ],
    ids=["comes and goes", "either value", "order"],
)
def test_what_goes_both_ways_is_asked_again(differences):
    """A header that either side may lack, a value that either may have, a list in any order."""
    assert chosen([finding(0, position, "X", *each) for position, each in enumerate(differences, 1)]) != {}
