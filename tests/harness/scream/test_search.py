"""Group testing against clients that are functions: what breaks is found in few runs, and whims are told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.scream.operators import Change, Operator
from harness.scream.outcome import Evidence, Verdict
from harness.scream.search import search


def change(number: int, mild: bool = True, place: int | None = None) -> Change:
    """Make a change at a place of its own, or at a given one."""
    operator = Operator(f"operator {number}", lambda answer: answer, mild=mild)
    return Change("GET /", operator, "header", f"X-{number if place is None else place}", "changed", "", "")


class Pretended:
    """A client that breaks at some changes and reads others; counts its runs."""

    def __init__(self, breaks: Sequence[str], reads: Sequence[str] = ()) -> None:
        self.breaks, self.reads, self.runs = set(breaks), set(reads), 0

    def __call__(self, changes: Sequence[Change], number: int) -> Verdict:
        """Run once."""
        self.runs += 1
        names = {one.operator.name for one in changes}
        if names & self.breaks:
            return Verdict("breaks", Evidence((0, 1)))
        return Verdict("reads", Evidence((0, 0))) if names & self.reads else Verdict("same")


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, 79), max_size=6), st.sets(st.integers(0, 79), max_size=3))
def test_all_are_found(breaking: set[int], read: set[int]) -> None:
    """Whatever is read or breaks is found at its place, and nothing else."""
    client = Pretended([f"operator {one}" for one in breaking], [f"operator {one}" for one in read])
    found = search([change(number) for number in range(80)], client)
    assert {path for _, _, path in found.breaks} == {f"X-{one}" for one in breaking}
    assert {path for _, _, path in found.reads} == {f"X-{one}" for one in breaking | read}
    assert {path for _, _, path in found.ignores} == {f"X-{one}" for one in set(range(80)) - breaking - read}
    assert found.doubtful == ""


def test_harmless_changes_cost_one_run() -> None:
    """A hundred harmless changes are tried at once."""
    client = Pretended([])
    search([change(number) for number in range(100)], client)
    assert client.runs == 1


def test_one_of_many_costs_a_logarithm() -> None:
    """One that breaks among 128 is found in at most two runs a halving."""
    client = Pretended(["operator 77"])
    search([change(number) for number in range(128)], client)
    assert client.runs <= 16


def test_the_smallest_of_a_place_is_enough() -> None:
    """What stands above a rung that broke is not tried, and the smallest is told."""
    client = Pretended(["operator 1", "operator 2"])
    found = search([change(number, mild=False, place=0) for number in range(5)], client)
    (broken,) = found.breaks.values()
    assert broken[0].operator.name == "operator 1"
    assert found.implied == 3
    assert client.runs == 3  # the harmless one, and twice the one that breaks


@pytest.mark.parametrize("mild", [True, False], ids=["together", "alone"])
def test_a_whim_is_no_scream(mild: bool) -> None:
    """A client that fails the first time and not the second is doubtful, and nothing is said to break it."""
    runs = []

    def whimsical(changes: Sequence[Change], number: int) -> Verdict:
        runs.append(changes)
        return Verdict("breaks", Evidence((0, 1))) if len(runs) == 1 else Verdict("same")

    found = search([change(number, mild) for number in range(4)], whimsical)
    assert found.doubtful
    assert not found.breaks


def test_together_only() -> None:
    """Two changes that break only together are no whim, and neither is said to break."""

    def touchy(changes: Sequence[Change], number: int) -> Verdict:
        names = {one.operator.name for one in changes}
        return Verdict("breaks", Evidence((0, 1))) if names >= {"operator 0", "operator 3"} else Verdict("same")

    found = search([change(number) for number in range(4)], touchy)
    assert (found.breaks, found.doubtful) == ({}, "")
