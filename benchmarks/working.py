"""Applications that cost what they are told to, and their bare rate: what two of them answer on this machine at once.

`python -m benchmarks.working ROUNDS N` is one process of that measurement: it calls the application N times when its
standard input ends, as a server would, and prints the seconds it took.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from harness.exchange import Exchange, Request, Response
from harness.targets.environ import wsgi_environ

ROOT = Path(__file__).parents[1]
PAGE = b"<!doctype html><title>p</title>" + b"<a href='/p/'>p</a>\n" * 50
HEADERS = [("Content-Type", "text/html"), ("Content-Length", str(len(PAGE)))]
Application = Callable[[Mapping[str, object], Callable[..., object]], Iterable[bytes]]


def working(rounds: int) -> Application:
    """Return an application that counts to `rounds` for each answer: work that no clock or cache shortens."""

    def application(environ: Mapping[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
        work(rounds)
        start_response("200 OK", HEADERS)
        return [PAGE]

    return application


def work(rounds: int) -> int:
    """Do nothing, `rounds` times."""
    total = 0
    for number in range(rounds):
        total += number
    return total


def rounds_of(milliseconds: float) -> int:
    """Return how many rounds cost that much processor time here and now."""
    many = 50_000
    until = time.monotonic() + 1  # a processor that idled is slow at first
    fastest = _timed(many)
    while time.monotonic() < until:
        fastest = min(fastest, _timed(many))
    return int(milliseconds / 1000 / fastest * many)


def _timed(rounds: int) -> float:
    started = time.process_time()
    work(rounds)
    return time.process_time() - started


def exchange(number: int) -> Exchange:
    """One recorded request of a client, and the answer of the application; a thousand different paths."""
    headers = (
        (b"Host", b"example.org"),
        (b"User-Agent", b"client/%d.0" % (number % 20)),
        (b"Accept-Encoding", b"gzip"),
        (b"Accept", b"*/*"),
        (b"Connection", b"keep-alive"),
    )
    request = Request(b"GET /p/%d/?page=2 HTTP/1.1" % (number % 1000), headers)
    answer = tuple((name.encode(), value.encode()) for name, value in HEADERS)
    return Exchange("x#1", request, Response(200, b"OK", answer, PAGE), 1.6e9 + number / 100, 0.002, peer="192.0.2.1")


def bare_rate(rounds: int, count: int) -> float:
    """Return the requests a second that two processes answer each, working at the same time without a harness."""
    command = [sys.executable, "-m", "benchmarks.working", str(rounds), str(count)]
    pair = [subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, text=True) for _ in range(2)]
    return count / slowest_of(pair)


def slowest_of(pair: Sequence[subprocess.Popen[str]]) -> float:
    """Let processes that run `calls` begin together; return the seconds that the slowest took."""
    for process in pair:
        assert process.stdout is not None
        process.stdout.readline()  # imported and ready
    for process in pair:
        assert process.stdin is not None
        process.stdin.close()
    return max(_seconds(process) for process in pair)


def _seconds(process: subprocess.Popen[str]) -> float:
    assert process.stdout is not None
    text = process.stdout.read()
    process.wait()
    return float(text)


def call(application: Application, environ: Mapping[str, str]) -> bytes:
    """Call a WSGI application once, body read to its end."""
    inputs = {"wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0)}
    flags = {"wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False}
    written: list[bytes] = []
    parts = application({**environ, **inputs, **flags}, lambda *_: written.append)
    try:
        return b"".join([*written, *parts])
    finally:
        getattr(parts, "close", lambda: None)()


def calls(application: Application, environs: list[dict[str, str]]) -> float:
    """Wait for the word, call the application with each environ, and return the seconds that took."""
    print("ready", flush=True)
    sys.stdin.read()
    started = time.perf_counter()
    for environ in environs:
        call(application, environ)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(calls(working(int(sys.argv[1])), [wsgi_environ(exchange(number)) for number in range(int(sys.argv[2]))]))
