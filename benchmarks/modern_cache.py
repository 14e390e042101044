"""The GETs of a real day through a real Varnish: how many never reach the new index.

The index knows what the log names (`recordings.seed_of_log`). Every Nth project of the day is taken with all requests
for it, and every Nth of the other requests, in the order of the log and without its pauses: a sample of requests alone
would hit less than the day did, and nothing is purged meanwhile. Redirects are not followed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path

from benchmarks.index_day import exchanges, replayable
from harness import postgres
from recordings.seed_of_log import projects_of, seed_of

ROOT = Path(__file__).resolve().parents[1]
VCL = ROOT / "docs" / "deploy" / "modern.vcl"


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.modern_cache", description=__doc__)
    parser.add_argument("recording", type=Path, nargs="?", help="the log: harness import LOG -o day.archive")
    parser.add_argument("--every", type=int, default=10, metavar="N", help="only every Nth project (default: 10)")
    parser.add_argument("--most", type=int, default=20_000, metavar="N", help="requests at most (default: 20000)")
    options = parser.parse_args(sys.argv[1:] if __name__ == "__main__" else [])
    if options.recording is None or not shutil.which("varnishd"):
        print("left out: no log or no Varnish at hand (python -m benchmarks.modern_cache day.archive)")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        seed = folder / "seed.json"
        seed.write_text(json.dumps(seed_of(projects_of(exchanges(options.recording)))))
        url = stack.enter_context(postgres.start()).create_database("day")
        ports = free_port(), free_port()
        stack.enter_context(running(index(url, folder, seed, ports[0]), ports[0]))
        stack.enter_context(running(varnish(folder, *ports), ports[1]))
        report(islice(sampled(options.recording, options.every), options.most), ports[1])


def sampled(recording: Path, every: int) -> Iterator[str]:
    """Targets of the day, whole projects of them."""
    for exchange in replayable(recording):
        target = exchange.request.target.decode("latin-1")
        words = [word for word in exchange.request.path.lower().split(b"/") if word]
        about = words[1] if len(words) > 1 else target.lower().encode("latin-1")
        if zlib.crc32(about) % every == 0:
            yield target


def index(url: str, folder: Path, seed: Path, port: int) -> list[str]:
    """The command of the new index."""
    words = [sys.executable, "-m", "modern", "serve", "--bind", f"127.0.0.1:{port}", "--database", url]
    return [*words, "--files", str(folder / "files"), "--seed", str(seed)]


def varnish(folder: Path, behind: int, port: int) -> list[str]:
    """The command of Varnish with our own configuration."""
    vcl = folder / "modern.vcl"
    vcl.write_text(VCL.read_text().replace('"8000"', f'"{behind}"'))
    user = ["-j", "none"] if os.getuid() == 0 else []  # else it gives up root, and cannot read a private folder
    words = ["varnishd", *user, "-F", "-n", str(folder / "varnish"), "-f", str(vcl)]
    return [*words, "-a", f"127.0.0.1:{port}", "-s", "malloc,256m"]


@contextmanager
def running(words: list[str], port: int) -> Iterator[None]:
    """A server, from when it listens on."""
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 300
            while not listens(port):
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{words[0]} did not begin to listen")
                time.sleep(0.1)
            yield
        finally:
            process.terminate()


def report(targets: Iterator[str], port: int) -> None:
    """Ask for all of them, and print what part came from the cache."""
    found: Counter[tuple[str, str]] = Counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for target in targets:
        connection.request("GET", target)
        answer = connection.getresponse()
        answer.read()
        found[kind(target), answer.headers.get("X-Cache", "refused")] += 1
    connection.close()
    total = Counter(how for _, how in found.elements())
    print(f"hits: {total['hit']} of {found.total()} GETs ({total['hit'] / max(1, found.total()):.1%})")
    for name in sorted({name for name, _ in found}):
        hits, misses = found[name, "hit"], found[name, "miss"]
        print(f"{name}: {hits} of {hits + misses} ({hits / max(1, hits + misses):.1%})")


def kind(target: str) -> str:
    """What part of the index is asked for."""
    path, _, query = target.partition("?")
    if ":action=" in query:
        return ":action=" + query.partition(":action=")[2].partition("&")[0]
    return path.split("/")[1]


def listens(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
