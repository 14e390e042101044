"""The command line's words for what is run and how, shared by every command: from options to an application.

Comes in: what click parsed. Goes out: a CGIScript or a CGIDirectory; a command line that cannot be gives a
ConfigurationError that names the option. Nothing is run and nothing is bound here.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import click

from ..directory import CGIDirectory
from ..errors import ConfigurationError
from ..journal import escape
from ..options import OptionWords
from ..script import CGIApplication, CGIScript

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def several(name: str, variable: str, metavar: str, text: str) -> Callable[[Any], Any]:
    """Return an option that may be given more than once."""
    return click.option(name, variable, multiple=True, metavar=metavar, help=f"{text} Repeatable.")


SHARED = (
    click.argument("path", type=click.Path()),
    click.option("--mount", default="", metavar="/PREFIX", help="URL prefix it stands behind [default: all]."),
    several(
        "--interpreter",
        "interpreters",
        ".EXT=CMD",
        "Run files with this extension by CMD; for a single program, CMD alone is enough.",
    ),
    click.option("--runner", default="exec", show_default=True, help="How programs are run: exec or warm."),
    several("--preload", "preload", "MODULE", "Import a module in advance (warm)."),
    several("--env", "env", "K=V", "Set a variable for every program."),
    several("--pass-env", "pass_env", "NAME", "Pass a variable of the server's environment; nothing else but PATH is."),
    click.option("--pass-authorization", is_flag=True, help="Show the Authorization header to programs."),
    click.option(
        "--timeout", type=float, default=300, show_default=True, metavar="SECONDS", help="For a whole request."
    ),
    click.option(
        "--idle-timeout", type=float, metavar="SECONDS", help="Without a byte moving [default: as --timeout]."
    ),
    click.option("--max-concurrency", type=int, metavar="N", help="Programs at once, in all workers together."),
    click.option(
        "--queue-timeout",
        type=float,
        default=5,
        show_default=True,
        metavar="SECONDS",
        help="Wait for one of these places, then 503.",
    ),
    click.option("--max-body", metavar="BYTES", help="Largest request body, then 413; 10M and 1G are understood."),
    several("--limit", "limits", "NAME=N", "Resource limit of each program, by prlimit's names: cpu=10, as=1G."),
    click.option("--no-local-redirects", is_flag=True, help="Send a local Location: /path to the client."),
    click.option("--isindex", is_flag=True, help="Put a query without = onto the command line."),
    click.option("--lenient", is_flag=True, help="Repair malformed output as Apache does, instead of 502."),
    click.option("--raw-path", is_flag=True, help="Single program: PATH_INFO keeps its dot segments."),
    several("--index", "index", "NAME", "Directory: the file that answers for a directory."),
    several("--extensions", "extensions", ".EXT,...", "Directory: run only files with these extensions."),
    click.option("--follow-symlinks", is_flag=True, help="Directory: run what symbolic links lead to."),
    click.option("--no-path-info", is_flag=True, help="Directory: 404 for a path after a program's name."),
)
OF_A_DIRECTORY = {
    "index": "--index",
    "extensions": "--extensions",
    "follow_symlinks": "--follow-symlinks",
    "no_path_info": "--no-path-info",
}


def application_options(command: Any) -> Any:
    """Add the options that say what runs and how."""
    for option in reversed(SHARED):
        command = option(command)
    return command


def refuse(message: str) -> NoReturn:
    """End the command: it asks for something that cannot be."""
    click.echo(f"compat: {message}", err=True)
    sys.exit(2)


def shown(text: str) -> str:
    """Return text from outside as one line that moves no terminal's cursor."""
    return escape(text.encode("utf-8", "surrogateescape"))


def configured(words: dict[str, Any]) -> CGIApplication:
    """Make the application that a command line describes, or end the command with one line (exit status 2)."""
    try:
        return application(**words)
    except ConfigurationError as error:
        refuse(str(error))


def application(path: str, *, interpreters: tuple[str, ...] = (), **words: Any) -> CGIApplication:
    """Make the application that a command line describes. Raises ConfigurationError."""
    directory = {name: words.pop(name) for name in OF_A_DIRECTORY if name in words}
    raw_path = words.pop("raw_path", False)
    options = _options(words)
    if os.path.isdir(path):
        if raw_path:
            raise ConfigurationError(f"--raw-path is for a single program, and {path} is a directory")
        return _directory(path, interpreters, directory, options)
    if wrong := [OF_A_DIRECTORY[name] for name, value in directory.items() if value]:
        raise ConfigurationError(f"{wrong[0]} is for a directory, and {path} is not one")
    extension = os.path.splitext(path)[1]
    matching = [text.removeprefix(extension + "=") if extension else text for text in interpreters]
    if len(matching) > 1:
        raise ConfigurationError("--interpreter: one is enough for a single program")
    return CGIScript(path, interpreter=matching[0] if matching else None, raw_path=raw_path, **options)


def _directory(path: str, interpreters: tuple[str, ...], words: dict[str, Any], options: OptionWords) -> CGIApplication:
    return CGIDirectory(
        path,
        interpreters=dict(pair(text, "--interpreter", ".EXT=CMD") for text in interpreters),
        index=_split(words.get("index", ())),
        extensions=_split(words.get("extensions", ())) or None,
        follow_symlinks=words.get("follow_symlinks", False),
        path_info=not words.get("no_path_info", False),
        **options,
    )


def _options(words: dict[str, Any]) -> OptionWords:
    """Turn the words whose form differs from the keyword's; the others bear the same name."""
    taken = dict(words)
    options: OptionWords = {
        "env": dict(pair(text, "--env", "NAME=VALUE") for text in taken.pop("env", ())),
        "limits": dict(_limit(text) for text in taken.pop("limits", ())),
        "strict": not taken.pop("lenient", False),
        "local_redirects": not taken.pop("no_local_redirects", False),
    }
    if taken.get("idle_timeout") is None:
        taken["idle_timeout"] = taken.get("timeout")
    if taken.get("max_body") is not None:
        taken["max_body"] = size(taken["max_body"], "--max-body")
    options.update(taken)  # type: ignore[typeddict-item]  # click's names are those of OptionWords
    return options


def pair(text: str, option: str, form: str) -> tuple[str, str]:
    """Split NAME=VALUE. Raises ConfigurationError, which shows the option's `form`."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ConfigurationError(f"{option} {text!r} must have the form {form}")
    return name, value


def size(text: str, option: str) -> int:
    """Read a number of bytes, also with K, M or G behind it (1024 and its powers). Raises ConfigurationError."""
    found = re.fullmatch(r"([0-9]+)([KMG]?)", text.strip().upper())
    if found is None:
        raise ConfigurationError(f"{option} {text!r} must be a number, or one with K, M or G behind it")
    return int(found[1]) * UNITS[found[2]]


def _limit(text: str) -> tuple[str, int]:
    name, value = pair(text, "--limit", "NAME=N")
    return name, size(value, f"--limit {name}")


def _split(values: Iterable[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]
