"""Tells whether an answer redirects to the request that it answers: a loop, whatever the address.

A request, and both answers, come in; a difference goes out where only the new answer loops.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from harness.difference import Difference
from harness.exchange import Request, Response

ELSEWHERE, LOOP = "another place", "the request itself, a loop"
"""What is said of the two answers in the place of their addresses."""
AGAIN = frozenset({301, 302, 303, 307, 308})
"""Statuses that send a client elsewhere (RFC 9110 section 15.4); the last two with the same method."""
SAME_METHOD = frozenset({307, 308})


def compare_targets(old: Response, new: Response, request: Request) -> list[Difference]:
    """Return one difference where new redirects to the request itself and old redirects to another place."""
    known = {_host(old), (request.header(b"host") or b"").decode("latin-1").lower(), ""}
    if not (_loops(new, request, known) and old.status in AGAIN and not _loops(old, request, known)):
        return []
    name = next(name for name, _ in new.headers if name.lower() == b"location").decode("latin-1")
    return [Difference("header", name, "changed", ELSEWHERE, LOOP)]


def _loops(answer: Response, request: Request, hosts: Iterable[str]) -> bool:
    location = answer.header(b"location")
    if answer.status not in AGAIN or not location:
        return False
    if answer.status not in SAME_METHOD and request.method not in (b"GET", b"HEAD"):
        return False  # after a form, the same address is asked for with GET
    asked = request.target.decode("latin-1")
    try:
        target = urlsplit(urljoin(asked, location.decode("latin-1")))
        own = urlsplit(asked)
    except ValueError:
        return False
    return (target.path, target.query) == (own.path, own.query) and target.netloc.lower() in {*hosts, own.netloc}


def _host(answer: Response) -> str:
    """Return the host to which an answer redirects, or empty."""
    try:
        return urlsplit((answer.header(b"location") or b"").decode("latin-1")).netloc.lower()
    except ValueError:
        return ""
