"""GitLab's code quality report."""

import json

from harness.difference import Difference
from harness.group import group_observations
from harness.group.observation import Observation
from harness.report import Place, Result, gitlab_report
from harness.report.gitlab import severity


def test_each_group_is_an_issue(full):
    """With the keys that GitLab asks for, and the group's id as fingerprint."""
    issues = json.loads(gitlab_report(full, {"a.yaml#1": Place("recordings/a.yaml", 12)}))
    assert [issue["fingerprint"] for issue in issues] == [group.id for group in full.groups]
    first = issues[0]
    assert first == {
        "description": "The header X-One of the answer is now called X-Two "
        "(4 requests to GET /simple/{}/, from pip; header X-One renamed to X-Two)",
        "check_name": "harness-header-renamed",
        "fingerprint": full.groups[0].id,
        "severity": "major",
        "location": {"path": "recordings/a.yaml", "lines": {"begin": 12}},
    }


def test_an_unknown_place_is_the_recording(full):
    """GitLab refuses an issue without a place."""
    assert json.loads(gitlab_report(full))[0]["location"] == {"path": "a.yaml", "lines": {"begin": 1}}


def test_severity_is_what_was_done_before_what_was_said():
    """A crash blocks, rows are critical, spelling is minor."""
    kinds = [("crash", "added"), ("rows", "changed"), ("header", "missing"), ("body", "spelling")]
    seen = [Observation("a#1", "GET /", "c", Difference(aspect, "x", kind, "1", "2")) for aspect, kind in kinds]
    found = {(group.aspect, group.kind): severity(group) for group in group_observations(seen)}
    assert [found[kind] for kind in kinds] == ["blocker", "critical", "major", "minor"]


def test_no_group_is_an_empty_list():
    """Which GitLab takes for "all solved"."""
    assert json.loads(gitlab_report(Result("a", "b", {"exchanges": 1, "judged": 1}))) == []
