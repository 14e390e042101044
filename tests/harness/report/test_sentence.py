"""Sentences for people: every aspect and kind has one, and the verdict claims no more than was judged."""

from itertools import product
from typing import get_args

import pytest

from harness.difference import Aspect, Difference
from harness.group import group_observations
from harness.group.observation import Observation
from harness.report import Result
from harness.report.sentence import affected, headline, names, sentence, unjudged

KINDS = ("changed", "missing", "added", "type", "order", "renamed", "encoding", "spelling")


def group_of(difference, exchanges=1):
    """Return the one group of a difference seen in some exchanges."""
    seen = [Observation(f"a#{n}", f"GET /{n}", f"client{n}", difference) for n in range(exchanges)]
    (group,) = group_observations(seen)
    return group


@pytest.mark.parametrize(("aspect", "kind"), [*product(get_args(Aspect), KINDS)])
def test_every_difference_has_a_sentence(aspect, kind):
    """Whatever is found can be said, beginning with a capital and without its end."""
    text = sentence(group_of(Difference(aspect, "x.y", kind, "200 a", "404 b")))
    assert text[0].isupper()
    assert text[-1] != "."
    assert "{" not in text


def test_a_sentence_is_short():
    """Long values are cut; empty ones are named."""
    text = sentence(group_of(Difference("body", "p", "changed", "a" * 190, "")))
    assert len(text) < 160
    assert "“an empty text” instead of “aaa" in text


def test_permissions_are_no_content():
    """A file of another mode has the same content."""
    text = sentence(group_of(Difference("files", "*.txt mode", "changed", "0640", "0644")))
    assert text == "A file is written with other permissions: 0644 instead of 0640"


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (Difference("rows", "t removal", "missing", "id=1", ""), "The database keeps something that the old version"),
        (Difference("rows", "t removal", "added", "", "id=1"), "Something is removed from the database that the old"),
        (Difference("files", "*.log removal", "missing", "a.log", ""), "A file that the old version removes is kept"),
        (Difference("files", "*.log removal", "added", "", "a.log"), "A file is removed that the old version keeps"),
    ],
)
def test_what_was_removed_is_told_from_what_was_written(difference, expected):
    """A row that stays is not one that was stored."""
    assert sentence(group_of(difference)).startswith(expected)


def test_lines_are_no_files():
    """What is missing within a file is a line of it."""
    text = sentence(group_of(Difference("files", "*.txt/text", "missing", "lang=en", "")))
    assert text == "A line of a file is no longer written: lang=en"


def test_braces_of_a_value_are_only_text():
    """A value is never taken for a place in the sentence."""
    assert "“{old}” instead of “{0.x}”" in sentence(group_of(Difference("body", "p", "changed", "{0.x}", "{old}")))


def test_who_is_affected_is_counted_and_named():
    """Requests, addresses, and the first few clients."""
    one = Difference("header", "X", "missing", "1", "")
    assert affected(group_of(one)) == "1 request to GET /0, from client0"
    assert affected(group_of(one, 5)) == "5 requests at 5 addresses, from client0, client1, client2 and 2 others"
    assert names({"a": 1, "b": 1}) == "a and b"
    assert names({}) == "nobody"
    assert names({"(none)": 1, "a": 1}) == "clients without a name and a"


HEADLINES = {
    "some differ": (
        {"exchanges": 599, "judged": 599, "matched": 590, "different": 9},
        "The new version answered 590 of 599 recorded requests as the old one did; 9 differ, for 0 reasons. "
        "All could be judged.",
    ),
    "all the same": (
        {"exchanges": 7, "judged": 7, "matched": 7},
        "The new version answered all 7 recorded requests as the old one did. All could be judged.",
    ),
    "one": (
        {"exchanges": 1, "judged": 1, "matched": 1},
        "The new version answered the one recorded request as the old one did. All could be judged.",
    ),
    "none the same": (
        {"exchanges": 9, "judged": 9, "different": 9},
        "The new version answered none of 9 recorded requests as the old one did; 9 differ, for 0 reasons. "
        "All could be judged.",
    ),
    "some unjudged": (
        {"exchanges": 2000, "judged": 1500, "matched": 1500, "stale": 500},
        "The new version answered 1,500 of 2,000 recorded requests as the old one did. 500 could not be judged.",
    ),
    "accepted": (
        {"exchanges": 5, "judged": 5, "matched": 3, "accepted": 1, "different": 1},
        "The new version answered 3 of 5 recorded requests as the old one did; 1 differs as was accepted; "
        "1 differs, for 0 reasons. All could be judged.",
    ),
    "nothing judged": (
        {"exchanges": 5, "stale": 5},
        "Nothing is known: none of 5 recorded requests could be judged.",
    ),
    "nothing at all": ({}, "Nothing is known: none of 0 recorded requests could be judged."),
}


@pytest.mark.parametrize(("counts", "expected"), HEADLINES.values(), ids=HEADLINES.keys())
def test_the_headline_says_what_was_found(counts, expected):
    """Agreement and ignorance are not the same headline."""
    assert headline(Result("a", "b", counts)) == expected


def test_differences_of_what_was_not_judged_are_told():
    """A difference in a stale exchange is not lost in the verdict."""
    groups = [group_of(Difference("status", "", "changed", "200", "500"))]
    text = headline(Result("a", "b", {"exchanges": 9, "judged": 8, "matched": 8, "stale": 1}, groups))
    assert "; 1 difference showed among those that could not be judged." in text


def test_what_was_not_judged_is_told_by_kind():
    """A sentence a kind of reason, with the most frequent details and how many more there are."""
    reasons = {f"stale: recorded 200, old now {status}": status for status in (401, 404, 500)}
    counts = {"exchanges": 2000, "stale": 1305, "unreplayable": 2, "errors": 1}
    assert unjudged(Result("a", "b", counts, reasons={**reasons, "error: old crashed": 1})) == [
        "1,305 requests: the old version no longer answers them as it did "
        "(recorded 200, old now 500; recorded 200, old now 404; 1 more).",
        "2 requests: they could not be sent.",
        "1 request: the old version broke down (old crashed).",
    ]
    assert unjudged(Result("a", "b", {"exchanges": 1, "judged": 1})) == []
