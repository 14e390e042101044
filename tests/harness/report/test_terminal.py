"""The report for a terminal."""

import builtins
import re

import pytest

from harness.difference import Difference
from harness.group import group_observations
from harness.group.observation import Observation
from harness.report import Result, terminal_report

COLOUR = re.compile(r"\x1b\[[\d;]*m")


def test_the_first_line_is_the_verdict(result):
    """Judged, stale, unreplayable and different come first, on one line."""
    first = terminal_report(result).splitlines()[0]
    assert first == "judged 412 of 420 (98.1 %) · stale 3 · unreplayable 5 · different 5 in 3 groups"


def test_each_group_is_a_block(result):
    """A block says what, where, who, both values and one example."""
    blocks = terminal_report(result).split("\n\n")
    assert re.sub(r"\[\w{10}\]", "[ID]", blocks[1]).splitlines() == [
        "1. header X-One renamed to X-Two  [ID]",
        "   in   4 x GET /simple/{}/ (4)",
        "   from pip (4)",
        "   old  X-One",
        "   new  X-Two",
        "   e.g. a.yaml#1",
    ]


def test_plain_text_commands_no_terminal(result):
    """Escape sequences that clients or bodies brought along are shown, not sent."""
    assert "\x1b" not in terminal_report(result)
    assert "\\x1b[31m" in terminal_report(result)


def test_colour_adds_nothing_but_colour(result):
    """Without its colours, the coloured report is the plain one."""
    coloured = terminal_report(result, colour=True)
    assert coloured != terminal_report(result)
    assert COLOUR.sub("", coloured) == terminal_report(result)


def test_without_rich_the_text_is_plain(result, monkeypatch):
    """The optional package is optional."""
    real = builtins.__import__

    def no_rich(name, *arguments, **keywords):
        if name.startswith("rich"):
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", no_rich)
    assert terminal_report(result, colour=True) == terminal_report(result)


def test_no_difference_is_one_line():
    """Nothing found: the verdict, and nothing else."""
    text = terminal_report(Result("a", "b", {"exchanges": 2, "judged": 2, "matched": 2}))
    assert text == "judged 2 of 2 (100.0 %) · stale 0 · unreplayable 0 · different 0 in 0 groups\n"


@pytest.mark.parametrize(("number", "shown", "last"), [(10, 10, None), (13, 10, "  ... and 3 more in the JSON report")])
def test_stale_groups_do_not_flood_the_screen(number, shown, last):
    """At most ten are shown, the rest is counted."""
    seen = [Difference("header", f"X-{n}", "added", "", "x") for n in range(number)]
    stale = group_observations(Observation("a#1", "GET /", "pip", difference) for difference in seen)
    lines = terminal_report(Result("a", "b", {}, stale=stale)).splitlines()
    assert sum(" x header X-" in line for line in lines) == shown
    assert (lines[-1] if lines[-1].startswith("  ...") else None) == last


def test_what_may_follow_is_listed_after_the_causes():
    """A row that differs makes later answers differ: they are named in a line each, and counted apart."""
    row = Observation("a#1", "POST /", "pip", Difference("rows", "t.n", "changed", "1", "2"))
    page = Observation("a#2", "GET /", "pip", Difference("body", "html/body/p", "changed", "1", "2"), late=True)
    result = Result("a", "b", {"exchanges": 2, "judged": 2, "different": 2}, group_observations([row, page]))
    first, *_, heading, line = terminal_report(result).splitlines()
    assert first.endswith("different 2 in 1 group, 1 more may follow")
    assert heading == "only seen after rows or files differed, and may follow from that"
    assert line.endswith("e.g. a#2")
