"""The length that HEAD states is what GET's body shows, where that is spelling of the same two lengths."""

from datetime import date
from pathlib import Path

import pytest

from harness.conclusion import Gathered, Judgement, conclude
from harness.config import Config
from harness.difference import Difference
from harness.evidence import Evidence, Place, count, merged
from harness.exchange import Exchange, Request
from harness.judge import Verdict
from harness.partial import Partial, read_partial, write_partial
from harness.scenarios import Shard

CONFIG = Config(root=Path())
QUOTES = Difference("body", "body/html/quotes", "spelling", '"a"', "'a'")
COMMENT = Difference("body", "html/body/comment()", "spelling", "", "made by x")
REAL = Difference("body", "html/body/p/text()", "changed", "1", "22")
KIND = Difference("header", "X-Kind", "missing", "a")
STATED = Difference("header", "Content-Length", "changed", "90", "99")


def asked(method, number, *differences, lengths="90 99", path="/a"):
    """Return what one answer showed."""
    evidence = Evidence()
    exchange = Exchange(f"x#{number}", Request(f"{method} {path} HTTP/1.1".encode()))
    count(evidence, Place(0, number), exchange, Verdict("judged", "", differences, lengths=lengths), CONFIG)
    return evidence


def concluded(*evidence, meaning=False):
    """Return the verdict on what several answers showed."""
    return conclude(Gathered(merged(evidence)), Judgement("o", "n", CONFIG, (), meaning, date(2026, 11, 23)))


def told(result):
    """Return what the groups are, and by how many answers."""
    return sorted((group.aspect, group.kind, group.count) for group in result.groups)


@pytest.mark.parametrize("order", [1, -1], ids=["GET first", "HEAD first"])
def test_the_length_of_a_body_in_another_spelling_goes_with_it(order):
    """GET and HEAD come in any order."""
    numbers = [1, 2][::order]
    found = [asked("GET", numbers[0], QUOTES), asked("HEAD", numbers[1], STATED)]
    (group,) = concluded(*found).groups
    assert (group.aspect, group.kind, group.count) == ("body", "spelling", 2)
    assert (group.endpoint, group.endpoints) == ("GET /a", {"GET /a": 1, "HEAD /a": 1})
    assert group.title.endswith("; 1 more request follows from it")
    assert [example.endpoint for example in group.examples] == ["GET /a"]
    aside = concluded(*found, meaning=True)
    assert (aside.groups, [group.count for group in aside.hidden]) == ((), [2])
    assert (aside.counts["matched"], aside.counts["different"]) == (2, 0)


def test_a_body_that_differs_in_two_spellings_has_one_length():
    """HEAD counts with each, as GET does."""
    found = concluded(asked("GET", 1, QUOTES, COMMENT), asked("HEAD", 2, STATED))
    assert told(found) == [("body", "spelling", 2)] * 2


def test_each_length_goes_with_what_its_own_target_shows():
    """Two pages may be written otherwise in two ways."""
    one = asked("GET", 1, QUOTES), asked("HEAD", 2, STATED)
    more = [asked("GET", n, COMMENT, lengths="5 7", path="/b") for n in (3, 4, 5)]
    found = concluded(*one, *more, asked("HEAD", 6, STATED, lengths="5 7", path="/b"))
    assert told(found) == [("body", "spelling", 2), ("body", "spelling", 4)]


LEFT = {
    "other lengths": [asked("GET", 1, QUOTES, lengths="90 98")],
    "no GET that differs": [],
    "a GET of the same lengths that differs in meaning": [asked("GET", 1, QUOTES), asked("GET", 3, REAL)],
    "a GET that differs in both": [asked("GET", 1, QUOTES, REAL)],
}


@pytest.mark.parametrize("gets", LEFT.values(), ids=LEFT)
def test_any_other_length_is_no_spelling(gets):
    """Only where nothing but spelling has these lengths may a length be passed over."""
    found = concluded(*gets, asked("HEAD", 2, STATED), meaning=True)
    assert any("HEAD /a" in group.endpoints for group in found.groups)
    assert not any("HEAD /a" in group.endpoints for group in found.hidden)


def test_what_else_head_shows_stays():
    """Only its length is told by the body."""
    found = concluded(asked("GET", 1, QUOTES), asked("HEAD", 2, STATED, KIND), meaning=True)
    assert told(found) == [("header", "missing", 1)]


def test_other_headers_of_get_say_nothing_about_its_body():
    """Its body still differs in spelling only."""
    found = concluded(asked("GET", 1, QUOTES, KIND), asked("HEAD", 2, STATED), meaning=True)
    assert told(found) == [("header", "missing", 1)]


def test_shards_say_the_same(tmp_path):
    """HEAD on one machine, GET on another."""
    evidence = [asked("HEAD", 1, STATED), asked("GET", 2, QUOTES)]
    for number, each in enumerate(evidence, 1):
        write_partial(tmp_path / f"{number}", Partial("o", "n", Shard(number, 2), Gathered(each)))
    read = [read_partial(tmp_path / f"{number}").gathered.evidence for number in (2, 1)]
    assert concluded(*read) == concluded(*evidence)
    assert told(concluded(*read)) == [("body", "spelling", 2)]
