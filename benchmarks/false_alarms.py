"""Differences reported between an application and itself: over all recordings, in ever other surroundings.

`python -m benchmarks.false_alarms [--runs N] [--target T] [--jobs N]`: each run replays everything with the second side
under another clock, hash seed, seed of random numbers, process and number of workers, by default options. Prints runs,
exchanges compared, runs with a group, and by the rule of three what that says of the rate at 95 % confidence. With
`--journal FILE` each run is written down as it ends; what it holds of the same commit and options is not repeated.
Each of several jobs keeps to one processor.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import NamedTuple

from harness import postgres
from harness.config import find_config
from harness.pipeline import Options, diff
from harness.recording import open_recordings
from harness.targets import Target, parse_target

ROOT = Path(__file__).parents[1]
RUNS = 3
"""Runs of `make bench`; the figure in docs/ is of 300."""


def main(arguments: Sequence[str] = ()) -> None:
    """Run the index against itself and print what was reported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", nargs="*", type=Path, default=[ROOT / "recordings"])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--target", default="legacy.wsgi:application")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--state")
    parser.add_argument("--journal", type=Path)
    given = parser.parse_args(arguments)
    os.chdir(ROOT)
    began = time.monotonic()
    journal = Journal(given.journal, [commit(), given.target, *map(str, given.recordings), given.limit, given.state])
    done = [run for run in journal.runs() if run.number < given.runs]
    missing = sorted(set(range(given.runs)) - {run.number for run in done})
    context = multiprocessing.get_context("spawn")
    started = context.Value("i", 0)
    with seeded(), context.Pool(given.jobs, _keep_to_one, (started, given.jobs)) as pool:
        work = [(given.recordings, given.target, number, given.limit, given.state) for number in missing]
        for run in pool.imap_unordered(_run, work):
            journal.write(run)
            done.append(run)
            if len(done) % 10 == 0:
                print(f"{len(done)} of {given.runs} runs", file=sys.stderr, flush=True)
    titles = Counter(title for run in done for title in run.groups)
    wrong = sum(1 for run in done if run.groups)
    compared, judged = sum(run.exchanges for run in done), sum(run.judged for run in done)
    print(f"runs of {given.target} against itself: {len(done)} ({len(missing)} now, {time.monotonic() - began:.0f} s)")
    print(f"exchanges compared: {compared:,}, judged {judged:,}")
    print(f"runs that reported a difference: {wrong}")
    if not wrong:
        bounds = f"{min(100, 100 * 3 / given.runs):.1f} % of runs, {3 / compared:.2g} of exchanges"
        print(f"rate at 95 % confidence: at most {bounds}")
    for title, count in titles.most_common():
        print(f"  {count} x {title}")


class Run(NamedTuple):
    """What one comparison counted, and the titles of its groups."""

    number: int
    exchanges: int
    judged: int
    groups: list[str]


class Journal:
    """The runs of one commit and set of options, one a line; kept nowhere without a path."""

    def __init__(self, path: Path | None, what: list[str | int | None]) -> None:
        self._path = path
        self._what = what

    def runs(self) -> list[Run]:
        """Return what was written of the same."""
        if self._path is None or not self._path.exists():
            return []
        rows = map(json.loads, self._path.read_text("utf-8").splitlines())
        return [Run(*row["run"]) for row in rows if row["what"] == self._what]

    def write(self, run: Run) -> None:
        """Add a run."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"what": self._what, "run": run}) + "\n")


def commit() -> str:
    """Return the name of what is checked out, with -dirty where it was edited."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def seeded() -> Iterator[None]:
    """Load the index's seed once; all runs clone it (`template` in harness.toml)."""
    with tempfile.TemporaryDirectory() as files, postgres.start() as server:
        url = server.create_database("seed")
        load = ["-m", "legacy", "load", "recordings/seed.json", "--database", url, "--files", files]
        subprocess.run([sys.executable, *load], check=True, capture_output=True)
        os.environ.update(PYPI_DATABASE_URL=url, PYPI_FILES=files)
        try:
            yield
        finally:
            del os.environ["PYPI_DATABASE_URL"], os.environ["PYPI_FILES"]


def _keep_to_one(started: Synchronized[int], jobs: int) -> None:
    """Give each of several jobs, and all that it starts, a processor of its own as far as there are any."""
    with started.get_lock():
        number = started.value
        started.value += 1
    if jobs > 1:
        usable = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {usable[number % len(usable)]})


def _run(work: tuple[Sequence[Path], str, int, int | None, str | None]) -> Run:
    """Compare once."""
    recordings, text, number, limit, state = work
    config = find_config(Path.cwd())
    old, new = parse_target(text, config), varied(parse_target(text, config), number + 1)
    options = Options(old, new, config, state=state, limit=limit, workers=1 + number % 2)
    result = diff(open_recordings(recordings), options)
    return Run(number, result.count("exchanges"), result.count("judged"), [group.title for group in result.groups])


def varied(target: Target, variation: int) -> Target:
    """Return the target in other surroundings."""
    return replace(target, opener=lambda more, *rest: target.opener(variation + more, *rest))


if __name__ == "__main__":
    main(sys.argv[1:])
