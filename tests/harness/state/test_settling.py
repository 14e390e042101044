"""Transactions that outlive an answer are waited for, but not for ever and not twice."""

from __future__ import annotations

import time

import pytest

from harness.state import settling
from harness.state.settling import Settling


def test_waits_until_nobody_writes() -> None:
    """Each answer of the server is looked at, until one names nobody."""
    answers = [["7", "8"], ["8"], []]
    Settling(lambda: answers.pop(0), 0.0).wait()
    assert answers == []


def test_a_transaction_that_does_not_end_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was waited for in vain holds up no later exchange; another transaction does."""
    monkeypatch.setattr(settling, "SETTLE", 0.05)
    asked: list[float] = []

    def writing() -> list[str]:
        asked.append(time.monotonic())
        return ["7"]

    one = Settling(writing, 0.001)
    one.wait()
    assert asked[-1] - asked[0] >= 0.05
    before = len(asked)
    one.wait()
    assert len(asked) == before + 1
