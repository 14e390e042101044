"""Shows what a comparison found: one module a format, each a pure function from `Result` to text.

`model` builds the dictionary all of them agree on; writing files is the caller's affair.
"""

from harness.report.curl import curl
from harness.report.github import github_report, github_summary
from harness.report.gitlab import gitlab_report
from harness.report.html import html_report
from harness.report.json import json_report
from harness.report.junit import junit_report
from harness.report.model import NoiseRule, Result, model
from harness.report.places import Place, Places, find_places
from harness.report.reading import parse_report, read_report
from harness.report.snippet import snippet
from harness.report.terminal import terminal_report

__all__ = [
    "NoiseRule",
    "Place",
    "Places",
    "Result",
    "curl",
    "find_places",
    "github_report",
    "github_summary",
    "gitlab_report",
    "html_report",
    "json_report",
    "junit_report",
    "model",
    "parse_report",
    "read_report",
    "snippet",
    "terminal_report",
]
