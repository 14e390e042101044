"""The report for GitHub Actions: workflow commands that annotate a run, and a job summary in Markdown.

A `Result` comes in, text goes out; nothing that a client or an application sent can end a command or begin one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harness.compare.excerpt import printable
from harness.group import Group
from harness.report.model import Result, verdict
from harness.report.places import Place, Places
from harness.report.sentence import affected, headline, names, plural, sentence

ANNOTATIONS = 10
"""GitHub shows no more errors of one step."""
ROWS = 50
"""Causes in the table of the summary."""


def github_report(result: Result, places: Places | None = None) -> str:
    """Return workflow commands: the causes as errors, accepted ones that need care as warnings, then the verdict."""
    return "".join(f"{line}\n" for line in _commands(result, places or {}))


def _commands(result: Result, places: Places) -> Iterator[str]:
    for text in result.obstacles:
        yield _command("error", {"title": "harness diff could not judge"}, text)
    for text in result.warnings:
        yield _command("warning", {"title": "accepted difference"}, text)
    for group in result.causes[:ANNOTATIONS]:
        yield _command("error", {**_place(group, places), "title": group.title}, _message(group))
    if len(result.causes) > ANNOTATIONS:
        yield _command("notice", {"title": "harness diff"}, f"{len(result.causes) - ANNOTATIONS} more groups")
    yield _command("notice", {"title": "harness diff"}, verdict(result))


def _message(group: Group) -> str:
    example = f"; e.g. {group.examples[0].exchange}" if group.examples else ""
    return f"{sentence(group)}.\n{affected(group)}{example} [{group.id}]"


def _place(group: Group, places: Places) -> dict[str, str]:
    place = places.get(group.examples[0].exchange) if group.examples else None
    return {"file": place.path, "line": str(place.line or 1)} if isinstance(place, Place) else {}


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    """Return `::error file=F,title=T::MESSAGE`, escaped as the runner unescapes it."""
    written = ",".join(f"{key}={_escaped(_visible(value), '%:,')}" for key, value in properties.items())
    return f"::{name} {written}::{_escaped(_visible(message), '%')}"


def _visible(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def _escaped(text: str, special: str) -> str:
    return "".join(f"%{ord(char):02X}" if char in special or char in "\r\n" else char for char in text)


def github_summary(result: Result) -> str:
    """Return Markdown for the file that `GITHUB_STEP_SUMMARY` names."""
    lines = [f"## {_text(headline(result))}", "", f"`{_code(result.old)}` → `{_code(result.new)}`  ", verdict(result)]
    for text in (*result.obstacles, *result.warnings):
        lines += ["", f"> **{_text(text)}**"]
    if result.groups:
        lines += ["", "| requests | what differs | where | asked by | id |", "|---:|---|---|---|---|"]
        lines += [_row(group) for group in result.groups[:ROWS]]
    if len(result.groups) > ROWS:
        lines += ["", f"… and {len(result.groups) - ROWS} more."]
    if result.accepted:
        lines += ["", f"{plural(len(result.accepted), 'difference')} accepted."]
    return "\n".join(lines) + "\n"


def _row(group: Group) -> str:
    where = f"`{_code(group.endpoint)}`"
    if len(group.endpoints) > 1:
        where += f" and {len(group.endpoints) - 1} more"
    follows = " (may follow from other differences)" if group.follows else ""
    return (
        f"| {group.count} | {_text(sentence(group))}{follows} | {where} | {_text(names(group.clients))} | {group.id} |"
    )


_MARKUP = re.compile(r"([\\`*_{}\[\]#|<>~&@:$])")


def _text(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no HTML, no mention of anybody, one line."""
    return _MARKUP.sub(lambda found: f"&#{ord(found.group(1))};", printable(text))


def _code(text: str) -> str:
    """Return text for a code span within a table."""
    return printable(text).replace("`", "'").replace("|", "\\|")
