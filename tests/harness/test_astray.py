"""What an earlier difference led to is told with it, and nothing else is."""

import pytest

from harness.astray import Astray, is_another_page
from harness.difference import Difference
from harness.exchange import Response

OK, GONE, ERROR = Response(200, b"OK"), Response(404, b"Not Found"), Response(500, b"No")
MOVED = Difference("header", "Location", "changed", "/order/101", "/order/102")
LOST = Difference("header", "Set-Cookie", "missing", "sid=abc; Path=/")
TAG = Difference("header", "ETag", "changed", '"1"', '"2"')
UNMODIFIED = Response(304, b"Not Modified")

CAUSES = {
    "a redirect": ([MOVED], ("weak", b"101", b"102"), GONE, MOVED),
    "a cookie that was not set": ([LOST], ("cookie", b"abc", b"recorded"), GONE, LOST),
    "the latest": ([LOST, MOVED], ("weak", b"101", b"102"), GONE, MOVED),
    "another name": ([MOVED], ("weak", b"101", b"103"), GONE, None),
    "part of a name": ([MOVED], ("weak", b"10", b"102"), GONE, None),
    "nothing was noted": ([], ("weak", b"101", b"102"), GONE, None),
    "a body": ([Difference("body", "a", "changed", "101", "102")], ("weak", b"101", b"102"), GONE, None),
    "a validator": ([TAG], ("etag", b'"1"', b'"2"'), OK, TAG),
}


@pytest.mark.parametrize(("noted", "asked", "new", "expected"), CAUSES.values(), ids=CAUSES)
def test_the_cause_is_an_answer_that_gave_the_names(noted, asked, new, expected):
    """Each row: differences of earlier answers, what both sides were asked by, and the one that led there."""
    astray = Astray()
    astray.note(noted)
    old = UNMODIFIED if asked[0] == "etag" else OK
    assert astray.cause([asked], old, new) == expected


def test_a_validator_explains_no_other_content():
    """It only asks whether there is anything new."""
    astray = Astray()
    astray.note([TAG])
    assert astray.cause([("etag", b'"1"', b'"2"')], OK, GONE) is None


PAGES = {
    "another status": (OK, GONE, [], True),
    "a failure": (OK, ERROR, [], False),
    "one value": (OK, OK, [Difference("body", "h1", "changed", "a", "b")], False),
    "values in three places": (OK, OK, [Difference("body", path, "changed", "a", "b") for path in "xyz"], True),
    "parts in three places": (OK, OK, [Difference("body", path, "missing", "a") for path in "xyz"], False),
    "leads elsewhere": (OK, OK, [MOVED], True),
}


@pytest.mark.parametrize(("old", "new", "differences", "expected"), PAGES.values(), ids=PAGES)
def test_another_page_is_told_from_one_that_was_changed(old, new, differences, expected):
    """Each row: two answers and their differences; a failure of new is never put down to an earlier answer."""
    assert is_another_page(old, new, differences) is expected
