"""Equal outcomes give nothing; every unequal one is told by table and column, file or mail header."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.effects import compare_effects
from harness.difference import Difference
from harness.effects import NO_EFFECTS, Effects, Row


def row(**values: str | None) -> Row:
    """A row of those columns."""
    return tuple(values.items())


def rows(table: str, counts: dict[Row, int], *key: str) -> Effects:
    """Effects on one table, with a primary key or none."""
    return Effects(rows={table: counts}, keys={table: key} if key else {})


def written(path: str, text: str, mode: str = "0644") -> Effects:
    """A text file that was written; each content has a digest of its own."""
    digest = "aa" if text == "a" else text.encode().hex()
    return Effects(files={path: f"{mode} sha256:{digest}"}, texts={path: text})


A1, A2, B1 = row(id="1", name="a", note="x"), row(id="1", name="a", note="y"), row(id="2", name="b", note="x")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(rows("t", {A1: 1}), rows("t", {A1: 1}), [], id="equal"),
        pytest.param(
            rows("t", {A1: 1}, "id"),
            rows("t", {A2: 1}, "id"),
            [Difference("rows", "t.note", "changed", "x", "y")],
            id="by primary key",
        ),
        pytest.param(
            rows("t", {A1: 1}),
            rows("t", {A2: 1}),
            [Difference("rows", "t.note", "changed", "x", "y")],
            id="without key: by most equal columns",
        ),
        pytest.param(
            rows("t", {row(id="7", name="a", note="x"): 1}, "id"),
            rows("t", {row(id="8", name="a", note="x"): 1}, "id"),
            [Difference("rows", "t.id", "changed", "7", "8")],
            id="another generated key",
        ),
        pytest.param(
            rows("t", {A1: 1}),
            rows("t", {row(id="1", name="a", note=None): 1}),
            [Difference("rows", "t.note", "changed", "x", "NULL")],
            id="a value that became NULL",
        ),
        pytest.param(
            rows("t", {row(id="1", name="a", note=None): 1}),
            rows("t", {row(id="1", name="a", note="NULL"): 1}),
            [Difference("rows", "t.note", "changed", "NULL", "'NULL'")],
            id="NULL that became a text",
        ),
        pytest.param(
            rows("t", {row(id="1", name="a", note="'NULL'"): 1}),
            rows("t", {row(id="1", name="a", note="NULL"): 1}),
            [Difference("rows", "t.note", "changed", "''NULL''", "'NULL'")],
            id="quotes around such a text",
        ),
        pytest.param(
            rows("t", {A1: 1}),
            NO_EFFECTS,
            [Difference("rows", "t", "missing", "id=1, name=a, note=x", "")],
            id="missing",
        ),
        pytest.param(
            NO_EFFECTS, rows("t", {A1: 1}), [Difference("rows", "t", "added", "", "id=1, name=a, note=x")], id="added"
        ),
        pytest.param(
            rows("t", {A1: -1}),
            NO_EFFECTS,
            [Difference("rows", "t removal", "missing", "id=1, name=a, note=x", "")],
            id="deleted by old alone: new has it",
        ),
        pytest.param(
            NO_EFFECTS,
            rows("t", {A1: -1}),
            [Difference("rows", "t removal", "added", "", "id=1, name=a, note=x")],
            id="deleted by new alone",
        ),
        pytest.param(
            rows("t", {A1: -1, A2: 1}, "id"),
            NO_EFFECTS,
            [Difference("rows", "t.note", "changed", "y", "x")],
            id="updated by old alone",
        ),
        pytest.param(
            rows("t", {A1: 2}),
            rows("t", {A1: 1}),
            [Difference("rows", "t", "missing", "id=1, name=a, note=x", "")],
            id="once instead of twice",
        ),
        pytest.param(
            rows("t", {A1: 1}, "id"),
            rows("t", {B1: 1}, "id"),
            [
                Difference("rows", "t", "missing", "id=1, name=a, note=x", ""),
                Difference("rows", "t", "added", "", "id=2, name=b, note=x"),
            ],
            id="nothing in common",
        ),
        pytest.param(
            rows("t", {row(a="1"): 1}),
            rows("t", {row(a="1", b="2"): 1}),
            [Difference("rows", "t.b", "added", "", "2")],
            id="a column more",
        ),
        pytest.param(
            Effects(files={"a/x.gz": f"0644 12 bytes sha256:{'a' * 64}"}),
            Effects(files={"a/x.gz": f"0644 13 bytes sha256:{'b' * 64}"}),
            [
                Difference(
                    "files",
                    "*.gz",
                    "changed",
                    f"a/x.gz 12 bytes sha256:{'a' * 16}",
                    f"a/x.gz 13 bytes sha256:{'b' * 16}",
                )
            ],
            id="content of a file",
        ),
        pytest.param(
            written("a/x.ini", "lang=en\nsize=1\n"),
            written("a/x.ini", "lang=de\nsize=1\nmore\n"),
            [
                Difference("files", "*.ini/text", "changed", "lang=en", "lang=de"),
                Difference("files", "*.ini/text", "added", "", "more"),
            ],
            id="lines of a text",
        ),
        pytest.param(
            written("x", "a\nb\n"),
            written("x", "b\na\n"),
            [Difference("files", "*/text", "order", "a\\nb\\n", "b\\na\\n")],
            id="order of lines",
        ),
        pytest.param(
            written("x", "a\n"),
            written("x", "a\r\n"),
            [Difference("files", "*/text/line ends", "spelling", "a\\n", "a\\r\\n")],
            id="ends of lines",
        ),
        pytest.param(
            written("x", "a"),
            Effects(files={"x": "0644 sha256:bb"}),
            [Difference("files", "*", "changed", "x sha256:aa", "x sha256:bb")],
            id="one is no text",
        ),
        pytest.param(
            written("x", "a", "0600"),
            written("x", "b"),
            [
                Difference("files", "*/text", "changed", "a", "b"),
                Difference("files", "* mode", "changed", "0600", "0644"),
            ],
            id="content and mode",
        ),
        pytest.param(
            Effects(files={"x": "0644 sha256:aa"}),
            Effects(files={"x": "0600 sha256:aa"}),
            [Difference("files", "* mode", "changed", "0644", "0600")],
            id="mode of a file",
        ),
        pytest.param(
            Effects(files={"x": "0644 1 bytes sha256:aa"}),
            Effects(files={"x": "link /etc/passwd"}),
            [Difference("files", "*", "type", "file x 1 bytes sha256:aa", "link x /etc/passwd")],
            id="a file that became a link",
        ),
        pytest.param(
            Effects(files={"x": "link a"}),
            Effects(files={"x": "link b"}),
            [Difference("files", "*", "changed", "x a", "x b")],
            id="a link to elsewhere",
        ),
        pytest.param(
            Effects(files={"a/x.gz": "0644 sha256:aa"}),
            Effects(files={"b/x.gz": "0644 sha256:aa"}),
            [Difference("files", "*.gz", "renamed", "a/x.gz", "b/x.gz")],
            id="place of a file",
        ),
        pytest.param(
            Effects(files={"x.gz": "0644 sha256:aa"}),
            NO_EFFECTS,
            [Difference("files", "*.gz", "missing", "x.gz", "")],
            id="file not written",
        ),
        pytest.param(
            Effects(files={"x.gz": None}),
            NO_EFFECTS,
            [Difference("files", "*.gz removal", "missing", "x.gz", "")],
            id="file not removed: new has it",
        ),
        pytest.param(
            Effects(files={"x": None}),
            Effects(files={"x": "0644 sha256:aa"}),
            [Difference("files", "*", "added", "", "x")],
            id="removed and written",
        ),
        pytest.param(
            Effects(mail=b"To: a\nSubject: hello\n\ntext\n"),
            Effects(mail=b"To: a\nSubject: Hello\n\ntext\nmore\n"),
            [
                Difference("mail", "Subject", "changed", "hello", "Hello"),
                Difference("mail", "body", "added", "", "more"),
            ],
            id="mail",
        ),
        pytest.param(
            Effects(mail=b"To: a\n"), NO_EFFECTS, [Difference("mail", "", "missing", "To: a\\n", "")], id="no mail"
        ),
    ],
)
def test_tells_what_differs(old: Effects, new: Effects, expected: list[Difference]) -> None:
    """Each kind of effect is one difference with a path that does not depend on names or places."""
    told = compare_effects(old, new)
    assert [(one.aspect, one.path, one.kind) for one in told] == [(one.aspect, one.path, one.kind) for one in expected]
    for one, wanted in zip(told, expected, strict=True):
        assert one.old.endswith(wanted.old)
        assert one.new.endswith(wanted.new)


PARTS = b"""To: a
Content-Type: multipart/mixed;
 boundary="%s"

--%s
Content-Type: text/plain

hello
--%s--
"""


def test_the_boundary_of_a_mail_is_no_content() -> None:
    """It is random: alone it is spelling, beside another difference it is nothing."""
    old, new = (Effects(mail=PARTS % (mark, mark, mark)) for mark in (b"====1234==", b"====5678=="))
    assert [(one.path, one.kind) for one in compare_effects(old, new)] == [("boundary", "spelling")]
    other = Effects(mail=new.mail.replace(b"hello", b"Hello"))
    assert [(one.path, one.kind, one.old) for one in compare_effects(old, other)] == [("body", "changed", "hello")]


def test_values_of_this_run_are_made_alike_before_they_are_compared() -> None:
    """In rows, names and mails alike, also where a row written earlier is taken away; what else differs is told."""

    def told(effects: Effects) -> Effects:
        return effects.mapped(lambda text: re.sub("T[0-9]+", "T", text))

    old = Effects(
        rows={"t": {row(at="T1", who="me", n="1"): 1, row(at="T1", who="you", n="1"): -1}},
        files={"up-T1.gz": "0644 sha256:aa"},
        mail=b"Date: T1\n\nbody\xff\n",
    )
    new = Effects(
        rows={"t": {row(at="T2", who="me", n="2"): 1, row(at="T2", who="you", n="1"): -1}},
        files={"up-T2.gz": "0644 sha256:aa"},
        mail=b"Date: T2\n\nbody\xff\n",
    )
    assert compare_effects(told(old), told(new)) == [Difference("rows", "t.n", "changed", "1", "2")]


def test_rows_that_become_equal_are_added_up() -> None:
    """A row written and taken away in the same run cancels out, whatever time it bore."""
    effects = Effects(rows={"t": {row(at="T1"): 1, row(at="T2"): -1}})
    assert effects.mapped(lambda text: text[:1]).rows == {}


def test_many_unlike_rows_are_paired_in_bounded_time() -> None:
    """Thousands of differing rows without a key do not multiply."""
    old = rows("t", {row(a=str(n), b="old"): 1 for n in range(3000)})
    new = rows("t", {row(a=str(n), b="new"): 1 for n in range(3000)})
    assert {one.path for one in compare_effects(old, new)} == {"t.b"}


values = st.dictionaries(st.sampled_from("abc"), st.none() | st.text(max_size=3), min_size=1)
made = st.builds(
    Effects,
    rows=st.dictionaries(
        st.sampled_from(["s", "t"]),
        st.dictionaries(
            values.map(lambda v: tuple(sorted(v.items()))), st.sampled_from([-2, -1, 1, 2]), min_size=1, max_size=4
        ),
    ),
    keys=st.sampled_from([{}, {"s": ("a",)}]),
    files=st.dictionaries(
        st.sampled_from(["x", "y.gz", "z"]), st.none() | st.sampled_from(["0644 d1", "0600 d1", "0644 d2"])
    ),
    mail=st.binary(max_size=20),
)


@given(made, made)
def test_differences_exactly_where_the_effects_differ(old: Effects, new: Effects) -> None:
    """No difference goes unseen and none is invented."""
    equal = (old.rows, old.files, old.mail) == (new.rows, new.files, new.mail)
    assert (compare_effects(old, new) == []) == equal


def test_a_number_that_another_row_took_does_not_make_it_that_row() -> None:
    """Where a row was left out before, generated keys are shifted: rows are known by what they say."""
    said = {"create": None, "release": "1.0"}
    old, new = (
        {row(id=str(first + n), name="a", action=action, version=said[action]): 1 for n, action in enumerate(said)}
        for first in (82, 81)
    )
    found = compare_effects(rows("t", old, "id"), rows("t", new, "id"))
    assert {(difference.path, difference.kind) for difference in found} == {("t.id", "changed")}


def test_a_row_of_which_little_is_left_is_known_by_its_key() -> None:
    """A meaningful key still tells."""
    old, new = row(id="1", a="1", b="1", c="1"), row(id="1", a="2", b="2", c="2")
    found = compare_effects(rows("t", {old: 1}, "id"), rows("t", {new: 1}, "id"))
    assert [difference.path for difference in found] == ["t.a", "t.b", "t.c"]
