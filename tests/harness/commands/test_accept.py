"""`harness accept`: a report and a choice of its groups in, entries of accepted.toml out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.accepted import Share, read_accepted
from harness.commands.accept import command
from harness.errors import HarnessError


def group(identity: str, path: str, **more: Any) -> dict[str, Any]:
    """Return a group as a report has it."""
    return {
        "id": identity,
        "title": f"header {path}: 1 -> 2",
        "endpoint": "GET /a",
        "endpoints": {"GET /a": 3},
        "aspect": "header",
        "path": path,
        "kind": "changed",
        "old": "1",
        "new": "2",
        "count": 3,
        "clients": {"pip": 3},
        "examples": ["a.yaml#1"],
    } | more


REPORT = {
    "format": "harness-report",
    "version": 1,
    "old": "old",
    "new": "new",
    "counts": dict.fromkeys(
        ("exchanges", "judged", "matched", "accepted", "different", "stale", "unreplayable", "errors"), 0
    ),
    "groups": [
        group("3f9a11", "Date"),
        group("3f9b22", "Server", endpoints={"GET /a": 3, "GET /b": 1}, count=4),
        group("77cc33", "", aspect="status", title="status 200 -> 404"),
    ],
    "accepted": [group("88dd44", "Via")],
    "noise": [],
    "stale": [],
    "endpoints": {"GET /a": {"judged": 40}, "GET /b": {"judged": 1}},
}

Accept = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory, with a report in it and no accepted.toml."""
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    (tmp_path / "harness.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def accept(*arguments: str, answers: str = "") -> Result:
    """Run the command on the report."""
    return CliRunner().invoke(command, ["report.json", *arguments], input=answers)


def ids(folder: Path) -> list[str]:
    """Return the ids of the entries written."""
    return [entry.pattern["id"] for entry in read_accepted(folder / "accepted.toml")]


def test_one_group(folder: Path) -> None:
    """A group named by how its id begins is accepted with what was said of it and what was counted."""
    result = accept("3f9a", "--reason", "the server's", "--owner", "web", "--expires", "2100-01-31")
    assert result.exit_code == 0, result.output
    [entry] = read_accepted(folder / "accepted.toml")
    assert (entry.pattern, entry.reason, entry.owner) == ({"id": "3f9a11"}, "the server's", "web")
    assert (entry.expires, entry.count) == (date(2100, 1, 31), {"GET /a": Share(3, 40)})
    assert result.output.splitlines() == [
        "accepted 3f9a11  3 exchanges  header Date: 1 -> 2",
        f"accepted 1 group, 3 exchanges, in {folder / 'accepted.toml'}",
    ]


CHOICES = {
    "several, one twice": (["77", "3f9b", "77cc"], ["77cc33", "3f9b22"]),
    "where": (["--where", "aspect=header path=Date"], ["3f9a11"]),
    "where with wildcards": (["--where", "title='header *' old=1"], ["3f9a11", "3f9b22", "88dd44"]),
    "where at any of its endpoints": (["--where", "endpoint='* /b'"], ["3f9b22"]),
    "all": (["--all"], ["3f9a11", "3f9b22", "77cc33"]),
}


@pytest.mark.parametrize(("arguments", "expected"), CHOICES.values(), ids=CHOICES)
def test_choices(folder: Path, arguments: list[str], expected: list[str]) -> None:
    """Groups are chosen by id, by what they are, or all."""
    assert accept(*arguments, "--reason", "r").exit_code == 0
    assert ids(folder) == expected


def test_one_pattern(folder: Path) -> None:
    """With --pattern the terms become the entry, which fits later groups too."""
    assert accept("--where", "aspect=header path=*e*", "--pattern", "--reason", "r").exit_code == 0
    [entry] = read_accepted(folder / "accepted.toml")
    assert entry.pattern == {"aspect": "header", "path": "*e*"}
    assert entry.count == {"GET /a": Share(3, 40), "GET /b": Share(1, 1)}


def test_dry_run(folder: Path) -> None:
    """A dry run says what would be accepted, with counts, and writes nothing; it needs no reason."""
    result = accept("--all", "--dry-run")
    assert result.output.splitlines()[-1] == "would accept 3 groups, 10 exchanges; nothing is written"
    assert "would accept 77cc33  3 exchanges  status 200 -> 404" in result.output
    assert not (folder / "accepted.toml").exists()


def test_asks(folder: Path) -> None:
    """--interactive shows each group and takes accept, skip and quit."""
    result = accept("--interactive", answers="s\na\nq\nbecause\n")
    assert result.exit_code == 0, result.output
    assert "2 of 3: header Server: 1 -> 2  (3f9b22, 4 exchanges)" in result.output
    assert "old  1" in result.output
    [entry] = read_accepted(folder / "accepted.toml")
    assert (entry.pattern, entry.reason) == ({"id": "3f9b22"}, "because")


def test_asks_for_no_reason_for_nothing(folder: Path) -> None:
    """Who skips all gives no reason, and nothing is written."""
    result = accept("--interactive", answers="s\ns\ns\n")
    assert (result.exit_code, (folder / "accepted.toml").exists()) == (0, False)


def test_already_accepted(folder: Path) -> None:
    """What an entry accepts already is said, not written twice."""
    accept("3f9a", "--reason", "first")
    before = (folder / "accepted.toml").read_bytes()
    result = accept("3f9a", "--reason", "second")
    assert "3f9a11 is accepted already, by" in result.output
    assert "first" in result.output
    assert "nothing to accept" in result.output
    assert (folder / "accepted.toml").read_bytes() == before


OUTDATED = {"expired": "expires = 2020-01-01", "grown": "[accepted.count]\n'GET /c' = 1"}


@pytest.mark.parametrize("lines", OUTDATED.values(), ids=OUTDATED)
def test_renews(folder: Path, lines: str) -> None:
    """An entry that expired or grew is renewed in its place, and keeps its owner."""
    file = folder / "accepted.toml"
    file.write_text(f"# A\n[[accepted]]\nid = '3f9a11'\nreason = 'a'\nowner = 'web'\n{lines}\n\n# B\n")
    assert accept("3f9a", "--reason", "b").exit_code == 0
    [entry] = read_accepted(file)
    assert (entry.reason, entry.owner, entry.expires) == ("b", "web", None)
    assert file.read_text().startswith("# A\n[[accepted]]\n")


def test_the_file_of_the_configuration(folder: Path) -> None:
    """Entries go where harness diff looks for them; -o says another file."""
    (folder / "harness.toml").write_text('accepted = "known.toml"')
    accept("3f9a", "--reason", "r")
    accept("3f9b", "--reason", "r", "-o", "other.toml")
    assert [len(read_accepted(folder / name)) for name in ("known.toml", "other.toml")] == [1, 1]


ERRORS = {
    "no choice": (["--reason", "r"], "say which groups, in one way"),
    "two choices": (["3f9a", "--all", "--reason", "r"], "say which groups, in one way"),
    "no reason": (["3f9a"], "give --reason TEXT"),
    "several ids": (["3f9", "--reason", "r"], "'3f9' begins several ids; it has 3f9a11, 3f9b22"),
    "an unknown id": (["zz", "--reason", "r"], "'zz' begins no id of a group; it has 3f9a11"),
    "an unknown term": (["--where", "colour=red", "--reason", "r"], "'colour' is no term; give NAME=VALUE with id"),
    "no term": (["--where", "", "--reason", "r"], "--where needs terms"),
    "an open quote": (["--where", "old='a", "--reason", "r"], "No closing quotation"),
    "no such group": (["--where", "path=X", "--reason", "r"], "no group is like that"),
    "a pattern of ids": (["3f9a", "--pattern", "--reason", "r"], "--pattern goes with --where"),
    "a pattern of an endpoint": (["--where", "endpoint=*", "--pattern", "--reason", "r"], "differences of every cause"),
    "no date": (["3f9a", "--reason", "r", "--expires", "soon"], "--expires 'soon': give a date"),
    "a past day": (["3f9a", "--reason", "r", "--expires", "2020-01-01"], "is over already"),
}


@pytest.mark.parametrize(("arguments", "message"), ERRORS.values(), ids=ERRORS)
def test_errors(folder: Path, arguments: list[str], message: str) -> None:
    """What cannot be is refused with a message, and nothing is written."""
    with pytest.raises(HarnessError) as caught:
        CliRunner().invoke(command, ["report.json", *arguments], catch_exceptions=False)
    assert message in str(caught.value)
    assert not (folder / "accepted.toml").exists()


REPORTS = {
    "not JSON": ("hello", "not a JSON report"),
    "another file": ("[]", "not a report of harness diff"),
    "another version": ('{"format": "harness-report", "version": 7}', "a report of version 7"),
    "damaged": ('{"format": "harness-report", "version": 1, "groups": [{}], "accepted": []}', "a damaged report"),
}


@pytest.mark.parametrize(("text", "message"), REPORTS.values(), ids=REPORTS)
def test_other_files(folder: Path, text: str, message: str) -> None:
    """Only a report of this format is read."""
    (folder / "report.json").write_text(text)
    with pytest.raises(HarnessError, match=message):
        CliRunner().invoke(command, ["report.json", "--all", "--reason", "r"], catch_exceptions=False)


def test_a_missing_report(folder: Path) -> None:
    """A report that is not there is said to be missing."""
    with pytest.raises(HarnessError, match="cannot be read: No such file"):
        CliRunner().invoke(command, ["none.json", "--all", "--reason", "r"], catch_exceptions=False)
