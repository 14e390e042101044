"""The documentation: its commands are accepted, its links lead somewhere, its TOML is what the harness reads."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from compat.cli import main as compat
from compat.rules import read_rules
from harness.accepted import parse_accepted
from harness.bind import read_fixed, read_logins
from harness.cli import harness
from harness.config import parse_config
from harness.state import read_spec

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "recordings" / "README.md"]
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")
OURS: dict[str, click.Group] = {"compat": compat, "harness": harness}


def blocks(kind: str) -> Iterator[tuple[str, str]]:
    """Yield (page, text) of each code block of a kind."""
    for page in PAGES:
        for found, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if found == kind:
                yield page.name, text


def commands() -> list[tuple[str, list[str]]]:
    """The command lines of the `console` blocks, continued lines joined."""
    found = []
    for page, text in blocks("console"):
        for line in text.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                found.append((page, shlex.split(line[2:], comments=True)))
    return found


OUR_COMMANDS = [
    pytest.param(words, id=f"{page}: {' '.join(words)[:60]}") for page, words in commands() if words[0] in OURS
]
MAKE_TARGETS = sorted({word for _, words in commands() if words[0] == "make" for word in words[1:]})


@pytest.mark.parametrize("words", OUR_COMMANDS)
def test_a_command_of_the_docs_is_accepted(words: list[str]) -> None:
    """Parsed by the command line itself: unknown options and missing arguments are refused there."""
    group = OURS[words[0]]
    with click.Context(group) as context:
        command = group.get_command(context, words[1])
        assert command is not None, f"no command {words[1]}"
        parser = command.make_parser(click.Context(command))
        _, rest, _ = parser.parse_args(list(words[2:]))
        needed = [p for p in command.params if p.required and isinstance(p, click.Argument)]
        assert not rest
        assert len([word for word in words[2:] if not word.startswith("-")]) >= len(needed)


def test_the_docs_show_both_commands() -> None:
    """Else the test above would prove nothing."""
    assert {words.values[0][0] for words in OUR_COMMANDS} == set(OURS)  # type: ignore[index]


@pytest.mark.parametrize("target", MAKE_TARGETS)
def test_a_make_target_of_the_docs_exists(target: str) -> None:
    """`make demo`, `make test` and the others."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """Relative links only."""
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_the_configuration_in_the_docs_is_accepted() -> None:
    """And our own, too."""
    texts = [text for _, text in blocks("toml")] + [(ROOT / "harness.toml").read_text()]
    assert len(texts) > 1
    for text in texts:
        if text.startswith("[[accepted]]"):  # the other file
            assert parse_accepted(text, ROOT / "accepted.toml")
            continue
        if text.startswith("[[rule]]"):
            assert read_rules(tomllib.loads(text)["rule"])
            continue
        config = parse_config(tomllib.loads(text), ROOT / "harness.toml")
        secrets = {"SHOP_TEST_LOGIN": "bob:x", "SHOP_TEST_KEY": "x"}
        read_logins(config.logins, ROOT / "harness.toml", secrets)
        read_fixed(config.bind, ROOT / "harness.toml", secrets)
        for name, table in config.states.items():
            read_spec(name, table, ROOT)


@pytest.mark.parametrize("name", OURS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    """`--help` says what the command does and shows how it is typed."""
    group = OURS[name]
    with click.Context(group, info_name=name) as context:
        for sub in group.list_commands(context):
            command = group.get_command(context, sub)
            assert command is not None
            text = command.get_help(click.Context(command, info_name=f"{name} {sub}"))
            examples = text.partition("Example")[2]
            assert re.search(rf"^\s+{name} {sub} .", examples, re.MULTILINE), f"{name} {sub}: no example"
