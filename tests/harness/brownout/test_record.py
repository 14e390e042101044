"""The record of a brownout, read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.brownout import Switched, read_record
from harness.errors import UsageError

HEAD = {"format": "compat-brownout", "version": 1, "salt": "x"}
OFF = {"event": "off", "time": 1.0, "rule": "r", "client": "c", "agent": "pip/1", "method": "GET", "path": "/",
       "parameters": [], "url": "u", "status": 503}  # fmt: skip


def written(tmp_path: Path, *lines: Any, end: str = "") -> Path:
    """Write a record."""
    file = tmp_path / "b.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines) + end)
    return file


def test_a_line_that_was_cut_off_is_passed_over(tmp_path: Path) -> None:
    """A worker was killed while it wrote it."""
    assert len(read_record(written(tmp_path, HEAD, OFF, end='{"event": "of')).entries) == 1


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        ([], ""),
        ([{**HEAD, "version": 2}], ""),
        ([OFF], ""),
        ([HEAD, {"event": "off"}], ""),
        ([HEAD, []], ""),
        ([HEAD], "{\n"),
    ],
)
def test_refuses_what_is_damaged(tmp_path: Path, lines: list[Any], end: str) -> None:
    """With the file's name."""
    with pytest.raises(UsageError, match=r"b\.jsonl"):
        read_record(written(tmp_path, *lines, end=end))


@pytest.mark.parametrize(
    ("conditions", "kind", "name", "paths", "methods"),
    [
        ({"glob": "/item/*/json"}, "endpoint", "", ("/item/*/json",), ()),
        ({"path": "/item/"}, "endpoint", "", ("/item/", "/item/*"), ()),
        ({"method": ["HEAD"]}, "endpoint", "", (), ("HEAD",)),
        ({"query": {"md5": "*"}, "glob": "/**"}, "parameter", "md5", ("/*",), ()),
        ({"query": {"action": "show"}}, "parameter", "action=show", (), ()),
        ({"header": {"If-Match": "*"}}, "header", "If-Match", (), ()),
    ],
)
def test_a_rule_is_what_recordings_are_asked_for(
    conditions: dict[str, Any], kind: str, name: str, paths: tuple[str, ...], methods: tuple[str, ...]
) -> None:
    """As `harness impact` asks them."""
    (removal,) = Switched("r", conditions, 503, 600).removals()
    assert (removal.kind, removal.name, removal.paths, removal.methods) == (kind, name, paths, methods)
