"""What the values of a place have in common."""

from __future__ import annotations

import pytest

from harness.fuzz.traits import traits


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "20", "-3"], "integer"),
        (["2016-05-16", "2016-05-16T12:00:00Z"], "date"),
        (["1.0", "v0.1rc1", "2.0.dev3"], "version"),
        (["d41d8cd98f00b204", "0CC175B9C0F1B6A8"], "hexadecimal"),
        (["c2VjcmV0IHRva2Vu1", "Zx9-aaaaaaaaaa"], "token"),
        (["demo", "demo-extras", "a.b"], "name"),
        (["a demo", "of words"], "text"),
        (["1.0", "0.1", "2.0", "3.1", "latest"], "version"),
        ([], "text"),
    ],
    ids=["integers", "dates", "versions", "digests", "tokens", "names", "texts", "one of five is wrong", "none"],
)
def test_values_are_of_the_narrowest_kind_that_most_are_of(values: list[str], kind: str) -> None:
    """One in five may be anything."""
    assert traits(values).kind == kind


def test_lengths_and_alphabet() -> None:
    """Are those of all values."""
    seen = traits(["ab", "bca"])
    assert (seen.shortest, seen.longest, seen.alphabet) == (2, 3, "abc")
