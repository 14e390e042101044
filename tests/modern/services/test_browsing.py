"""Browsing by classifier."""

import pytest

from modern.services import browsing

TROVE = {
    1: "Topic", 2: "Topic :: Games", 3: "Topic :: Games :: Chess", 4: "Framework", 5: "Framework :: Zope",
    6: "License :: Free", 7: "Topic :: Art", 8: "Environment :: Web",
}  # fmt: skip


@pytest.mark.parametrize(
    ("agent", "expected"),
    [("Mozilla/5.0", False), ("", True), ("bingBOT", True), ("Mozilla (yeti)", True)],
)
def test_robots(agent, expected):
    """By a word anywhere in what they say of themselves (B087)."""
    assert browsing.is_robot(agent) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (":action=browse&c=5&c=2", ([2, 5], False)), ("c=99&c=x&c=&c=3&show=all", ([3], True)),
        ("show=ALL", ([], False)), ("x=y&amp;c=5;c=2", ([2, 5], False)),
    ],
)  # fmt: skip
def test_choices_are_known_numbers(query, expected):
    """In their order; anything else is ignored (B088)."""
    assert browsing.choices(query, TROVE) == expected


def test_below_a_classifier_is_it_and_all_under_it():
    """Not what only begins alike."""
    assert browsing.below(2, {**TROVE, 9: "Topic :: Games2"}) == [2, 3]


def test_boxes_offer_what_narrows_the_choice():
    """Three headings first, entries by name, with the number of releases (B089)."""
    classified = [("a", "1", 3), ("b", "1", 2), ("b", "1", 5), ("c", "1", 7), ("c", "1", 8), ("gone", "1", 6)]
    found = [("a", "1"), ("b", "1"), ("c", "1")]
    assert browsing.boxes(TROVE, [], found, classified) == [
        ("Topic", [(7, "Art", 1), (2, "Games", 2)]), ("Environment", [(8, "Web", 1)]), ("Framework", [(5, "Zope", 1)]),
    ]  # fmt: skip


def test_boxes_below_what_is_chosen_go_deeper():
    """What is chosen, and what stands above it, is offered no more."""
    classified = [("a", "1", 3), ("b", "1", 2), ("b", "1", 7)]
    assert browsing.boxes(TROVE, [2], [("a", "1"), ("b", "1")], classified) == [
        ("Topic", [(7, "Art", 1)]), ("Topic :: Games", [(3, "Chess", 1)]),
    ]  # fmt: skip


def test_other_headings_come_last():
    """By name."""
    assert browsing.boxes(TROVE, [], [("a", "1")], [("a", "1", 6), ("a", "1", 5)]) == [
        ("Framework", [(5, "Zope", 1)]), ("License", [(6, "Free", 1)]),
    ]  # fmt: skip
