"""Writing entries: what is accepted is found again, and the rest of the file stays as it was."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.acceptance import KINDS, Answer, counts, entry_text, with_entries
from harness.accepted import Share, apply, parse_accepted
from harness.errors import UsageError
from harness.group import Group

FILE = Path("accepted.toml")
ANSWER = Answer("because", "web", date(2027, 1, 31))

TEXT = """\
# Ours.

[[accepted]]
id = "one"  # the first
reason = '''
  [[accepted]] is no header here
'''

# About the second.
[[accepted]]
id = "two"
reason = "r"
[accepted.count]
"GET /a" = [1, 2]

# The last.
[[accepted]]
id = "three"
reason = "r"
# The end.
"""


def group(identity: str, title: str = "header Date changed", endpoints: dict[str, int] | None = None) -> Group:
    """Return a group."""
    where = endpoints or {"GET /a": 3}
    return Group(identity, title, "GET /a", where, "header", "Date", "changed", "", "1", "2", 3, {}, ())


def test_an_entry_in_full() -> None:
    """An entry says what is accepted, why, by whom, until when, and how much there was."""
    assert entry_text({"id": "ab"}, [group("ab")], ANSWER, {"GET /a": 40}) == (
        "[[accepted]]\n"
        "# header Date changed\n"
        'id = "ab"\n'
        'reason = "because"\n'
        'owner = "web"\n'
        "expires = 2027-01-31\n"
        "\n"
        "[accepted.count]  # differing and compared exchanges when it was accepted\n"
        '"GET /a" = [3, 40]\n'
    )


@given(st.text(), st.text(), st.text(min_size=1))
def test_any_text(title: str, old: str, endpoint: str) -> None:
    """Whatever the texts of a group are, its entry can be read and accepts it."""
    odd = Group("ab", title, endpoint, {endpoint: 1}, "body", "x", "changed", "", old, "", 1, {}, ())
    text = entry_text({"path": "x", "old": old}, [odd], Answer("because"), {endpoint: 1})
    [entry] = parse_accepted(text, FILE)
    assert apply([odd], [entry], date(2026, 1, 1), {endpoint: 1}).accepted == (odd,)


def test_surrogates_in_patterns() -> None:
    """What TOML cannot hold is any text."""
    [entry] = parse_accepted(entry_text({"old": "a\udcffb"}, [], ANSWER, {}), FILE)
    assert entry.pattern == {"old": "a*b"}


def test_many_kinds_are_counted_together() -> None:
    """What is seen at very many kinds of requests is accepted anywhere."""
    endpoints = {f"GET /{number}": 1 for number in range(KINDS + 1)}
    compared = dict.fromkeys(endpoints, 2)
    assert counts([group("a", endpoints=endpoints)], compared) == {"*": Share(KINDS + 1, 2 * (KINDS + 1))}


@pytest.mark.parametrize("text", ["", "# only a remark", "# a\n\n", TEXT, TEXT.rstrip("\n")])
def test_appends(text: str) -> None:
    """New entries come last; all that was there stays to the byte."""
    after = with_entries(text, FILE, [entry_text({"id": "new"}, [group("new")], ANSWER, {})])
    assert after.startswith(text)
    assert parse_accepted(after, FILE)[-1].pattern == {"id": "new"}


NEW = '[[accepted]]\nid = "new"\nreason = "r"\n'
RENEWED = {
    1: ("# Ours.\n\n" + NEW + '\n# About the second.\n[[accepted]]\nid = "two"'),
    2: ("'''\n\n# About the second.\n" + NEW + '\n# The last.\n[[accepted]]\nid = "three"'),
    3: ('"GET /a" = [1, 2]\n\n# The last.\n' + NEW),
}


@pytest.mark.parametrize("number", RENEWED)
def test_renews(number: int) -> None:
    """An entry is renewed in its place, with its tables and remarks inside it; remarks before entries stay."""
    after = with_entries(TEXT, FILE, [], {number: NEW})
    assert RENEWED[number] in after
    names = ["one", "two", "three"]
    names[number - 1] = "new"
    assert [entry.pattern["id"] for entry in parse_accepted(after, FILE)] == names


INLINE = 'accepted = [{id = "a", reason = "r"}, {id = "b", reason = "r"}]\n'


@pytest.mark.parametrize(
    ("text", "number"),
    [(INLINE, 1), ("[[accepted]]\nid = 'a'\nreason = '''\n[[accepted]]\n'''\n" + TEXT, 2)],
    ids=["inline tables", "a header inside a text"],
)
def test_refuses_what_it_would_harm(text: str, number: int) -> None:
    """A file that is written otherwise is left alone, with a message."""
    with pytest.raises(UsageError, match=r"accepted\.toml"):
        with_entries(text, FILE, [], {number: NEW})


def test_refuses_to_append_to_inline_tables() -> None:
    """TOML cannot add a table to a list that is written inline."""
    with pytest.raises(UsageError, match=r"accepted\.toml"):
        with_entries(INLINE, FILE, [entry_text({"id": "c"}, [], ANSWER, {})])
