"""What HTTP says that a header's value means, and where it says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.fields import instant, same_list, same_meaning

SAME = {
    "ends": ("X", " a", "a\t"),
    "list": ("Vary", "a,b", "a , b"),
    "empty members": ("Vary", "a,,b,", "a, b"),
    "set": ("Allow", "GET, POST", "POST, GET"),
    "words": ("Connection", "Close", "close"),
    "quoted comma": ("Link", '<x>; title="a, b",<y>', '<x>;title="a, b", <y>'),
    "parameters": ("Content-Disposition", 'attachment; filename="a"', "Attachment;FileName=a"),
    "date": ("Expires", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"),
    "cookie": ("Set-Cookie", "a=1; path=/; secure", "a = 1;Secure ; Path=/"),
    "cookie's domain": ("Set-Cookie", "a=1; Domain=A.org", "a=1; domain=a.org"),
    "cookie's last attribute": ("Set-Cookie", "a=1; Path=/x; Path=/", "a=1; Path=/"),
}
OTHER = {
    "unknown list": ("X-List", "a,b", "a, b"),
    "case of a value": ("X", "a", "A"),
    "list's order": ("Content-Encoding", "gzip, br", "br, gzip"),
    "case of a method": ("Allow", "GET", "get"),
    "space in quotes": ("Link", '"a, b"', '"a,b"'),
    "parameter": ("Content-Disposition", "attachment; filename=a", "attachment; filename=A"),
    "no date": ("Expires", "0", "-1"),
    "cookie's value": ("Set-Cookie", "a=1", "a=2"),
    "cookie's name": ("Set-Cookie", "a=1", "A=1"),
    "cookie's path": ("Set-Cookie", "a=1; Path=/a", "a=1; Path=/A"),
    "cookie's attribute": ("Set-Cookie", "a=1; HttpOnly", "a=1"),
}


@pytest.mark.parametrize(("name", "old", "new"), SAME.values(), ids=SAME.keys())
def test_values_of_one_meaning(name, old, new):
    """Each row: a header and two spellings of its value."""
    assert same_meaning(name, old, new)


@pytest.mark.parametrize(("name", "old", "new"), OTHER.values(), ids=OTHER.keys())
def test_values_of_other_meaning(name, old, new):
    """Each row: a header and two values that only look alike."""
    assert not same_meaning(name, old, new)


def test_only_lists_may_be_joined():
    """Repeats of what is no list are not one value."""
    assert same_list("Vary", ["a", "b"], ["a, b"])
    assert not same_list("Set-Cookie", ["a=1", "b=2"], ["a=1, b=2"])
    assert not same_list("X", ["a", "b"], ["a, b"])


@pytest.mark.parametrize("value", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"])
def test_an_instant_is_read_in_any_form(value):
    """Seconds since the epoch; the weekday is not looked at."""
    assert instant(value) == 784111777


@given(
    st.sampled_from(["Set-Cookie", "Vary", "Content-Type", "Date", "Link", "X"]),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_any_values_are_compared(name, old, new):
    """Never an error, the same in both directions, and equal to itself."""
    assert same_meaning(name, old, new) == same_meaning(name, new, old)
    assert same_meaning(name, old, old)
