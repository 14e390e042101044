"""What a cluster answers about its transactions, read: at which id it stands, and whether any of them still writes."""

from __future__ import annotations

import pytest

from harness.state.postgres_pulse import Pulse, pulse_of


@pytest.mark.parametrize(
    ("snapshot", "age", "settled"),
    [
        pytest.param("760:760:", 757, True, id="all-that-began-have-ended"),
        pytest.param("760:760:", 758, False, id="the-latest-to-begin-has-not-ended"),
        pytest.param("758:760:758", 757, False, id="an-older-one-has-not-ended"),
        pytest.param("758:760:758,759", 760, False, id="several"),
        pytest.param("3:3:", 0, True, id="none-yet"),
        pytest.param(f"{2**32 + 760}:{2**32 + 760}:", 757, True, id="ids-began-anew"),
        pytest.param(f"{2**31 + 3}:{2**31 + 3}:", -(2**31), True, id="half-way-round-an-age-is-negative"),
        pytest.param(f"{2**32 + 1}:{2**32 + 1}:", -2, True, id="before-the-first-id"),
    ],
)
def test_a_cluster_is_settled_when_none_that_began_has_not_ended(snapshot: str, age: int, settled: bool) -> None:
    """The snapshot tells of those that ended and, below them, of those that run; the age of those that began."""
    assert pulse_of(snapshot, age) == Pulse(snapshot, settled)
