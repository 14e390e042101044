"""Counters of wrong passwords."""

import pytest

from legacy.blocking import Counters


@pytest.fixture
def clock(monkeypatch):
    """A list of one time, which the counters take for now."""
    now = [1000.0]
    monkeypatch.setattr("legacy.blocking.time.time", lambda: now[0])
    return now


def test_counting(tmp_path, clock):
    """By kind and name."""
    counters = Counters(str(tmp_path / "counters"), 60)
    for kind, name in [("user", "a"), ("user", "a"), ("address", "a"), ("user", "b")]:
        counters.count(kind, name)
    again = Counters(str(tmp_path / "counters"), 60)
    assert [again.failures(*key) for key in [("user", "a"), ("address", "a"), ("user", "c")]] == [2, 1, 0]


def test_the_first_failure_begins_the_period(tmp_path, clock):
    """Later ones do not prolong it; then it begins anew."""
    counters = Counters(str(tmp_path / "counters"), 60)
    for clock[0] in (1000.0, 1050.0):
        counters.count("user", "a")
    clock[0] = 1059.0
    assert counters.failures("user", "a") == 2
    clock[0] = 1061.0
    assert counters.failures("user", "a") == 0
    counters.count("user", "a")
    assert counters.failures("user", "a") == 1
