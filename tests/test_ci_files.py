"""The files for CI servers: they parse, their commands are the ones we have, and what they keep is what is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from harness.cli import harness

CI = Path(__file__).parents[1] / "docs" / "ci"
FILES = ("github.yml", "gitlab.yml", "Jenkinsfile", "README.md")
WRITTEN = ("--html", "--json", "--junit", ">")


def text_of(name: str) -> str:
    """Return a file, the lines of a folded command joined."""
    return re.sub(r"\n {10}(?=--|harness)", " ", (CI / name).read_text(encoding="utf-8"))


def commands_in(name: str) -> list[list[str]]:
    """Return the words of each `harness` command in a file."""
    found = re.findall(r"(?:^\s*(?:- |\$ )?|>-\s+|\.venv/bin/)(harness [^\n]*?)'?$", text_of(name), re.MULTILINE)
    return [shlex.split(command) for command in found]


COMMANDS = [pytest.param(words, id=f"{name}: {words[1]}") for name in FILES for words in commands_in(name)]


def test_every_file_has_a_command() -> None:
    """Else the tests below would prove nothing."""
    assert all(commands_in(name) for name in FILES)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_is_accepted(words: list[str]) -> None:
    """Parsed by the command line itself: unknown options and missing arguments are refused there."""
    words = words[: words.index(">")] if ">" in words else words
    with click.Context(harness) as context:
        command = harness.get_command(context, words[1])
        assert command is not None, f"no command {words[1]}"
        _, rest, _ = command.make_parser(click.Context(command)).parse_args(list(words[2:]))
        assert rest == []


def test_what_github_keeps_is_written() -> None:
    """Each step does one thing; the reports that are kept are those of the command."""
    workflow: dict[Any, Any] = yaml.safe_load((CI / "github.yml").read_text())
    assert workflow[True] == "pull_request"  # YAML 1.1 reads `on` as true
    steps = workflow["jobs"]["diff"]["steps"]
    assert all(("run" in step) != ("uses" in step) for step in steps)
    kept = next(step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", "")).split()
    assert set(kept) <= written("github.yml")
    assert next(step for step in steps if "checkout" in step.get("uses", ""))["with"]["fetch-depth"] == 0


def test_what_gitlab_keeps_is_written() -> None:
    """Pages and reports alike."""
    job = yaml.safe_load((CI / "gitlab.yml").read_text())["scream test"]
    artifacts = job["artifacts"]
    assert {*artifacts["paths"], *artifacts["reports"].values()} == written("gitlab.yml")
    assert all(isinstance(line, str) for line in job["script"])


def test_what_jenkins_keeps_is_written() -> None:
    """The list of tests and the page; and every bracket is closed."""
    text = (CI / "Jenkinsfile").read_text()
    kept = re.findall(r"testResults: '([^']+)'", text) + re.findall(r"artifacts: '([^']+)'", text)[0].split(", ")
    assert set(kept) == written("Jenkinsfile")
    assert text.count("{") == text.count("}")


def written(name: str) -> set[str]:
    """Return the files that the command of a file writes."""
    (words,) = commands_in(name)
    return {words[at + 1] for at, word in enumerate(words) if word in WRITTEN}


def test_links_lead_somewhere() -> None:
    """Relative links of the page."""
    links = re.findall(r"\]\(([^)#:]+)\)", (CI / "README.md").read_text())
    assert links
    assert all((CI / link).exists() for link in links)
