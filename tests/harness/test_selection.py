"""Which exchanges are meant: texts with a star, classes of status, times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exchange import Exchange, Request, Response
from harness.naming import Names
from harness.selection import EVERYTHING, Selection, fits

FITS = [
    (("a",), "a", True),
    (("a",), "ab", False),
    (("a*",), "ab", True),
    (("*b",), "ab", True),
    (("a*c",), "ab", False),
    (("*",), "a\nb", True),
    (("x", "a"), "a", True),
    (("GET /a/{}/",), "GET /a/{}/", True),
    (("GET /a/{*}",), "GET /a/{*}", True),
    (("a.c",), "abc", False),
    (("A",), "a", False),
    (("",), "a", False),
    (("",), "", True),
]


@pytest.mark.parametrize(("wanted", "text", "expected"), FITS)
def test_fits(wanted: tuple[str, ...], text: str, expected: bool) -> None:
    """Only the star stands for something else; upper and lower case differ."""
    assert fits(wanted, text) is expected


@given(st.text(max_size=20))
def test_nothing_wanted_fits_all(text: str) -> None:
    """And so does a star, and the text itself."""
    assert fits((), text)
    assert fits(("*",), text)
    assert fits((text,), text)


STATUSES = [
    ("404", 404, True),
    ("404", 403, False),
    ("4xx", 403, True),
    ("40X", 403, True),
    ("4xx", 503, False),
    ("xxx", 200, True),
    ("none", None, True),
    ("none", 200, False),
    ("xxx", None, False),
    ("0xx", 7, True),
]


@pytest.mark.parametrize(("wanted", "status", "expected"), STATUSES)
def test_status(wanted: str, status: int | None, expected: bool) -> None:
    """A number, a class, or that none came."""
    assert Selection(status=(wanted,)).wants_status(status) is expected


@pytest.mark.parametrize(
    ("since", "until", "expected"), [(5, 6, True), (4, 5, False), (None, 6, True), (6, None, False)]
)
def test_time(since: float | None, until: float | None, expected: bool) -> None:
    """From the first moment on, up to the last one and not with it."""
    exchange = Exchange("", Request(b"GET / HTTP/1.1"), Response(200), 5.0)
    assert Selection(since=since, until=until).wants(exchange, Names()) is expected


def test_everything_wants_whatever_is_there() -> None:
    """Malformed and unanswered ones too."""
    assert EVERYTHING.wants(Exchange("", Request(b"\x16\x03")), Names())
