"""The dictionary of a report, against the format that other programs read."""

import json

import pytest

from harness.report import Result, json_report, model
from harness.report.model import verdict


def test_the_report_has_the_fields_of_the_format(result):
    """Format, version, targets, counts and groups are what the documentation says."""
    report = model(result)
    fixed = ["format", "version", "old", "new", "counts", "groups", "accepted", "noise", "stale"]
    assert list(report)[: len(fixed)] == fixed
    assert (report["format"], report["version"]) == ("harness-report", 1)
    assert report["counts"] == {
        "exchanges": 420,
        "judged": 412,
        "matched": 407,
        "accepted": 0,
        "different": 5,
        "stale": 3,
        "unreplayable": 5,
        "errors": 0,
    }
    assert {key: value for key, value in report["groups"][0].items() if key != "id"} == {
        "title": "header X-One renamed to X-Two",
        "endpoint": "GET /simple/{}/",
        "endpoints": {"GET /simple/{}/": 4},
        "aspect": "header",
        "path": "X-One",
        "kind": "renamed",
        "old": "X-One",
        "new": "X-Two",
        "count": 4,
        "clients": {"pip": 4},
        "examples": ["a.yaml#1", "a.yaml#2", "a.yaml#3", "a.yaml#4"],
        "transform": "",
        "follows": False,
    }
    assert report["noise"] == [{"name": "date-rfc1123", "count": 7}]
    assert [group["title"] for group in report["stale"]] == ["status 200 -> 404"]


def test_learned_rules_stand_beside_the_normalisers(full):
    """A rule has a name and a count as they have, and what it hides and still checks."""
    acted, *rules = model(full)["noise"]
    assert acted == {"name": "date-rfc1123", "count": 7}
    assert [rule["name"] for rule in rules] == [
        "learned time at GET / body info.when",
        "learned counter at GET / body info.n",
        "learned number at GET / body total",
        "learned unknown at GET /x status",
    ]
    assert (rules[0]["hides"], rules[0]["checks"], rules[0]["count"]) == ("the instant", "its format", 3)
    assert rules[1]["refused"] == "seen too rarely"


def test_json_is_the_model(result):
    """The JSON report is that dictionary, in ASCII."""
    text = json_report(result)
    assert text.isascii()
    assert json.loads(text) == model(result)


SHARES = {
    "some": ({"exchanges": 420, "judged": 412}, "judged 412 of 420 (98.1 %)"),
    "all": ({"exchanges": 3, "judged": 3}, "judged 3 of 3 (100.0 %)"),
    "all but one of many": ({"exchanges": 100_000, "judged": 99_999}, "judged 99999 of 100000 (99.9 %)"),
    "none": ({"exchanges": 3}, "judged 0 of 3 (0.0 %)"),
    "nothing": ({}, "judged 0 of 0 (0.0 %)"),
}


@pytest.mark.parametrize(("counts", "expected"), SHARES.values(), ids=SHARES.keys())
def test_the_judged_share_is_never_flattered(counts, expected):
    """A hundred percent means all."""
    assert verdict(Result("a", "b", counts)).split(" · ")[0] == expected


def test_errors_are_told_in_the_first_line():
    """What went wrong is not hidden in the counts."""
    assert verdict(Result("a", "b", {"errors": 2})).endswith(" · errors 2")
