"""The report for a terminal: the verdict, then a block for each cause, largest first, then what else is to be known.

A `Result` comes in, text goes out; nothing in it can command the terminal. `sections` lists the parts in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from harness.compare.excerpt import printable
from harness.group import Group
from harness.report.highlight import highlight
from harness.report.model import NoiseRule, Result, heard, verdict
from harness.screams import Scream

NAMES = 3
"""Endpoints and clients shown by name; the rest are counted."""
CAUSES = 25
"""Causes shown in a block of their own."""
BRIEF = 10
"""Items shown of every other list."""

Pieces = Sequence[tuple[str, str]]
"""Pieces of text, each with a style for `rich` (empty: none)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: what stands before it, and its text, which is wrapped to stand beside that."""

    before: str
    pieces: Pieces


BLANK = Line("", ())


def terminal_report(result: Result, colour: bool = False, width: int | None = None) -> str:
    """Return the report as text: with `colour` for a terminal of `width` columns (needs `rich`), else plain."""
    lines = [line for section in SECTIONS for line in section(result)]
    safe = [Line(line.before, [(printable(text), style) for text, style in line.pieces]) for line in lines]
    return (_coloured(safe, width) if colour else None) or _plain(safe)


def _verdict(result: Result) -> Iterator[Line]:
    bad = result.groups or result.obstacles or result.warnings
    yield Line("", [(verdict(result), "bold red" if bad else "bold green")])
    for text in result.obstacles:
        yield Line("could not judge: ", [(text, "bold red")])
    for text in result.warnings:
        yield Line("warning: ", [(text, "bold yellow")])


def _changed(result: Result) -> Iterator[Line]:
    if result.changed is None or not (result.changed.unreached or result.changed.untold):
        return
    yield BLANK
    yield Line("", [(f"changed since {result.changed.since}, and reached by no exchange that was judged", "bold")])
    for missed in result.changed.unreached[:BRIEF]:
        yield Line("  ", [(f"{missed.file}:{missed.line}: ", "cyan"), (missed.source, "")])
        nearest = (
            f"nearest: {missed.nearest}, at line {missed.at}" if missed.nearest else "no exchange reaches this file"
        )
        yield Line("    ", [(nearest, "dim")])
    if len(result.changed.unreached) > BRIEF:
        yield Line("  ", [(f"and {len(result.changed.unreached) - BRIEF} more", "dim")])
    for name in result.changed.untold[:BRIEF]:
        yield Line("  ", [(f"{name}: nobody can tell which of its lines run", "dim")])


def _causes(result: Result) -> Iterator[Line]:
    for number, group in enumerate(result.causes[:CAUSES], 1):
        yield BLANK
        yield from _block(number, group, result)
    if len(result.causes) > CAUSES:
        yield BLANK
        yield Line("", [(f"... and {len(result.causes) - CAUSES} more groups: --html or --json has them all", "bold")])


def _block(number: int, group: Group, result: Result) -> Iterator[Line]:
    before = f"{number}. "
    indent = " " * len(before)
    yield Line(before, [(group.title, "bold"), (f"  [{group.id}]", "dim")])
    yield Line(
        indent,
        [
            (f"{group.count} x ", ""),
            (_names(group.endpoints), "cyan"),
            (" · asked by ", "dim"),
            (_names(group.clients), ""),
            (f" · e.g. {_example(group)}", "dim"),
        ],
    )
    if answered := result.mixed.get(_example(group)):
        yield Line(indent, [(answered, "dim")])
    if loud := heard(group, result):
        yield Line(indent, [("would scream: ", "bold"), ("; ".join(map(scream_in_words, loud)), "red")])
    if _says_both(group.title, group):
        return
    old, new = highlight(group.old, group.new)
    for sign, colour, pieces in (("- ", "red", old), ("+ ", "green", new)):
        if pieces:
            yield Line(indent + sign, [(text, f"bold underline {colour}" if own else colour) for text, own in pieces])


def scream_in_words(scream: Scream) -> str:
    """Return who would scream, and what the lab saw: `pip 1.5 (status 404: exit 0 -> 1)`."""
    return f"{scream.client} ({': '.join(filter(None, (scream.operator, scream.evidence)))})"


def _says_both(title: str, group: Group) -> bool:
    """Tell whether a title ends with both values, so that showing them again would say nothing."""
    return bool(group.old and group.new) and title.endswith((f"{group.old} -> {group.new}", f"renamed to {group.new}"))


def _following(result: Result) -> Iterator[Line]:
    heading = "only seen after rows or files differed, and may follow from that"
    yield from _listed(heading, list(map(_brief, result.consequences)))


def _accepted(result: Result) -> Iterator[Line]:
    yield from _listed("accepted", list(map(_brief, result.accepted)))


def _stale(result: Result) -> Iterator[Line]:
    yield from _listed("stale: old now differs from the recording", list(map(_brief, result.stale)))


def _brief(group: Group) -> Pieces:
    return [(f"{group.count} x {group.title}", ""), (f"  e.g. {_example(group)}", "dim")]


def _unjudged(result: Result) -> Iterator[Line]:
    ranked = sorted(result.reasons.items(), key=lambda item: (-item[1], item[0]))
    yield from _listed("not judged", [[(f"{count} x {reason}", "")] for reason, count in ranked])


def _once(result: Result) -> Iterator[Line]:
    heading = "seen once: new differed, not when asked again, and old never did (noise, or a fault now and then)"
    yield from _listed(heading, [_passing(rule) for rule in result.rules if rule.once])


def _passing(rule: NoiseRule) -> Pieces:
    verdict = f"a difference: {rule.refused}" if rule.refused else f"taken for noise ({rule.type})"
    return [(f"{rule.once} at {_place(rule)}", ""), (f" · {verdict}", "dim")]


def _rules(result: Result) -> Iterator[Line]:
    learned = [rule for rule in result.rules if not rule.once]
    applied = [_rule(rule) for rule in learned if not rule.refused]
    yield from _listed("noise: old differs from itself there", applied)
    refused = [_refused(rule) for rule in learned if rule.refused]
    yield from _listed("noise that explains nothing, so that differences there are shown", refused)


def _rule(rule: NoiseRule) -> Pieces:
    details = [rule.evidence, f"hides {rule.hides}" if rule.hides else ""]
    details += [f"still checks {rule.checks}" if rule.checks else "", f"explains {rule.count}" if rule.count else ""]
    return [(f"{rule.type} at {_place(rule)}", ""), (f": {'; '.join(filter(None, details))}", "dim")]


def _refused(rule: NoiseRule) -> Pieces:
    return [(f"{rule.type} at {_place(rule)}: {rule.refused}", ""), (f" ({rule.evidence})", "dim")]


def _place(rule: NoiseRule) -> str:
    return " ".join(filter(None, (rule.endpoint, rule.aspect, rule.path)))


def _made_alike(result: Result) -> Iterator[Line]:
    noise = {name: count for name, count in sorted(result.noise.items()) if count}
    if noise:
        yield BLANK
        counted = ", ".join(f"{name} ({count})" for name, count in noise.items())
        yield Line("made alike before comparing: ", [(counted, "dim")])


def _hidden(result: Result) -> Iterator[Line]:
    if result.hidden:
        count = len(result.hidden)
        yield BLANK
        yield Line("", [(f"{count} spelling group{'s' * (count > 1)} hidden by --meaning", "")])


def _controls(result: Result) -> Iterator[Line]:
    if result.controls:
        yield BLANK
        yield Line("controls: ", [("; ".join(controls_in_words(result.controls)), "dim")])


def _notes(result: Result) -> Iterator[Line]:
    yield from _listed("notes", [[(note, "")] for note in result.notes])


def controls_in_words(controls: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return a phrase for each control: `clock: preload on old and new`, `random: preload on old, not on new`."""
    sides = list(controls)
    return [
        f"{name}: {_by_means({side: controls[side].get(name, '') for side in sides})}"
        for name in sorted({name for means in controls.values() for name in means})
    ]


def _by_means(means: Mapping[str, str]) -> str:
    by_means: dict[str, list[str]] = {}
    for side, how in means.items():
        by_means.setdefault(how, []).append(side)
    return ", ".join(f"{how or 'not'} on {' and '.join(sides)}" for how, sides in by_means.items())


SECTIONS: tuple[Callable[[Result], Iterator[Line]], ...] = (
    _verdict,
    _changed,
    _causes,
    _following,
    _once,
    _accepted,
    _stale,
    _unjudged,
    _rules,
    _hidden,
    _made_alike,
    _controls,
    _notes,
)


def _listed(heading: str, items: Sequence[Pieces]) -> Iterator[Line]:
    if not items:
        return
    yield BLANK
    yield Line("", [(heading, "bold")])
    yield from (Line("  ", pieces) for pieces in items[:BRIEF])
    if len(items) > BRIEF:
        yield Line("  ", [(f"... and {len(items) - BRIEF} more in the JSON report", "dim")])


def _example(group: Group) -> str:
    return group.examples[0].exchange if group.examples else ""


def _names(counts: Mapping[str, int]) -> str:
    """Return counted names: `pip (3), curl (1) and 2 more`; one that is alone without its count."""
    if len(counts) == 1:
        return next(iter(counts))
    text = ", ".join(f"{name} ({count})" for name, count in list(counts.items())[:NAMES])
    return f"{text} and {len(counts) - NAMES} more" if len(counts) > NAMES else text


def _plain(lines: Sequence[Line]) -> str:
    return "".join(line.before + "".join(text for text, _ in line.pieces) + "\n" for line in lines)


def _coloured(lines: Sequence[Line], width: int | None) -> str | None:
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return None
    output = StringIO()
    console = Console(file=output, force_terminal=True, highlight=False, width=width, color_system="standard")
    for line in lines:
        row = Table.grid()
        row.add_column(width=len(line.before), style="dim")
        row.add_column(overflow="fold")
        row.add_row(line.before, Text.assemble(*line.pieces, overflow="fold"))
        console.print(row if line.before else Text.assemble(*line.pieces, overflow="fold"))
    return "".join(f"{line.rstrip()}\n" for line in output.getvalue().split("\n")[:-1])
