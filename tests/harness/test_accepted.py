"""Accepted differences: what an entry means, which groups it accepts, and when it needs a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.accepted import apply, compared_of, matches, parse_accepted, read_accepted
from harness.errors import UsageError
from harness.group import Group

TODAY = date(2026, 11, 22)
FILE = Path("accepted.toml")


def group(identity: str = "aa11", endpoints: Mapping[str, int] | None = None, **fields: str) -> Group:
    """Return a group seen at some endpoints."""
    endpoints = {"GET /a": 12} if endpoints is None else dict(endpoints)
    texts = {
        "title": "header Date changed",
        "aspect": "header",
        "path": "Date",
        "kind": "changed",
        "old": "1",
        "new": "2",
    }
    return Group(
        id=identity,
        endpoint=next(iter(endpoints)),
        endpoints=dict(endpoints),
        transform="",
        count=sum(endpoints.values()),
        clients={},
        examples=(),
        **(texts | fields),
    )


def sift(text: str, *groups: Group, compared: Mapping[str, int] | None = None):  # type: ignore[no-untyped-def]
    """Sift groups by the text of a file."""
    return apply(groups, parse_accepted(text, FILE), TODAY, compared)


def entry(lines: str) -> str:
    """Return an entry with a reason."""
    return f"[[accepted]]\nreason = 'r'\n{lines}\n"


PATTERNS = {
    "id": ("id = 'aa11'", True),
    "another id": ("id = 'aa12'", False),
    "the beginning of an id": ("id = 'aa'", False),
    "aspect and path": ("aspect = 'header'\npath = 'Date'", True),
    "another aspect": ("aspect = 'body'\npath = 'Date'", False),
    "all that is given must fit": ("id = 'aa11'\nnew = '3'", False),
    "old and new": ("old = '1'\nnew = '2'", True),
    "wildcard in a title": ("title = 'header * changed'", True),
    "wildcards do not search": ("title = 'eader*'", False),
    "its endpoint": ("path = 'Date'\nendpoint = 'GET /*'", True),
    "another endpoint": ("path = 'Date'\nendpoint = 'GET /b'", False),
    "other case": ("path = 'date'", False),
}


@pytest.mark.parametrize(("lines", "accepted"), PATTERNS.values(), ids=PATTERNS)
def test_patterns(lines: str, accepted: bool) -> None:
    """A group is accepted where every key of an entry fits all of the value."""
    sifted = sift(entry(lines), group())
    assert (len(sifted.accepted), len(sifted.unexplained)) == ((1, 0) if accepted else (0, 1))


def test_what_is_accepted_stays_listed() -> None:
    """Groups are sorted into accepted and not, in their order; the entry of an accepted one is told."""
    groups = [group("a"), group("b"), group("c")]
    sifted = sift(entry("id = 'b'"), *groups)
    assert [[each.id for each in part] for part in (sifted.unexplained, sifted.accepted)] == [["a", "c"], ["b"]]
    assert sifted.by["b"].reason == "r"
    assert sifted.warnings == ()


def test_a_part_of_what_was_accepted_is_accepted() -> None:
    """A run over few exchanges shows a cause by a narrower name; an entry of that name accepts no wider cause."""
    narrow = replace(group("aa11"), wider=("bb22",))
    assert len(sift(entry("id = 'bb22'"), narrow).accepted) == 1
    assert len(sift(entry("id = 'aa11'"), group("bb22")).accepted) == 0


def test_an_endpoint_is_not_widened() -> None:
    """A cause accepted at one endpoint and seen at another, too, is not accepted; the entry says where it is seen."""
    sifted = sift(entry("path = 'Date'\nendpoint = 'GET /a'"), group(endpoints={"GET /a": 2, "GET /b": 1}))
    assert (len(sifted.accepted), len(sifted.unexplained)) == (0, 1)
    assert sifted.warnings == (
        "accepted.toml: entry 1 (path = 'Date') occurs where it does not accept it, at GET /b: "
        "header Date changed (aa11)",
    )


@pytest.mark.parametrize(("day", "accepted"), [("2026-11-21", 0), ("2026-11-22", 1), ("2026-11-23", 1)])
def test_expires(day: str, accepted: int) -> None:
    """An entry accepts to the end of its last day; then its groups are differences again, and it is named."""
    sifted = sift(entry(f"id = 'aa11'\nexpires = {day}"), group())
    assert len(sifted.accepted) == accepted
    assert len(sifted.unexplained) == len(sifted.warnings) == 1 - accepted
    assert all(f"entry 1 (id = 'aa11') expired on {day}" in text for text in sifted.warnings)


def test_expired_but_accepted_by_another() -> None:
    """An expired entry whose groups another entry accepts needs no look."""
    sifted = sift(entry("id = 'aa11'\nexpires = 2026-01-01") + entry("path = 'Date'"), group())
    assert (len(sifted.accepted), sifted.warnings) == (1, ())


def test_stopped() -> None:
    """An entry that no group fits is to be removed."""
    assert sift(entry("id = 'zz'"), group()).warnings == (
        "accepted.toml: entry 1 (id = 'zz') no longer occurs: remove it",
    )


COUNT = "[accepted.count]\n'GET /a' = [12, 40]"


@pytest.mark.parametrize(
    ("compared", "stopped"),
    [({}, 0), ({"GET /b": 90}, 0), ({"GET /a": 39}, 0), ({"GET /a": 40}, 1), (None, 1)],
    ids=["nothing", "other requests", "fewer", "as many", "unknown"],
)
def test_stopped_is_only_said_where_it_would_show(compared: Mapping[str, int] | None, stopped: int) -> None:
    """A run over fewer such requests than when it was accepted proves nothing."""
    assert len(sift(entry(f"id = 'zz'\n{COUNT}"), compared=compared).warnings) == stopped


GROWTH = {
    "as then": ({"GET /a": 12}, {"GET /a": 40}, ""),
    "ten times the traffic": ({"GET /a": 120}, {"GET /a": 400}, ""),
    "a part of the traffic": ({"GET /a": 1}, {"GET /a": 1}, ""),
    "a little more": ({"GET /a": 20}, {"GET /a": 40}, ""),
    "much more": ({"GET /a": 30}, {"GET /a": 40}, "grew, and now occurs much more often at GET /a"),
    "at another endpoint": ({"GET /a": 12, "GET /b": 1}, {"GET /a": 40}, "grew, and now also occurs at GET /b"),
    "how often is not known": ({"GET /a": 40}, None, ""),
}


@pytest.mark.parametrize(("endpoints", "compared", "warning"), GROWTH.values(), ids=GROWTH)
def test_grew(endpoints: Mapping[str, int], compared: Mapping[str, int] | None, warning: str) -> None:
    """New kinds of requests and a larger share of them are growth, more traffic is not; it stays accepted."""
    sifted = sift(entry(f"id = 'aa11'\n{COUNT}"), group(endpoints=endpoints), compared=compared)
    assert len(sifted.accepted) == 1
    expected = [f"accepted.toml: entry 1 (id = 'aa11') {warning}: header Date changed (aa11)"] if warning else []
    assert list(sifted.warnings) == expected


def test_count_anywhere() -> None:
    """A count of any kind of request does not grow by kinds."""
    text = entry("id = 'aa11'\n[accepted.count]\n'*' = [2, 10]")
    assert sift(text, group(endpoints={"GET /b": 4}), compared={"GET /b": 10}).warnings == ()
    assert sift(text, group(endpoints={"GET /b": 10}), compared={"GET /b": 10}).warnings != ()


ERRORS = {
    "not TOML": ("[[accepted", "accepted.toml: is not TOML"),
    "nested too deeply": ("x = " + "[" * 100_000, "accepted.toml: is not TOML"),
    "another key of the file": ("[[acepted]]\nid='a'", "accepted.toml: unknown key 'acepted'"),
    "no tables": ("accepted = 3", "accepted.toml: accepted must be tables"),
    "unknown key": (entry("id = 'a'\nexpire = 1"), "accepted.toml: entry 1 (id = 'a'): unknown key 'expire'"),
    "no reason": ("[[accepted]]\nid = 'a'", "accepted.toml: entry 1 (id = 'a'): needs a reason"),
    "an empty reason": ("[[accepted]]\nid = 'a'\nreason = ' '", "needs a reason"),
    "an endpoint alone": (entry("endpoint = 'GET /a'"), "entry 1: would accept differences of every cause"),
    "an aspect alone": (entry("aspect = 'body'"), "would accept differences of every cause"),
    "a kind of any cause": (entry("kind = 'changed'\nendpoint = 'GET /a'"), "would accept differences of every cause"),
    "a kind with several causes": (entry("kind = 'type'"), "would accept differences of every cause"),
    "any kind that begins so": (entry("kind = 'ch*'\naspect = 'body'"), "would accept differences of every cause"),
    "wildcards alone": (entry("path = '*'\ntitle = '**'"), "would accept differences of every cause"),
    "wildcards and signs": (entry("path = '*/*'\ntitle = '*: *'"), "would accept differences of every cause"),
    "nothing": (entry(""), "would accept differences of every cause"),
    "a number as text": (entry("id = 'a'\nowner = 3"), "owner must be a string in quotes, not 3"),
    "a date in quotes": (entry("id = 'a'\nexpires = '2027-01-31'"), "expires must be a date without quotes"),
    "a time": (entry("id = 'a'\nexpires = 2027-01-31T00:00:00"), "expires must be a date without quotes"),
    "a number as count": (entry("id = 'a'\ncount = 3"), "count must be a table of kinds of requests"),
    "words as count": (entry("id = 'a'\ncount = {a = 'b'}"), "count.'a' must be [differing, compared] exchanges"),
    "the second entry": (entry("id = 'a'") + entry("pth = 'b'"), "accepted.toml: entry 2: unknown key 'pth'"),
}


@pytest.mark.parametrize(("text", "message"), ERRORS.values(), ids=ERRORS)
def test_errors(text: str, message: str) -> None:
    """What is wrong with a file is said with file, entry and key."""
    with pytest.raises(UsageError) as caught:
        parse_accepted(text, FILE)
    assert message in str(caught.value)


def test_a_kind_of_one_meaning_is_a_cause() -> None:
    """All differences of spelling may be accepted by one entry."""
    assert len(sift(entry("kind = 'spelling'"), group(kind="spelling")).accepted) == 1


def test_reads_files(tmp_path: Path) -> None:
    """No file is no entries; a file that cannot be read is an error."""
    assert read_accepted(tmp_path / "accepted.toml") == []
    (tmp_path / "accepted.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        read_accepted(tmp_path / "accepted.toml")


@given(st.text(alphabet="ab*.\n", max_size=8), st.text(alphabet="ab*.\n", max_size=8))
def test_wildcards(pattern: str, text: str) -> None:
    """A star stands for any text, everything else for itself: as told by trying every way to split."""

    def fits(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(fits(pattern[1:], text[start:]) for start in range(len(text) + 1))
        return text[:1] == pattern[0] and fits(pattern[1:], text[1:])

    assert matches(pattern, text) == fits(pattern, text)


def test_compared() -> None:
    """What was not judged proves nothing of a difference that is gone."""
    verdicts = {"GET /a": {"judged": 3, "stale": 1, "unreplayable": 5}, "GET /b": {}}
    assert compared_of(verdicts) == {"GET /a": 3, "GET /b": 0}
