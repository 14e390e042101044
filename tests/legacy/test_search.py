"""The search of the web pages."""

import pytest

from legacy import search


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("Needle", ["needle"]),
        ("the needle and hay", ["needle", "hay"]),
        ("the and", []),
        ("", []),
        ('a"b!c', ["abc"]),
        ("zope.interface x-y", ["zope.interface", "x-y"]),
        ("crème", ["crme"]),
        (["one", "TWO"], ["one", "two"]),
    ],
    ids=["case", "stop words", "nothing left", "empty", "other characters", "dots and dashes", "accents", "list"],
)
def test_words(term, expected):
    """Lower case, no stop words, ASCII letters only (B092)."""
    assert search.words(term) == expected


def row(name, ordering=0, **fields):
    """A release as the store gives it."""
    empty = dict.fromkeys(("summary", "keywords", "description", "author", "maintainer"))
    return {"name": name, "version": str(ordering), "_pypi_ordering": ordering, **empty, **fields}


def test_ranking():
    """Name 4, whole name 8, summary and keywords 2, the rest 1; by score, then by name (B093)."""
    rows = [
        row("b", description="jam"),
        row("Jam"),
        row("jam-jar"),
        row("a", summary="jam", author="Jam"),
        row("C", maintainer="jam"),
    ]
    hits, scores = search.ranked(["jam"], rows)
    assert [hit["name"] for hit in hits] == ["Jam", "jam-jar", "a", "b", "C"]
    assert scores == {"Jam": 8, "jam-jar": 4, "a": 3, "b": 1, "C": 1}


def test_all_words_must_occur():
    """Anywhere, but all of them."""
    hits, _ = search.ranked(["jam", "toast"], [row("jam"), row("x", summary="jam", description="toast")])
    assert [hit["name"] for hit in hits] == ["x"]


def test_only_the_highest_matching_release_counts():
    """Older releases of the same project are left out."""
    hits, _ = search.ranked(
        ["jam"], [row("x", 0, summary="jam"), row("x", 2, summary="jam"), row("x", 3, summary="no")]
    )
    assert [hit["version"] for hit in hits] == ["2"]
