"""Load for the benchmarks of compat: requests over real sockets from processes of their own, and the programs asked.

Comes in: ports. Goes out: requests a second. Contestants take turns in short rounds, so that all meet the same machine;
the median of the rounds counts.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from benchmarks.compat_peers import NOBODY

HELLO = b"hello\n"
C_SOURCE = """
#include <stdio.h>
int main(void) { fputs("Content-Type: text/plain\\n\\nhello\\n", stdout); return 0; }
"""
PYTHON_SOURCE = "print('Content-Type: text/plain\\n\\nhello')\n"

SERVED = """
import os
from compat import CGIDirectory
cgi = CGIDirectory({programs!r}, mount="/cgi-bin", runner={runner!r}, env={{"PYTHONWARNINGS": "ignore"}})

def application(environ, start_response):
    if environ["PATH_INFO"] != "/pid":
        return cgi(environ, start_response)
    number = b"%d" % os.getpid()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(number)))])
    return [number]
"""
"""An application in front of programs that also tells which process serves."""

Hammer = Callable[[float], int]


def write_programs(folder: Path) -> dict[str, Path]:
    """Write a hello-world in Python and, where there is a compiler, in C; return them by language."""
    script = folder / "hello.py.cgi"
    script.write_text(f"#!{interpreter()}\n{PYTHON_SOURCE}", encoding="utf-8")
    script.chmod(0o755)
    programs = {"Python": script}
    if shutil.which("cc"):
        source = folder.parent / "hello.c"
        source.write_text(C_SOURCE, encoding="utf-8")
        subprocess.run(["cc", "-O2", "-o", folder / "hello.c.cgi", source], check=True)
        programs["C"] = folder / "hello.c.cgi"
    return programs


def interpreter() -> str:
    """Return a Python that also an account without rights may run: peers do not run programs as root."""
    account = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if os.getuid() == 0 else {}
    for path in (sys.executable, os.path.realpath(sys.executable), "/usr/bin/python3"):
        try:
            if subprocess.run([path, "-c", ""], **account, check=False).returncode == 0:  # type: ignore[call-overload]
                return path
        except OSError:
            continue
    raise SystemExit("no Python that an account without rights may run")


def get(port: int, path: str) -> bytes:
    """Send one GET on a connection of its own and return the whole answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while piece := client.recv(65536):
            received += piece
    return received


def requests(port: int, path: str, seconds: float) -> int:
    """Ask a server for some seconds; return how many answers were right. Raises SystemExit for a wrong one."""
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        answer = get(port, path)
        if HELLO not in answer or b" 200 " not in answer[:20]:
            raise SystemExit(f"port {port} answered {answer[:300]!r}")
        count += 1
    return count


def spawns(program: str, seconds: float) -> int:
    """Start a program again and again with nothing around it, and read what it prints; return how often.

    Each has a group of its own, as under compat.
    """
    count, end = 0, time.perf_counter() + seconds
    environment = {"PATH": os.defpath, "REQUEST_METHOD": "GET"}
    while time.perf_counter() < end:
        reader, writer = os.pipe()
        actions = [(os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_CLOSE, reader)]
        pid = os.posix_spawn(program, [program], environment, file_actions=actions, setpgroup=0)
        os.close(writer)
        output = b""
        while piece := os.read(reader, 65536):
            output += piece
        os.close(reader)
        os.waitpid(pid, 0)
        if not output.endswith(HELLO):
            raise SystemExit(f"{program} printed {output!r}")
        count += 1
    return count


def rates(
    contestants: Mapping[str, tuple[Callable[..., int], tuple[object, ...]]],
    connections: int,
    rounds: int = 5,
    seconds: float = 1.0,
) -> dict[str, float]:
    """Return the median rate of each contestant, in turns a second over all connections."""
    seen: dict[str, list[float]] = {name: [] for name in contestants}
    with ProcessPoolExecutor(connections, mp_context=get_context("spawn")) as pool:
        list(pool.map(time.sleep, [0.01] * connections))
        for turn in range(rounds + 1):
            for name, (act, arguments) in contestants.items():
                started = time.perf_counter()
                counts = [pool.submit(act, *arguments, seconds) for _ in range(connections)]
                total = sum(count.result() for count in counts)
                if turn:  # the first warms up
                    seen[name].append(total / (time.perf_counter() - started))
    return {name: median(values) for name, values in seen.items()}
