"""Which exchanges old is asked again: few where it suffices, all where the evidence must not depend on the machine."""

from harness.again import ENOUGH, again
from harness.difference import Difference
from harness.evidence import Finding
from harness.group.observation import Observation
from harness.scenarios import Scenario


def finding(scenario, position, path="X"):
    """Return a finding with one difference."""
    seen = Observation(f"x#{position}", "GET /", "curl", Difference("header", path, "missing"))
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
