"""`harness scream` by itself: killed in the middle, it goes on where it was; and comes to the same map twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.scream.client import Client
from harness.scream.journal import Journal, key_of
from harness.scream.outcome import Outcome

HERE = Path(__file__).parent
HARNESS = str(Path(sys.executable).with_name("harness"))
VISIT = """\
interactions:
- request: {method: GET, uri: 'http://localhost/', body: null, headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: ''}}
version: 1
"""
ONLY = ("status 404", "quotes the other way")


class Lab:
    """A folder with a small application and a client of it, where `harness scream` is run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count, self.runs = folder, folder / "count", folder / "runs.jsonl"
        (folder / "with").mkdir()
        (folder / "with" / "fetch.py").write_text((HERE / "fetch.py").read_text())
        (folder / "shop.py").write_text((HERE / "shop.py").read_text())
        (folder / "visit.yaml").write_text(VISIT)

    def start(self, name: str, *more: str) -> subprocess.Popen[str]:
        """Start it; the map is to be in `NAME.json`."""
        client = f"fetch={sys.executable} fetch.py {{url}}"
        only = [word for text in ONLY for word in ("--only", text)]
        command = [HARNESS, "scream", "visit.yaml", "--old", "shop:application", "--client", client, "--with", "with"]
        command += ["--env", f"COUNT={self.count}", "--endpoint", "GET /", *only, "-o", f"{name}.json", *more]
        return subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def done(self, name: str, *more: str) -> list[dict[str, Any]]:
        """Run it to its end and return the clients of the map."""
        with self.start(name, *more) as process:
            printed, _ = process.communicate(timeout=200)
        assert process.returncode == 1, printed
        found: list[dict[str, Any]] = json.loads((self.folder / f"{name}.json").read_text())["clients"]
        return found

    def times(self) -> int:
        """Return how often the client has been run."""
        return len(self.count.read_text().splitlines()) if self.count.exists() else 0


def test_what_was_killed_goes_on(tmp_path: Path) -> None:
    """No run is made twice but the first; the map is that of a lab that was never interrupted, with workers or not."""
    lab = Lab(tmp_path)
    with lab.start("killed", "--resume", "runs.jsonl") as process:
        until = time.monotonic() + 120
        while not lab.runs.exists() or lab.runs.read_bytes().count(b"\n") < 5:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        process.kill()
    kept, before = lab.runs.read_bytes().count(b"\n"), lab.times()
    with lab.runs.open("ab") as file:
        file.write(b'{"key": "cut in the')
    found = lab.done("resumed", "--resume", "runs.jsonl")
    assert not (tmp_path / "killed.json").exists()
    # The first run is always made; the one during which the lab was killed may be counted late.
    assert lab.times() - before - (found[0]["runs"] - kept) in (1, 2)
    assert {one["operator"] for one in found[0]["breaks"]} == {"status 404", "quotes the other way"}
    other = f"other={sys.executable} fetch.py {{url}}"
    assert lab.done("again", "--client", other, "--workers", "2") == [found[0], {**found[0], "name": "other"}]


@pytest.mark.parametrize("text", ["mine\nand no line end", "mine", '["mine"]', "{}\n"])
def test_what_is_no_journal_is_left_alone(tmp_path: Path, text: str) -> None:
    """A file of something else is refused, and not a byte of it goes."""
    (tmp_path / "notes").write_text(text)
    with pytest.raises(UsageError, match="line 1: not a run"):
        Journal(tmp_path / "notes")
    assert (tmp_path / "notes").read_text() == text


def test_runs_are_told_apart(tmp_path: Path) -> None:
    """By target, client, changes and number; the order of changes is all one."""
    client = Client("a", ("a",))
    keys = {
        key_of("old", client, ["x", "y"], 0),
        key_of("old", client, ["y", "x"], 0),
        key_of("new", client, ["x", "y"], 0),
        key_of("old", Client("a", ("b",)), ["x", "y"], 0),
        key_of("old", Client("a", ("a",), {"V": "1"}), ["x", "y"], 0),
        key_of("old", client, ["x"], 0),
        key_of("old", client, ["x", "y"], 1),
    }
    assert len(keys) == 6


def test_a_journal_gives_back_what_it_was_given(tmp_path: Path) -> None:
    """Also when it is read again."""
    outcome = Outcome("timeout", ("line\u2028",), {"file": "digest"}, ("row",), ("GET /",))
    Journal(tmp_path / "runs").add("key", outcome)
    assert Journal(tmp_path / "runs").look_up("key") == outcome
    assert Journal(tmp_path / "runs").look_up("other") is None
