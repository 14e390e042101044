"""harness.characterize.steady: rules for what is drawn anew, as `[[noise.rule]]` has them."""

import tomllib

import pytest

from harness.characterize.own_rules import rules_of, with_own_rules, write_rules
from harness.characterize.steady import _is_another_day, _rule
from harness.config import Config
from harness.errors import UsageError
from harness.noise.gather import Place
from harness.noise.sample import Refusal

UUID = "1b4e28ba-2fa1-41d2-883f-0016d3cca42%d"
SEEN = {
    "number": ("changed", [("3", "17"), ("3", "8")], {"type": "number", "largest": 1700, "before": "^"}),
    "uuid": ("changed", [(UUID % 1, UUID % 2)], {"type": "uuid", "versions": ["4"], "upper": False}),
    "token": ("changed", [("id 1a2b3c4d5e6f7a8b", "id 9f8e7d6c5b4a3b2c")], {"type": "token", "before": "id "}),
    "words": ("changed", [("red", word) for word in ("blue", "blue", "green", "green") * 3], {"type": "choice"}),
    "two places": ("changed", [("a 1 b 2", "a 3 b 4")], {"type": "number"}),
    "order": ("order", [("1, 2", "2, 1")], {"type": "order"}),
    "things": ("replaced", [("3", "17"), ("3", "8")], {"type": "number", "kind": "replaced"}),
}


@pytest.mark.parametrize(("kind", "seen", "expected"), SEEN.values(), ids=SEEN.keys())
def test_a_rule_says_the_form_and_is_read_again(tmp_path, kind, seen, expected):
    """Written as TOML beside the cassette, and part of the configuration from then on."""
    rule = _rule(Place("GET /a", "body", 'x/"é"', kind), [(run, *pair) for run, pair in enumerate(seen)], "shop:app")
    assert {key: rule.get(key) for key in expected} == expected
    cassette = tmp_path / "test_a.yaml"
    assert write_rules(cassette, [rule]) == rules_of(cassette)
    assert tomllib.loads(rules_of(cassette).read_text())["noise"]["rule"] == [rule]
    own = {"aspect": "body", "path": "y", "type": "order", "reason": "mine"}
    assert with_own_rules(Config(tmp_path, noise={"rule": [own]}), cassette).noise["rule"] == [own, rule]


@pytest.mark.parametrize(
    ("aspect", "seen"),
    [("status", [("200", "201")]), ("body", [("a b c", "d e")]), ("body", [("Good day", "Good night")])],
    ids=["a status", "text", "a word"],
)
def test_what_has_no_form_is_refused(aspect, seen):
    """With the reason."""
    with pytest.raises(Refusal):
        _rule(Place("GET /a", aspect, "x", "changed"), [(run, *pair) for run, pair in enumerate(seen)], "shop:app")


def test_a_day_of_one_digit_is_nothing_drawn():
    """The clock of another run is off by days."""
    assert _is_another_day("at [now Mon  D YYYY]", "at [now Mon DD YYYY]")
    assert not _is_another_day("at [now Mon  D YYYY] 1", "at [now Mon DD YYYY] 2")


@pytest.mark.parametrize("text", ["[[noise.rule]]\nbad = 1\n", "not TOML", "[other]\n"])
def test_wrong_rules_are_told_with_their_file(tmp_path, text):
    """They are people's to change."""
    cassette = tmp_path / "test_a.yaml"
    assert with_own_rules(Config(tmp_path), cassette) == Config(tmp_path)
    rules_of(cassette).write_text(text)
    with pytest.raises(UsageError, match=r"test_a\.noise\.toml"):
        with_own_rules(Config(tmp_path), cassette)
