"""Exchanges a second of `harness diff`, HandlerApp against HandlerApp, beside the bare rate of the same application.

The reads of `recordings/` are replayed over one loaded index: first the application is called in process, with nothing
around it, then by `harness diff` at two targets with rows and files watched. Prints both rates and their ratio.
"""

from __future__ import annotations

import io
import os
import statistics
import time
from pathlib import Path

from harness.config import find_config
from harness.exchange import Exchange
from harness.pipeline import Options, diff
from harness.recording import open_recordings
from harness.state import open_state, read_spec
from harness.store.archive import ArchiveWriter
from harness.targets import parse_target
from harness.targets.environ import unsendable, wsgi_environ

ROOT = Path(__file__).parents[1]
APPLICATION = "legacy.wsgi:application"
WANTED = 2000
ROUNDS = 3


def main() -> None:
    """Measure and print."""
    exchanges = reads()
    bare = [bare_rate(exchanges) for _ in range(ROUNDS)]
    whole = [diff_rate(exchanges) for _ in range(ROUNDS)]
    print(f"bare application in process  {statistics.median(bare):8.0f} exchanges/s")
    print(f"harness diff, two of it      {statistics.median(whole):8.0f} exchanges/s (start and seeding left out)")
    print(f"ratio                        {statistics.median(whole) / statistics.median(bare):8.2f}")


def reads() -> list[Exchange]:
    """The GET requests of all recordings that succeeded, repeated."""
    found = [
        exchange
        for recording in open_recordings([ROOT / "recordings"])
        for exchange in recording
        if exchange.request.method == b"GET" and not unsendable(exchange.request)
        if exchange.response is not None and exchange.response.status == 200
    ]
    return (found * (WANTED // len(found) + 1))[:WANTED]


def bare_rate(exchanges: list[Exchange]) -> float:
    """Call the application as a server would, body read to its end, and return calls a second."""
    config = find_config(ROOT)
    with open_state(read_spec("seed", config.states["seed"], ROOT)) as state:
        side = state.side(0, "bare")
        variables = side.env("localhost")
        os.environ.update(variables)
        try:
            from legacy.wsgi import application

            environs = [wsgi_environ(exchange) for exchange in exchanges]
            started = time.perf_counter()
            for environ in environs:
                call(application, environ)
            return len(environs) / (time.perf_counter() - started)
        finally:
            for name in variables:
                del os.environ[name]


def call(application: object, environ: dict[str, str]) -> bytes:
    """Call a WSGI application once."""
    inputs = {"wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0)}
    flags = {"wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False}
    written: list[bytes] = []
    parts = application({**environ, **inputs, **flags}, lambda *_: written.append)  # type: ignore[operator]
    try:
        return b"".join([*written, *parts])
    finally:
        getattr(parts, "close", lambda: None)()


def diff_rate(exchanges: list[Exchange]) -> float:
    """Replay the exchanges as one scenario at two targets and return exchanges a second, first to last."""
    path = ROOT / "benchmarks" / "reads.archive"
    try:
        with ArchiveWriter(path, state="seed") as writer:
            for number, exchange in enumerate(exchanges):
                writer.add(Exchange("x", exchange.request, None, started=float(number)))
        config = find_config(ROOT)
        target = parse_target(APPLICATION, config)
        times: list[float] = []
        diff(open_recordings([path]), Options(target, target, config), lambda done: times.append(time.perf_counter()))
        return (len(times) - 1) / (times[-1] - times[0])
    finally:
        path.unlink(missing_ok=True)
