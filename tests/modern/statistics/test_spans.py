"""modern.statistics.spans: what was read is known, and what nobody read is not, in whatever order it comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modern.statistics.spans import Span, extend, joined

TIMES = st.lists(st.integers(0, 60), max_size=12)


@pytest.mark.parametrize(
    ("spans", "silence", "found"),
    [
        ([], 5, []),
        ([(0, 10), (15, 20)], 5, [(0, 20)]),
        ([(0, 10), (16, 20)], 5, [(0, 10), (16, 20)]),
        ([(16, 20), (0, 10), (9, 11)], 5, [(0, 20)]),
        ([(0, 30), (5, 10)], 0, [(0, 30)]),
        ([(0, 10), (0, 10)], 0, [(0, 10)]),
    ],
    ids=["none", "silence", "a hole", "the hole filled", "within", "again"],
)
def test_spans_are_joined_over_silence(spans, silence, found):
    """In any order, each as often as one likes."""
    assert joined([Span(*span) for span in spans], silence) == found


@given(TIMES, st.integers(0, 9))
def test_times_make_the_spans_that_they_are(times, silence):
    """One by one as all at once."""
    spans = []
    for when in times:
        extend(spans, when, silence)
    assert joined(spans, silence) == joined([Span(when, when) for when in times], silence)
