"""Memory of `harness diff` at 1,000 and at 100,000 exchanges: the same, whatever a recording's length.

Each is a process of its own, which replays an archive at two applications that do nothing, once whole and once by
client session, and tells its largest resident set. Prints both figures and their ratio.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.working import ROOT, exchange
from harness.config import Config
from harness.pipeline import Options, diff
from harness.recording import open_recordings
from harness.store.archive import ArchiveWriter
from harness.targets import parse_target

FEW, MANY = 1_000, 100_000
CLIENTS = 50


def main() -> None:
    """Measure and print."""
    for name, by_session in (("in time order", ""), ("by client session", "by session")):
        few, many = (peak(count, by_session) for count in (FEW, MANY))
        print(
            f"{name:18} {FEW:,} exchanges {few:6.1f} MiB   {MANY:,} exchanges {many:6.1f} MiB   ratio {many / few:.2f}",
            flush=True,
        )


def peak(count: int, by_session: str) -> float:
    """Return the largest resident set, in MiB, of a process that replays `count` exchanges."""
    command = [sys.executable, "-m", "benchmarks.memory", str(count), by_session]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def replayed(count: int, by_session: bool) -> float:
    """Replay so many exchanges here and return this process's largest resident set in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.archive"
        write = [sys.executable, "-m", "benchmarks.memory", "write", str(count), str(path)]
        subprocess.run(write, cwd=ROOT, check=True)  # elsewhere: writing has a memory of its own
        config = Config(root=ROOT)
        target = parse_target("benchmarks.working:working(0)", config)
        result = diff(open_recordings([path]), Options(target, target, config, by_session=by_session))
    assert result.counts["matched"] == count, result.counts
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(count: int, path: Path) -> None:
    """Write an archive of requests by some clients."""
    with ArchiveWriter(path) as writer:
        for number in range(count):
            writer.add(replace(exchange(number), peer=f"192.0.2.{number % CLIENTS}"))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        print(replayed(int(sys.argv[1]), bool(sys.argv[2])))
