"""Large bodies and slow answers: speed and memory for a gigabyte either way, and when a first byte arrives.

Needs Linux. compat's runners beside lighttpd and Apache in one run. Reports seconds, the ratio to lighttpd, the
worker's extra memory, and for a program that writes a line every tenth of a second how late each is at the client.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.compat_chaos import worker_of
from benchmarks.compat_load import SERVED, interpreter
from benchmarks.compat_peers import Missing, apache, folder_for_all, gunicorn, lighttpd

MEGABYTE = 1_000_000
ROUNDS = {100: 7, 1000: 1}
"""How often a body of so many megabytes is moved, in turns; the median counts."""
LINES = 20
PIECE = b"z" * 65536
GIVES = """#!{python}
import os
os.write(1, b"Content-Type: text/plain\\n\\n")
left, piece = int(os.environ["QUERY_STRING"]), b"x" * 65536
while left:
    left -= os.write(1, piece[:left])
"""
TAKES = """#!{python}
import os
size = 0
while True:
    piece = os.read(0, 65536)
    if not piece:
        break
    size += len(piece)
os.write(1, b"Content-Type: text/plain\\n\\n%d" % size)
"""
DRIPS = """#!{python}
import os, time
os.write(1, b"Content-Type: text/plain\\n\\n")
for number in range(int(os.environ["QUERY_STRING"])):
    os.write(1, b"at %.6f\\n" % time.monotonic())
    time.sleep(0.1)
"""
PROGRAMS = {"gives.cgi": GIVES, "takes.cgi": TAKES, "drips.cgi": DRIPS}


@dataclass(frozen=True)
class Transfer:
    """How long a body took, and how much more memory the server's worker had at its highest (None: not looked at)."""

    seconds: float
    memory: int | None


def main() -> None:
    """Print the figures of each server."""
    with ExitStack() as stack:
        folder = stack.enter_context(folder_for_all())
        programs = write_programs(folder, interpreter())
        ports: dict[str, int] = {}
        for name, start in SERVERS.items():
            try:
                ports[name] = stack.enter_context(start(programs))
            except Missing as missing:
                print(f"(without {name}: {missing})")
        for megabytes, rounds in ROUNDS.items():
            for direction, move in (("from the program", down), ("to the program", up)):
                _report(f"{megabytes} MB {direction}", ports, move, megabytes * MEGABYTE, rounds)
        for name, port in ports.items():
            late = delays(port, LINES)
            middle, worst = median(late) * 1000, max(late) * 1000
            print(f"a line every 0.1 s, {name}: median {middle:.1f} ms late, at most {worst:.1f} ms")


def _report(title: str, ports: dict[str, int], move: Callable[[int, int], None], size: int, rounds: int) -> None:
    seen: dict[str, list[Transfer]] = {name: [] for name in ports}
    for _ in range(rounds):
        for name, port in ports.items():
            seen[name].append(measured(port, move, size, ours=name.startswith("compat")))
    found = {name: middle(transfers) for name, transfers in seen.items()}
    base = found.get("lighttpd")
    print(f"{title}:")
    for name, transfer in found.items():
        memory = "" if transfer.memory is None else f"  {transfer.memory / MEGABYTE:6.1f} MB more memory"
        ratio = f"  {base.seconds / transfer.seconds:5.2f} times lighttpd's speed" if base else ""
        print(
            f"  {name:24} {transfer.seconds:7.2f} s  {size / MEGABYTE / transfer.seconds:6.0f} MB/s{ratio}{memory}",
            flush=True,
        )


def write_programs(folder: Path, python: str) -> Path:
    """Write the programs and return their directory."""
    programs = folder / "cgi-bin"
    programs.mkdir()
    for name, source in PROGRAMS.items():
        (programs / name).write_text(source.format(python=python), encoding="utf-8")
        (programs / name).chmod(0o755)
    return programs


@contextmanager
def compat(runner: str, programs: Path) -> Iterator[int]:
    """Serve the programs by one worker of gunicorn, which tells its number at /pid."""
    name = f"served_{runner}"
    source = SERVED.format(programs=str(programs), runner=runner)
    (programs.parent / f"{name}.py").write_text(source, encoding="utf-8")
    with gunicorn(name, cwd=programs.parent, options=["-k", "gthread", "--threads", "4"]) as port:
        yield port


SERVERS: dict[str, Callable[[Path], AbstractContextManager[int]]] = {
    "compat exec": lambda programs: compat("exec", programs),
    "compat warm": lambda programs: compat("warm", programs),
    "lighttpd": lighttpd,
    "Apache mod_cgid": apache,
}


def measured(port: int, move: Callable[[int, int], None], size: int, *, ours: bool) -> Transfer:
    """Move a body once, after a small one, and watch the worker's memory."""
    move(port, 1000)
    before = highest(worker_of(port)) if ours else None
    started = time.perf_counter()
    move(port, size)
    seconds = time.perf_counter() - started
    return Transfer(seconds, None if before is None else highest(worker_of(port)) - before)


def middle(transfers: list[Transfer]) -> Transfer:
    """Return the median time and the most memory."""
    memory = [transfer.memory for transfer in transfers if transfer.memory is not None]
    return Transfer(median(transfer.seconds for transfer in transfers), max(memory) if memory else None)


def down(port: int, size: int) -> None:
    """Fetch a body of that size. Raises ValueError where it is not whole."""
    with _open(port, f"GET /cgi-bin/gives.cgi?{size} HTTP/1.0\r\n\r\n".encode()) as client:
        stream = client.makefile("rb")
        while stream.readline().strip():
            pass
        received = 0
        while piece := stream.read(1 << 18):
            received += len(piece)
    if received != size:
        raise ValueError(f"{received} of {size} bytes arrived")


def up(port: int, size: int) -> None:
    """Send a body of that size. Raises ValueError where it did not arrive whole."""
    head = f"POST /cgi-bin/takes.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
    with _open(port, head.encode()) as client:
        left = size
        while left:
            left -= client.send(PIECE[:left])
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    if not re.search(rb"\b%d\b" % size, answer.partition(b"\r\n\r\n")[2]):
        raise ValueError(f"of {size} bytes: {answer[-200:]!r}")


def delays(port: int, lines: int) -> list[float]:
    """Return for each line that a program wrote the seconds until it was here (one clock for both processes)."""
    late = []
    with _open(port, f"GET /cgi-bin/drips.cgi?{lines} HTTP/1.0\r\n\r\n".encode()) as client:
        for line in client.makefile("rb"):
            if found := re.match(rb"at ([0-9.]+)", line):
                late.append(time.monotonic() - float(found[1]))
    if len(late) != lines:
        raise ValueError(f"{len(late)} of {lines} lines arrived")
    return late


def _open(port: int, head: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.sendall(head)
    return client


def highest(pid: int) -> int:
    """Return the highest memory of a process so far, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
