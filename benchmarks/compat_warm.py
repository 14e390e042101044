"""What the warm runner saves: the same script warm and by exec, and beside a bare loop that only forks.

Requests a second, in process without a server, from one and from four processes at once, as workers of a server would
ask. The bare loop is a small Python that forks, prints the same bytes into a pipe and reads them.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compat import CGIScript

SECONDS = 3.0
CONNECTIONS = (1, 4)
WARM_UP = 6
HELLO = r"print('Content-Type: text/plain\n\nhello')" + "\n"
IMPORTS = "import datetime, email.message, hashlib, html, json, logging, os, re, subprocess, urllib.parse\n"
SCRIPTS = {"hello": HELLO, "ten imports": IMPORTS + HELLO}
BARE = r"""
import os, sys, time
count, limit = 0, time.perf_counter() + float(sys.argv[1])
while time.perf_counter() < limit:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(writing, b"Content-Type: text/plain\n\nhello\n")
        os._exit(0)
    os.close(writing)
    assert os.read(reading, 100).endswith(b"hello\n")
    os.close(reading)
    os.waitpid(pid, 0)
    count += 1
print(count)
"""


def main() -> None:
    """Print the rates and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        for connections in CONNECTIONS:
            bare = bare_rate(connections)
            print(f"{connections} at once: a bare fork loop {bare:.0f}/s")
            for name, source in SCRIPTS.items():
                path = Path(folder, f"{name.replace(' ', '-')}.py")
                path.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
                path.chmod(0o755)
                executed, warm = (rate(connections, path, runner) for runner in ("exec", "warm"))
                print(
                    f"{connections} at once, {name}: exec {executed:.1f}/s, warm {warm:.1f}/s, "
                    f"{warm / executed:.1f} times exec, {warm / bare:.2f} of the bare loop"
                )


def bare_rate(connections: int) -> float:
    """Return the forks a second of so many bare loops."""
    command = [sys.executable, "-I", "-S", "-c", BARE, str(SECONDS)]
    loops = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(connections)]
    return sum(int(loop.communicate()[0]) for loop in loops) / SECONDS


def rate(connections: int, path: Path, runner: str) -> float:
    """Return the requests a second of so many processes that ask as fast as they can."""
    reading, writing = os.pipe()
    pids = [forked(lambda: drive(CGIScript(path, runner=runner), writing)) for _ in range(connections)]
    os.close(writing)
    with os.fdopen(reading) as answers:
        counts = [int(line) for line in answers]
    for pid in pids:
        os.waitpid(pid, 0)
    if len(counts) != connections:
        raise SystemExit("a process failed")
    return sum(counts) / SECONDS


def forked(work: Callable[[], None]) -> int:
    """Do some work in a child."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)


def drive(app: CGIScript, writing: int) -> None:
    """Warm up, ask until the time is over, write how often."""
    for _ in range(WARM_UP):
        ask(app)
        time.sleep(0.3)  # a zygote that has learned takes over in the background
    count, limit = 0, time.perf_counter() + SECONDS
    while time.perf_counter() < limit:
        ask(app)
        count += 1
    os.write(writing, b"%d\n" % count)


def ask(app: CGIScript) -> None:
    """Answer one GET in process."""
    response: Any = app(request(), lambda status, headers, exc_info=None: lambda data: None)
    try:
        output = b"".join(response)
    finally:
        response.close()
    if output != b"hello\n":
        raise SystemExit(f"the script answered {output!r}")


def request() -> dict[str, Any]:
    """Return the environ of a plain GET."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT": "text/html",
        "HTTP_USER_AGENT": "benchmark",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
    }


if __name__ == "__main__":
    main()
