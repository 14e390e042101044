"""Reads that change something are suspected by what they are called and by what they take away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exchange import Exchange, Request, Response
from harness.start.survey import ACTIONS
from harness.start.unsafe import unsafe_read
from harness.targets.safety import read_listed


def exchange(line: bytes, cookie: bytes = b"", given: bytes = b"") -> Exchange:
    """Return an exchange in which a cookie was sent and one was set."""
    sent = ((b"Cookie", cookie),) if cookie else ()
    headers = ((b"Set-Cookie", given),) if given else ()
    return Exchange("a#1", Request(line + b" HTTP/1.1", sent), Response(200, b"OK", headers), started=1_700_000_000.0)


CALLED = {
    "logout": (b"GET /logout", "GET /logout*"),
    "in two words": (b"GET /user/log-out.php?x=1", "GET /user/log-out.php*"),
    "in capitals": (b"GET /LOGOUT", "GET /LOGOUT*"),
    "in camel case": (b"HEAD /app/doDelete/7", "GET /app/doDelete*"),
    "below a number": (b"GET /item/17/delete", "GET /item/*/delete*"),
    "action": (b"GET /a.cgi?id=7&action=delete", "GET /a.cgi?*action=delete*"),
    "encoded action": (b"GET /a?%3Aaction=remove%20it", "GET /a?*:action=remove*it*"),
    "a parameter": (b"GET /a?logout=1", "GET /a?*logout*"),
    "a word in a search": (b"GET /search?q=delete", ""),
    "part of a word": (b"GET /dropbox/indelible", ""),
    "nothing": (b"GET /item/17?action=show", ""),
    "a method that may write": (b"POST /logout", ""),
    "no path": (b"GET *", ""),
}


@pytest.mark.parametrize(("line", "entry"), CALLED.values(), ids=CALLED)
def test_called(line: bytes, entry: str) -> None:
    """By a word of the path or of a parameter that says what to do."""
    assert unsafe_read(exchange(line), ACTIONS) == entry


TAKEN = {
    "by age": (b"sid=0123456789", b"sid=; Path=/; Max-Age=0", True),
    "by date": (b"a=b; sid=0123456789", b"sid=x; expires=Thu, 01-Jan-1970 00:00:00 GMT", True),
    "renewed": (b"sid=0123456789", b"sid=9876543210; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", False),
    "renewed by date": (b"sid=0123456789", b"sid=9876543210; Expires=Fri, 01 Jan 2100 00:00:00 GMT", False),
    "a choice": (b"lang=en", b"lang=; Max-Age=0", False),
    "another one": (b"sid=0123456789", b"flash=; Max-Age=0", False),
    "no date": (b"sid=0123456789", b"sid=; Expires=never", False),
    "no cookie": (b"", b"sid=; Max-Age=0", False),
}


@pytest.mark.parametrize(("sent", "given", "taken"), TAKEN.values(), ids=TAKEN)
def test_taken_away(sent: bytes, given: bytes, taken: bool) -> None:
    """By an answer that deletes the cookie which said who asks."""
    assert unsafe_read(exchange(b"GET /bye", sent, given), ACTIONS) == ("GET /bye" if taken else "")
    assert unsafe_read(exchange(b"GET /?bye", sent, given), ACTIONS) == ("GET /?*" if taken else "")


WORD = st.sampled_from([b"a", b"7", b"delete", b"action", b"\xfc", b"+", b"%20", b"=", b"&", b"?", b"/", b"*", b".cgi"])


@given(st.lists(WORD, max_size=9))
def test_an_entry_lists_what_it_was_made_of(words: list[bytes]) -> None:
    """Whoever takes the suggestion has the request that gave rise to it not sent."""
    asked = exchange(b"GET /" + b"".join(words))
    entry = unsafe_read(asked, ACTIONS)
    assert not entry or read_listed(entry).fits(asked.request)
