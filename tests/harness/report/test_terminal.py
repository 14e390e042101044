"""The report for a terminal."""

import builtins
import re
from dataclasses import replace

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
    """A block says what, how often, where, who asked, and one example; the title has both values already."""
    blocks = terminal_report(result).split("\n\n")
    assert re.sub(r"\[\w{10}\]", "[ID]", blocks[1]).splitlines() == [
        "1. header X-One renamed to X-Two  [ID]",
        "   4 x GET /simple/{}/ · asked by pip · e.g. a.yaml#1",
    ]


LONG = Difference(
    "body",
    "html/body/p",
    "changed",
    "the quick brown fox jumps over the lazy dog, twice and once more for all of us",
    "the quick red fox jumps over the lazy dog, twice and once more for all of us",
)


def test_values_stand_below_each_other():
    """Old and new, each on a line of its own, where the title does not have both."""
    groups = group_observations([Observation("a#1", "GET /", "pip", LONG)])
    lines = terminal_report(Result("a", "b", {"exchanges": 1, "judged": 1}, groups)).splitlines()
    assert lines[-2:] == [f"   - {LONG.old}", f"   + {LONG.new}"]


def test_what_differs_inside_a_line_is_marked():
    """On a terminal the words that differ are bold and underlined, the others are not."""
    groups = group_observations([Observation("a#1", "GET /", "pip", LONG)])
    text = terminal_report(Result("a", "b", {"exchanges": 1, "judged": 1}, groups), colour=True, width=200)
    assert re.findall(r"\x1b\[1;4;3[12]m([^\x1b]*)", text) == ["brown", "red"]


def test_plain_text_commands_no_terminal(result):
    """Escape sequences that clients or bodies brought along are shown, not sent."""
    assert "\x1b" not in terminal_report(result)
    assert "\\x1b[31m" in terminal_report(result)


def test_colour_adds_nothing_but_colour(result):
    """Without its colours, and where nothing needs wrapping, the coloured report is the plain one."""
    coloured = terminal_report(result, colour=True, width=1000)
    assert coloured != terminal_report(result)
    assert COLOUR.sub("", coloured) == terminal_report(result)


def test_colour_is_wrapped_to_the_width(full):
    """No line is wider than the terminal; what belongs to a block stays beside its number."""
    lines = COLOUR.sub("", terminal_report(full, colour=True, width=60)).splitlines()
    assert max(map(len, lines)) <= 60
    start = next(number for number, line in enumerate(lines) if line.startswith("1. "))
    block = lines[start + 1 : lines.index("", start)]
    assert block
    assert all(line.startswith("   ") for line in block)


def test_ten_groups_fit_on_a_screen():
    """Ten causes are at most fifty lines, verdict and values included."""
    seen = [Difference("body", f"a.n{n}", "changed", "x" * 70 + str(n), "y" * 70) for n in range(10)]
    groups = group_observations(Observation(f"a#{n}", "GET /", "pip", one) for n, one in enumerate(seen))
    text = terminal_report(Result("a", "b", {"exchanges": 10, "judged": 10}, groups))
    assert text.count("- xxx") == 10
    assert len(text.splitlines()) <= 51


def test_many_groups_are_cut(many):
    """Twenty-five blocks, and where the others are."""
    text = terminal_report(many)
    assert text.count("[") == 25
    assert "... and 1975 more groups: --html or --json has them all" in text


SAID = {
    "obstacle": "could not judge: only 1 of 9",
    "warning": "warning: accepted entry 2 expired on 2026-01-31",
    "accepted": "accepted\n  1 x header Content-Length: missing in new, e.g. ",
    "why not judged": "not judged\n  5 x unreplayable: a body that was not recorded\n  3 x stale: recorded 200",
    "rule": "time at GET / body info.when: 12 of 40; hides the instant; still checks its format; explains 3",
    "seen once": "a.yaml#8: 5 -> 6 at GET / body total · taken for noise (number)",
    "seen once, and shown": "at GET /x status · a difference: never noise",
    "refused rule": "counter at GET / body info.n: seen too rarely (1 of 40)",
    "hidden": "1 spelling group hidden by --meaning",
    "controls": "controls: clock: preload on old and new; random: preload on old, not on new",
    "notes": "notes\n  new asked for a host: ",
}


@pytest.mark.parametrize("expected", SAID.values(), ids=SAID.keys())
def test_what_else_is_to_be_known_is_said(full, expected):
    """Each in a line or two, after the causes."""
    assert expected in terminal_report(replace(full, obstacles=("only 1 of 9",)))


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
