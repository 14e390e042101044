"""What values have in common: which type they are taken for, and what no longer fits."""

import random
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.noise.sample import Refusal, Sample
from harness.noise.shape import KINDS, shape_of

CHANCE = random.Random(7)
DAY = 86_400
BEGIN = 1_463_392_800


def hexadecimal(digits):
    """So many random digits."""
    return f"{CHANCE.getrandbits(4 * digits):0{digits}x}"


def iso(seconds):
    """A time as databases write it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def http(seconds):
    """A time as HTTP headers have it."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def samples(make, count=6):
    """Pairs of values, in one run."""
    return [Sample(make(), make()) for _ in range(count)]


def around(write, off=10_800):
    """Times of old, and of old by a clock that is off."""
    return [Sample(write(BEGIN + n * 60), write(BEGIN + n * 60 + off + n % 2)) for n in range(6)]


BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HEX32 = samples(lambda: hexadecimal(32))
CASES = {
    "uuid": (
        "uuid",
        samples(lambda: str(uuid.UUID(int=CHANCE.getrandbits(128), version=4))),
        [("0b269350-48cb-4588-aa03-bae03973e004", "b1f4273f-5acc-4abe-a67c-12b1b7da3fb1")],
        [
            ("0b269350-48cb-4588-aa03-bae03973e004", "None"),
            ("0b269350-48cb-4588-aa03-bae03973e004", "0b269350-48cb-1588-aa03-bae03973e004"),
            ("0b269350-48cb-4588-aa03-bae03973e004", "0B269350-48CB-4588-AA03-BAE03973E004"),
            ("0b269350-48cb-4588-aa03-bae03973e004", "0b26935048cb4588aa03bae03973e004"),
        ],
    ),
    "time": (
        "time",
        around(iso),
        [(iso(BEGIN), iso(BEGIN)), (iso(BEGIN), iso(BEGIN + 2))],
        [
            (iso(BEGIN), iso(BEGIN + DAY)),
            (iso(BEGIN), iso(BEGIN - DAY)),
            (iso(BEGIN), iso(BEGIN + 3_600)),
            (iso(BEGIN), iso(BEGIN).replace(" ", "T")),
            (iso(BEGIN), iso(BEGIN) + "Z"),
            (iso(BEGIN), str(BEGIN)),
            (iso(BEGIN), "2016-02-30 10:00:00"),
            (iso(BEGIN), "None"),
        ],
    ),
    "time of HTTP": (
        "time",
        around(http),
        [(http(BEGIN), http(BEGIN + 1))],
        [(http(BEGIN), http(BEGIN + DAY)), (http(BEGIN), http(BEGIN).replace("GMT", "+0000"))],
    ),
    "epoch": (
        "time",
        around(str),
        [(str(BEGIN), str(BEGIN + 1))],
        [(str(BEGIN), str(BEGIN + DAY)), (str(BEGIN), f"{BEGIN}000"), (str(BEGIN), f"{BEGIN}.5")],
    ),
    "number": (
        "number",
        samples(lambda: str(CHANCE.randrange(10, 1_000))),
        [("5", "999"), ("1", "1500")],
        [("5", "5.0"), ("5", "-5"), ("5", "None"), ("5", "1000000000"), ("5", "05"), ("5", "")],
    ),
    "duration": (
        "number",
        samples(lambda: f"{CHANCE.uniform(0.001, 0.5):.3f}"),
        [("0.012", "0.4"), ("0.010", "0.000")],
        [("0.012", "-0.012"), ("0.012", "0.0123456"), ("0.012", "412.000"), ("0.012", "12ms")],
    ),
    "hexadecimal": (
        "token",
        HEX32,
        [(hexadecimal(32), hexadecimal(32))],
        [
            (hexadecimal(32), hexadecimal(16)),
            (hexadecimal(32), hexadecimal(40)),
            (hexadecimal(32), hexadecimal(32).upper()),
            (hexadecimal(32), "g" * 32),
            (hexadecimal(32), ""),
            (hexadecimal(32), "None"),
        ],
    ),
    "base64": (
        "token",
        samples(lambda: "".join(CHANCE.choices(BASE64URL, k=43)), 12),
        [("".join(CHANCE.choices(BASE64URL, k=43)), "".join(CHANCE.choices(BASE64URL, k=43)))],
        [("a" * 43, "a" * 42), ("a" * 43, "a" * 42 + " "), ("a" * 43, "a" * 42 + ";")],
    ),
    "choice": (
        "choice",
        samples(lambda: CHANCE.choice(["north", "south"]), 12),
        [("north", "south")],
        [("north", "east"), ("north", "North"), ("north", "")],
    ),
}


@pytest.mark.parametrize(("name", "seen", "fitting", "unfit"), CASES.values(), ids=CASES.keys())
def test_values_are_taken_for_their_type(name, seen, fitting, unfit):
    """Those they were learned from fit, others of the same sort too, and what is no longer of it does not."""
    shape = shape_of(seen)
    assert shape.type == name
    assert [pair for pair in fitting if not shape.fits(*pair)] == []
    assert [pair for pair in unfit if shape.fits(*pair)] == []


def test_every_type_has_a_case():
    """A new type without one fails here."""
    assert {name for name, *_ in CASES.values()} == set(KINDS)


def test_one_exchange_is_enough_for_what_is_known_at_sight():
    """Noise may be rare."""
    assert [shape_of(samples[:1]).type for _, samples, *_ in CASES.values() if samples is not CASES["choice"][1]]


REFUSED = {
    "text": [Sample("to be or not", "all the world is"), Sample("the rest is", "brevity is the")],
    "words": [Sample("apple", "banana"), Sample("cherry", "fig")],
    "something gone": [Sample("abc123", "")] * 6,
    "of several types": [Sample("12", "north"), Sample("2016-05-16", "-")],
}


@pytest.mark.parametrize("seen", REFUSED.values(), ids=REFUSED.keys())
def test_values_of_no_type_are_refused_in_words(seen):
    """Then nothing could still be checked."""
    with pytest.raises(Refusal, match=r"\w+ \w+"):
        shape_of(seen)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12)), min_size=1, max_size=8))
def test_what_was_learned_from_fits(pairs):
    """Whatever the values are."""
    seen = [Sample(old, new) for old, new in pairs]
    try:
        shape = shape_of(seen)
    except Refusal:
        return
    if shape.type != "time":  # whose runs may be off by the same for all
        assert all(shape.fits(old, new) for old, new in pairs)


def test_a_hexadecimal_time_may_have_no_letter():
    """As milliseconds it would be far in the future."""
    shape = shape_of([Sample("6483015162342", f"648301516234{last}") for last in "13579a"])
    assert (shape.type, shape.spellings) == ("time", {"epoch-hex-microseconds"})
