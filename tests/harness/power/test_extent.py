"""`harness diff --changed-since` and `--power`, on the shop: how far a verdict reaches."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from harness.errors import UsageError
from harness.gaps import gap_map, read_measures

Harness = Callable[..., CompletedProcess[str]]
POWER = {
    "format": "harness-power",
    "version": 1,
    "endpoints": {
        "GET /price": {"exchanges": 4, "clients": {"pip": 3, "curl": 1}, "lines": 9, "mutants": 7, "killed": 5}
    },
}
DISTILLED = {"format": "harness-distill", "version": 1, "endpoints": {"GET /price": {"recorded": 4, "kept": 1}}}


@pytest.fixture(scope="module")
def changed(shop: Path) -> Path:
    """The shop in git, with two lines changed since: one that is reached, one that is not."""
    if shutil.which("git") is None:
        pytest.skip("no git on PATH")
    toml = '[state.seed]\nload = ["{python}", "load.py"]\ndatabase = "sqlite"\nenv.SHOP_DATABASE = "{files}/shop.db"\n'
    (shop / "harness.toml").write_text(toml)
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "first")):
        identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
        subprocess.run(["git", *identity, *words], check=True, capture_output=True, timeout=30)
    text = (shop / "shop.py").read_text()
    text = text.replace('b"no such page"', 'b"no such" + b" page"').replace("nobody asks", "still nobody asks")
    (shop / "shop.py").write_text(text)
    return shop


def test_changed_lines_that_were_judged(harness: Harness, changed: Path) -> None:
    """On the verdict line, with the nearest exchange of those that were not; too few is no verdict."""
    sides = ("--old", "git:HEAD:shop:application", "--new", "shop:application")
    asked = ("--changed-since", "HEAD", "--min-changed-coverage", "0.9", "--json", "report.json")
    answer = harness("diff", "x.archive", *sides, *asked)
    assert answer.returncode == 2, answer.stdout + answer.stderr
    assert answer.stdout.splitlines()[0].endswith("different 0 in 0 groups · 2 changed lines, 1 judged")
    assert "only 1 of 2 lines changed since HEAD were judged, fewer than 90% (--min-changed-coverage)" in answer.stderr
    told = json.loads((changed / "report.json").read_text())["changed"]
    assert [(each["file"], each["source"], each["nearest"]) for each in told["unreached"]] == [
        ("shop.py", 'return [b"still nobody asks for this"]', "x.archive#5")
    ]


def test_a_gate_is_not_passed_by_what_nobody_can_tell(harness: Harness, changed: Path) -> None:
    """A changed program in another language, though it has no suffix; a changed test is no part of the target."""
    (changed / "cgi-bin").mkdir()
    program = changed / "cgi-bin" / "count"
    program.write_text("#!/bin/sh\necho Content-Type: text/plain\necho\necho three\n")
    program.chmod(0o755)
    (changed / "test_shop.py").write_text("import shop\n")
    sides = ("--old", "recorded", "--new", 'compat:CGIDirectory("cgi-bin")', "--min-judged", "0", "--max-stale", "1")
    asked = ("--changed-since", "HEAD", "--json", "report.json")
    for least, obstacles in (("0.5", 1), ("0", 0)):
        harness("diff", "x.archive", *sides, *asked, "--min-changed-coverage", least)
        told = json.loads((changed / "report.json").read_text())
        assert (told["changed"]["lines"], told["changed"]["untold"]) == (0, ["cgi-bin/count"])
        assert len([each for each in told["obstacles"] if "nobody can tell" in each]) == obstacles


def test_the_least_share_needs_a_revision(harness: Harness, shop: Path) -> None:
    """Else it would be passed by nothing."""
    answer = harness(
        "diff", "x.archive", "--old", "recorded", "--new", "shop:application", "--min-changed-coverage", "1"
    )
    assert answer.returncode == 2
    assert "--min-changed-coverage needs --changed-since" in answer.stderr


def test_the_gap_map_of_a_page(harness: Harness, shop: Path, tmp_path: Path) -> None:
    """Each endpoint with what was measured of it, and what was not."""
    measures = []
    for document in (POWER, DISTILLED):
        file = tmp_path / f"{document['format']}.json"
        file.write_text(json.dumps(document))
        measures += ["--power", str(file)]
    page = tmp_path / "report.html"
    harness("diff", "x.archive", "--old", "recorded", "--new", "recorded", *measures, "--html", str(page))
    text = page.read_text()
    assert '<td><code>GET /price</code></td><td class="number">4</td><td class="number">1</td>' in text
    assert '<td class="number">9</td><td class="number">5 of 7</td><td class="number">2</td>' in text
    assert "not measured" in text


def test_most_survivors_first() -> None:
    """Then what is asked for most; without a measure there is no map."""
    power = {**POWER, "endpoints": {"b": {"mutants": 3, "killed": 1}, "a": {"mutants": 9, "killed": 9}}}
    counts = {"a": {"judged": 5}, "c": {"judged": 9}}
    assert [(gap.endpoint, gap.recorded) for gap in gap_map(counts, [power])] == [("b", 0), ("c", 9), ("a", 5)]
    assert gap_map(counts, []) == ()


def test_two_measures_of_one_endpoint_are_refused(tmp_path: Path) -> None:
    """The last would stand for both; of other endpoints, or of the other kind, one may be given."""
    others = {**POWER, "endpoints": {"GET /other": {}}}
    for name, document in (("a", POWER), ("b", others), ("c", DISTILLED), ("d", POWER)):
        (tmp_path / name).write_text(json.dumps(document))
    assert len(read_measures([tmp_path / name for name in "abc"])) == 3
    with pytest.raises(UsageError, match=r"a and \S*d both measure GET /price"):
        read_measures([tmp_path / name for name in "abcd"])


def test_a_file_that_is_no_measure_is_refused(tmp_path: Path) -> None:
    """A report of another command, and what is no JSON."""
    for text in ('{"format": "harness-report", "version": 1}', "hello", '{"format": "harness-power", "version": 1}'):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(UsageError, match=r"x\.json: "):
            read_measures([tmp_path / "x.json"])
