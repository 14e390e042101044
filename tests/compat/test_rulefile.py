"""A file of rules that changes while it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat import ConfigurationError
from compat.rulefile import Rules
from compat.rules import Rule

SIMPLE = '[[rule]]\nname = "simple"\npath = "/simple"\n'


class Looking:
    """A file of rules, looked at each time, and what was said of it."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("compat.rulefile.LOOK", 0.0)
        self.path = path
        self.said: list[tuple[str, bool]] = []
        path.write_text(SIMPLE)
        self.rules = Rules(path, self.check)

    def check(self, rules: tuple[Rule, ...]) -> None:
        """Refuse a name, and fail at another."""
        if any(rule.name == "refused" for rule in rules):
            raise ConfigurationError("refused is refused")
        if any(rule.name == "unforeseen" for rule in rules):
            raise LookupError("a mistake of ours")

    def names(self, text: str | None = None) -> list[str]:
        """Write the file, and return the rules that hold then."""
        if text is not None:
            self.path.write_text(text)
        return [rule.name for rule in self.rules.now(lambda *said: self.said.append(said))]


@pytest.fixture
def looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Looking:
    """A file with one rule."""
    return Looking(tmp_path / "rules.toml", monkeypatch)


def test_a_change_holds_at_once(looking: Looking) -> None:
    """And is told once."""
    assert looking.names() == ["simple"]
    assert looking.names(SIMPLE + '[[rule]]\nname = "json"\nglob = "/*/json"\n') == ["simple", "json"]
    assert looking.names() == ["simple", "json"]
    assert looking.said == [(f"new rules from {looking.path}: simple, json", True)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[rule", "rules.toml"),
        ('[[rule]]\npaht = "/"\n', "rule 1: paht is not known"),
        ('[[rule]]\nname = "refused"\npath = "/"\n', "refused is refused"),
        ('[[rule]]\nregex = "a{99999999999}"\n', "rule 1: regex"),
        (f"x = {'[' * 3000}", "rules.toml: maximum recursion depth"),
        ('[[rule]]\nname = "unforeseen"\npath = "/"\n', "LookupError: a mistake of ours"),
    ],
    ids=["not TOML", "no rule", "not to be obeyed", "too large a number", "too deep", "unforeseen"],
)
def test_a_broken_file_changes_nothing(looking: Looking, text: str, why: str) -> None:
    """The rules stay, the reason is told once, and the next good file counts."""
    assert looking.names(text) == ["simple"]
    assert looking.names() == ["simple"]
    ((said, well),) = looking.said
    assert not well
    assert why in said
    assert looking.names('[[rule]]\nname = "all"\npath = "/"\n') == ["all"]


def test_a_file_that_is_gone(looking: Looking) -> None:
    """As while a file is replaced in two steps: what held before holds."""
    looking.path.unlink()
    assert looking.names() == ["simple"]
    assert [well for _, well in looking.said] == [False]


def test_one_look_a_second(looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request costs no look at the disk."""
    monkeypatch.setattr("compat.rulefile.LOOK", 3600.0)
    assert looking.names("[[rule]]\nname = 'all'\npath = '/'\n") == ["simple"]


def test_what_cannot_be_read_at_first(tmp_path: Path) -> None:
    """Is refused, since nothing held before."""
    with pytest.raises(ConfigurationError, match=r"no\.toml"):
        Rules(tmp_path / "no.toml", lambda rules: None)
