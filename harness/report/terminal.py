"""The report for a terminal: the verdict, then a block for each group, largest first.

A `Result` comes in, text goes out; nothing in it can command the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

from harness.compare.excerpt import printable
from harness.group import Group
from harness.report.model import Result, verdict

NAMES = 3
"""Endpoints and clients shown by name; the rest are counted."""
BRIEF = 10
"""Groups shown of those that are not the new implementation's own doing, or follow from others."""

Line = Sequence[tuple[str, str]]
"""Pieces of text, each with a style for `rich` (empty: none)."""


def terminal_report(result: Result, colour: bool = False) -> str:
    """Return the report as text. `colour` needs `rich`; without it the text is plain."""
    lines = [[(printable(text), style) for text, style in line] for line in _lines(result)]
    return (_coloured(lines) if colour else None) or _plain(lines)


def _lines(result: Result) -> Iterator[Line]:
    yield [(verdict(result), "bold red" if result.groups else "bold green")]
    for number, group in enumerate(result.causes, 1):
        yield []
        yield from _block(number, group)
    yield from _brief("only seen after rows or files differed, and may follow from that", result.consequences)
    yield from _brief("stale: old now differs from the recording", result.stale)
    noise = {name: count for name, count in sorted(result.noise.items()) if count}
    if noise:
        yield []
        yield [("made alike before comparing: ", "dim"), (_names(noise, len(noise)), "dim")]


def _brief(heading: str, groups: Sequence[Group]) -> Iterator[Line]:
    """Yield groups that are not causes of the new implementation's own, a line each."""
    if not groups:
        return
    yield []
    yield [(heading, "bold")]
    for group in groups[:BRIEF]:
        yield [(f"  {group.count} x {group.title}", ""), (f"  e.g. {_example(group)}", "dim")]
    if len(groups) > BRIEF:
        yield [(f"  ... and {len(groups) - BRIEF} more in the JSON report", "dim")]


def _block(number: int, group: Group) -> Iterator[Line]:
    yield [(f"{number}. ", "dim"), (group.title, "bold"), (f"  [{group.id}]", "dim")]
    yield [("   in   ", "dim"), (f"{group.count} x ", ""), (_names(group.endpoints), "cyan")]
    yield [("   from ", "dim"), (_names(group.clients), "")]
    if group.old:
        yield [("   old  ", "dim"), (group.old, "red")]
    if group.new:
        yield [("   new  ", "dim"), (group.new, "green")]
    yield [("   e.g. ", "dim"), (_example(group), "")]


def _example(group: Group) -> str:
    return group.examples[0].exchange if group.examples else ""


def _names(counts: Mapping[str, int], shown: int = NAMES) -> str:
    """Return counted names: `pip (3), curl (1) and 2 more`."""
    text = ", ".join(f"{name} ({count})" for name, count in list(counts.items())[:shown])
    return f"{text} and {len(counts) - shown} more" if len(counts) > shown else text


def _plain(lines: Sequence[Line]) -> str:
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def _coloured(lines: Sequence[Line]) -> str | None:
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        return None
    output = StringIO()
    console = Console(file=output, force_terminal=True, highlight=False)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)
    return output.getvalue()
