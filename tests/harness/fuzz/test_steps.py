"""Scenarios in another order."""

from __future__ import annotations

from harness.exchange import Exchange, Request, Response
from harness.fuzz.sequence import Fuzzed, in_other_order, numbered
from harness.fuzz.steps import is_stateful, variants


def step(line: bytes, *headers: tuple[bytes, bytes]) -> Exchange:
    """A step, and its answer."""
    return Exchange("x#1", Request(line + b" HTTP/1.1", ()), Response(200, headers=headers))


LOGIN, PAY, PAGE = step(b"POST /login", (b"Set-Cookie", b"a=b")), step(b"POST /pay"), step(b"GET /page")


def lines(steps: tuple[Exchange, ...]) -> bytes:
    """The first letters of the paths."""
    return b" ".join(each.request.target[1:] for each in steps)


def test_a_step_is_dropped_repeated_and_swapped() -> None:
    """Each variant once; the order is one of the seed."""
    made = [lines(steps) for _, steps in variants([LOGIN, PAY, PAGE], 1)]
    assert {b"login page", b"login pay pay page", b"pay login page", b"login page pay"} <= set(made)
    assert made == [lines(steps) for _, steps in variants([LOGIN, PAY, PAGE], 1)]
    assert made != [lines(steps) for _, steps in variants([LOGIN, PAY, PAGE], 2)]


def test_recorded_answers_are_told_up_to_the_change() -> None:
    """And behind it only where names are handed out, which later steps are sent under."""
    at, steps = next((at, steps) for at, steps in variants([LOGIN, PAY, PAGE], 1) if lines(steps) == b"pay login page")
    assert at == 0
    assert [each.response is not None for each in steps] == [False, True, False]


def test_what_only_reads_has_no_order() -> None:
    """No variant of it is tried."""
    assert not is_stateful([PAGE, PAGE])
    assert list(in_other_order([Fuzzed("x", None, (PAGE, PAGE))], 100, 1)) == []


def test_no_more_steps_than_asked_for() -> None:
    """Those behind the change count."""
    recording = Fuzzed("x", "seed", numbered("x", [LOGIN, PAY, PAGE, PAGE]))
    made = list(in_other_order([recording], 10, 1))
    assert 5 < sum(count for count, _ in made) <= 10
    assert len({variant.name for _, variant in made}) == len(made)
    assert {variant.state for _, variant in made} == {"seed"}
