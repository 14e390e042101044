"""Small applications as controlled targets, and what they print."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from harness.controls import Controls
from harness.controls.library import preload
from harness.exchange import Exchange, Request, Response
from harness.targets.application import ApplicationSide

STARTED = 1462096800.25
"""2016-05-01 10:00 UTC, when the exchanges of these tests were recorded."""

RUNS_PROGRAMS = """
import json, subprocess
def application(environ, start_response):
    words = json.loads(environ["wsgi.input"].read())
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
    start_response("200 OK", [])
    return [done.stdout]
"""

Controlled = Callable[..., ApplicationSide]


@pytest.fixture
def controlled(tmp_path: Path) -> Iterator[Controlled]:
    """Start an application given as source (default: one that runs the program it is sent) with its controls."""
    sides: list[ApplicationSide] = []

    def start(
        source: str = RUNS_PROGRAMS, controls: Controls | None = None, python: str = sys.executable, **env: str
    ) -> ApplicationSide:
        (tmp_path / "controlled_app.py").write_text(textwrap.dedent(source))
        side = ApplicationSide(
            "controlled_app", python=python, cwd=tmp_path, env={}, timeout=30, controls=controls or Controls()
        )
        sides.append(side)
        side.start(env)
        return side

    yield start
    for side in sides:
        side.close()


@pytest.fixture
def ask() -> Callable[..., str]:
    """Replay exchange `t#number` with a body, and return the answer's text."""

    def asked(
        side: ApplicationSide, number: int = 1, body: bytes = b"", started: float = STARTED, method: str = "GET"
    ) -> str:
        headers = ((b"Content-Length", str(len(body)).encode()),)
        request = Request(f"{method} / HTTP/1.1".encode(), headers, body)
        side.send(Exchange(f"t#{number}", request, started=started))
        answer = side.receive()
        assert isinstance(answer, Response), answer
        assert answer.body is not None
        return answer.body.decode("utf-8", "replace")

    return asked


@pytest.fixture
def run(ask: Callable[..., str]) -> Callable[..., str]:
    """Have a program run in exchange `t#number`, and return what it printed."""

    def ran(side: ApplicationSide, words: Sequence[str], number: int = 1, started: float = STARTED) -> str:
        return ask(side, number, json.dumps(list(words)).encode(), started)

    return ran


@pytest.fixture
def compiled() -> None:
    """Skip where the preload cannot be compiled."""
    if preload() is None:
        pytest.skip("no C compiler: the preload cannot be made")
