"""modern.services.ranges: header texts of strangers in, what to send of a file out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modern.services.ranges import MOST, byte_ranges, http_date, wanted_ranges
from modern.services.storage import Stat

MANY = "9" * 5000


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-9", [(0, 10)]), ("bytes=5-", [(5, 100)]), ("bytes=-5", [(95, 100)]), ("bytes=-0", []),
        ("bytes=0-1, 4-5", [(0, 2), (4, 6)]), ("bytes=90-999999999999999999", [(90, 100)]), ("bytes=100-", []),
        ("bytes=9-1", None), ("bytes=", None), ("lines=0-9", None),
    ],
)  # fmt: skip
def test_ranges_of_a_file_are_read(header, found):
    """First and last, to the end, from the end; what is not there is left out, what is no range is no error."""
    assert byte_ranges(header, 100) == found


@pytest.mark.parametrize("header", [f"bytes=0-{MANY}", f"bytes={MANY}-", f"bytes=-{MANY}"])
def test_numbers_beyond_all_files_are_no_ranges(header):
    """Python refuses to read so many digits: that would be an error of ours."""
    assert byte_ranges(header, 100) is None


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-,0-", None),
        ("bytes=" + ",".join(["0-"] * 2700), None),
        ("bytes=0-59,40-99", None),
        ("bytes=0-49,40-89", [(0, 50), (40, 90)]),
        ("bytes=" + ",".join(f"{at}-{at}" for at in range(MOST)), [(at, at + 1) for at in range(MOST)]),
        ("bytes=" + ",".join(f"{at}-{at}" for at in range(MOST + 1)), None),
    ],
    ids=["twice", "thousands", "more than there is", "some of it twice", "as many as may be", "one more"],
)
def test_who_asks_for_more_than_the_file_gets_the_file(header, found):
    """Of 600 bytes of header came 200 MB (RFC 9110 section 17.15)."""
    assert byte_ranges(header, 100) == found


@pytest.mark.parametrize(
    "text",
    [
        None, "", "x", "0", "Thu, 01 Jan 2015 00:00:00 +99999999999999999", "Thu, 01 Jan 99999 00:00:00 GMT",
        "Thu, 01 Jan " + "9" * 30 + " 00:00:00 GMT", f"Thu, {MANY} Jan 2015 00:00:00 GMT", "Thu, 32 Jan 2015 00:00:00",
    ],
    ids=["none", "empty", "a word", "a number", "a zone", "beyond all time", "a year", "a day", "the 32nd"],
)  # fmt: skip
def test_what_is_no_date_is_none(text):
    """No condition holds by it, and nothing fails."""
    assert http_date(text) is None
    stat = Stat(100, 10**18)
    asked = {"REQUEST_METHOD": "GET", "HTTP_RANGE": "bytes=0-9", "HTTP_IF_RANGE": text or "x"}
    assert wanted_ranges(asked, stat) is None


@given(st.text("0123456789:+- ,JanThuGMT", max_size=60))
def test_no_text_fails_as_a_date(text):
    """Whatever a client sends as one."""
    assert isinstance(http_date(text), float | None)
