"""The options that programs share: what cannot be is refused when they are made, not at the first request."""

from __future__ import annotations

from typing import Any

import pytest

from compat.errors import ConfigurationError
from compat.options import Options

NO_TIME = (float("inf"), float("nan"), -1, 2**31, "5", True, None)
NO_COUNT = (0, -1, 1.5, "1", True, float("inf"))
TIMES = ("timeout", "idle_timeout", "queue_timeout")


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("value", NO_TIME, ids=repr)
def test_what_is_no_time(name: str, value: Any) -> None:
    """Neither for ever nor not a number: poll(2) cannot wait for these. None is for the two that need not be."""
    if value is None and name != "queue_timeout":
        assert getattr(Options(**{name: None}), name) is None
        return
    with pytest.raises(ConfigurationError, match=name):
        Options(**{name: value})


@pytest.mark.parametrize("name", ["timeout", "idle_timeout"])
def test_no_time_at_all(name: str) -> None:
    """Nothing can be done in no time."""
    with pytest.raises(ConfigurationError, match=name):
        Options(**{name: 0})


@pytest.mark.parametrize("name", ["max_concurrency", "max_body"])
@pytest.mark.parametrize("value", NO_COUNT, ids=repr)
def test_what_is_no_count(name: str, value: Any) -> None:
    """One and a half programs cannot run, nor an endless number of them."""
    with pytest.raises(ConfigurationError, match=name):
        Options(**{name: value})


@pytest.mark.parametrize("limits", [{"nofile": 1 << 50}, {"cpu": 10**21}, {"cpu": True}], ids=str)
def test_limits_that_cannot_be_set(limits: dict[str, int]) -> None:
    """A limit above what this user may set would be a 502 for each request."""
    with pytest.raises(ConfigurationError, match="limits"):
        Options(limits=limits)


def test_what_can_be() -> None:
    """The largest and the least of each."""
    times = dict.fromkeys(TIMES, 2**31 - 1) | {"max_concurrency": 1, "max_body": 1}
    assert Options(**times, limits={"cpu": 10, "nofile": 50}).timeout == 2**31 - 1
    assert Options(timeout=0.1, queue_timeout=0).queue_timeout == 0
