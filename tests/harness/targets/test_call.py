"""One call of an application: what PEP 3333 allows is answered, and what it forbids is a failure that can be seen."""

from __future__ import annotations

import fnmatch
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.targets.call import answered

TEXT = [("Content-Type", "text/plain")]
OWN = {"status": "500 Internal Server Error", "headers": [], "complete": True}


def head(status: str = "200 OK", *, complete: bool = True) -> dict[str, Any]:
    """Return the head of an answer."""
    return {"status": status, "headers": TEXT, "complete": complete}


def writes(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Write a part, return another."""
    start("200 OK", TEXT)(b"a")
    return [b"", b"b"]


def reads(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Return what was sent."""
    start("200 OK", TEXT)
    return [environ["wsgi.input"].read(), environ["PATH_INFO"].encode()]


def thinks_better(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Begin again, as an error handler does."""
    start("200 OK", [])
    try:
        raise ValueError("too late?")
    except ValueError:
        start("404 No", TEXT, sys.exc_info())
    return [b"no"]


def starts_twice(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Begin twice without a reason."""
    start("200 OK", TEXT)
    start("200 OK", TEXT)
    return []


def sends_first(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
    """Send before there is a status."""
    yield b"x"
    start("200 OK", TEXT)


def breaks_off(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
    """Fail in the middle."""
    start("200 OK", TEXT)
    yield b"half"
    raise OSError("gone")


CALLS = {
    "written and returned": (writes, head(), b"ab"),
    "what was asked": (reads, head(), b"body/x"),
    "another status before any byte": (thinks_better, head("404 No"), b"no"),
    "started twice": (starts_twice, OWN, b""),
    "sent before it started": (sends_first, OWN, b""),
    "never started": (lambda environ, start: [], OWN, b""),
    "broken off": (breaks_off, head(complete=False), b"half"),
}


@pytest.mark.parametrize(("application", "said", "body"), CALLS.values(), ids=CALLS)
def test_what_a_call_comes_to(application: Callable[..., Any], said: dict[str, Any], body: bytes) -> None:
    """Each row: an application, and the head and body of its answer."""
    found, sent = answered(application, {"PATH_INFO": "/x"}, b"body")
    found.pop("raised", None)
    assert (found, sent) == (said, body)


def looks_up(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Fail in a library."""
    return [fnmatch.translate(environ["name"]).encode()]


RAISED = {
    "in itself": (breaks_off, {}, r"OSError: gone in breaks_off of test_call\.py, line \d+"),
    "in a library": (looks_up, {"name": 3}, r"TypeError.* in looks_up of test_call\.py, line \d+"),
    "words of the run are left out": (looks_up, {"SECRET7": 1}, r"KeyError: 'name' in looks_up of .*"),
    "told to the server": (thinks_better, {}, r"ValueError in thinks_better of test_call\.py, line \d+"),
    "ends in an error that the interpreter made": (starts_twice, {}, r"AssertionError: start_.* in starts_twice of .*"),
}


@pytest.mark.parametrize(("application", "environ", "raised"), RAISED.values(), ids=RAISED)
def test_what_was_raised_is_told_with_its_place(
    application: Callable[..., Any], environ: dict[str, Any], raised: str
) -> None:
    """In the application's own code, and in words that are the same in every run."""
    head, _ = answered(application, environ, b"")
    assert re.fullmatch(raised, head["raised"]), head["raised"]


def test_a_message_that_may_vary_is_left_out() -> None:
    """A path, a number or an address in it would make each report another one."""

    def fails(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        raise RuntimeError("no /tmp/x7")

    assert answered(fails, {}, b"")[0]["raised"].startswith("RuntimeError in fails of test_call.py, line ")


def test_what_was_returned_is_closed_though_it_failed() -> None:
    """PEP 3333: also where the answer was broken off."""
    closed: list[bool] = []

    class Parts:
        def __iter__(self) -> Iterator[bytes]:
            raise OSError("gone")

        def close(self) -> None:
            closed.append(True)

    answered(lambda environ, start: (start("200 OK", TEXT), Parts())[1], {}, b"")
    assert closed == [True]
