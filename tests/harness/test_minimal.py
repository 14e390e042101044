"""The search for the fewest items that still show something."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.minimal import minimal


@settings(max_examples=60)
@given(st.integers(0, 60), st.sets(st.integers(0, 59), max_size=5))
def test_just_what_is_needed_is_left(count, needed):
    """Whatever is needed together, in the order it had."""
    items = list(range(count))
    needed = {item for item in needed if item < count}
    assert minimal(items, lambda kept: needed <= set(kept)) == sorted(needed)


@given(st.integers(1, 40), st.data())
def test_nothing_that_is_left_can_be_left_out(count, data):
    """Also where either of two things suffices."""
    one, other = (data.draw(st.sets(st.integers(0, count - 1), min_size=1)) for _ in range(2))

    def shows(kept):
        return one <= set(kept) or other <= set(kept)

    left = minimal(range(count), shows)
    assert shows(left)
    assert not any(shows([item for item in left if item != out]) for out in left)


@pytest.mark.parametrize(("needed", "most"), [({0}, 40), ({511}, 40), ({100, 400}, 80)])
def test_it_takes_few_tries(needed, most):
    """Each may be a replay of hundreds of requests."""
    tries = []

    def shows(kept):
        tries.append(len(kept))
        return needed <= set(kept)

    minimal(range(512), shows)
    assert len(tries) <= most
