"""What differs inside two values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.highlight import LONG, highlight

CASES = {
    "a word": ("the brown fox", "the red fox", ["brown"], ["red"]),
    "characters of a word": ("value: 1499999999", "value: 1499999998", ["9"], ["8"]),
    "an insertion": ("a c", "a b c", [], ["b "]),
    "nothing on one side": ("", "abc", [], ["abc"]),
    "nothing in common": ("abc", "xyz", ["abc"], ["xyz"]),
    "the same": ("abc", "abc", [], []),
    "two places": ("a=1; b=2; c=3", "a=7; b=2; c=8", ["1", "3"], ["7", "8"]),
    "an attribute": ('<a href="../x#md5=1">', '<a href="../x">', ["#md5=1"], []),
    "long": ("a" * LONG + "b" + "c" * LONG, "a" * LONG + "d" + "c" * LONG, ["b"], ["d"]),
}


@pytest.mark.parametrize(("old", "new", "left", "right"), CASES.values(), ids=CASES.keys())
def test_each_side_shows_what_is_its_own(old, new, left, right):
    """Words first, characters where two words are alike."""
    pieces = highlight(old, new)
    assert [[text for text, own in side if own] for side in pieces] == [left, right]


@given(st.text(max_size=80), st.text(max_size=80))
def test_pieces_are_the_texts(old, new):
    """Joined they are the values; what is not a side's own is on the other side too."""
    left, right = highlight(old, new)
    assert ("".join(text for text, _ in left), "".join(text for text, _ in right)) == (old, new)
    shared = ["".join(text for text, own in side if not own) for side in (left, right)]
    assert shared[0] == shared[1]
