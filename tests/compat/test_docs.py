"""docs/compat.md names every option there is, and quotes only commands that the command line takes."""

from __future__ import annotations

import dataclasses
import inspect
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from compat import CGIDirectory
from compat.cli import main
from compat.metrics import Metrics
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


def test_serve_page() -> None:
    """docs/serve.md explains what only `serve` has: each of its own options, and each metric."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "serve.md").read_text(encoding="utf-8")
    shared = {parameter.name for parameter in main.commands["explain"].params}
    own = [parameter for parameter in main.commands["serve"].params if parameter.name not in shared]
    assert len(own) > 10
    assert [parameter.opts[0] for parameter in own if parameter.opts[0] not in page] == []


def test_metrics_of_the_serve_page(ask: Callable[..., Any]) -> None:
    """Each metric has its row."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "serve.md").read_text(encoding="utf-8")
    shown = ask(Metrics(CGIDirectory("/")), "/metrics", REMOTE_ADDR="127.0.0.1").body.decode()
    kinds = set(re.findall(r"^# TYPE (compat_\w+) ", shown, re.MULTILINE))
    rows = set(re.findall(r"^\| `(compat_\w+)`", page, re.MULTILINE))
    assert rows == {name for name in kinds if not name.endswith("_created")}
