"""What `harness diff` and `harness merge` leave behind: the reports asked for, and the exit status."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.commands.places import check_file
from harness.errors import UsageError
from harness.report import (
    Places,
    Result,
    find_places,
    github_report,
    github_summary,
    gitlab_report,
    html_report,
    json_report,
    junit_report,
    terminal_report,
)

SAME, DIFFERENT, UNJUDGED = 0, 1, 2

Command = TypeVar("Command", bound=Callable[..., Any])
Writer = Callable[[Result], str]

FILES: Mapping[str, tuple[Writer, str]] = {
    "json": (json_report, "Write the report as JSON."),
    "html": (html_report, "Write the report as a page."),
    "junit": (junit_report, "Write the report as JUnit XML."),
}
"""Options that name a file, what is written there, and what `--help` says of it."""
SCREENS: Mapping[str, Callable[[Result, Places], str]] = {
    "text": lambda result, places: terminal_report(result, colour=sys.stdout is not None and sys.stdout.isatty()),
    "github": github_report,
    "gitlab": gitlab_report,
}
"""What `--format` knows for standard output; places are where in the checkout the examples stand."""
SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable by which GitHub names the file of a job's summary."""


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
        for name, file in files.items():
            check_file(file, "the report")
            if twice := [other for other in files if other != name and _are_one(file, files[other])]:
                raise UsageError(f"{file}: --{name} and --{twice[0]} cannot both be written to one file")
        return cls(files, options.get("screen", "text"))

    def write(self, result: Result, recordings: Iterable[object] = ()) -> int:
        """Write and print all reports; return the exit status, and say on stderr why it is 2.

        Where the recordings are known, annotations of a checkout stand at the examples. What cannot be printed (nobody
        reads to the end, as in `| head`) changes neither the files nor the verdict. Raises UsageError, after all else,
        for a file that cannot be written.
        """
        places = find_places(recordings, result.groups, Path.cwd()) if self.screen != "text" else {}
        failed = [text for name, file in self.files.items() for text in _write(file, FILES[name][0](result))]
        _print(SCREENS[self.screen](result, places))
        if self.screen == "github" and os.environ.get(SUMMARY):
            _append(Path(os.environ[SUMMARY]), github_summary(result))
        if failed:
            raise UsageError("; ".join(failed))
        return exit_status(result)


def _are_one(file: Path, other: Path) -> bool:
    """Tell whether two names mean one file; a device takes several reports."""
    return file.resolve() == other.resolve() and (file.is_file() or not file.exists())


def _write(file: Path, text: str) -> Iterator[str]:
    """Write a report, and yield what is in the way of it."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        yield f"{file}: the report cannot be written: {error.strerror}"


def _print(text: str) -> None:
    try:
        click.echo(text, nl=False)
    except OSError as error:
        if error.errno != errno.EPIPE:
            click.echo(f"harness: note: the report cannot be printed: {error.strerror}", err=True)
        with contextlib.suppress(OSError), open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())  # else what is left in the buffer fails again at the exit


def _append(file: Path, text: str) -> None:
    """Add the summary of a job; where that cannot be, the annotations have said it."""
    try:
        with file.open("a", encoding="utf-8") as summary:
            summary.write(text)
    except OSError as error:
        click.echo(f"harness: note: {file}: the summary cannot be written: {error.strerror}", err=True)


def exit_status(result: Result) -> int:
    """Return 0, 1 or 2, and say on stderr why it is 2."""
    for obstacle in result.obstacles:
        click.echo(f"harness: could not judge: {obstacle}", err=True)
    if result.obstacles:
        return UNJUDGED
    return DIFFERENT if result.groups or result.warnings else SAME
