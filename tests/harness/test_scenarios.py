"""Scenarios: every exchange of a run in exactly one, for any number of shards."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.exchange import Exchange, Request
from harness.scenarios import Shard, deal, scenarios_of


class Listed:
    """A recording in memory."""

    state = None

    def __init__(self, name, size):
        self.name = name
        self._exchanges = [Exchange(f"{name}#{n}", Request(b"GET / HTTP/1.1")) for n in range(1, size + 1)]

    def __len__(self):
        return len(self._exchanges)

    def __iter__(self):
        return iter(self._exchanges)


@given(
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=8),
    limit=st.none() | st.integers(1, 100),
    of=st.integers(1, 5),
)
def test_shards_share_out_what_one_run_replays(sizes, limit, of):
    """The shards together replay the exchanges of the whole run, each once, under the same scenario numbers."""
    recordings = [Listed(f"r{number}", size) for number, size in enumerate(sizes)]
    whole = {s.number: [e.id for e in s] for s in scenarios_of(recordings, limit)}
    assume(len(whole) >= of)
    dealt = [scenarios_of(recordings, limit, shard=Shard(number, of)) for number in range(1, of + 1)]
    parts = {s.number: [e.id for e in s] for part in dealt for s in part}
    assert parts == whole
    assert sum(map(len, dealt)) == len(parts)
    assert sum(map(len, whole.values())) == min(sum(sizes), limit or sum(sizes))


def test_more_shards_than_scenarios_are_refused():
    """A shard that has nothing to replay would be a part of the verdict that nobody saw."""
    with pytest.raises(UsageError, match="--by-session"):
        scenarios_of([Listed("a", 5)], shard=Shard(2, 3))


@pytest.mark.parametrize(("limit", "lengths"), [(None, [5, 5]), (7, [5, 2]), (5, [5]), (1, [1])])
def test_a_limit_bounds_the_exchanges_of_the_run(limit, lengths):
    """The first exchanges are replayed, and what is left of none is no scenario."""
    found = scenarios_of([Listed("a", 5), Listed("b", 5)], limit)
    assert [len(scenario) for scenario in found] == lengths
    assert [sum(1 for _ in scenario) for scenario in found] == lengths


@given(sizes=st.lists(st.integers(0, 1000), max_size=40), shards=st.integers(1, 6))
def test_shards_are_dealt_like_amounts(sizes, shards):
    """None has more than its part of all and one scenario, and each scenario is dealt once."""
    dealt = deal(sizes, shards)
    assert len(dealt) == len(sizes)
    assert set(dealt) <= set(range(1, shards + 1))
    loads = [
        sum(size for size, to in zip(sizes, dealt, strict=True) if to == number) for number in range(1, shards + 1)
    ]
    assert max(loads) <= sum(sizes) / shards + max(sizes, default=0)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [([1, 1, 1], [1, 2, 1]), ([1, 9, 1], [2, 1, 2]), ([], [])],
    ids=["equal", "one is large", "none"],
)
def test_the_same_scenarios_are_dealt_in_the_same_way_everywhere(sizes, expected):
    """Machines do not talk to each other."""
    assert deal(sizes, 2) == expected
