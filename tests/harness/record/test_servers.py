"""The middleware under gunicorn as it is run: several workers, threads, greenlets, a master that loads first."""

from __future__ import annotations

import importlib.util
import os
import signal
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.record import completeness
from harness.store.archive import Archive

pytestmark = pytest.mark.skipif(importlib.util.find_spec("gunicorn") is None, reason="gunicorn is not installed")

APP = """
import os
from harness.record import Recorder

def answer(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid()]

application = Recorder(answer, "x.archive")
"""
LIMIT = 30  # seconds


def ask(url: str) -> int:
    """Send one request; return the process that answered."""
    with urllib.request.urlopen(url, timeout=LIMIT) as answer:
        return int(answer.read())


@pytest.mark.parametrize(
    "options",
    [("--preload",), ("-k", "gthread", "--threads", "4"), ("-k", "gevent", "--preload")],
    ids=["sync, preload", "gthread", "gevent, preload"],
)
def test_workers_share_an_archive(tmp_path: Path, gunicorn: Callable[..., Any], options: tuple[str, ...]) -> None:
    """All that both workers answered is in one archive, which says that it is complete."""
    if "gevent" in options and importlib.util.find_spec("gevent") is None:
        pytest.skip("gevent is not installed")
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    with gunicorn(tmp_path, "app:application", *options) as url:
        answered = [ask(f"{url}/{number}") for number in range(60)]
    recorded = sorted(int(one.request.path[1:]) for one in Archive(tmp_path / "x.archive"))
    assert recorded == list(range(60))
    counts = completeness(tmp_path / "x.archive")
    assert counts is not None
    assert (counts.accepted, counts.written, counts.lost, counts.killed) == (60, 60, 0, 0)
    assert len(set(answered)) <= 2


def test_killed_worker(tmp_path: Path, gunicorn: Callable[..., Any]) -> None:
    """What a worker accepted before SIGKILL is counted, whether it is in the archive or lost."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    with gunicorn(tmp_path, "app:application", "-k", "gthread") as url:
        for _ in range(3):
            for pause in (1.5, 0.0):  # long enough that both workers are known to what writes
                for _ in range(10):
                    worker = ask(url)
                time.sleep(pause)
            os.kill(worker, signal.SIGKILL)
            time.sleep(0.2)
        ask(url)
    counts = completeness(tmp_path / "x.archive")
    assert counts is not None
    assert counts.accepted == 61
    assert counts.killed == 3
    assert counts.written == len(Archive(tmp_path / "x.archive"))
    assert counts.written + counts.lost == 61
