"""Progress: on terminals with and without `rich`, and in logs."""

from __future__ import annotations

import io
import sys

import pytest

from harness import progress as module
from harness.progress import progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def advance_in(stream: io.StringIO) -> str:
    """Show some progress and return what was written."""
    with progress("day.log", 200, stream) as advance:
        advance(100, 5000)
        advance(200, 10_000)
    return stream.getvalue()


def test_short_work_leaves_a_log_quiet() -> None:
    """Where the stream is not a terminal, the first line comes after some seconds."""
    assert advance_in(io.StringIO()) == ""


def test_long_work_shows_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain line with share, number and rate, without control characters."""
    monkeypatch.setattr(module, "_LOG_INTERVAL", 0.0)
    assert advance_in(io.StringIO()).startswith("day.log: 50 %, 5,000 (")


def test_bar_with_rich() -> None:
    """On a terminal the bar names the work."""
    assert "day.log" in advance_in(Terminal())


def test_plain_line_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without rich there is a plain line with share, number and rate, at most one in an interval."""
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr(module, "_INTERVAL", 0.0)
    first, second = advance_in(Terminal()).splitlines()
    assert first.startswith("day.log: 50 %, 5,000 (")
    assert second.startswith("day.log: 100 %, 10,000 (")
    monkeypatch.setattr(module, "_INTERVAL", 1000.0)
    assert advance_in(Terminal()) == ""
