"""Who screams, for somebody else's client and program: a shell script around curl and grep, and Perl CGI."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NOTES = Path(__file__).parent / "notes"
HARNESS = str(Path(sys.executable).with_name("harness"))


def missing() -> str:
    """Return what this machine lacks, or nothing."""
    for name in ("curl", "perl", "grep"):
        if shutil.which(name) is None:
            return name
    modules = subprocess.run(["perl", "-MCGI", "-MDBD::SQLite", "-e1"], capture_output=True, check=False)
    return "CGI or DBD::SQLite" if modules.returncode else ""


pytestmark = pytest.mark.skipif(
    bool(missing()), reason=f"no {missing()} (apt: curl libcgi-pm-perl libdbd-sqlite3-perl)"
)

VISIT = """\
interactions:
- request: {method: GET, uri: 'http://localhost/', body: null, headers: {}}
  response: {status: {code: 302, message: Found}, headers: {}, body: {string: ''}}
version: 1
"""


def scream(folder: Path, *more: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run the lab on the script, in a folder of its own, and return what it printed and the map's only client."""
    command = [HARNESS, "scream", "visit.yaml", "--old", "old", "--client", "list=sh list.sh {url}", "--with", "."]
    result = subprocess.run(
        [*command, "--product", "output", "-o", "../map.json", *more],
        cwd=folder, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert (folder.parent / "map.json").exists(), result.stderr
    (client,) = json.loads((folder.parent / "map.json").read_text())["clients"]
    return result, client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the program, its harness.toml, the script, and a recording."""
    made = shutil.copytree(NOTES, tmp_path / "notes")
    (made / "visit.yaml").write_text(VISIT)
    return made


def test_a_script_of_curl_and_grep(folder: Path) -> None:
    """It breaks at the status of the list and at the links in it, not at the reason phrase nor at a header's case."""
    only = [word for name in ("status 404", "reason", "lower case", "href of <a>") for word in ("--only", name)]
    result, client = scream(folder, *only, "--endpoint", "GET / ?action=list")
    assert result.returncode == 1, result.stderr
    assert {(one["aspect"], one["path"]) for one in client["breaks"]} == {
        ("status", ""),
        ("body", "html/body/ul/li/a/@href"),
    }
    assert {"aspect": "reason", "endpoint": "GET / ?action=list", "path": ""} in client["ignores"]
    assert "would scream: list" in result.stdout
