"""The report as GitLab's code quality JSON, which merge requests show and compare by fingerprint.

A `Result` comes in, JSON goes out. A group's id is its fingerprint: it is the same in every run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.compare.excerpt import printable
from harness.group import Group
from harness.report.model import Result
from harness.report.places import Place, Places
from harness.report.sentence import affected, sentence

SEVERITIES: Mapping[str, str] = {
    "crash": "blocker", "status": "critical", "rows": "critical", "files": "critical", "mail": "critical",
}  # fmt: skip
"""By aspect: what the program did wrongly weighs more than what it said."""


def gitlab_report(result: Result, places: Places | None = None) -> str:
    """Return an issue for each group; one without a known place is put at its recording's name."""
    issues = [_issue(group, places or {}) for group in result.groups]
    return json.dumps(issues, indent=1, ensure_ascii=True) + "\n"


def _issue(group: Group, places: Places) -> dict[str, Any]:
    example = group.examples[0] if group.examples else None
    place = places.get(example.exchange) if example else None
    place = place or Place(printable(example.name) if example else "harness.toml")
    return {
        "description": printable(f"{sentence(group)} ({affected(group)}; {group.title})"),
        "check_name": f"harness-{group.aspect}-{group.kind}",
        "fingerprint": group.id,
        "severity": severity(group),
        "location": {"path": place.path, "lines": {"begin": place.line or 1}},
    }


def severity(group: Group) -> str:
    """Return how much a group weighs, in GitLab's words."""
    if group.kind == "spelling":
        return "minor"
    return "info" if group.follows else SEVERITIES.get(group.aspect, "major")
