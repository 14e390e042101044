"""Values that nobody recorded: what they are made of, and that a seed makes the same."""

from __future__ import annotations

import re

import pytest

from harness.fuzz.invented import Invented
from harness.fuzz.strategies import drawn, strategy_of
from harness.fuzz.traits import traits

KNOWN = {("GET /", "field n"): ["demo", "Demo-Extras"], ("GET /", "field v"): ["1.0", "0.1a2"]}


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["1", "20"], r"[1-9]\d{9,}"),
        (["2016-05-16"], r"(?!2016-05-16)\d{4}-\d\d-\d\d"),
        (["1.0", "2.1"], r"\d+(\.\d+)*rc1"),
        (["d41d8cd98f00b204"], r"(?!d41d8cd98f00b204)([0-9a-f]{2})+"),
        (["demo", "other"], r"DEMO|Demo|demo "),
        (["demo", "other"], r"[demothr]{2,10}"),
        (["demo", "other"], r"a{256}"),
        (["demo", "other"], r".*[\udc80-\udcff].*"),
        (["demo", "other"], r""),
    ],
    ids=["large", "another day", "candidate", "digest", "spelling", "same alphabet", "long", "no text", "nothing"],
)
def test_what_is_made_up(values: list[str], wanted: str) -> None:
    """Others of the kind, known ones written otherwise, limits, and bytes that are no text."""
    made = drawn(strategy_of(traits(values)), 150, 1)
    assert [value for value in made if re.fullmatch(wanted, value, re.DOTALL) and value not in values]


def test_the_same_seed_makes_the_same_values() -> None:
    """And another seed makes others."""

    def values(seed: int) -> list[str]:
        invented = Invented(KNOWN, seed)
        return [invented.next(place) for place in KNOWN for _ in range(30)]

    assert values(1) == values(1)
    assert values(1) != values(2)


def test_places_do_not_begin_alike() -> None:
    """Most are asked for a few values only: what comes late at one comes early at another."""
    places = [(f"GET /{number}", "path 1") for number in range(8)]
    invented = Invented({place: ["demo"] for place in places}, 0)
    assert len({tuple(invented.next(place) for _ in range(3)) for place in places}) > 4


def test_a_place_without_values_has_some() -> None:
    """A header that nobody sent there."""
    assert Invented({}, 0).next(("GET /", "header x")) is not None
