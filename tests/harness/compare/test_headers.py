"""Header pairs: presence, values, case, order, repeats, renames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.headers import compare_headers

A, B, C = (b"A", b"1"), (b"B", b"2"), (b"C", b"3")


def differ(old, new):
    """Return differences as (path, kind, old, new)."""
    found = compare_headers(tuple(old), tuple(new))
    assert all(difference.aspect == "header" for difference in found)
    return [(difference.path, difference.kind, difference.old, difference.new) for difference in found]


CASES = {
    "missing": ([A, B], [B], [("A", "missing", "1", "")]),
    "added": ([A], [A, B], [("B", "added", "", "2")]),
    "changed": ([A], [(b"A", b"2")], [("A", "changed", "1", "2")]),
    "an empty one missing": ([A, (b"E", b"")], [A], [("E", "missing", "(empty)", "")]),
    "an empty one added": ([A], [A, (b"E", b"")], [("E", "added", "", "(empty)")]),
    "one of several missing, empty": ([A, (b"A", b"")], [A], [("A", "missing", "(empty)", "")]),
    "renamed in place": ([A, B, C], [A, (b"X-B", b"2"), C], [("B", "renamed", "B", "X-B")]),
    "renamed, repeated": (
        [A, (b"B", b"3"), (b"B", b"4")],
        [A, (b"X", b"3"), (b"X", b"4")],
        [("B", "renamed", "B", "X")],
    ),
    "not renamed: other value": ([B], [(b"X", b"9")], [("B", "missing", "2", ""), ("X", "added", "", "9")]),
    "case of the name": ([(b"ETag", b"x")], [(b"Etag", b"x")], [("ETag", "spelling", "ETag", "Etag")]),
    "case and value": (
        [(b"ETag", b"x")],
        [(b"etag", b"y")],
        [("ETag", "changed", "x", "y"), ("names", "spelling", "ETag", "etag")],
    ),
    "all names in lower case": (
        [A, (b"Content-Type", b"x"), (b"ETag", b"y")],
        [(b"a", b"1"), (b"content-type", b"x"), (b"etag", b"y")],
        [("names", "spelling", "Content-Type", "content-type")],
    ),
    "all names but one in lower case": (
        [A, (b"Content-Type", b"x"), (b"ETag", b"y"), (b"Via", b"z")],
        [(b"a", b"1"), (b"content-type", b"x"), (b"etag", b"y"), (b"Via", b"z")],
        [("names", "spelling", "Content-Type", "content-type")],
    ),
    "two names of three in lower case": (
        [A, (b"Via", b"x"), (b"ETag", b"y")],
        [A, (b"via", b"x"), (b"etag", b"y")],
        [("Via", "spelling", "Via", "via"), ("ETag", "spelling", "ETag", "etag")],
    ),
    "order of names": ([A, B, C], [C, A, B], [("order", "spelling", "A, B, C", "C, A, B")]),
    "order of names, one repeated": ([A, B, A], [A, A, B], [("order", "spelling", "A, B, A", "A, A, B")]),
    "repeats in another order": (
        [(b"Link", b"x"), (b"Link", b"y")],
        [(b"Link", b"y"), (b"Link", b"x")],
        [("Link", "order", "x | y", "y | x")],
    ),
    "a repeat gone": ([A, (b"A", b"2")], [A], [("A", "missing", "2", "")]),
    "repeats joined": (
        [(b"Vary", b"a"), (b"Vary", b"b")],
        [(b"Vary", b"a, b")],
        [("Vary", "spelling", "a | b", "a, b")],
    ),
    "a header that nobody defines, on one line": (
        [(b"X-A", b"1"), (b"X-A", b"2")],
        [(b"X-A", b"1,2")],
        [("X-A", "changed", "1 | 2", "1,2")],
    ),
    "one of two lost, the other longer": (
        [(b"X-A", b"1"), (b"X-A", b"2")],
        [(b"X-A", b"1, 3")],
        [("X-A", "changed", "1", "1, 3"), ("X-A", "missing", "2", "")],
    ),
    "cookies are never joined": (
        [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")],
        [(b"Set-Cookie", b"a=1, b=2")],
        [("Set-Cookie", "changed", "a=1 | b=2", "a=1, b=2")],
    ),
    "cookies are paired by name": (
        [(b"Set-Cookie", b"a=1; Path=/"), (b"Set-Cookie", b"b=2")],
        [(b"Set-Cookie", b"b=2"), (b"Set-Cookie", b"a=9; Path=/")],
        [
            ("Set-Cookie", "changed", "a=1; Path=/", "a=9; Path=/"),
            ("Set-Cookie", "order", "a=1; Path=/ | b=2", "b=2 | a=9; Path=/"),
        ],
    ),
    "optional white space": (
        [(b"Cache-Control", b"a,b")],
        [(b"Cache-Control", b"a, b")],
        [("Cache-Control", "spelling", "a,b", "a, b")],
    ),
    "media type": (
        [(b"Content-Type", b"text/html")],
        [(b"Content-Type", b"text/plain")],
        [("Content-Type", "changed", "text/html", "text/plain")],
    ),
    "charset": (
        [(b"Content-Type", b"text/html")],
        [(b"Content-Type", b"text/html; charset=utf-8")],
        [("Content-Type", "encoding", "text/html", "text/html; charset=utf-8")],
    ),
    "charset's case": (
        [(b"Content-Type", b"text/html; charset=utf-8")],
        [(b"Content-Type", b'text/html;charset="UTF-8"')],
        [("Content-Type", "spelling", "text/html; charset=utf-8", 'text/html;charset="UTF-8"')],
    ),
    "other parameter": (
        [(b"Content-Type", b"text/html; level=1")],
        [(b"Content-Type", b"text/html; level=2")],
        [("Content-Type", "changed", "text/html; level=1", "text/html; level=2")],
    ),
    "control bytes": ([(b"A", b"1")], [(b"A", b"\x1b[31m\xff")], [("A", "changed", "1", "\\x1b[31m\u00ff")]),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_what_differs_is_named(old, new, expected):
    """Each row: the pairs of both sides, and the differences."""
    assert differ(old, new) == expected


def test_a_rename_hides_no_other_difference():
    """One header renamed while another moves and a third changes: three differences."""
    found = differ([A, B, C, (b"D", b"4")], [B, (b"X", b"1"), (b"D", b"5"), C])
    assert sorted(kind for _, kind, _, _ in found) == ["changed", "renamed", "spelling"]


PAIRS = st.lists(
    st.tuples(
        st.sampled_from([b"A", b"a", b"B", b"Set-Cookie", b"Content-Type"]),
        st.sampled_from([b"", b"1", b"a=1", b"1, 2"]),
    ),
    max_size=5,
)


@given(PAIRS, PAIRS)
def test_unequal_pairs_always_differ(old, new):
    """Whatever the pairs are, differing ones are never passed over, and equal ones never reported."""
    assert bool(differ(old, new)) == (old != new)
