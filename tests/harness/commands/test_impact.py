"""`harness impact`: options in, text and JSON out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.commands.impact import command
from harness.errors import UsageError
from harness.exchange import Exchange, Request, Response
from harness.store.cassette import write_cassette


def test_says_who_is_hit(tmp_path: Path) -> None:
    """On the screen and as JSON."""
    request = Request(b"GET /item/a HTTP/1.1", ((b"Host", b"h"), (b"User-Agent", b"pip/1")))
    write_cassette(tmp_path / "a.yaml", [Exchange("", request, Response(200, b"OK"))])
    arguments = [str(tmp_path / "a.yaml"), "--remove", "endpoint:/item/*", "--json", str(tmp_path / "out.json")]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "1 of 1 requests (100.00%)" in done.stdout
    assert json.loads((tmp_path / "out.json").read_text())["removals"][0]["clients"][0]["family"] == "pip"


def test_refuses_a_rule_that_is_none(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(UsageError, match="no rule"):
        CliRunner().invoke(command, [str(tmp_path / "none"), "--remove", "all"], catch_exceptions=False)
