"""Under every type of learned rule: what the rule is about is hidden, and each change beside it is reported."""

import json
import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from harness.exchange import Response
from harness.noise import decide
from harness.noise.learned import BY_KIND
from harness.noise.shape import KINDS

COUNT = 60
BEGIN = datetime(2016, 5, 16, 12, tzinfo=UTC)
WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
CHANCE = random.Random(3)


def a_uuid(number):
    """A random UUID."""
    return str(uuid.UUID(int=CHANCE.getrandbits(128), version=4))


def a_time(number, off=timedelta()):
    """Some seconds after the time of an exchange."""
    return f"{BEGIN + timedelta(seconds=10 * number + CHANCE.uniform(0, 5)) + off:%Y-%m-%d %H:%M:%S}"


def a_number(number):
    """Milliseconds."""
    return f"{CHANCE.uniform(0.1, 9):.3f}"


def a_token(number):
    """Sixteen random digits."""
    return f"{CHANCE.getrandbits(64):016x}"


def a_choice(number):
    """One of two machines."""
    return CHANCE.choice(["web-one", "web-two"])


def an_order(number):
    """A shuffled list."""
    return CHANCE.sample(WORDS, len(WORDS))


def a_listing(number):
    """A list that was shuffled and joined."""
    return ", ".join(an_order(number))


def spaced(number, name="x"):
    """JSON as two libraries write it, by chance."""
    separators = CHANCE.choice([(", ", ": "), (",", ":")])
    return json.dumps({"n": number, "name": name}, separators=separators)


def page(value, name="x"):
    """A JSON answer that holds a value."""
    return made_of(json.dumps({"name": name, "value": value}))


def made_of(body):
    """A JSON answer."""
    return Response(200, b"OK", ((b"Content-Type", b"application/json"),), body.encode())


FIELDS = {
    "uuid": (a_uuid, {
        "another version": lambda n: str(uuid.UUID(int=CHANCE.getrandbits(128), version=1)),
        "upper case": lambda n: a_uuid(n).upper(),
        "no dashes": lambda n: a_uuid(n).replace("-", ""),
        "constant": lambda n: "11111111-2222-4333-8444-555555555555",
    }),
    "time": (a_time, {
        "a day off": lambda n: a_time(n, timedelta(days=1)),
        "an hour off": lambda n: a_time(n, timedelta(hours=1)),
        "another spelling": lambda n: a_time(n).replace(" ", "T"),
        "no time": lambda n: "None",
    }),
    "number": (a_number, {
        "far larger": lambda n: f"{CHANCE.uniform(1e5, 1e6):.3f}",
        "negative": lambda n: "-" + a_number(n),
        "more decimals": lambda n: f"{CHANCE.uniform(0.1, 9):.9f}",
        "a unit": lambda n: a_number(n) + "ms",
        "always the same": lambda n: "1.234",
    }),
    "token": (a_token, {
        "shorter": lambda n: a_token(n)[:12],
        "upper case": lambda n: a_token(n).upper(),
        "a counter": lambda n: f"{2**60 + n:016x}",
        "a constant prefix": lambda n: "0badcafe" + a_token(n)[8:],
        "constant": lambda n: "0123456789abcdef",
    }),
    "choice": (a_choice, {
        "a third": lambda n: "web-three",
        "nothing": lambda n: "",
    }),
    "order": (an_order, {
        "an item lost": lambda n: an_order(n)[1:],
        "an item twice": lambda n: [*an_order(n), "alpha"],
        "another item": lambda n: [*(word for word in an_order(n) if word != "beta"), "omega"],
    }),
    "shuffled": (a_listing, {
        "an item lost": lambda n: ", ".join(an_order(n)[1:]),
        "another item": lambda n: a_listing(n).replace("beta", "omega"),
        "another separator": lambda n: "; ".join(an_order(n)),
    }),
}  # fmt: skip
"""By type of rule: how old draws a value, and what new may do instead."""
SPELLED = {
    "another value": lambda n: spaced(n, "y"),
    "a number as text": lambda n: json.dumps({"n": str(n), "name": "x"}),
}


def answers(make):
    """A run of answers that hold values."""
    return [page(make(number)) for number in range(COUNT)]


def spelled(make):
    """A run of answers that are spelled one way or another."""
    return [made_of(make(number)) for number in range(COUNT)]


def left(made, run, old, new):
    """The differences that are left where old is known to differ from itself, and the rules."""
    noise = [made.run(run(old), run(old)) for _ in range(2)]
    found = made.run(run(old), run(new))
    decision = decide(
        found, noise, (), made.run(run(old), run(new)), None, [made.run(run(new), run(new)) for _ in noise]
    )
    return [s for finding in found.findings for s in decision.unexplained(finding.observations)], decision.rules


def test_every_type_of_rule_has_a_case():
    """A new one without fails here."""
    assert {*FIELDS, "spelling"} == {*KINDS, *BY_KIND}


@pytest.mark.parametrize(("name", "draw"), [(name, draw) for name, (draw, _) in FIELDS.items()], ids=FIELDS)
def test_what_a_rule_is_about_is_hidden(made, name, draw):
    """The rule is of the type that the case is for: else the cases below prove nothing."""
    observations, rules = left(made, answers, draw, draw)
    assert observations == []
    assert [rule.type for rule in rules] == ["order" if name == "shuffled" else name]


@pytest.mark.parametrize(
    ("draw", "change"),
    [
        pytest.param(draw, change, id=f"{name}: {what}")
        for name, (draw, changes) in FIELDS.items()
        for what, change in changes.items()
    ],
)
def test_a_change_under_a_rule_is_reported(made, draw, change):
    """In nearly all exchanges: a value in a hundred may look like old's by chance."""
    assert len({seen.exchange for seen in left(made, answers, draw, change)[0]}) >= 0.9 * COUNT


@pytest.mark.parametrize("draw", [draw for draw, _ in FIELDS.values()], ids=FIELDS)
def test_a_change_beside_a_rule_is_reported(made, draw):
    """Another member of the same answer."""
    beside = lambda make: [page(make(n), "y" if make is other else "x") for n in range(COUNT)]  # noqa: E731
    other = lambda number: draw(number)  # noqa: E731
    observations, _ = left(made, beside, draw, other)
    assert {seen.difference.path for seen in observations} == {"name"}
    assert len(observations) == COUNT


def test_how_a_meaning_is_written_is_hidden_and_the_meaning_is_not(made):
    """Where old itself writes it one way or another."""
    assert left(made, spelled, spaced, spaced)[0] == []
    for change in SPELLED.values():
        assert len({seen.exchange for seen in left(made, spelled, spaced, change)[0]}) == COUNT
