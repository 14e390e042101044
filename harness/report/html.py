"""The report as one self-contained page, to open in a browser or attach to a ticket.

A `Result` comes in, HTML goes out. Needs `jinja2` (extra `report`); nothing in the page is fetched or run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from harness.errors import HarnessError
from harness.exchange import Request
from harness.group import Group
from harness.report.curl import curl
from harness.report.model import Result, verdict

EXAMPLES = 3
"""Examples of a group that are written as commands."""
BASE = "http://localhost:8000"


@dataclass(frozen=True, slots=True)
class Side:
    """A value cut where it begins and ends to differ from the other side's."""

    before: str
    differing: str
    after: str


def html_report(result: Result, base: str = BASE) -> str:
    """Return the page; the commands in it send to `base`. Raise `HarnessError` where jinja2 is not installed."""
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise HarnessError("the HTML report needs jinja2: pip install 'screamtest[report]'") from None
    source = files("harness.report").joinpath("report.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(sides=sides, commands=commands)
    return environment.from_string(source).render(
        result=result,
        verdict=verdict(result),
        groups=result.causes,
        noise={name: count for name, count in sorted(result.noise.items()) if count},
        largest=max((group.count for group in result.groups), default=1),
        base=base,
    )


def sides(group: Group) -> tuple[Side, Side]:
    """Return the two values of a group, cut around what differs."""
    return cut(group.old, group.new)


def cut(old: str, new: str) -> tuple[Side, Side]:
    """Return two values, each as common beginning, own middle, common end."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    tail = next((i for i in range(shorter - head) if old[-1 - i] != new[-1 - i]), shorter - head)
    return _side(old, head, tail), _side(new, head, tail)


def _side(text: str, head: int, tail: int) -> Side:
    end = len(text) - tail
    return Side(text[:head], text[head:end], text[end:])


def commands(group: Group, requests: Mapping[str, Request], base: str) -> list[tuple[str, str]]:
    """Return the ids of a group's first examples, each with its request as a curl command (empty: unknown)."""
    ids = [example.exchange for example in group.examples[:EXAMPLES]]
    return [(name, curl(requests[name], base) if name in requests else "") for name in ids]
