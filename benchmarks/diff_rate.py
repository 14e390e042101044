"""Exchanges a second of `harness diff`, HandlerApp against HandlerApp, beside the bare rate of the same applications.

The reads of `recordings/` are replayed over one loaded index: first two processes call the application at the same
time, with nothing around it, then `harness diff` replays at two of it with rows and files watched. Prints both rates
and their ratio, the median of three.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from itertools import islice, repeat
from pathlib import Path

from benchmarks.replay_rate import in_turn, report, timed_diff
from benchmarks.working import ROOT, calls, slowest_of
from harness.config import find_config
from harness.exchange import Exchange
from harness.recording import open_recordings
from harness.state import open_state, read_spec
from harness.store.archive import ArchiveWriter
from harness.targets import parse_target
from harness.targets.environ import unsendable, wsgi_environ

APPLICATION = "legacy.wsgi:application"
WANTED = 2000


def main() -> None:
    """Measure and print."""
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reads.archive"
        with ArchiveWriter(path, state="seed") as writer:
            for number, exchange in enumerate(reads()):
                writer.add(Exchange("x", exchange.request, None, started=1.4e9 + number))
        report(
            f"two of {APPLICATION}",
            "harness diff of both",
            *in_turn(partial(bare_rate, path), partial(diff_rate, path)),
        )


def reads() -> list[Exchange]:
    """The GET requests of all recordings that succeeded, repeated."""
    found = [
        exchange
        for recording in open_recordings([ROOT / "recordings"])
        for exchange in recording
        if exchange.request.method == b"GET" and not unsendable(exchange.request)
        if exchange.response is not None and exchange.response.status == 200
    ]
    return list(islice((exchange for again in repeat(found) for exchange in again), WANTED))


def bare_rate(path: Path) -> float:
    """Return the calls a second that two processes make each, at the same time, on a state of its own."""
    config = find_config(ROOT)
    with open_state(read_spec("seed", config.states["seed"], ROOT)) as state:
        sides = [state.side(0, name) for name in ("old", "new")]
        for side in sides:
            side.restore()
        pair = [started(path, side.env("localhost")) for side in sides]
        seconds = slowest_of(pair)
        for side in sides:
            side.close()
    return WANTED / seconds


def started(path: Path, variables: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a process that will call the application with each request of an archive."""
    command = [sys.executable, "-m", "benchmarks.diff_rate", str(path)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables}, stdin=-1, stdout=-1, text=True)


def diff_rate(path: Path) -> float:
    """Replay the archive as one scenario at two targets and return exchanges a second, first to last."""
    config = find_config(ROOT)
    target = parse_target(APPLICATION, config)
    rate, _ = timed_diff(path, target, config)
    return rate


if __name__ == "__main__":
    application = importlib.import_module("legacy.wsgi").application
    print(calls(application, [wsgi_environ(each) for each in open_recordings([Path(sys.argv[1])])[0]]))
