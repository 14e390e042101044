"""Group testing against clients that are functions: what breaks is found in few runs, and whims are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.exchange import Response
from harness.scream.catalogue import catalogue
from harness.scream.lab import UNCHANGED
from harness.scream.operators import GRAVE, MILD, SUSPECT, Change, Operator
from harness.scream.outcome import Evidence, Verdict
from harness.scream.search import search
from tests.harness.scream.pretended import ENDPOINT, PAGE, REQUEST, Installer

ANSWERS = {"GET /": [Response(200, b"OK")]}


def change(number: int, gravity: int = MILD, place: int | None = None, detour: int = 0) -> Change:
    """Make a change at a place of its own, or at a given one."""

    def edit(answer: Response) -> Response:
        return replace(answer, headers=(*answer.headers, (b"X", str(number).encode())))

    operator = Operator(f"operator {number}", edit, gravity, detour=detour)
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


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(0, 79), max_size=6), st.sets(st.integers(0, 79), max_size=3))
def test_all_are_found(breaking: set[int], read: set[int]) -> None:
    """Whatever is read or breaks is found at its place, and nothing else."""
    client = Pretended([f"operator {one}" for one in breaking], [f"operator {one}" for one in read])
    found = search([change(number, number % 7 % 3) for number in range(80)], ANSWERS, client)
    assert {path for _, _, path in found.breaks} == {f"X-{one}" for one in breaking}
    assert {path for _, _, path in found.reads} == {f"X-{one}" for one in breaking | read}
    assert {path for _, _, path in found.ignores} == {f"X-{one}" for one in set(range(80)) - breaking - read}
    assert found.doubtful == ""


def test_harmless_changes_cost_one_run() -> None:
    """A hundred harmless changes are tried at once."""
    client = Pretended([])
    search([change(number) for number in range(100)], ANSWERS, client)
    assert client.runs == 1


def test_one_of_many_costs_a_logarithm() -> None:
    """One that breaks among 128 is found in at most two runs a halving."""
    client = Pretended(["operator 77"])
    search([change(number) for number in range(128)], ANSWERS, client)
    assert client.runs <= 16


def test_a_suspect_does_not_spoil_a_layer() -> None:
    """What is likely to break is tried apart: the harmless ones still cost one run, and it costs few."""
    client = Pretended(["operator 1"])
    search([change(number, SUSPECT if number < 4 else MILD) for number in range(128)], ANSWERS, client)
    assert client.runs <= 7


def test_the_smallest_of_a_place_is_enough() -> None:
    """What stands above a rung that broke is not tried, and the smallest is told."""
    client = Pretended(["operator 1", "operator 2"])
    found = search([change(number, GRAVE, place=0) for number in range(5)], ANSWERS, client)
    (broken,) = found.breaks.values()
    assert broken[0].operator.name == "operator 1"
    assert client.runs == 3  # the harmless one, and twice the one that breaks


def test_of_one_place_in_one_layer_the_smallest_is_told() -> None:
    """Also where several that break are made at once."""
    client = Pretended([f"operator {number}" for number in range(3, 9)])
    found = search([change(number, place=number // 9) for number in range(40)], ANSWERS, client)
    assert [broken.operator.name for broken, _ in found.breaks.values()] == ["operator 3"]
    assert client.runs <= 16


def test_what_is_noticed_at_one_place_only_is_not_parted() -> None:
    """Three redirects more that a client follows are known in two runs to break nothing."""
    client = Pretended([], [f"operator {number}" for number in range(3)])
    found = search([change(number, GRAVE, 0, 301) for number in range(3)], ANSWERS, client)
    assert (client.runs, found.breaks, found.reads) == (2, {}, {("GET /", "header", "X-0")})


def test_one_of_several_redirects_that_breaks_is_found() -> None:
    """Each is tried alone where together they break."""
    found = search([change(number, GRAVE, 0, 301) for number in range(3)], ANSWERS, Pretended(["operator 2"]))
    assert [broken.operator.name for broken, _ in found.breaks.values()] == ["operator 2"]


@pytest.mark.parametrize("level", ["breaks", "reads"])
@pytest.mark.parametrize("gravity", [MILD, SUSPECT, GRAVE], ids=["mild", "suspect", "grave"])
@pytest.mark.parametrize("whim", range(1, 7))
@pytest.mark.parametrize("really", [(), ("operator 1",)], ids=["harmless", "breaks at one"])
def test_a_whim_is_no_scream(level: str, gravity: int, whim: int, really: Sequence[str]) -> None:
    """A client that fails in one run, whichever that is, is doubtful; or the whim changed nothing that is said."""
    client, runs = Pretended(really), []

    def whimsical(changes: Sequence[Change], number: int) -> Verdict:
        runs.append(changes)
        told = client(changes, number)
        return told if len(runs) != whim or told.level != "same" else Verdict(level, Evidence((0, 1)))

    changes = [change(number, gravity) for number in range(4)]
    found = search(changes, ANSWERS, whimsical)
    true = search(changes, ANSWERS, Pretended(really))
    assert found.doubtful or (found.breaks, found.reads) == (true.breaks, true.reads)


def test_together_only() -> None:
    """Two changes that break only together are no whim, and neither is said to break."""

    def touchy(changes: Sequence[Change], number: int) -> Verdict:
        names = {one.operator.name for one in changes}
        return Verdict("breaks", Evidence((0, 1))) if names >= {"operator 0", "operator 3"} else Verdict("same")

    found = search([change(number) for number in range(4)], ANSWERS, touchy)
    assert (found.breaks, found.doubtful) == ({}, "")


@pytest.fixture(scope="module")
def changes() -> Sequence[Change]:
    """Return all that can be changed of a page of links."""
    return catalogue(ENDPOINT, [(REQUEST, PAGE)])


@pytest.mark.parametrize("old", [True, False], ids=["old", "today"])
def test_an_installer_costs_a_fifth_of_one_at_a_time(changes: Sequence[Change], old: bool) -> None:
    """The whole catalogue for a page of links: the same map as one change a run, in at most a fifth of the runs."""
    client = Installer(old)
    found = search(changes, {ENDPOINT: [PAGE]}, client)
    one_by_one: dict[tuple[str, str, str], str] = {}
    reads = set()
    for one in sorted(changes, key=lambda one: one.operator.gravity):
        level = Installer(old)([one], 0).level
        reads |= {one.place} if level != "same" else set()
        if level == "breaks":
            one_by_one.setdefault(one.place, one.operator.name)
    assert {place: broken.operator.name for place, (broken, _) in found.breaks.items()} == one_by_one
    assert found.reads == reads
    assert len(one_by_one) == 6 + old
    assert (client.runs + UNCHANGED + 1) * 5 <= len(changes) + UNCHANGED + 1
