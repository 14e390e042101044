"""The cookie that keeps a client on its side, and who gets one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compat import CGIDirectory, Strangler
from compat.sticky import COOKIE

ADDRESSES = [f"192.0.2.{number}" for number in range(40)]
HALF = [{"name": "half", "path": "/app", "percent": 50, "by": "sticky"}]


def named(name: bytes) -> Any:
    """An application that answers with its name."""

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [name]

    return application


@pytest.fixture
def app() -> Strangler:
    """Half of the clients under /app go to new."""
    return Strangler(named(b"old"), named(b"new"), HALF)


def given(answer: Any) -> str:
    """The cookie of an answer, as the client sends it back."""
    (text,) = answer.all("Set-Cookie")
    found = re.fullmatch(r"(compat_client=[0-9a-f]{16}); Path=/; Max-Age=\d+; HttpOnly; SameSite=Lax", text)
    assert found, text
    return found[1]


def test_the_cookie_keeps_a_client_on_its_side(ask: Callable[..., Any], app: Strangler) -> None:
    """Wherever it comes from next; those that keep no cookies are known by their address."""
    sides = set()
    for address in ADDRESSES:
        first = ask(app, "/app", REMOTE_ADDR=address)
        sides.add(first.body)
        for elsewhere in ADDRESSES[:5]:
            again = ask(app, "/app", REMOTE_ADDR=elsewhere, HTTP_COOKIE=f"a=b; {given(first)}")
            assert again.body == first.body
            assert again.all("Set-Cookie") == []
        assert ask(app, "/app", REMOTE_ADDR=address).body == first.body
    assert sides == {b"old", b"new"}


def test_only_where_a_sticky_rule_divides(ask: Callable[..., Any], app: Strangler) -> None:
    """Other requests are answered without a cookie, as are all where there is no such rule."""
    assert ask(app, "/other").all("Set-Cookie") == []
    other = Strangler(named(b"old"), named(b"new"), [{"path": "/app"}])
    assert ask(other, "/app").all("Set-Cookie") == []
    hidden = Strangler(named(b"old"), named(b"new"), [{"name": "first", "path": "/app"}, *HALF])
    assert ask(hidden, "/app").all("Set-Cookie") == []


def test_a_forged_cookie_is_none(ask: Callable[..., Any], app: Strangler) -> None:
    """What is not of the form of ours counts for nothing, and is replaced."""
    answer = ask(app, "/app", HTTP_COOKIE=f"{COOKIE}=me")
    assert given(answer)
    assert answer.body == ask(app, "/app").body


def test_a_local_redirect_gives_one_cookie(ask: Callable[..., Any], tmp_path: Path) -> None:
    """Though both requests are divided: the client's, and the one that the program leads to."""
    (tmp_path / "to.cgi").write_text("#!/bin/sh\nprintf 'Location: /there\\n\\n'\n")
    (tmp_path / "to.cgi").chmod(0o755)
    everybody = {"percent": 100, "by": "sticky"}
    rules = [{"name": "to", "path": "/to.cgi", "to": "old", **everybody}, {"name": "all", "path": "/", **everybody}]
    app = Strangler(CGIDirectory(tmp_path), named(b"new"), rules)
    answer = ask(app, "/to.cgi")
    assert answer.body == b"new"
    assert given(answer)


def test_by_https_the_cookie_is_secure(ask: Callable[..., Any], app: Strangler) -> None:
    """So that it never travels in clear."""
    (text,) = ask(app, "/app", **{"wsgi.url_scheme": "https"}).all("Set-Cookie")
    assert text.endswith("; Secure")
