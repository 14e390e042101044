"""GitHub's workflow commands and job summary: whole, cut to what is shown, and not to be forged."""

import re
from dataclasses import replace

from harness.difference import Difference
from harness.group import group_observations
from harness.group.observation import Observation
from harness.report import Place, Result, github_report, github_summary

COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:]*,?)+)::(.*)")


def commands(result, places=None):
    """Return (command, properties, message) of each line, unescaped as the runner does."""
    found = []
    for line in github_report(result, places).splitlines():
        name, written, message = COMMAND.fullmatch(line).groups()
        pairs = dict(pair.split("=", 1) for pair in written.split(","))
        found.append((name, {key: unescaped(value) for key, value in pairs.items()}, unescaped(message)))
    return found


def unescaped(text):
    """Undo the escapes of a workflow command."""
    return re.sub("%([0-9A-F]{2})", lambda found: chr(int(found.group(1), 16)), text)


def test_each_cause_is_an_error(full):
    """With its title, a sentence, who is affected, an example and its id."""
    errors = [found for found in commands(full) if found[0] == "error"]
    assert len(errors) == len(full.causes)
    _, properties, message = errors[0]
    assert properties == {"title": "header X-One renamed to X-Two"}
    assert message.splitlines() == [
        "The header X-One of the answer is now called X-Two.",
        f"4 requests to GET /simple/{{}}/, from pip; e.g. a.yaml#1 [{full.groups[0].id}]",
    ]


def test_a_known_place_is_annotated(full):
    """File and line of the first example, where they are known."""
    places = {"a.yaml#1": Place("recordings/a.yaml", 12), "a.yaml#2": Place("recordings/b.archive")}
    errors = [properties for name, properties, _ in commands(full, places) if name == "error"]
    assert (errors[0]["file"], errors[0]["line"]) == ("recordings/a.yaml", "12")
    assert "file" not in errors[-1]


def test_no_more_than_github_shows(many):
    """Ten errors, and how many more there are."""
    found = commands(many)
    assert [name for name, _, _ in found] == ["error"] * 10 + ["notice"] * 2
    assert found[-2][2] == "1990 more groups"
    assert found[-1][2].startswith("judged 2000 of 2000")


def test_obstacles_and_warnings_are_annotated(full):
    """What makes the exit status 2, and accepted differences that need care."""
    found = commands(replace(full, obstacles=("only 1 of 9",)))
    assert ("error", {"title": "harness diff could not judge"}, "only 1 of 9") in found
    assert [message for name, _, message in found if name == "warning"] == list(full.warnings)


def test_no_text_becomes_a_command(full):
    """Every line is one of ours, whatever a client or an application sent."""
    for line in github_report(full).splitlines():
        assert COMMAND.fullmatch(line)
        assert line.isprintable()


def test_the_summary_is_a_table(full):
    """Verdict, then a row for each group."""
    text = github_summary(full)
    assert text.startswith("## The new version answered 407 of 420 recorded requests")
    rows = [line for line in text.splitlines() if line.startswith("| ") and full.groups[0].id in line]
    assert rows == [
        f"| 4 | The header X-One of the answer is now called X-Two | `GET /simple/{{}}/` | pip | {full.groups[0].id} |"
    ]
    assert all(line.count(" | ") == 4 for line in text.splitlines() if line.startswith("| ") and "---" not in line)


def test_the_summary_shows_markup_and_does_not_use_it():
    """No tags, links or mentions come from what was recorded."""
    hostile = Difference("body", "text", "changed", "<img src=x> [a](http://b) @you | `x", "y")
    groups = group_observations([Observation("a#1", "GET /`|", "c", hostile)])
    row = github_summary(Result("a", "b", {"exchanges": 1, "judged": 1, "different": 1}, groups)).splitlines()[-1]
    assert not re.search(r"<img|\]\(|@you", row)
    assert len(re.findall(r"(?<!\\)\|", row)) == 6


def test_the_summary_of_many_is_cut(many):
    """GitHub takes no summary beyond a megabyte."""
    assert "… and 1950 more." in github_summary(many)
    assert len(github_summary(many)) < 50_000
