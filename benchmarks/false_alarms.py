"""Differences reported between an application and itself: over all recordings, in ever other surroundings.

`python -m benchmarks.false_alarms [--runs N] [--target T] [--jobs N]`: each run replays everything with the second side
under another clock, hash seed, seed of random numbers, process and number of workers, by default options. Prints runs,
exchanges compared, runs with a group, and by the rule of three what that says of the rate at 95 % confidence.
"""

from __future__ import annotations

import argparse
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
from pathlib import Path

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
    given = parser.parse_args(arguments)
    os.chdir(ROOT)
    began = time.monotonic()
    with seeded(), multiprocessing.get_context("spawn").Pool(given.jobs) as pool:
        work = [(given.recordings, given.target, number, given.limit, given.state) for number in range(given.runs)]
        done = []
        for result in pool.imap_unordered(_run, work):
            done.append(result)
            if len(done) % 10 == 0:
                print(f"{len(done)} of {given.runs} runs", file=sys.stderr, flush=True)
    titles = Counter(title for _, _, found in done for title in found)
    wrong = sum(1 for _, _, found in done if found)
    compared, judged = (sum(values) for values in zip(*((total, judged) for total, judged, _ in done), strict=True))
    print(f"runs of {given.target} against itself: {given.runs}, {time.monotonic() - began:.0f} s")
    print(f"exchanges compared: {compared:,}, judged {judged:,}")
    print(f"runs that reported a difference: {wrong}")
    if not wrong:
        bounds = f"{min(100, 100 * 3 / given.runs):.1f} % of runs, {3 / compared:.2g} of exchanges"
        print(f"rate at 95 % confidence: at most {bounds}")
    for title, count in titles.most_common():
        print(f"  {count} x {title}")


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


def _run(work: tuple[Sequence[Path], str, int, int | None, str | None]) -> tuple[int, int, list[str]]:
    """Compare once; return the exchanges, those judged, and the titles of the groups."""
    recordings, text, number, limit, state = work
    config = find_config(Path.cwd())
    old, new = parse_target(text, config), varied(parse_target(text, config), number + 1)
    options = Options(old, new, config, state=state, limit=limit, workers=1 + number % 2)
    result = diff(open_recordings(recordings), options)
    return result.count("exchanges"), result.count("judged"), [group.title for group in result.groups]


def varied(target: Target, variation: int) -> Target:
    """Return the target in other surroundings."""
    return replace(target, opener=lambda more, *rest: target.opener(variation + more, *rest))


if __name__ == "__main__":
    main(sys.argv[1:])
