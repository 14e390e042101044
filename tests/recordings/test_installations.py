"""The cassettes of installations/ start from settings and rows that no seed has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from recordings.make import FOLDER, INSTALLATIONS, SCENARIOS, folder_of

pytest.importorskip("harness.postgres")

ROOT = Path(__file__).resolve().parents[2]


def test_a_replay_finds_the_installation_that_was_recorded() -> None:
    """The old index answers as it did: its settings, its clock's zone and the rows beside the seed are there again."""
    command = [str(Path(sys.executable).with_name("harness")), "diff", "installations/raw-other.yaml"]
    command += ["--old", "recorded", "--new", "legacy.wsgi:warm", "--accepted", "/dev/null"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"judged (\d+) of \1 .* 0 groups\n", done.stdout), done.stdout


def test_cassettes_of_other_states_stay_out_of_the_recordings() -> None:
    """The new index has none of these settings, and is judged by all that is in recordings/."""
    assert {one.state: folder_of(one) for one in SCENARIOS} == {
        "seed": FOLDER,
        "late": INSTALLATIONS,
        "early": INSTALLATIONS,
        "other": INSTALLATIONS,
    }
