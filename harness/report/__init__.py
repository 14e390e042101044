"""Shows what a comparison found: one module a format, each a pure function from `Result` to text.

`model` builds the dictionary all of them agree on; writing files is the caller's affair.
"""

from harness.report.curl import curl
from harness.report.html import html_report
from harness.report.json import json_report
from harness.report.model import NoiseRule, Result, model
from harness.report.reading import parse_report, read_report
from harness.report.snippet import snippet
from harness.report.terminal import terminal_report

__all__ = [
    "NoiseRule",
    "Result",
    "curl",
    "html_report",
    "json_report",
    "model",
    "parse_report",
    "read_report",
    "snippet",
    "terminal_report",
]
