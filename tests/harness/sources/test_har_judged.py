"""From a browser's file to a verdict: what was imported is replayed and judged as what was recorded is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

DATA = Path(__file__).parent / "data"


def harness(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, the site importable."""
    environment = {**os.environ, "PYTHONPATH": str(DATA)}
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_a_visit_is_judged(tmp_path: Path) -> None:
    """All but the upload that no browser tells of. Old now differs from the recording by its picture alone."""
    assert harness(tmp_path, "import", str(DATA / "chromium.har"), "-o", "visit.archive").returncode == 0
    sides = ("--old", "visited:application", "--new", "visited:application")
    same = harness(tmp_path, "diff", "visit.archive", *sides, "--min-judged", "0.8", "--json", "same.json")
    report = json.loads((tmp_path / "same.json").read_text())
    assert (report["counts"]["judged"], report["counts"]["different"]) == (8, 0), same.stderr
    # The picture; that pages are packed otherwise and headers stand in another order means the same.
    stale = {(group["path"], group["kind"]) for group in report["stale"]}
    assert stale == {("bytes", "changed"), ("body/compression", "spelling"), ("order", "spelling")}
