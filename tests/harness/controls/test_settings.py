"""`[controls]` and `network`: what is accepted, and what a variation changes."""

from __future__ import annotations

from typing import Any

import pytest

from harness.controls import Controls, read_controls
from harness.errors import UsageError


def test_everything_is_controlled_where_nothing_is_said() -> None:
    """The safe choice needs no configuration."""
    assert read_controls({}, ()) == Controls(clock=True, random=True, hash_seed=True, network=True)


@pytest.mark.parametrize("name", ["clock", "random", "hash_seed", "network"])
def test_each_control_can_be_switched_off(name: str) -> None:
    """One by one."""
    controls = read_controls({name: False}, ())
    assert [switch for switch in ("clock", "random", "hash_seed", "network") if not getattr(controls, switch)] == [name]


@pytest.mark.parametrize(
    ("table", "words"),
    [({"clocks": True}, "unknown key 'clocks'"), ({"variation": 1}, "unknown key"), ({"clock": "no"}, "true or false")],
    ids=["misspelt", "not a switch", "no boolean"],
)
def test_other_settings_are_refused(table: dict[str, Any], words: str) -> None:
    """The message names the key."""
    with pytest.raises(UsageError, match=words):
        read_controls(table, ())


@pytest.mark.parametrize(
    ("text", "place"),
    [("db.test:5432", ("db.test", 5432)), ("10.0.0.1:80", ("10.0.0.1", 80)), ("[2001:db8::1]:25", ("2001:db8::1", 25))],
)
def test_a_destination_is_a_host_and_a_port(text: str, place: tuple[str, int]) -> None:
    """Names and addresses of both kinds."""
    assert read_controls({}, [text]).allowed == (place,)


@pytest.mark.parametrize("text", ["db.test", "db.test:", ":80", "db.test:http", "db.test:0", "db.test:70000", ""])
def test_what_is_no_destination_is_refused(text: str) -> None:
    """Before anything starts."""
    with pytest.raises(UsageError, match=r"network: .* is not"):
        read_controls({}, [text])


def test_an_exchange_has_the_same_seed_on_both_sides_and_in_every_run() -> None:
    """It depends on the exchange and the variation, and on nothing else."""
    assert Controls().seed("a#1") == Controls(clock=False).seed("a#1") == 4191009926490119078


def test_exchanges_and_variations_have_seeds_of_their_own() -> None:
    """No two are alike."""
    seeds = [Controls(variation=variation).seed(name) for variation in range(3) for name in ("a#1", "a#2", "b#1")]
    assert len(set(seeds)) == len(seeds)


def test_a_variation_has_another_clock_and_other_hash_seeds() -> None:
    """Variation 0 is the recorded time and seed 0."""
    plain, varied = Controls(), Controls(variation=1)
    assert (plain.shift, plain.hash_seeds()["PYTHONHASHSEED"]) == (0, "0")
    assert varied.shift % 3600 != 0
    assert not set(plain.hash_seeds().items()) & set(varied.hash_seeds().items()) - {("PERL_PERTURB_KEYS", "0")}


@pytest.mark.parametrize("variation", [1, 2, 7, 1000, 4294967295])
def test_every_hash_seed_is_one_that_python_takes(variation: int) -> None:
    """Python refuses to start with another."""
    assert 0 <= int(Controls(variation=variation).hash_seeds()["PYTHONHASHSEED"]) <= 4294967295
