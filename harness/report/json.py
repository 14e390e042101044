"""The report as JSON: what other programs read, and what two runs are compared by."""

from __future__ import annotations

import json

from harness.report.model import Result, model


def json_report(result: Result) -> str:
    """Return the report as JSON, the same bytes for the same result."""
    return json.dumps(model(result), indent=1, ensure_ascii=True) + "\n"
