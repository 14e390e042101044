"""What two documents of one meaning are spelled otherwise in."""

import pytest

from harness.compare.spelling import sort_of_spelling

SORTS = {
    "line ends": ("text", "a\r\nb", "a\nb", "line ends"),
    "declaration": ("xmlrpc", "<?xml version='1.0'?>\n<r/>", "<r/>", "declaration"),
    "white space": ("json", "[1, 2]", "[1,2]", "white space"),
    "case": ("html", "<B>a</B>", "<b>a</b>", "case"),
    "case of an escape": ("form", "a=%c3", "a=%C3", "case"),
    "quotes": ("html", "<a href='x'>", '<a href="x">', "quotes"),
    "no quotes": ("html", "<a href=x>", '<a href="x">', "quotes"),
    "entities": ("xml", "<r>&#233;</r>", "<r>\u00e9</r>", "entities"),
    "slashes": ("html", "a<br />b", "a<br>b", "slashes"),
    "escapes": ("json", '"\\u00e9\\/"', '"\u00e9/"', "escapes"),
    "order": ("json", '{"a": 1, "b": 2}', '{"b": 2, "a": 1}', "order"),
    "several": ("html", "<A href='x'>a</A>", '<a href="x">a</a>', ""),
    "no XML any more": ("html", "<html><br/></html>", "<html><br></html>", "well-formed"),
}


@pytest.mark.parametrize(("form", "old", "new", "sort"), SORTS.values(), ids=SORTS.keys())
def test_a_habit_of_a_writer_has_a_name(form, old, new, sort):
    """Each row: a format, two spellings, and in what they differ, in both directions."""
    assert sort_of_spelling(form, old, new) == sort_of_spelling(form, new, old) == sort
