"""What is listed as unsafe is recognised however it is sent, and nothing else is; what is wrong is told."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import UsageError
from harness.exchange import Request
from harness.targets.safety import read_listed, read_safety

FITS = {
    "exact": ("GET /logout", b"GET /logout", True),
    "HEAD does what GET does": ("GET /logout", b"HEAD /logout", True),
    "more behind": ("GET /logout", b"GET /logout/", False),
    "anything behind": ("GET /logout*", b"GET /logout?next=/", True),
    "encoded": ("GET /logout", b"GET /log%6Fut", True),
    "absolute": ("GET /logout", b"GET http://h:80/logout", True),
    "parameter": ("GET /x?*do=delete*", b"GET /x?id=1&do=delete&y", True),
    "another value": ("GET /x?*do=delete*", b"GET /x?id=1&do=show", False),
    "a question mark is one": ("GET /x?a", b"GET /xya", False),
    "a dot is one": ("GET /x.cgi", b"GET /x-cgi", False),
    "another case": ("GET /Logout", b"GET /logout", False),
    "any method": ("* /a*", b"OPTIONS /ab", True),
    "another method": ("GET /a", b"OPTIONS /a", False),
    "8 bit": ("GET /\u00fc*", b"GET /\xc3\xbc", True),
    "anywhere": ("GET *", b"GET /a b", True),
}


@pytest.mark.parametrize(("listed", "line", "fits"), FITS.values(), ids=FITS)
def test_listed(listed: str, line: bytes, fits: bool) -> None:
    """`*` stands for anything, all else for itself."""
    assert read_listed(listed).fits(Request(line + b" HTTP/1.1")) is fits


def test_objections() -> None:
    """Unsafe methods, and what is listed, by its entry."""
    safety = read_safety({"unsafe": ["GET /a", "GET /out*"]})
    lines = (b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"GET /outer HTTP/1.1")
    said = [safety.objection(Request(line)) for line in lines]
    assert said == ["", "unsafe method", "unsafe as 'GET /out*' of harness.toml says"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "key": ({"safe": []}, "unknown keys: safe"),
    "no list": ({"unsafe": "GET /a"}, "must be a list"),
    "no text": ({"unsafe": [1]}, "1 is not METHOD /PATH"),
    "no method": ({"unsafe": ["/logout"]}, "'/logout' is not METHOD /PATH"),
    "no path": ({"unsafe": ["GET logout"]}, "'GET logout' is not METHOD /PATH"),
}


@pytest.mark.parametrize(("table", "message"), WRONG.values(), ids=WRONG)
def test_wrong(table: dict[str, Any], message: str) -> None:
    """Nothing is sent where it is not clear what must not be."""
    with pytest.raises(UsageError, match=message):
        read_safety(table)
