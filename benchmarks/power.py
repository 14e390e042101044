"""How many of 400 changes to the old index its recordings notice, and how many the distilled recordings do.

The recordings are those of recordings/ and of installations/, the same index under other settings. The mutants are
drawn by chance from those on lines that they reach. First as many unchanged copies are run: a difference there would be
the measure's own. What survives is listed: `docs/power.md` says which of it can be noticed at all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from harness.config import find_config
from harness.power import PowerOptions, Score, in_text, power
from harness.power.operators import Edit, edits
from harness.progress import progress
from harness.recording import open_recordings
from harness.targets import parse_target

ROOT = Path(__file__).resolve().parents[1]
RECORDED = (ROOT / "recordings", ROOT / "installations")
TARGET = "legacy.wsgi:application"
NULLS = 20
"""Copies without a change that are run first."""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.power", description=__doc__)
    parser.add_argument("--sample", type=int, default=400, metavar="N", help="mutants (400)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="what is drawn depends on it (1)")
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="go on from there, of the recordings as they are")
    parser.add_argument("--no-distilled", action="store_true", help="leave the distilled recordings out")
    options = parser.parse_args(sys.argv[1:] if __name__ == "__main__" else [])
    with patch("harness.power.mutants.operators.edits", unchanged), patch("harness.power.mutants.operators.is_real"):
        null = scored(RECORDED, NULLS, options.seed, options.workers)
    print(f"copies without a change that were taken for one: {null.killed} of {len(null.drawn)}", flush=True)
    whole = scored(RECORDED, options.sample, options.seed, options.workers, options.journal)
    print("\n".join(in_text(whole)), flush=True)
    if not options.no_distilled:
        distilled(whole, options.seed, options.workers)


def scored(recordings: Sequence[Path], sample: int, seed: int, workers: int, journal: Path | None = None) -> Score:
    """Return the score of recordings."""
    config = find_config(ROOT)
    target = parse_target(TARGET, config)
    options = PowerOptions(target, config, sample=sample, seed=seed, workers=workers, journal=journal)
    return power(open_recordings(recordings), options, progress)


def unchanged(source: bytes) -> list[Edit]:
    """Return all changes to a file, each of which puts back what was there."""
    return [replace(edit, text=source[edit.start : edit.end]) for edit in edits(source)]


def distilled(whole: Score, seed: int, workers: int) -> None:
    """Distil the recordings, and run the same mutants."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder, "small")
        command = [sys.executable, "-m", "harness.cli", "distill", *map(str, RECORDED), "--target", TARGET]
        table = Path(folder, "table.json")
        subprocess.run([*command, "-o", str(small), "--json", str(table)], cwd=ROOT, check=True, capture_output=True)
        told = json.loads(table.read_text())
        score = scored([small], len(whole.drawn), seed, workers)
    kept = f"{told['kept']} of {told['recorded']} exchanges kept"
    print(f"distilled: {kept}; they kill {score.killed} of {len(score.drawn)} mutants, all {whole.killed}")


if __name__ == "__main__":
    main()
