"""The same program behind every runner sees the same variables and gives the same answer."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compat import CGIScript, HandlerApp

BY_THE_RUNNER = {b"PATH", b"PWD", b"OLDPWD", b"SHLVL", b"_", b"SCRIPT_FILENAME"}
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, blacklist_characters="\x7f"), max_size=20)


class Mirror:
    """The handler program that does what env.cgi does."""

    def __init__(self, handler: Any, env: dict[str, str]) -> None:
        self.handler, self.env = handler, env

    def run(self) -> None:
        """Print the environment."""
        self.handler.send_response(200)
        self.handler.set_content_type("application/octet-stream")
        self.handler.end_headers()
        for name, value in self.env.items():
            self.handler.wfile.write(f"{name}={value}\0".encode("latin-1"))


def variables(body: bytes) -> dict[bytes, bytes]:
    """Parse the printed environment, without what only a process has."""
    pairs = dict(item.split(b"=", 1) for item in body.split(b"\0") if item)
    return {name: value for name, value in pairs.items() if name not in BY_THE_RUNNER}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=TEXT,
    query=TEXT,
    headers=st.dictionaries(st.sampled_from(["A", "X_B", "COOKIE", "HOST", "PROXY"]), TEXT),
    body=st.none() | st.binary(max_size=10),
)
def test_same_environment(
    ask: Callable[..., Any], programs: Path, path: str, query: str, headers: dict[str, str], body: bytes | None
) -> None:
    """Byte for byte, for any request."""
    changes: dict[str, Any] = {f"HTTP_{name}": value for name, value in headers.items()}
    changes.update(PATH_INFO="/" + path, QUERY_STRING=query)
    if body is not None:
        changes["body"] = body
    true_cgi = ask(CGIScript(programs / "env.cgi", raw_path=True), check=False, **changes)
    in_process = ask(HandlerApp(Mirror), check=False, **changes)
    assert (true_cgi.status, true_cgi.headers) == (in_process.status, in_process.headers)
    assert variables(true_cgi.body) == variables(in_process.body)


@pytest.mark.parametrize("code", [200, 302, 404, 500])
def test_same_answer(ask: Callable[..., Any], tmp_path: Path, code: int) -> None:
    """One program, once printing and once pushing: the same status, headers and body."""
    fields = [
        ("Content-Type", "text/plain"),
        ("Set-Cookie", "a"),
        ("Server", "x"),
        ("Set-Cookie", "b"),
        ("Connection", "y"),
    ]
    path = tmp_path / "p.cgi"
    lines = [f"Status: {code} Word", *(f"{name}: {value}" for name, value in fields), "", "body"]
    path.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(lines) + "\nEND\n")
    os.chmod(path, 0o755)

    class Program(Mirror):
        def run(self) -> None:
            self.handler.send_response(code, "Word")
            for name, value in fields:
                self.handler.send_header(name, value)
            self.handler.end_headers()
            self.handler.wfile.write(b"body\n")

    true_cgi, in_process = ask(CGIScript(path)), ask(HandlerApp(Program))
    assert (true_cgi.status, true_cgi.headers, true_cgi.body) == (
        in_process.status,
        in_process.headers,
        in_process.body,
    )
