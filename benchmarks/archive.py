"""Archives: exchanges written and read a second, the size of a file, memory by length, and files after SIGKILL.

The bodies are pages of a few kB of which 43 % are new and the others come again, the popular ones most: 50,000 of them
have 143 MB. `--kills N` kills a writing process N times and reads what it left; `--memory` writes and reads ever longer
archives in processes of their own.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.working import ROOT
from harness.exchange import Exchange, Request, Response
from harness.store.archive import Archive, ArchiveWriter

COUNT = 50_000
LENGTHS = (10_000, 100_000, 1_000_000)
NEW = 0.43  # share of bodies that were not there before
WORDS = (
    "screenscreen",
    "tabletable",
    "riverriver",
    "stonestone",
    "paperpaper",
    "cloudcloud",
    "greengreen",
    "wagonwagon",
)


def main(arguments: list[str] | None = None) -> None:
    """Measure what the options ask for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, metavar="N", help="kill a writing process N times")
    parser.add_argument("--memory", action="store_true", help="resident memory of writing and reading, by length")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS, help="numbers of exchanges for --memory")
    options = parser.parse_args([] if arguments is None else arguments)
    if options.kills:
        print(kills(options.kills))
    elif options.memory:
        for line in memory(options.lengths):
            print(line, flush=True)
    else:
        speed()


def exchanges(count: int, seed: int = 1) -> Iterator[Exchange]:
    """Yield exchanges as an index of packages has them: pages, cookies, a date in each answer."""
    chance = random.Random(seed)
    pages: list[bytes] = []
    for number in range(count):
        if not pages or chance.random() < NEW:
            body = page(number, chance)
            pages.append(body) if len(pages) < 5000 else pages.__setitem__(chance.randrange(5000), body)
        else:
            body = pages[int(len(pages) * chance.random() ** 3)]
        yield exchange(number, body, chance)


def page(number: int, chance: random.Random) -> bytes:
    """Return a page of about 2.7 kB."""
    rows = (f"<tr><td>{chance.choice(WORDS)}</td><td>{chance.getrandbits(32):x}</td></tr>\n" for _ in range(61))
    return f"<html><title>{number}</title><table>\n{''.join(rows)}</table></html>\n".encode()


def exchange(number: int, body: bytes, chance: random.Random) -> Exchange:
    """Return one exchange with this answer."""
    client = chance.randrange(500)
    request = Request(
        b"GET /simple/package-%d/ HTTP/1.1" % chance.randrange(8000),
        (
            (b"Host", b"index.example"),
            (b"User-Agent", b"pip/20.%d CPython/3.8" % (client % 20)),
            (b"Accept-Encoding", b"gzip"),
            (b"Cookie", b"session=%032x" % (client * 7919)),
        ),
    )
    response = Response(
        200,
        b"OK",
        (
            (
                b"Date",
                b"Tue, 18 Nov 2008 %02d:%02d:%02d GMT" % (number // 360000, number // 6000 % 60, number // 100 % 60),
            ),
            (b"Server", b"Apache/2.2.9 (Debian)"),
            (b"Content-Type", b"text/html; charset=utf-8"),
            (b"Content-Length", b"%d" % len(body)),
        ),
        body,
    )
    return Exchange("", request, response, 1226966400 + number / 100, 0.01, peer=f"192.0.2.{client % 250}")


def speed(count: int = COUNT) -> None:
    """Print how many exchanges a second are written and read, whole and heads alone, and the size of the file."""
    made = list(exchanges(count))
    total = sum(len(each.response.body or b"") for each in made if each.response)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.archive"
        print(f"{count:,} exchanges, {total / 1e6:.0f} MB of bodies")
        rate("written", count, lambda: written(path, made))
        rate("read", count, lambda: run_through(iter(Archive(path))))
        rate("read without answers' bodies", count, lambda: run_through(Archive(path).heads()))
        print(f"size {path.stat().st_size / 1e6:.1f} MB")


def rate(what: str, count: int, action: Callable[[], object]) -> None:
    """Print the best of three runs."""
    times = []
    for _ in range(3):
        wall, processor = time.perf_counter(), time.process_time()
        action()
        times.append((time.process_time() - processor, time.perf_counter() - wall))
    processor, wall = min(times)
    print(f"{what:30} {count / processor:9,.0f} /s by processor time  {count / wall:9,.0f} /s by the clock", flush=True)


def written(path: Path, made: list[Exchange]) -> None:
    """Write an archive anew."""
    path.unlink(missing_ok=True)
    with ArchiveWriter(path) as writer:
        for each in made:
            writer.add(each)


def run_through(items: Iterator[object]) -> int:
    """Read to the end; return how many there were."""
    return sum(1 for _ in items)


def memory(lengths: list[int]) -> Iterator[str]:
    """Yield the largest resident set of writing and of reading, for each length, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for length in lengths:
            path = Path(folder) / f"{length}.archive"
            figures = [child(what, path, length) for what in ("write", "read")]
            size = path.stat().st_size / 1e6
            path.unlink()
            yield f"{length:11,} exchanges: writing {figures[0]}, reading {figures[1]}; file {size:,.1f} MB"


def child(what: str, path: Path, length: int = 0) -> str:
    """Return what one of the `CHILDREN` prints, run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.archive", "child", what, str(path), str(length)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def kills(count: int) -> str:
    """Kill a process that writes, at any moment, again and again; return what the files held afterwards.

    Raises AssertionError where a file could not be read, lost what was flushed, or held something twice.
    """
    chance, whole, most = random.Random(count), 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            path = Path(folder) / f"{number // 4}.archive"  # four times the same: it is added to after a kill
            delay = chance.random() * 0.25
            acknowledged = killed(path, delay)
            kept = [int(each.request.path[1:]) for each in Archive(path)] if path.exists() and acknowledged else []
            assert len(set(kept)) == len(kept), f"{path}: something stands there twice"
            missing = acknowledged - set(kept)
            assert not missing, f"after {delay:.3f} s: {len(missing)} that were acknowledged are missing"
            whole, most = whole + len(acknowledged), max(most, delay)
            if number % 4 == 3:
                path.unlink(missing_ok=True)
    return f"{count} kills within {most:.2f} s of writing: {whole:,} acknowledged exchanges, all there, none twice"


def killed(path: Path, delay: float) -> set[int]:
    """Have a process write and kill it so many seconds after its first exchange; return what it had acknowledged."""
    command = [sys.executable, "-m", "benchmarks.archive", "child", "forever", str(path), "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        lines = (first + process.stdout.read()).split(b"\n")[:-1]
    return {number for line in lines for number in range(*map(int, line.split()))}


def forever(path: Path, length: int) -> None:
    """Write batches, telling after each which numbers are durable now; never ends by itself."""
    writer, start = ArchiveWriter(path, batch=50), os.getpid() * 1_000_000
    chance = random.Random(start)
    number = start
    print(start, start, flush=True)
    while True:
        first = number
        for _ in range(chance.randrange(1, 120)):
            request = Request(b"GET /%d HTTP/1.1" % number, ((b"X", b"%d" % chance.randrange(99)),))
            writer.add(Exchange("", request, Response(200, body=page(number, chance)), number))
            number += 1
        writer.flush()
        print(first, number, flush=True)
        if chance.random() < 0.1:
            writer.close()
            writer = ArchiveWriter(path, batch=50)


def _write(path: Path, length: int) -> None:
    with ArchiveWriter(path) as writer:
        for each in exchanges(length):
            writer.add(each)
    print(_peak())


def _read(path: Path, length: int) -> None:
    assert run_through(iter(Archive(path))) == length
    print(_peak())


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"


CHILDREN = {"write": _write, "read": _read, "forever": forever}

if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        CHILDREN[sys.argv[2]](Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main(sys.argv[1:])
