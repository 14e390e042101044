"""What recording costs an application that waits 2 ms and one that computes 2 ms, redaction on, and what is lost.

gunicorn (gthread) serves each application bare, behind the middleware, behind the proxy, and behind a relay that only
passes bytes on: what any hop costs. One client asks all of them in turn, a short while each, so that all see the same
machine: at 1,000 a second for what a request takes longer, as fast as it goes for the share of the throughput. Prints
medians, 95 % points, ratios and what was lost.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from benchmarks.working import ROOT, rounds_of, work
from harness.record import Recorder, completeness

WAIT = 0.002  # seconds
RATE = 1000  # requests a second
SLICE = 0.5  # seconds that one server is asked before it is the next one's turn
TURNS = 12
PAGE = b"<!doctype html><title>p</title>" + b"<p>One <a href='/p/%d'>line</a> of a page.</p>\n" * 60
HEADERS = [("Content-Type", "text/html"), ("Content-Length", str(len(PAGE)))]
REQUEST = (
    b"GET /p/%d?page=2 HTTP/1.1\r\nHost: example.org\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/125.0\r\n"
    b"Accept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\nAccept-Encoding: gzip\r\n"
    b"Cookie: lang=en; session=6f1ed002ab5595859014ebf0951522d9\r\nConnection: keep-alive\r\n\r\n"
)
KINDS = ("bare", "middleware", "relay", "proxy")
Address = tuple[str, int]


def application(environ: Mapping[str, object], start_response: object) -> Iterable[bytes]:
    """Wait or compute, as ROUNDS says, and answer with a page of three kilobytes."""
    rounds = int(os.environ["ROUNDS"])
    if rounds:
        work(rounds)
    else:
        time.sleep(WAIT)
    start_response("200 OK", HEADERS)  # type: ignore[operator]
    return [PAGE]


def recorded() -> Recorder:
    """The same behind the middleware (gunicorn's factory)."""
    return Recorder(application, os.environ["ARCHIVE"])


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with contextlib.ExitStack() as stack:
            addresses = served(stack, folder, 0)
            report_waiting(addresses)
        report_counts(folder)
    rounds = rounds_of(WAIT * 1000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with contextlib.ExitStack() as stack:
            report_computing(served(stack, folder, rounds))
        report_counts(folder)


def report_waiting(addresses: Mapping[str, Address]) -> None:
    """Ask at a fixed rate and print what a request takes longer."""
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(TURNS + 1):
        for kind, address in list(addresses.items())[:: 1 if turn % 2 else -1]:
            times = asked(address, RATE, SLICE)
            taken[kind] += times if turn else []  # the first turn warms up
    bare = statistics.median(taken["bare"])
    for kind, times in taken.items():
        middle, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        more = (middle - bare) * 1e6
        print(
            f"waits 2 ms, {RATE}/s, {kind:10}: median {middle * 1e3:.3f} ms ({more:+.0f} us), 95 % {late * 1e3:.3f} ms"
        )


def report_computing(addresses: Mapping[str, Address]) -> None:
    """Ask as fast as it goes and print the share of the throughput."""
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(TURNS + 1):
        for kind, address in list(addresses.items())[:: 1 if turn % 2 else -1]:
            rate = len(asked(address, 1e9, SLICE)) / SLICE
            rates[kind] += [rate] if turn else []
    for kind, found in rates.items():
        ratios = [one / bare for one, bare in zip(found, rates["bare"], strict=True)]
        share = statistics.median(ratios)
        print(f"computes 2 ms, {kind:10}: {statistics.median(found):.0f}/s, {share:.3f} of bare")


def report_counts(folder: Path) -> None:
    """Print what the archives say of themselves."""
    for kind in ("middleware", "proxy"):
        counts = completeness(folder / f"{kind}.archive")
        print(f"{kind:10}: {next(counts.lines()) if counts else 'nothing recorded'}")


def asked(address: Address, rate: float, seconds: float) -> list[float]:
    """Ask over 8 connections, at most so often a second; return how long each answer took, from when it was due."""
    times: list[float] = []
    idle = deque(socket.create_connection(address, 10) for _ in range(8))
    with selectors.DefaultSelector() as selector:
        busy: dict[socket.socket, tuple[float, int]] = {}
        for one in idle:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(one, selectors.EVENT_READ)
        begun = time.perf_counter()
        number = 0
        while (now := time.perf_counter()) < begun + seconds or busy:
            if idle and now < begun + seconds and (rate > 1e8 or now >= begun + number / rate):
                one = idle.popleft()
                one.sendall(REQUEST % (number % 1000))
                busy[one] = (now, 0)
                number += 1
                continue
            due = 0.05 if rate > 1e8 or not idle else max(0.0, begun + number / rate - now)
            # The clock of epoll is in whole milliseconds: the last one is waited for in turns.
            for key, _ in selector.select(0 if due < 0.001 else due):
                one = key.fileobj  # type: ignore[assignment]
                _received(one, busy, idle, times)
    for one in idle:
        one.close()
    return times


def _received(
    one: socket.socket, busy: dict[socket.socket, tuple[float, int]], idle: deque[socket.socket], times: list[float]
) -> None:
    sent, size = busy[one]
    data = one.recv(65536)
    if not data:
        raise ConnectionError("the server hung up")
    size += len(data)
    if size > len(PAGE) and data.endswith(PAGE[-20:]):
        times.append(time.perf_counter() - sent)
        del busy[one]
        idle.append(one)
    else:
        busy[one] = (sent, size)


def served(stack: contextlib.ExitStack, folder: Path, rounds: int) -> dict[str, Address]:
    """Start all servers and return where they listen."""
    bare = stack.enter_context(gunicorn(folder, "application", rounds))
    relayed, proxied = (stack.enter_context(gunicorn(folder, "application", rounds)) for _ in range(2))
    return {
        "bare": bare,
        "middleware": stack.enter_context(gunicorn(folder, "recorded()", rounds)),
        "relay": stack.enter_context(relay(relayed)),
        "proxy": stack.enter_context(proxy(folder, proxied)),
    }


@contextlib.contextmanager
def gunicorn(folder: Path, name: str, rounds: int) -> Iterator[Address]:
    """Serve an application of this module with one worker of eight threads."""
    command = [
        sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--worker-class", "gthread", "--threads", "8",
        "--no-control-socket", "--keep-alive", "30", f"benchmarks.recording:{name}",
    ]  # fmt: skip
    environment = {**os.environ, "ROUNDS": str(rounds), "ARCHIVE": str(folder / "middleware.archive")}
    with running(command, rb"Listening at: http://127.0.0.1:(\d+)", environment) as port:
        yield "127.0.0.1", port


@contextlib.contextmanager
def proxy(folder: Path, upstream: Address) -> Iterator[Address]:
    """Record in front of a server."""
    command = [sys.executable, "-m", "harness", "record", "--upstream", f"http://{upstream[0]}:{upstream[1]}"]
    with running([*command, "-o", str(folder / "proxy.archive")], rb"Recording http://127.0.0.1:(\d+)") as port:
        yield "127.0.0.1", port


@contextlib.contextmanager
def relay(upstream: Address) -> Iterator[Address]:
    """Only pass bytes on, in a process with two threads for each connection."""
    command = [sys.executable, "-m", "benchmarks.recording", str(upstream[1])]
    with running(command, rb"Relaying at (\d+)") as port:
        yield "127.0.0.1", port


def relaying(port: int) -> None:
    """Serve as that process, until it is ended."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print("Relaying at", listener.getsockname()[1], flush=True)
        while True:
            ends = listener.accept()[0], socket.create_connection(("127.0.0.1", port))
            for one, other in (ends, ends[::-1]):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=_passed_on, args=(one, other), daemon=True).start()


def _passed_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def running(command: list[str], ready: bytes, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """Start a server and return the port that it says it listens on; end it after the block."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=-1, stderr=subprocess.STDOUT)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(ready, line):
                break
        else:
            raise RuntimeError(f"{command} did not start")
        time.sleep(0.5)
        yield int(found[1])
    finally:
        process.terminate()
        process.communicate(timeout=60)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        relaying(int(sys.argv[1]))
    else:
        main()
