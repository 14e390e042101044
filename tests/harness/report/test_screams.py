"""Who would scream at a difference, in every report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.report import Result, html_report, json_report, junit_report, parse_report, terminal_report
from harness.screams import Scream

PIP = Scream("pip 1.5", "pip", "status 404", "exit 0 -> 1; ERROR")


@pytest.fixture
def heard(result: Result) -> Result:
    """Return the result with a client that would scream at its first group, and none at the others."""
    return replace(result, screams={group.id: (PIP,) if not n else () for n, group in enumerate(result.groups)})


def test_the_verdict_names_them(heard: Result) -> None:
    """In the first line of what is printed."""
    assert terminal_report(heard).splitlines()[0].endswith("in 3 groups · would scream: pip 1.5")


def test_the_verdict_says_that_nobody_would(heard: Result) -> None:
    """Which is not that nothing is known."""
    quiet = replace(heard, screams={group.id: () for group in heard.groups})
    assert "would scream: nobody that the lab tried" in terminal_report(quiet).splitlines()[0]


@pytest.mark.parametrize("report", [terminal_report, html_report, junit_report])
def test_without_a_map_nothing_is_said(result: Result, report: object) -> None:
    """Nor is anybody called silent."""
    assert "scream" not in report(result)  # type: ignore[operator]


@pytest.mark.parametrize("report", [terminal_report, html_report, junit_report])
def test_the_evidence_is_beside_the_difference(heard: Result, report: object) -> None:
    """Who, by which change, and what was seen."""
    text = report(heard).replace("&gt;", ">")  # type: ignore[operator]
    assert "pip 1.5 (status 404: exit 0 -> 1; ERROR)" in text


def test_is_read_again_as_it_was_written(heard: Result) -> None:
    """Also that nobody would scream at a group."""
    document = json.loads(json_report(heard))
    assert parse_report(document, "r").screams == heard.screams
    assert [len(group["would_scream"]) for group in document["groups"]] == [1, 0, 0]
