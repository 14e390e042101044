"""What is remembered within bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.memory import Memory

KEYS = st.integers(0, 30)


@given(st.lists(st.tuples(st.sampled_from(["get", "put", "take"]), KEYS, st.integers(1, 4)), max_size=200))
def test_what_is_remembered_is_what_was_put_in(steps: list[tuple[str, int, int]]) -> None:
    """Never another value, never one that was taken, and never much more than there is room for."""
    memory: Memory[int] = Memory(10)
    put: dict[int, int] = {}
    for number, (what, key, size) in enumerate(steps):
        if what == "put" and memory.get(key) is None:
            memory.put(key, number, size)
            put[key] = number
        elif what != "put":
            found = memory.get(key) if what == "get" else memory.take(key)
            assert found in (None, put.get(key))
            if what == "take":
                put.pop(key, None)
        assert len(memory) <= 20


def test_what_comes_again_stays() -> None:
    """A key asked for between others is not forgotten, however many there are; one that is not asked for is."""
    memory: Memory[str] = Memory(100)
    memory.put("often", "kept", 1)
    memory.put("once", "gone", 1)
    for number in range(1000):
        memory.put(number, "other", 1)
        assert memory.get("often") == "kept"
    assert memory.get("once") is None
    assert memory.get(999) == "other"
