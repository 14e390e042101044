"""Which requests are asked."""

from __future__ import annotations

import pytest

from harness.distill.fresh import Fresh
from harness.exchange import Exchange, Request


def asked(line: bytes, agent: bytes = b"pip", body: bytes | None = b"") -> Exchange:
    """An exchange of a client."""
    return Exchange("x#1", Request(line + b" HTTP/1.1", ((b"User-Agent", agent),), body))


PAGE, SAME, OTHER = asked(b"GET /a"), asked(b"GET /a"), asked(b"GET /b")
WRITE, LOGGED = asked(b"POST /a"), asked(b"POST /a", body=None)


@pytest.mark.parametrize(
    ("exchanges", "new"),
    [
        ([PAGE, SAME, OTHER, SAME], [True, False, True, False]),
        ([PAGE, asked(b"GET /a", b"uv"), asked(b"GET /a", b"uv")], [True, True, False]),
        ([PAGE, WRITE, SAME, SAME], [True, True, True, False]),
        ([PAGE, LOGGED, SAME], [True, True, False]),
    ],
    ids=["repeats", "each client is heard", "what follows a write", "what cannot be sent writes nothing"],
)
def test_what_is_new(exchanges: list[Exchange], new: list[bool]) -> None:
    """A request like an earlier one is not."""
    fresh = Fresh()
    assert [fresh.is_new(each, each.request.path.decode()) for each in exchanges] == new


def test_after_a_write_all_is_new() -> None:
    """Whoever wrote."""
    fresh = Fresh()
    fresh.is_new(PAGE, "/a")
    fresh.wrote()
    assert fresh.is_new(SAME, "/a")


def test_an_endpoint_that_shows_nothing_new_tires() -> None:
    """Of requests that only read; anything new makes it interesting again."""
    fresh = Fresh(patience=2)
    for _ in range(2):
        fresh.showed("/a", new=False)
    assert fresh.is_tiring(PAGE, "/a")
    assert not fresh.is_tiring(WRITE, "/a")
    fresh.showed("/a", new=True)
    assert not fresh.is_tiring(PAGE, "/a")
