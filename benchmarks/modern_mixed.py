"""Old and new index by turns on one database: every recording that writes, under many seeds.

`python -m benchmarks.modern_mixed [--seeds N | --seeds A-B] [--batch N] [--workers N] [--journal FILE]`: as `harness
diff --mixed`, in one process, with one database server and one load of the seed for all. Prints after each batch of
seeds what was judged and which groups are outside of accepted.toml (wanted: none); ends with 1 where there were any.
Batches that the journal holds of the same commit are not compared again. TMPDIR=/dev/shm halves the cost.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.false_alarms import Journal, Run, commit, seeded
from harness.accepted import read_accepted
from harness.config import find_config
from harness.exchange import SAFE_METHODS
from harness.pipeline import Options, diff
from harness.recording import Recording, open_recordings
from harness.report.model import Result
from harness.targets import parse_target

ROOT = Path(__file__).parents[1]
OLD, NEW = "legacy.wsgi:application", "modern.wsgi:application"
SEEDS, BATCH = "2", 10
"""Seeds of `make bench` (the figure in docs/ is of 100), and how many are one comparison."""


def main(arguments: Sequence[str] = ()) -> None:
    """Compare under all seeds, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default=SEEDS, help="how many from 1, or from-to")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--journal", type=Path)
    given = parser.parse_args(arguments)
    os.chdir(ROOT)
    recordings = [recording for recording in open_recordings([ROOT / "recordings"]) if writes(recording)]
    began, journal = time.monotonic(), Journal(given.journal, [commit(), "mixed", given.batch])
    wanted = {seeds[0]: seeds for seeds in batches(given.seeds, given.batch)}
    done = {run.number: run for run in journal.runs() if run.number in wanted}
    with seeded():
        for seeds in (seeds for first, seeds in wanted.items() if first not in done):
            result = compare(recordings, seeds, given.workers)
            titles = [group.title for group in result.groups]
            done[seeds[0]] = Run(seeds[0], result.count("exchanges"), result.count("judged"), titles)
            journal.write(done[seeds[0]])
            report(result, seeds, time.monotonic() - began)
    exchanges, judged = sum(run.exchanges for run in done.values()), sum(run.judged for run in done.values())
    groups = sum(len(run.groups) for run in done.values())
    print(f"{len(recordings)} recordings, {exchanges:,} exchanges, {judged:,} judged, {groups} groups (wanted 0)")
    if groups:
        sys.exit(1)


def batches(text: str, size: int) -> Iterator[tuple[int, ...]]:
    """The seeds of `100` or `21-40`, so many at once."""
    first, _, last = text.rpartition("-")
    seeds = range(int(first or 1), int(last) + 1)
    for start in range(0, len(seeds), size):
        yield tuple(seeds[start : start + size])


def writes(recording: Recording) -> bool:
    """Whether anything in it is sent to be stored."""
    return any(exchange.request.method not in SAFE_METHODS for exchange in recording)


def compare(recordings: Sequence[Recording], seeds: Sequence[int], workers: int) -> Result:
    """One comparison of the old index with both by turns, as `harness diff` does it."""
    config = find_config(ROOT)
    options = Options(
        parse_target(OLD, config), parse_target(NEW, config), config, accepted=read_accepted(ROOT / "accepted.toml"),
        workers=workers, mixed=seeds,
    )  # fmt: skip
    return diff(recordings, options)


def report(result: Result, seeds: Sequence[int], seconds: float) -> None:
    """Print what one batch showed."""
    counts = f"{result.count('judged'):,} of {result.count('exchanges'):,} judged"
    named = f"seeds {seeds[0]} to {seeds[-1]}: {counts}, {len(result.groups)} groups"
    print(f"{named}, {len(result.accepted)} accepted, {seconds:.0f} s", *result.obstacles, sep="\n  ", flush=True)
    for group in result.groups:
        print(f"  {group.count} x {group.title}: {group.endpoint}")
        for example in group.examples:
            print(f"    {example.exchange}: {result.mixed.get(example.exchange, '')}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
