"""What clients did after they were hit."""

from __future__ import annotations

import pytest

from harness.brownout import Entry, Record, Switched, outcomes
from harness.brownout.outcome import what_next
from harness.naming import Names

RULES = {"r": Switched("r", {}, 503, 600)}


def entry(event: str, time: float, url: str = "u", status: int = 200, agent: str = "pip/1", client: str = "c") -> Entry:
    """Return an entry of the record."""
    return Entry(event, time, "r", client, agent, "GET", "/", url, status)


OFF = entry("off", 0.0, status=503)


@pytest.mark.parametrize(
    ("later", "now", "word"),
    [
        ([], 601, "gave up"),
        ([], 599, "still followed"),
        ([entry("next", 700)], 800, "gave up"),
        ([entry("off", 5)], 800, "retried"),
        ([entry("next", 5, "v"), entry("next", 6)], 800, "went elsewhere"),
        ([entry("next", 5), entry("next", 6, "v")], 10, "retried"),
    ],
)
def test_tells_what_came_next(later: list[Entry], now: float, word: str) -> None:
    """By the first request that followed in time."""
    assert what_next([OFF, *later], 600, now) == word


def test_counts_by_family() -> None:
    """Clients, refused requests, and those that were answered in the end."""
    entries = (OFF, entry("off", 1, status=503), entry("next", 2), entry("off", 3, client="d", agent="curl/7"))
    (found,) = outcomes(Record(RULES, entries, {"r": "2 clients"}), Names(), 1000)
    assert (found.first, found.last, found.stopped) == (0.0, 3.0, "2 clients")
    assert [(each.family, each.clients, each.requests, dict(each.after), each.recovered) for each in found.seen] == [
        ("curl", 1, 1, {"gave up": 1}, 0),
        ("pip", 1, 2, {"retried": 1}, 1),
    ]
