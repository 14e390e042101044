"""The options by which two commands judge: the same words, and the same effect."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from harness.commands import diff, merge
from harness.commands.judging import Judging

NONE = {"min_judged": None, "max_stale": None, "meaning": False, "accepted_file": None}
TOML = 'min_judged = 0.5\nmax_stale = 0.25\naccepted = "known.toml"\n'
ENTRY = '[[accepted]]\nreason = "wanted"\npath = "X-Kind"\n'


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a harness.toml and what was accepted."""
    (tmp_path / "harness.toml").write_text(TOML)
    (tmp_path / "known.toml").write_text(ENTRY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NONE)
def test_both_commands_say_the_same_of_an_option(name: str) -> None:
    """One text for each, however it is read."""
    records = [
        next(option.get_help_record(click.Context(command)) for option in command.params if option.name == name)
        for command in (diff.command, merge.command)
    ]
    assert records[0] == records[1]
    assert records[0] is not None


def test_what_is_not_given_is_what_the_checkout_says(checkout: Path) -> None:
    """Shares, and the file of accepted differences."""
    judging = Judging.of(NONE)
    assert (judging.config.min_judged, judging.config.max_stale, judging.meaning) == (0.5, 0.25, False)
    assert [entry.reason for entry in judging.accepted] == ["wanted"]


def test_what_is_given_counts(checkout: Path) -> None:
    """Each option instead of the file."""
    (checkout / "other.toml").write_text("")
    given = {"min_judged": 1.0, "max_stale": 0.0, "meaning": True, "accepted_file": Path("other.toml")}
    judging = Judging.of(given)
    assert (judging.config.min_judged, judging.config.max_stale, judging.meaning) == (1.0, 0.0, True)
    assert judging.accepted == []
