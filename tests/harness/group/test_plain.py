"""What people are shown of a value: instants, not the placeholders of normalisers."""

import time

import pytest

from harness.group.plain import plain
from harness.instant import SPELLINGS, instants, placeholder

AT = 1473170587.0
WRITTEN = {
    "date-iso8601": "%Y-%m-%dT%H:%M:%S",
    "date-minutes": "%Y-%m-%d %H:%M",
    "date-compact": "%Y%m%dT%H:%M:%S",
    "date-basic": "%Y%m%d%H%M%S",
    "date-rfc1123": "%a, %d %b %Y %H:%M:%S GMT",
    "date-asctime": "%a %b %d %H:%M:%S %Y",
    "date-log": "%d/%b/%Y:%H:%M:%S",
    "date-words": "%d %b %Y %H:%M:%S",
    "date-only": "%Y-%m-%d",
    "date-month-day": "%b %d, %Y",
    "date-day-month": "6 %B %Y",
    "epoch": str(int(AT)),
    "epoch-milliseconds": f"{int(AT)}000",
}


@pytest.mark.parametrize("form", WRITTEN)
def test_a_placeholder_is_shown_as_an_instant(form):
    """In the spelling that the program used, and as what it is: now."""
    raw = time.strftime(WRITTEN[form], time.gmtime(AT)).encode()
    (found,) = instants(raw, ((AT - 1, AT + 1),))
    assert found.spelling.name == form
    assert plain(f"x {placeholder(found, raw).decode()}.") == f"x {raw.decode()} (now)."


def test_no_letter_of_a_placeholder_is_left():
    """Whatever the spelling."""
    assert WRITTEN.keys() <= {spelling.name for spelling in SPELLINGS}
    assert plain("[now hexadecimal]").endswith(" (now)")
    assert plain("[now YYYY-MM-DD hh:mm:ss.f+02:00]") == "2016-09-06 14:03:07.5+02:00 (now)"
    assert plain("[now Day+1, D Month YYYY]") == "Wed, 6 September 2016 (now)"
    assert plain("[now Day, DD Mon YYYY hh:mm:ss.fff]") == "Tue, 06 Sep 2016 14:03:07.500000000 (now)"


@pytest.mark.parametrize("text", ["", "2016-05-16", "[now]", "11111111112", "Day Mon DD", "now or never"])
def test_anything_else_stays(text):
    """A value that only looks like one."""
    assert plain(text) == text
