"""`[[noise.rule]]`: the user's own rules, checked when read and when applied."""

import tomllib
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.noise import decide, read_rules
from harness.noise.rules import TYPES

RULE = """
[[rule]]
aspect = "body"
path = "host"
type = "choice"
values = ["web1", "web2"]
reason = "which machine answers"
"""


def rules(text):
    """Read the rules of a `[noise]` table."""
    return read_rules(tomllib.loads(text), Path("harness.toml"))


def test_a_rule_hides_what_it_says_and_is_reported(made):
    """Named with its reason and how often it acted; other values stay."""
    found = made.run(
        [made.answer('{"host": "web1"}')] * 3,
        [made.answer('{"host": "web2"}'), made.answer('{"host": "web3"}'), made.answer('{"host": "web1"}')],
    )
    decision = decide(found, [], rules(RULE))
    left = [seen for finding in found.findings for seen in decision.unexplained(finding.observations)]
    assert [seen.difference.new for seen in left] == ['"web3"']
    (rule,) = decision.rules
    assert (rule.endpoint, rule.type, rule.count) == ("all endpoints", "choice", 1)
    assert rule.evidence == "harness.toml: which machine answers"


def test_a_rule_that_names_an_endpoint_holds_there_only(made):
    """Left out, it holds everywhere."""
    text = RULE + 'endpoint = "GET /other"\n'
    found = made.run([made.answer('{"host": "web1"}')], [made.answer('{"host": "web2"}')])
    assert decide(found, [], rules(text)).unexplained(found.findings[0].observations)


CASES = {
    "uuid": ("", "0b269350-48cb-4588-aa03-bae03973e004", "b1f4273f-5acc-4abe-a67c-12b1b7da3fb1", "b1f4273f"),
    "time": ('spellings = ["YYYY-MM-DD hh:mm:ss"]\nwithin = 5', "2016-05-16 10:00:00", "2016-05-16 10:00:04", "-"),
    "number": ("largest = 10", "1", "9", "11"),
    "token": ('alphabet = "abc"\nlength = [2, 4]', "ab", "bcca", "abcab"),
    "choice": ('values = ["a", "b"]', "a", "b", "c"),
}


def test_every_type_has_a_case():
    """A new one without fails here; those that have no values are told by the comparison."""
    assert set(CASES) == set(TYPES)


@pytest.mark.parametrize(("name", "keys", "old", "fits", "other"), [(k, *v) for k, v in CASES.items()], ids=CASES)
def test_each_type_is_checked(made, name, keys, old, fits, other):
    """What fits is explained, what does not stays."""
    own = rules(f'[[rule]]\naspect = "body"\npath = "v"\ntype = "{name}"\nreason = "r"\n{keys}')
    for new, count in ((fits, 0), (other, 1)):
        found = made.run([made.answer(f'{{"v": "{old}"}}')], [made.answer(f'{{"v": "{new}"}}')])
        assert len(decide(found, [], own).unexplained(found.findings[0].observations)) == count


WRONG = {
    "reason": ('[[rule]]\naspect = "body"\npath = "v"\ntype = "uuid"', "needs reason"),
    "type": ('[[rule]]\naspect = "body"\npath = "v"\nreason = "r"\ntype = "any"', "'any' is none of uuid"),
    "key": ('[[rule]]\naspect = "body"\npath = "v"\nreason = "r"\ntype = "uuid"\nlength = 3', "unknown key 'length'"),
    "needed": ('[[rule]]\naspect = "body"\npath = "v"\nreason = "r"\ntype = "choice"', "needs values"),
    "kind of value": ('[[rule]]\naspect = "body"\npath = "v"\nreason = "r"\ntype = "number"\nlargest = "x"', "largest"),
    "status": ('[[rule]]\naspect = "status"\npath = "-"\nreason = "r"\ntype = "uuid"', "never noise"),
    "table": ("rule = 3", r"\[\[noise.rule\]\]"),
    "section": ("rules = []", "unknown keys: rules"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_rule_that_makes_no_sense_is_refused(text, message):
    """Naming the rule and the key."""
    with pytest.raises(UsageError, match=message):
        rules(text)
