"""Tokens that can be foretold, beside those of old that cannot; the chance of a false alarm is fixed."""

import random

import pytest

from harness.noise.pair import Pair
from harness.noise.predictable import predictable

CHANCE = 1e-5
BEGIN = 1_463_392_800_000_000


def token(chance, length=16):
    """Random hexadecimal digits."""
    return f"{chance.getrandbits(4 * length):0{length}x}"


OLD = {
    "random": lambda chance, n: token(chance),
    "behind the user's name": lambda chance, n: f"ann{n // 10}" + token(chance, 12),
    "behind a constant": lambda chance, n: "sess" + token(chance, 12),
    "one for ten requests": lambda chance, n: token(random.Random(f"{chance.name} {n // 10}")),
    "made from the time": lambda chance, n: f"{BEGIN + 10_000_000 * n + chance.randrange(5_000_000):016x}",
    "a uuid": lambda chance, n: (
        f"{token(chance, 8)}-{token(chance, 4)}-4{token(chance, 3)}-8{token(chance, 3)}-" + token(chance, 12)
    ),
}
NEW = {
    "a counter": lambda chance, n: f"{2**60 + n:016x}",
    "a counter of large steps": lambda chance, n: f"{2**60 + 4_099 * n:016x}",
    "the time": OLD["made from the time"],
    "a constant before": lambda chance, n: "deadbeef" + token(chance, 8),
    "a counter behind": lambda chance, n: token(random.Random(1), 12) + f"{n:04x}",
}


class Chance(random.Random):
    """Chance with a name."""

    def __init__(self, name):
        super().__init__(name)
        self.name = name


def pairs(old, new, count, seed=0):
    """What both sides show in so many exchanges."""
    chances = Chance(f"old {seed}"), Chance(f"new {seed}")
    return [Pair("^", old(chances[0], n), new(chances[1], n), (0, 0, n)) for n in range(count)]


@pytest.mark.parametrize("new", NEW.values(), ids=NEW.keys())
@pytest.mark.parametrize("count", [10, 100])
def test_tokens_that_follow_one_another_are_told(new, count):
    """From ten on, where old's are random."""
    assert predictable(pairs(OLD["random"], new, count), CHANCE)


def test_one_constant_character_is_told():
    """In enough values."""
    reason = predictable(pairs(OLD["random"], lambda chance, n: "7" + token(chance, 15), 60), CHANCE)
    assert reason == "1 characters of new's value never vary (7), old's do"


@pytest.mark.parametrize("kind", OLD.values(), ids=OLD.keys())
def test_tokens_of_one_make_are_never_told_apart(kind):
    """However they are made, in two hundred runs of all sizes."""
    told = [predictable(pairs(kind, kind, count, seed), CHANCE) for seed in range(50) for count in (4, 6, 30, 120)]
    assert not any(told), next(reason for reason in told if reason)


@pytest.mark.parametrize("new", NEW.values(), ids=NEW.keys())
def test_three_values_are_not_enough_to_tell(new):
    """It says nothing rather than guess."""
    assert predictable(pairs(OLD["random"], new, 3), CHANCE) == ""
