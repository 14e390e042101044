"""Edits: what was done to a value, apart from the value."""

import pytest

from harness.group.edit import edit_of

EDITS = {
    "number": ("16", "17", "number +1", "16", "17"),
    "number within": ("max-age=600, public", "max-age=60, public", "number -540", "600", "60"),
    "case": ("abc", "ABC", "upper case", "abc", "ABC"),
    "removed": ("a#md5=1", "a#1", "#=\0", "md5=", ""),
    "inserted": ("x", "x/", "\0/", "", "/"),
    "replaced": ("text/html", "text/plain", "html\0plain", "html", "plain"),
    "case of a long text": ("abc" * 30, "ABC" * 30, "upper case", "abc" * 30, "ABC" * 30),
    "everything": ("a" * 99, "b", "long", "a" * 99, "b"),
    "beyond the cut": ("…a#md5=1 and more", "…a#1 and mo…", "#=\0", "md5=", ""),
    "twice": ("a - b - c d", "a -x b -x c d", "\0x", "", "x"),
    "a time of the run": ("[now YYYY-MM-DDThh]", "[now YYYY-MM-DD hh]", "#\0# #", "00T00", "00 00"),
    "a time, other form": ("[now YYYY-MM-DD]", "22.11.2026", "#-#-#\0#.#.#", "0000-00-00", "22.11.2026"),
    "put into": ("/a/", "R('/a/')", "around\0\0R('…')", "", "R('…')"),
    "taken out": ("<b1>", "b1", "around\0<…>\0", "<…>", ""),
    "a number within a number": ("7", "172", "number +165", "7", "172"),
    "after an escape": ("?to=http%3A%2F%2F10.0.0.1", "?to=http%3A%2F%2Fhost", "#.#.#.#\0host", "10.0.0.1", "host"),
    "a habit": ("a & <b>", "a &amp; &lt;b&gt;", "escaped once more", "a & <b>", "a &amp; &lt;b&gt;"),
    "two edits": ("a1 b2 c3 d4 e5", "a2 b2 c3 d4 f5", "# # # # #\0# # # # #", "a1 b2 c3 d4 e5", "a2 b2 c3 d4 f5"),
}


@pytest.mark.parametrize(("before", "after", "shape", "old", "new"), EDITS.values(), ids=EDITS.keys())
def test_an_edit_is_what_was_replaced(before, after, shape, old, new):
    """Each row: two values, the shape of the edit, and the pieces."""
    assert edit_of(before, after) == (shape, old, new)
