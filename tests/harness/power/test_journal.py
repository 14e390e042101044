"""What tells one run from another: whatever decides what an exchange shows, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.config import Config, TargetConfig
from harness.exchange import Exchange, Request, Response
from harness.power.journal import identity
from harness.reach.sources import own_sources
from harness.recording import open_recordings
from harness.store.archive import ArchiveWriter

FOLDER = {"shop.py": 'page("a.html")\n', "a.html": "<p>\n", "seed.sql": "SELECT 1\n", "x.txt": "", "load.sh": "one\n"}
STATES = {"s": {"load": ["sh", "-c", "psql <seed.sql"], "hook": {"restore": ["./load.sh"]}}, "t": {}}
TARGET = TargetConfig("shop:app", env={"A": "1"})
ASKED = Exchange("x#1", Request(b"GET / HTTP/1.1", ((b"Cookie", b"a=1"),)), Response(200, b"OK"), peer="127.0.0.1")

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what tells a run: of a little folder, with some of it otherwise."""

    def running(
        text: str = "",
        name: str = "x.txt",
        exchange: Exchange = ASKED,
        entry: TargetConfig = TARGET,
        state: str | None = "s",
        limit: int | None = None,
        **settings: Any,
    ) -> str:
        for file, told in FOLDER.items():
            (tmp_path / file).write_text(told)
        (tmp_path / name).write_text(text)
        (tmp_path / "x.archive").unlink(missing_ok=True)
        with ArchiveWriter(tmp_path / "x.archive") as writer:
            writer.add(exchange)
        config = Config(**{"root": tmp_path, "targets": {"shop": entry}, "states": STATES, **settings})
        return identity(
            own_sources("shop", config), open_recordings([tmp_path / "x.archive"]), config, state, limit, False
        )

    return running


def asked(**changed: Any) -> Exchange:
    """The exchange, with a request that differs."""
    return replace(ASKED, request=replace(ASKED.request, **changed))


OTHERS: dict[str, dict[str, Any]] = {
    "a source": {"name": "shop.py", "text": 'page("a.html", 2)\n'},
    "a template": {"name": "a.html", "text": "<b>\n"},
    "a file that the state is loaded from": {"name": "seed.sql", "text": "SELECT 2\n"},
    "a program of the state": {"name": "load.sh", "text": "two\n"},
    "another state": {"state": "t"},
    "the same state, made otherwise": {"states": {**STATES, "s": {**STATES["s"], "env": {"A": "1"}}}},
    "a header": {"exchange": asked(headers=((b"Cookie", b"a=2"),))},
    "a body": {"exchange": asked(body=b"x")},
    "an answer": {"exchange": replace(ASKED, response=Response(404, b"No"))},
    "who asks": {"exchange": replace(ASKED, user="me", user_by="basic")},
    "from where": {"exchange": replace(ASKED, peer="10.0.0.1")},
    "when": {"exchange": replace(ASKED, started=5.0)},
    "fewer": {"limit": 1},
    "a variable of the target": {"entry": replace(TARGET, env={"A": "2"})},
    "its interpreter": {"entry": replace(TARGET, python="python2")},
    "what is noise": {"noise": {"ignore": ["a"]}},
    "the endpoints": {"endpoints": ("GET /a",)},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_run(run: Run, other: dict[str, Any]) -> None:
    """What is known of the one may not be so of the other."""
    assert run(**other) != run()


SAME: dict[str, dict[str, Any]] = {
    "the same": {},
    "a file that is none of the target's": {"text": "x"},
    "more workers": {"workers": 4},
    "a state that nothing starts from": {"states": {**STATES, "t": {"load": ["x"]}}},
    "what was accepted": {"accepted": "x.toml", "min_judged": 0.1},
}


@pytest.mark.parametrize("same", SAME.values(), ids=SAME)
def test_the_same_run(run: Run, same: dict[str, Any]) -> None:
    """It goes on, though something else was changed."""
    assert run(**same) == run()
