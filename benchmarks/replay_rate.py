"""How fast recordings are replayed: beside what the same two applications, or the same server, do without the harness.

For applications that cost nothing, 2 ms and 10 ms: the rate at which two of them answer at once on this machine, and
the rate of `harness diff` at the same two, comparison included. For a server: a bare client that writes and reads on
one connection, and the replay of the same requests at its URL. Prints both rates and their ratio, the median of three.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.working import HEADERS, PAGE, ROOT, bare_rate, exchange, rounds_of
from harness.config import Config
from harness.pipeline import Options, diff
from harness.recording import open_recordings
from harness.report import Result
from harness.store.archive import ArchiveWriter
from harness.targets import Target, parse_target
from harness.targets.connection import wire_bytes
from harness.targets.safety import Safety
from harness.targets.url import UrlSide

ROUNDS = 3
COSTS = ((0.0, 6000), (2.0, 1000), (10.0, 200))
"""Milliseconds an answer costs, and how many exchanges are replayed."""
ASKED = 20_000
ANSWER = b"HTTP/1.1 200 OK\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in HEADERS) + b"\r\n" + PAGE


def main() -> None:
    """Measure and print."""
    os.chdir(ROOT)
    config = Config(root=ROOT)
    for cost, count in COSTS:
        rounds = rounds_of(cost) if cost else 0
        target = parse_target(f"benchmarks.working:working({rounds})", config)
        bare, whole = in_turn(partial(bare_rate, rounds, count), partial(diff_rate, target, config, count))
        report(f"two applications of {cost:.0f} ms", "harness diff of both", bare, whole)
    with server() as port:
        side = UrlSide("127.0.0.1", port, Safety(), timeout=10)
        report(
            "one server, a bare client",
            "replay at its URL",
            *in_turn(partial(client_rate, port), partial(url_rate, side)),
        )
        side.close()


def in_turn(bare: Callable[[], float], whole: Callable[[], float]) -> tuple[float, float]:
    """Measure both by turns, so that what else the machine does weighs on both; return their medians."""
    pairs = [(bare(), whole()) for _ in range(ROUNDS)]
    return statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs)


def report(bare_name: str, whole_name: str, bare: float, whole: float) -> None:
    """Print one comparison."""
    print(f"{bare_name:28} {bare:9.0f}/s   {whole_name:22} {whole:9.0f}/s   ratio {whole / bare:.2f}", flush=True)


def diff_rate(target: Target, config: Config, count: int) -> float:
    """Replay exchanges at two of a target and return exchanges a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.archive"
        with ArchiveWriter(path) as writer:
            for number in range(count):
                writer.add(exchange(number))
        rate, result = timed_diff(path, target, config)
    assert result.counts["matched"] == count, result.counts
    return rate


def timed_diff(path: Path, target: Target, config: Config) -> tuple[float, Result]:
    """Compare a target with itself over a recording; return exchanges a second, first to last, and what was found."""
    times: list[float] = []

    @contextlib.contextmanager
    def phase(label: str, total: int) -> Iterator[Callable[[int, int], None]]:
        yield lambda position, items: times.append(time.perf_counter())

    result = diff(open_recordings([path]), Options(target, target, config), phase)
    return (len(times) - 1) / (times[-1] - times[0]), result


@contextlib.contextmanager
def server() -> Iterator[int]:
    """A process that answers each read with the same answer, as fast as Python can; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    pid = os.fork()
    if not pid:
        try:
            serve(listener)
        finally:
            os._exit(0)
    with listener:
        try:
            yield listener.getsockname()[1]
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def serve(listener: socket.socket) -> None:
    """Answer one connection after the other."""
    while True:
        connection, _ = listener.accept()
        with connection:
            while connection.recv(65536):
                connection.sendall(ANSWER)


def client_rate(port: int) -> float:
    """Ask on one connection without looking at the answer."""
    requests = [wire_bytes(exchange(number).request) for number in range(1000)]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        for number in range(ASKED):
            connection.sendall(requests[number % 1000])
            received = 0
            while received < len(ANSWER):
                received += len(connection.recv(65536))
        return ASKED / (time.perf_counter() - started)


def url_rate(side: UrlSide) -> float:
    """Ask as the harness does, answers parsed."""
    exchanges = [exchange(number) for number in range(1000)]
    started = time.perf_counter()
    for number in range(ASKED):
        side.send(exchanges[number % 1000])
        side.receive()
    elapsed = time.perf_counter() - started
    side.stop()
    return ASKED / elapsed


if __name__ == "__main__":
    main()
