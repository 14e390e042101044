"""The options that say which exchanges of a recording are meant, for the commands that take such a part of one.

Words of the command line come in, the fields of a `Selection` go out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

_STATUS = re.compile(r"[0-9xX]{3}|none")


class _Status(click.ParamType[str]):
    name = "status"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not _STATUS.fullmatch(value):
            self.fail(f"{value!r} is no status: give 404, 4xx, or none for no answer", param, ctx)
        return value


class _Time(click.ParamType[float]):
    name = "time"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(value)
        except ValueError:
            pass
        try:
            time = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: give 2008-11-18, 2008-11-18T06:30, or seconds since 1970", param, ctx)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


OPTIONS = (
    click.option(
        "--endpoint", multiple=True, metavar="NAME", help="Of this endpoint, as --by shows it; * for any text."
    ),
    click.option("--client", multiple=True, metavar="NAME", help="Of this client family; * for any text."),
    click.option("--status", multiple=True, type=_Status(), help="404, 4xx, or none for no answer."),
    click.option("--method", multiple=True, metavar="NAME", help="GET, POST, ..."),
    click.option("--path", multiple=True, metavar="PATH", help="The path without its query; * for any text."),
    click.option("--user", multiple=True, metavar="NAME", help="The authenticated user; * for any text."),
    click.option("--session", metavar="ID", help="Of the client session that this exchange (NAME#N, or N) is part of."),
    click.option(
        "--since", type=_Time(), help="Began then or later: 2008-11-18, 2008-11-18T06:30, seconds since 1970."
    ),
    click.option(
        "--until", "--before", "until", type=_Time(), help="Began before then. Times are UTC, unless they say."
    ),
)


def selecting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which gets them as the fields of a `Selection`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
