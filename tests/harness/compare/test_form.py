"""Forms: field by field, in what order, and what is no form."""

import pytest

from harness.compare.form import compare_forms, read_form
from harness.compare.unreadable import Unreadable

CASES = {
    "equal": ("a=1&b=2", "a=1&b=2", []),
    "plus": ("a=b+c", "a=b%20c", []),
    "no value": ("a", "a=", []),
    "value": ("a=1&b=2", "a=1&b=3", [("b", "changed", "2", "3")]),
    "gone": ("a=1&b=2", "a=1", [("b", "missing", "2", "")]),
    "gone, empty": ("a=1&b=", "a=1", [("b", "missing", "(empty)", "")]),
    "new": ("a=1", "a=1&b=2", [("b", "added", "", "2")]),
    "one of several": ("a=1&a=2", "a=2", [("a", "missing", "1", "")]),
    "several in another order": ("a=1&a=2", "a=2&a=1", [("a", "order", "1&2", "2&1")]),
    "fields in another order": ("a=1&b=2", "b=2&a=1", [("form", "order", "a&b", "b&a")]),
    "fields that are repeated in another order": (
        "a=1&b=2&a=3&b=4",
        "a=1&a=3&b=2&b=4",
        [("form", "order", "a&b&a&b", "a&a&b&b")],
    ),
    "one of several that is not the last": ("a=1&b=2&a=3", "a=1&b=2", [("a", "missing", "3", "")]),
    "a name that is data": ("%3Aaction=1&x y".replace(" ", "+"), "%3Aaction=2&x+y", [(":action", "changed", "1", "2")]),
    "an odd name": ("a+b=1", "a+b=2", [("{}", "changed", "1", "2")]),
    "other bytes": ("a=%e9", "a=%c3%a9", [("a", "changed", "\\udce9", "\u00e9")]),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_fields_are_compared(old, new, expected):
    """Each row: two forms and what differs."""
    found = compare_forms(read_form(old), read_form(new))
    assert [(one.path, one.kind, one.old, one.new) for one in found] == expected


@pytest.mark.parametrize("text", ["a=b c", "a=1\n", "a=\u00e9"], ids=["space", "line", "letter"])
def test_what_is_no_form_is_refused(text):
    """A form has neither white space nor letters beyond ASCII."""
    with pytest.raises(Unreadable):
        read_form(text)
