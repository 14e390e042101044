"""What `harness diff` and `harness merge` leave behind: the reports asked for, and the exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.errors import UsageError
from harness.report import Result, html_report, json_report, terminal_report

SAME, DIFFERENT, UNJUDGED = 0, 1, 2

Command = TypeVar("Command", bound=Callable[..., Any])
Writer = Callable[[Result], str]

FILES: Mapping[str, tuple[Writer, str]] = {
    "json": (json_report, "Write the report as JSON."),
    "html": (html_report, "Write the report as a page."),
}
"""Options that name a file, what is written there, and what `--help` says of it."""
SCREENS: Mapping[str, Writer] = {
    "text": lambda result: terminal_report(result, colour=sys.stdout.isatty()),
}
"""What `--format` knows for standard output."""


def report_options(command: Command) -> Command:
    """Add the options that name reports to a command; `Output.of` reads them."""
    for name, (_, text) in reversed(list(FILES.items())):
        option = click.option(f"--{name}", f"{name}_file", metavar="FILE", type=click.Path(path_type=Path), help=text)
        command = option(command)
    formats = click.Choice(list(SCREENS))
    return click.option("--format", "screen", type=formats, default="text", help="What to print (text).")(command)


@dataclass(frozen=True, slots=True)
class Output:
    """Where the reports go: files by the name of their option, and what is printed."""

    files: Mapping[str, Path]
    screen: str = "text"

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Output:
        """Read the options of `report_options`. Raises UsageError where a file could not be written later."""
        files = {name: options[f"{name}_file"] for name in FILES if options.get(f"{name}_file") is not None}
        for file in files.values():
            if not file.parent.is_dir():
                raise UsageError(f"{file}: no such folder to write the report to")
            if file.is_dir() or (file.exists() and not os.access(file, os.W_OK)):
                raise UsageError(f"{file}: the report cannot be written there")
        return cls(files, options.get("screen", "text"))

    def write(self, result: Result) -> int:
        """Print and write all reports; return the exit status, and say on stderr why it is 2."""
        click.echo(SCREENS[self.screen](result), nl=False)
        for name, file in self.files.items():
            try:
                file.write_text(FILES[name][0](result), encoding="utf-8")
            except OSError as error:
                raise UsageError(f"{file}: the report cannot be written: {error.strerror}") from None
        return exit_status(result)


def exit_status(result: Result) -> int:
    """Return 0, 1 or 2, and say on stderr why it is 2."""
    for obstacle in result.obstacles:
        click.echo(f"harness: could not judge: {obstacle}", err=True)
    if result.obstacles:
        return UNJUDGED
    return DIFFERENT if result.groups or result.warnings else SAME
