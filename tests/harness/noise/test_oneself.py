"""Whether new varies by itself as old does, on runs that the real comparison made."""

import json
import random

import pytest

from harness.exchange import Response
from harness.noise import decide
from harness.noise.gather import Place, Reach, Seen, Sketch, digest_of
from harness.noise.oneself import Runs, anyhow, events, seldom

CHANCE = random.Random(7)
STEADY = "0123456789abcdef"


def page(value):
    """A JSON answer that holds a value."""
    return Response(200, b"OK", ((b"Content-Type", b"application/json"),), json.dumps({"value": value}).encode())


def token():
    """Sixteen random hexadecimal digits."""
    return f"{CHANCE.getrandbits(64):016x}"


def coin(share, count):
    """A field that is drawn anew in a share of the exchanges."""
    return [page(token() if CHANCE.random() < share else STEADY) for _ in range(count)]


def process(value, count):
    """A value that stays while a process runs."""
    return [page(value)] * count


def told(made, old, new):
    """Decide as the pipeline does, twice against itself each; the rules and what is left."""
    found, again = made.run(old(), new()), made.run(old(), new())
    noise, alike = [made.run(old(), old()) for _ in range(2)], made.run(old(), old())
    itself = [made.run(new(), new()) for _ in range(2)]
    decision = decide(found, noise, (), again, alike, itself)
    left = [seen for finding in found.findings for seen in decision.unexplained(finding.observations)]
    return decision.rules, len(left)


COUNT = 400


@pytest.mark.parametrize(
    ("old", "new"),
    [(0.05, 0.0), (0.05, 0.5), (0.5, 1.0), (1.0, 0.5), (0.5, 0.05)],
    ids=["rarely, never", "rarely, often", "often, always", "always, often", "often, rarely"],
)
def test_a_value_that_new_draws_more_or_less_often_is_seen(made, old, new):
    """In both directions; the same rate on both sides is noise."""
    rules, left = told(made, lambda: coin(old, COUNT), lambda: coin(new, COUNT))
    assert left > 0
    assert rules[0].refused
    rules, left = told(made, lambda: coin(old, COUNT), lambda: coin(old, COUNT))
    assert (left, rules[0].refused) == (0, "")


def test_a_process_number_is_noise_and_a_constant_in_its_place_is_not(made):
    """One value in each run: eight of old's runs, all different, and new's all the same."""

    def number():
        return process(str(CHANCE.randrange(1_000, 30_000)), 60)

    assert told(made, number, number)[1] == 0
    rules, left = told(made, number, lambda: process("4242", 60))
    assert left == 60
    assert rules[0].refused == "old's value is another one in each of 8 runs, new's is '4242' in all"


def test_a_value_that_a_process_takes_from_few_is_not_told_from_a_constant(made):
    """Chance gives the same one again: no false alarm, and the report says what it could not tell."""
    numbers = iter(range(1, 1_000))
    rules, left = told(made, lambda: process(str(next(numbers) % 4), 60), lambda: process("9", 60))
    assert left == 0 or not rules[0].refused.startswith("old's value is another one")


def test_tokens_that_follow_from_the_request_are_seen(made):
    """They look random, but new gives the same ones again to whoever asks."""
    digests = [page(f"{random.Random(n).getrandbits(64):016x}") for n in range(60)]
    rules, left = told(made, lambda: coin(1.0, 60), lambda: digests)
    assert left == 60
    assert "new differs from itself less often" in rules[0].refused


def test_what_could_not_be_told_is_said(made):
    """In three exchanges nothing can: the rule is applied, and its evidence says so."""
    rules, left = told(made, lambda: coin(1.0, 3), lambda: coin(1.0, 3))
    assert left == 0
    assert rules[0].evidence.endswith(
        "whether new varies as often as old could not be told: old drew another value in only 3 exchanges"
    )


def test_where_new_was_not_run_against_itself_that_is_said(made):
    """A server beside an application: one keeps what the other draws at each start."""
    found = made.run(coin(1.0, 60), coin(1.0, 60))
    (rule,) = decide(found, [made.run(coin(1.0, 60), coin(1.0, 60))]).rules
    assert rule.evidence.endswith("was not compared: new was not run against itself")


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_without_that_a_value_that_only_old_draws_is_seen_in_many_exchanges(made, share):
    """Where one side has another value than the usual one, it is either side as often, if both are alike."""
    noise = [made.run(coin(0.05, 800), coin(0.05, 800)) for _ in range(2)]
    (rule,) = decide(made.run(coin(0.05, 800), coin(share, 800)), noise).rules
    assert bool(rule.refused) == (share == 0.0)


def sketch(*values):
    """A run in which exchanges (by number) differed with these values."""
    made = Sketch()
    for number, value in values:
        made.add(digest_of(str(number)), Seen(0, number, ((value, value[::-1]),)))
    return made


NOTHING = Sketch()


def runs(olds, news):
    """Runs of which only those against itself matter."""
    return Runs(NOTHING, NOTHING, NOTHING, olds, news, Reach(None))


def test_a_value_that_comes_again_within_a_run_is_one_event():
    """A process drew it once, however often it is shown."""
    old = sketch(*((number, "ab") for number in range(50)))
    assert events(runs([old], [NOTHING])) == (1, 0)
    assert seldom(runs([old], [NOTHING]), 0.01) == ""


def test_where_old_s_runs_differ_as_a_whole_nothing_is_told():
    """A busy machine: what old's second run shows and the first does not, new may as well."""
    much = sketch(*((number, f"a{number}") for number in range(50)))
    assert seldom(runs([much, much], [NOTHING, NOTHING]), 1e-4)
    assert seldom(runs([much, NOTHING], [NOTHING, NOTHING]), 1e-4) == ""


def test_however_new_differs_from_itself_it_differs():
    """A list that comes in another order is another kind of difference than a value, at one place."""
    place = Place("GET /", "body", "list", "order")
    found = {place: sketch((1, "ab")), place._replace(kind="changed"): sketch((1, "cd"), (2, "ef"))}
    assert set(anyhow(found, place).things()) == {digest_of("1"), digest_of("2")}
    assert anyhow(found, place._replace(path="other")).count == 0
