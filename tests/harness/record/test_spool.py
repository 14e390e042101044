"""Spools: bodies that leave memory, legible to nobody but us."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.record.spool import BLOCK, Budget, Spool, unsealed


@given(pieces=st.lists(st.integers(0, 3 * BLOCK), max_size=6))
@settings(max_examples=30, deadline=None)
def test_comes_out_as_it_went_in(pieces: list[int]) -> None:
    """However it is cut into pieces, a body comes out whole."""
    spool = Spool()
    data = [bytes([number % 251]) * size for number, size in enumerate(pieces)]
    for piece in data:
        spool.add(piece)
    assert unsealed(spool.sealed()) == b"".join(data)
    assert spool.size == sum(pieces)
    spool.close()


def test_file_holds_nothing_legible() -> None:
    """Neither what was written nor a pattern of it stands in the file."""
    spool = Spool()
    spool.add(b"password=hunter2&" * 20_000)
    stored = os.pread(spool.sealed().descriptor, 1 << 20, 0)
    spool.close()
    assert len(stored) == 340_000
    assert b"hunter2" not in stored
    assert b"password" not in stored
    # Enciphered with a stream that repeats, equal blocks would stay equal.
    assert stored[:BLOCK] != stored[BLOCK : 2 * BLOCK]


def test_lost_end() -> None:
    """A file that is shorter than it was is an error, not a shorter body."""
    spool = Spool()
    spool.add(bytes(100_000))
    sealed = spool.sealed()
    os.ftruncate(sealed.descriptor, 70_000)
    with pytest.raises(OSError, match="lost its end"):
        unsealed(sealed)
    spool.close()


def test_budget() -> None:
    """What is taken is not there for others until it is given back."""
    budget = Budget(10)
    assert [budget.take(6), budget.take(5), budget.take(4), budget.take(1)] == [True, False, True, False]
    budget.give(6)
    assert budget.take(6)
