"""Three-way evidence on the worked example: what proves nothing is not called proved.

The same index on both sides never differs from itself. Still a clean verdict needs that old answers as it was recorded:
not with wrong passwords, not on an empty database, not on the snapshot of another day.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
CASSETTES = ("curl-simple", "twine-7.0.0", "xmlrpc.client-3.11")

CONFIG = """
[state.seed]
load = ["{python}", "-m", "legacy", "load", "seed.json", "--database", "{database}", "--files", "{files}"]
database = "postgres"

[state.seed.env]
PYPI_DATABASE_URL = "{database}"
PYPI_FILES = "{files}"
PYPI_MAIL = "{mail}"
PYPI_BASE_URL = "http://{host}/pypi"
"""


def as_it_was(seed: dict[str, Any]) -> None:
    """Change nothing."""


def wrong_passwords(seed: dict[str, Any]) -> None:
    """Give everybody another password."""
    for user in seed["users"]:
        user["password"] = "another"


def nothing(seed: dict[str, Any]) -> None:
    """Leave the database empty."""
    for name, value in seed.items():
        if isinstance(value, list):
            seed[name] = []


def yesterday(seed: dict[str, Any]) -> None:
    """Take every project's newest release away, as on the day before."""
    for project in seed["projects"]:
        project["releases"] = project["releases"][:-1]


def replayed(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> subprocess.CompletedProcess[str]:
    """Compare the index with itself, started from a changed seed."""
    seed = json.loads((ROOT / "recordings" / "seed.json").read_text())
    change(seed)
    (tmp_path / "seed.json").write_text(json.dumps(seed))
    (tmp_path / "harness.toml").write_text(CONFIG)
    recordings = [str(ROOT / "recordings" / f"{name}.yaml") for name in CASSETTES]
    command = [sys.executable, "-m", "harness", "diff", *recordings]
    return subprocess.run(
        [*command, "--old", "legacy.wsgi:application", "--new", "legacy.wsgi:application", "--json", "report.json"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_recorded_snapshot_gives_a_clean_verdict(tmp_path):
    """The others below are not refused for another reason."""
    done = replayed(tmp_path, as_it_was)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (wrong_passwords, "credentials"),
        (nothing, "were judged"),
        (yesterday, "starting state"),
    ],
    ids=["wrong passwords", "empty database", "outdated snapshot"],
)
def test_two_sides_that_agree_on_other_answers_prove_nothing(tmp_path, change, why):
    """Both sides answer alike, but not as recorded: exit status 2, and the message says what is wrong."""
    done = replayed(tmp_path, change)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["groups"] == []
    assert done.returncode == 2, done.stdout + done.stderr
    assert why in done.stderr
