"""Short texts of two values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.excerpt import excerpts, first_difference

CASES = {
    "short": ("a", "b", ("a", "b")),
    "control characters": ("a\x00\n\x1b[0m", "\u202e", ("a\\x00\\n\\x1b[0m", "\\u202e")),
    "lone surrogate": ("\ud800", "", ("\\ud800", "")),
    "a window": ("x" * 300 + "A", "x" * 300 + "B", ("…" + "x" * 40 + "A", "…" + "x" * 40 + "B")),
    "one ends early": ("x" * 300, "x" * 300 + "B", ("…" + "x" * 40, "…" + "x" * 40 + "B")),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_excerpts_show_the_difference(old, new, expected):
    """Each row: two values and what is shown of them."""
    assert excerpts(old, new) == expected


@given(st.text(), st.text(), st.text(), st.integers(0, 400))
def test_excerpts_are_short_printable_and_unlike(head, old, new, repeat):
    """Whatever two values are, the texts fit, can be shown, and differ where the values do at a visible place."""
    left, right = head * repeat + old, head * repeat + new
    shown = excerpts(left, right)
    assert all(len(text) <= 200 and text.isprintable() for text in shown)
    if left != right and "\\" not in left + right:
        assert shown[0] != shown[1]


@given(st.binary(max_size=10), st.binary(max_size=10), st.integers(0, 10_000))
def test_first_difference_is_where_bytes_part(old, new, length):
    """All before it is equal, and it is not."""
    left, right = bytes(length) + old, bytes(length) + new
    index = first_difference(left, right)
    assert left[:index] == right[:index]
    assert left[index : index + 1] != right[index : index + 1] or left == right
