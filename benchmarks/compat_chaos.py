"""Ten thousand requests to programs that are killed, abandoned and cut short at random: is anything left behind?

Needs Linux. Reports how many requests of each kind were answered as they must be, and what the worker holds afterwards:
descriptors, processes, zombies. `chaos` is used by the tests with fewer requests.
"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compat_load import SERVED, get
from benchmarks.compat_peers import folder_for_all, gunicorn

REQUESTS = 10_000
CLIENTS = 8
SETTLE = 20.0
BODY = b"z" * 200_000
SHELL = """#!/bin/sh
printf 'Content-Type: text/plain\\n\\npid %s\\n' $$
case "$QUERY_STRING" in
good) echo done ;;
read) wc -c ;;
wait) exec sleep 60 ;;
endless) while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done ;;
stubborn) trap '' TERM; while :; do sleep 1; done ;;
family) sleep 60 & sleep 60 ;;
esac
"""
PYTHON = """#!{python}
import os, signal, sys, time
def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()
say("Content-Type: text/plain\\n\\npid %d\\n" % os.getpid())
kind = os.environ["QUERY_STRING"]
if kind == "good":
    say("done\\n")
elif kind == "read":
    say("%d\\n" % len(sys.stdin.buffer.read()))
elif kind == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
elif kind == "family":
    os.fork()
while kind == "endless":
    say("x" * 60 + "\\n")
if kind in ("wait", "stubborn", "family"):
    time.sleep(60)
"""
# kind: how many of a hundred requests. A stubborn program costs the two seconds of grace.
KINDS = {"good": 40, "read": 14, "killed": 14, "terminated": 10, "left": 10, "half": 6, "family": 5, "stubborn": 1}


@dataclass(frozen=True)
class Held:
    """What a server's worker holds: open descriptors, descendants that work, and zombies."""

    descriptors: int
    processes: int
    zombies: int


def main() -> None:
    """Run it with each runner and print what happened."""
    for runner in ("exec", "warm"):
        with served(runner) as port:
            started = time.monotonic()
            right, wrong, before, after = chaos(port, REQUESTS, seed=1)
            print(
                f"{runner}: {REQUESTS} requests in {time.monotonic() - started:.0f} s; as they must be: {dict(right)}"
            )
            print(f"  otherwise: {wrong or 'none'}\n  held before {before}, after {after}", flush=True)


@contextmanager
def served(runner: str) -> Iterator[int]:
    """Serve the program by one worker of gunicorn with a runner: in sh for `exec`, in Python for `warm`."""
    with folder_for_all() as folder:
        programs = folder / "cgi-bin"
        programs.mkdir()
        script = programs / "work.cgi"
        script.write_text(SHELL if runner == "exec" else PYTHON.format(python=sys.executable), encoding="utf-8")
        script.chmod(0o755)
        (folder / "served_chaos.py").write_text(SERVED.format(programs=str(programs), runner=runner), encoding="utf-8")
        # A machine that stands still for a while is no reason to replace the worker.
        threads = ["-k", "gthread", "--threads", str(2 * CLIENTS), "--timeout", "300"]
        with gunicorn("served_chaos", cwd=folder, options=threads) as port:
            yield port


def chaos(port: int, requests: int, seed: int) -> tuple[Counter[str], list[str], Held, Held]:
    """Send requests of random kinds, several at once.

    Returns how many of each kind went as they must, what went otherwise, and what the worker held before and after.
    """
    chooser = random.Random(seed)
    kinds = chooser.choices(list(KINDS), list(KINDS.values()), k=requests)
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda _: ACTS["good"](port), range(3 * CLIENTS)))
        worker = worker_of(port)
        before = settled(worker, None)
        outcomes = list(pool.map(lambda kind: (kind, _outcome(port, kind)), kinds))
        outcomes += [("good", _outcome(port, "good")) for _ in range(3)]
    right = Counter(kind for kind, trouble in outcomes if not trouble)
    wrong = [f"{kind}: {trouble}" for kind, trouble in outcomes if trouble]
    if worker_of(port) != worker:
        wrong.append("the worker is another one now")
    return right, wrong, before, settled(worker, before)


def worker_of(port: int) -> int:
    """Return the process number of the server's only worker."""
    return int(get(port, "/pid").partition(b"\r\n\r\n")[2])


def settled(worker: int, wanted: Held | None) -> Held:
    """Return what the worker holds, after time to reach `wanted`; without it, once two looks agree."""
    limit, last = time.monotonic() + SETTLE, None
    while True:
        now = held(worker)
        enough = (
            now == last
            if wanted is None
            else now.descriptors <= wanted.descriptors and now.processes <= wanted.processes
        )
        if (enough and not now.zombies) or time.monotonic() > limit:
            return now
        last = now
        time.sleep(0.1)


def held(worker: int) -> Held:
    """Count the worker's descriptors and those of its living descendants, and the processes."""
    family = list(_descendants(worker))
    states = [_state(pid) for pid in family]
    alive = [pid for pid, state in zip(family, states, strict=True) if state not in {"Z", ""}]
    return Held(sum(map(_descriptors, [worker, *alive])), len(alive), states.count("Z"))


def _descriptors(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0  # ended in between


def _descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(word) for word in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from _descendants(child)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _outcome(port: int, kind: str) -> str:
    """Send one request; return what was not as it must be."""
    try:
        return ACTS[kind](port)
    except (OSError, ValueError) as error:
        return repr(error)


def _good(port: int) -> str:
    answer = get(port, "/cgi-bin/work.cgi?good")
    return "" if b" 200 " in answer[:20] and b"done\n" in answer and _whole(answer) else repr(answer[:200])


def _read(port: int) -> str:
    with _asked(port, "read", "POST", f"Content-Length: {len(BODY)}\r\n", BODY) as client:
        answer = _rest(client)
    return "" if b"200000\n" in answer and _whole(answer) else repr(answer[:200])


def _killed(port: int, number: int = signal.SIGKILL) -> str:
    with _asked(port, "wait") as client:
        pid, answer = _pid(client)
        os.kill(pid, number)
        answer += _rest(client)
    return "" if not _whole(answer) else f"looks complete: {answer!r}"


def _terminated(port: int) -> str:
    return _killed(port, signal.SIGTERM)


def _left(port: int) -> str:
    with _asked(port, "endless") as client:
        client.recv(1000)
    return ""


def _half(port: int) -> str:
    with _asked(port, "read", "POST", f"Content-Length: {len(BODY)}\r\n", BODY[:70_000]):
        time.sleep(0.01)
    return ""


def _abandoned(kind: str) -> Callable[[int], str]:
    """A program that says nothing more: it is ended by a signal from outside, as its own idle time would do."""

    def act(port: int) -> str:
        with _asked(port, kind) as client:
            pid, _ = _pid(client)
            os.killpg(pid, signal.SIGKILL)
        return ""

    return act


ACTS: dict[str, Callable[[int], str]] = {
    "good": _good,
    "read": _read,
    "killed": _killed,
    "terminated": _terminated,
    "left": _left,
    "half": _half,
    "family": _abandoned("family"),
    "stubborn": _abandoned("stubborn"),
}


def _asked(port: int, kind: str, method: str = "GET", lines: str = "", body: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = f"{method} /cgi-bin/work.cgi?{kind} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n"
    client.sendall(head.encode() + body)
    return client


def _pid(client: socket.socket) -> tuple[int, bytes]:
    answer = b""
    while not (found := re.search(rb"pid (\d+)\n", answer)):
        piece = client.recv(1000)
        if not piece:
            raise ValueError(f"no process number in {answer!r}")
        answer += piece
    return int(found[1]), answer


def _rest(client: socket.socket) -> bytes:
    answer = b""
    try:
        while piece := client.recv(65536):
            answer += piece
    except ConnectionError:
        pass  # visibly cut off
    return answer


def _whole(answer: bytes) -> bool:
    """Tell whether a chunked answer has its end."""
    return answer.endswith(b"0\r\n\r\n")


if __name__ == "__main__":
    main()
