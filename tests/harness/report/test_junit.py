"""The JUnit report: XML that CI servers read, with a failure for whatever makes the exit status other than 0."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from harness.report import Result, junit_report


def cases(result, outcome):
    """Return the names of the cases of one outcome; none: passed."""
    root = ElementTree.fromstring(junit_report(result))
    return [
        case.get("name")
        for case in root.iter("testcase")
        if (case.find(outcome) is not None if outcome else not list(case))
    ]


def test_each_group_is_a_failure(full):
    """Also those that may follow from others: the exit status is 1 for them, too."""
    failed = cases(full, "failure")
    assert [name for name in failed if "accepted entry" not in name] == [
        f"header X-One renamed to X-Two [{full.groups[0].id}]",
        *(
            f"{group.title} [{group.id}]".replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
            for group in full.groups[1:]
        ),
    ]


def test_a_warning_is_a_failure_and_an_obstacle_an_error(full):
    """What makes the exit status 1 or 2 is seen in the list of tests."""
    assert "accepted entry (1)" in cases(full, "failure")
    assert cases(replace(full, obstacles=("only 1 of 9",)), "error") == ["could not judge (1)"]


def test_endpoints_without_a_difference_pass(full):
    """An endpoint that was judged and shows nothing passes; one that was not judged is skipped."""
    endpoints = {"GET /a": {"judged": 2}, "GET /b": {"stale": 1}, "GET /simple/{}/": {"judged": 9}}
    one = replace(full, endpoints=endpoints)
    assert cases(one, "") == ["GET /a"]
    assert "GET /b" in cases(one, "skipped")
    assert "GET /simple/{}/" not in cases(one, "skipped")


def test_accepted_differences_are_skipped(full):
    """They are listed, and fail nothing."""
    assert [name for name in cases(full, "skipped") if full.accepted[0].id in name]


def test_the_counts_are_those_of_the_cases(full):
    """Suites and root count their own cases."""
    root = ElementTree.fromstring(junit_report(full))
    for suite in (root, *root.iter("testsuite")):
        assert int(suite.get("tests")) == len(list(suite.iter("testcase")))
        assert int(suite.get("failures")) == len(list(suite.iter("failure")))
        assert int(suite.get("skipped")) == len(list(suite.iter("skipped")))


def test_the_shape_is_what_servers_read(full):
    """Suites of cases; each case has a class and a name; a failure has a message."""
    root = ElementTree.fromstring(junit_report(full))
    assert root.tag == "testsuites"
    assert {child.tag for child in root} == {"testsuite"}
    for case in root.iter("testcase"):
        assert case.get("classname")
        assert case.get("name")
    assert all(failure.get("message") for failure in root.iter("failure"))


def test_nothing_found_is_one_passed_test():
    """A server that is given no test at all complains."""
    assert cases(Result("a", "b", {"exchanges": 2, "judged": 2, "matched": 2}), "") == ["2 exchanges"]


@pytest.mark.parametrize("forbidden", ["\x00", "\x1b", "\u202e"])
def test_hostile_texts_are_shown(full, forbidden):
    """Characters that XML does not allow, or that turn a line around, are escaped."""
    assert forbidden not in junit_report(full)
