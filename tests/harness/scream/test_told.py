"""From the lab to the report of differences and back: who asked, who would scream, what of a report breaks a client."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.exchange import Exchange, Request, Response
from harness.store.cassette import write_cassette

HERE = Path(__file__).parent
HARNESS = str(Path(sys.executable).with_name("harness"))
PAGE = b'<html><body><h1>Things</h1>\n<a href="/file/thing-1.txt">thing-1</a><br/>\n</body></html>\n'


def asked(agent: bytes) -> Exchange:
    """Return what a client was answered."""
    headers = ((b"Content-Type", b"text/html; charset=utf-8"), (b"Content-Length", str(len(PAGE)).encode()))
    request = Request(b"GET / HTTP/1.1", ((b"Host", b"localhost"), (b"User-Agent", agent)))
    return Exchange("", request, Response(200, b"OK", headers, PAGE, framing="length"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the application, a client, a recording of two kinds of clients, and the lab's map."""
    made = tmp_path_factory.mktemp("told")
    for name in ("shop.py", "fetch.py"):
        (made / name).write_text((HERE / name).read_text())
    write_cassette(made / "visits.yaml", [asked(b"Python-urllib/3.11"), asked(b"curl/8.0")])
    only = ("--only", "query added", "--only", "<h1> empty", "--only", "text changed", "--endpoint", "GET /")
    run(made, 1, *lab("visits.yaml"), *only, "-o", "map.json")
    return made


def lab(source: str) -> tuple[str, ...]:
    """Return the words that run the lab on the client."""
    client = f"fetch={sys.executable} fetch.py {{url}}"
    return "scream", source, "--old", "shop:application", "--client", client, "--with", "."


def run(folder: Path, status: int, *words: str) -> str:
    """Run the command and return what it printed."""
    done = subprocess.run([HARNESS, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def report(folder: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return the first line of the report of differences, and its groups by path."""
    targets = ("--old", "shop:application", "--new", "shop:changed")
    printed = run(folder, 1, "diff", "visits.yaml", *targets, "--scream", "map.json", "--json", "report.json")
    groups = json.loads((folder / "report.json").read_text())["groups"]
    return printed.splitlines()[0], {group["path"]: group for group in groups}


def test_the_verdict_names_who_would_scream(report: tuple[str, dict[str, Any]]) -> None:
    """In the first line."""
    assert "would scream: fetch" in report[0]


def test_asked_is_not_screams(report: tuple[str, dict[str, Any]]) -> None:
    """Both kinds of client asked for both differences; one of them would scream, at one: with what the lab saw."""
    link, heading = report[1]["html/body/a/@href"], report[1]["html/body/h1/text()"]
    assert link["clients"] == heading["clients"] == {"curl": 1, "Python-urllib": 1}
    assert heading["would_scream"] == []
    (scream,) = link["would_scream"]
    assert (scream["client"], scream["operator"]) == ("fetch", "links: query added")
    assert "- thing-1.txt" in scream["evidence"]


def test_what_a_report_has_is_tried_on_clients(folder: Path, report: tuple[str, dict[str, Any]]) -> None:
    """`harness scream REPORT`: the group that breaks the client is named, the other one is borne."""
    run(folder, 0, *lab("report.json"), "--only", f"group {report[1]['html/body/h1/text()']['id']}", "-o", "again.json")
    (client,) = json.loads((folder / "again.json").read_text())["clients"]
    assert client["changes"] == 1
    assert [place["path"] for place in client["ignores"]] == ["html/body/h1/text()"]
