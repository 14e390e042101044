"""The recorded answers of the real server of May 2016 as old, the old index of this checkout as new: what differs.

`python -m benchmarks.index_2016 FOLDER`, a folder of scenarios (*.jsonl) and their seed.json. Each scenario becomes a
cassette that starts from that seed, then `harness diff` compares; the words after FOLDER go to it. What
differs, and why, is in docs/legacy.md.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILES_DATED = 1463443200  # 2016-05-17T00:00:00Z, which ETag and Last-Modified are made of
QUIET = "errors-debug-off"  # the one scenario without debug mode
DIFF = ["--old", "recorded", "--new", "legacy.wsgi:cgi", "--max-stale", "1"]

SETTINGS = """
default_state = "debugging"
parameters = [":action"]
"""

STATE = """
[state.{name}]
load = ["{{python}}", "-m", "benchmarks.index_2016", "--load", "{seed}", "{{database}}", "{{files}}"]
database = "postgres"

[state.{name}.env]
PYTHONPATH = "{root}"
PYPI_DATABASE_URL = "{{database}}"
PYPI_FILES = "{{files}}"
PYPI_MAIL = "{{mail}}"
PYPI_BASE_URL = "http://127.0.0.1:8016/pypi"
PYPI_PUBLIC_URL = "{public}"
PYPI_DOCS_URL = "{docs}"
PYPI_DEBUG = "{debug}"
"""


def main(words: Sequence[str] = ()) -> int:
    """Import, compare, print; returns the exit status of `harness diff`."""
    if words and words[0] == "--load":
        load(*words[1:])
        return 0
    if not words or not Path(words[0], "seed.json").is_file():
        print("left out: no recorded answers at hand (python -m benchmarks.index_2016 FOLDER)")
        return 2 if words else 0
    recorded = Path(words[0]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "harness.toml").write_text(settings(recorded))
        for scenario in sorted(recorded.glob("*.jsonl")):
            state = "quiet" if scenario.stem == QUIET else "debugging"
            (folder / scenario.name).write_text("".join(timed(scenario)))
            cassette = ["-o", f"scenarios/{scenario.stem}.yaml", "--state", state, "--no-redaction"]
            harness(folder, "import", scenario.name, *cassette, quiet=True)
        reports = [str(Path(word).resolve()) if before in ("--json", "--html") else word
                   for before, word in pairwise(words)]  # fmt: skip
        return harness(folder, "diff", "scenarios", *DIFF, *reports)


def harness(folder: Path, *words: str, quiet: bool = False) -> int:
    """Run a command of harness in the folder of our harness.toml; returns its exit status."""
    (folder / "scenarios").mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    output = subprocess.DEVNULL if quiet else None
    command = [sys.executable, "-m", "harness", *words]
    return subprocess.run(command, cwd=folder, env=environment, stdout=output, stderr=output, check=quiet).returncode


def timed(scenario: Path) -> Iterator[str]:
    """The lines of a scenario, each with the time that its answer's Date says: replays set their clock by it."""
    for line in scenario.read_text(encoding="utf-8").splitlines():
        exchange = json.loads(line)
        date = next(value for name, value in exchange["response"]["headers"] if name == "Date")
        yield json.dumps({**exchange, "started": parsedate_to_datetime(date).timestamp()}) + "\n"


def settings(recorded: Path) -> str:
    """A harness.toml: two states, with the names of hosts that the answers show."""
    feed = answer(recorded / "reads-feeds.jsonl", 0)
    public = _found(r"<item>.*?<link>(http://[^/]+)/", feed)
    docs = _found(r'href="(http://[^"/]+)/snake_case_kit"', answer(recorded / "pkg-edit.jsonl", 0))
    about = {"seed": recorded / "seed.json", "root": ROOT, "public": public, "docs": docs}
    states = (("debugging", "yes"), ("quiet", "no"))
    return SETTINGS + "".join(STATE.format(name=name, debug=debug, **about) for name, debug in states)


def answer(scenario: Path, position: int) -> str:
    """The body of an answer."""
    exchange: dict[str, Any] = json.loads(scenario.read_text(encoding="utf-8").splitlines()[position])
    return base64.b64decode(exchange["response"]["body_base64"]).decode()


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.DOTALL)
    if match is None:
        raise SystemExit(f"the recorded answers show no {pattern}")
    return match[1]


def load(seed: str, database: str, files: str) -> None:
    """Fill an index; its files are as old as those of the recording."""
    from legacy.load import load as load_seed

    load_seed(seed, database, files)
    for path in Path(files).rglob("*"):
        if path.is_file():
            os.utime(path, (FILES_DATED, FILES_DATED))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
