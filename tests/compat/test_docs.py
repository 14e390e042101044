"""docs/compat.md names every option there is, and quotes only commands that the command line takes."""

from __future__ import annotations

import dataclasses
import inspect
import re
import shlex
from pathlib import Path

import click
import pytest

from compat import CGIDirectory
from compat.cli import main
from compat.options import Options

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "compat.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"compat (?:serve|explain) /[^`\n]*", PAGE)))


@pytest.mark.parametrize("quoted", COMMANDS)
def test_commands(quoted: str) -> None:
    """Each quoted command parses."""
    _, name, *words = shlex.split(quoted)
    command = main.commands[name]
    with click.Context(command) as context:
        command.parse_args(context, words)


def test_commands_are_found() -> None:
    """The page quotes commands at all."""
    assert len(COMMANDS) > 8


def test_options() -> None:
    """Each option has its row, with its default."""
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", PAGE, re.MULTILINE))
    defaults = {item.name: item.default for item in dataclasses.fields(Options)}
    defaults |= {name: parameter.default for name, parameter in inspect.signature(CGIDirectory).parameters.items()}
    for name in ("path", "options"):
        del defaults[name]
    assert set(rows) == set(defaults)
    for name, default in defaults.items():
        if isinstance(default, bool | int | str | tuple):
            assert rows[name].strip('"') == str(default), name
