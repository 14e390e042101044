"""`harness merge`: several machines' parts make the report of one, to the byte; what is no whole run is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.exchange import Exchange, Request, Response
from harness.store.archive import ArchiveWriter

ROOT = Path(__file__).parents[3]

APPLICATIONS = """
import itertools, os
calls = itertools.count()
def old(environ, start_response):
    start_response("200 OK", [("X-Kind", "a"), ("X-Id", os.urandom(8).hex()), ("Content-Type", "text/html")])
    return [b"<p>hello %d</p>" % (len(environ["PATH_INFO"]))]

def new(environ, start_response):
    start_response("200 OK", [("X-Sort", "a"), ("X-Id", os.urandom(8).hex()), ("Content-Type", "text/html")])
    return [b"<p>hello %d</p>" % (len(environ["PATH_INFO"]) + (environ["PATH_INFO"] == "/3"))]
"""


class Place:
    """A folder with two applications and five recordings, and commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "apps.py").write_text(APPLICATIONS)
        for name in "abcde":
            with ArchiveWriter(folder / f"{name}.archive") as writer:
                for number in range(1, 7):
                    headers = ((b"Host", b"x"), (b"User-Agent", b"curl/8"))
                    request = Request(b"GET /%d HTTP/1.1" % number, headers)
                    answer = Response(200, b"OK", ((b"X-Kind", b"a"),), b"<p>hello 2</p>")
                    writer.add(Exchange("x", request, answer, started=float(number)))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `harness`."""
        return subprocess.run(
            [sys.executable, "-m", "harness", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def diff(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `harness diff` on all recordings."""
        return self.run("diff", ".", "--old", "apps:old", "--new", "apps:new", "--noise-runs", "1", *arguments)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder for all tests: what they write there has names of their own."""
    return Place(tmp_path_factory.mktemp("merge"))


@pytest.fixture(scope="module")
def parts(place: Place) -> Place:
    """The same with `1.partial` to `3.partial`, the three parts of a run."""
    for number in (1, 2, 3):
        done = place.diff("--shard", f"{number}/3", "--partial", f"{number}.partial")
        assert done.returncode == 0, done.stderr
    return place


def test_merged_shards_are_the_report_of_one_run_to_the_byte(parts: Place) -> None:
    """All reports and the exit status are the same for one machine and for three."""
    whole = parts.diff("--json", "whole.json", "--junit", "whole.xml", "--html", "whole.html")
    files = ("-o", "merged.json", "--junit", "merged.xml", "--html", "merged.html")
    merged = parts.run("merge", "3.partial", "1.partial", "2.partial", *files)
    assert (merged.returncode, merged.stdout) == (whole.returncode, whole.stdout)
    assert whole.returncode == 1
    assert (parts.folder / "merged.json").read_bytes() == (parts.folder / "whole.json").read_bytes()
    assert (parts.folder / "merged.xml").read_bytes() == (parts.folder / "whole.xml").read_bytes()
    page = (parts.folder / "whole.html").read_text()
    assert (parts.folder / "merged.html").read_text() == page
    assert "as recorded" in page, "a test of the page that is made of a recorded answer"
    titles = [group["title"] for group in json.loads((parts.folder / "merged.json").read_text())["groups"]]
    assert len(titles) == 2, titles


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("1.partial", "3.partial"), "missing: 2"),
        (("1.partial", "1.partial", "2.partial", "3.partial"), "twice"),
        (("1.partial", "gone.partial"), "no such file"),
        (("1.partial", "apps.py"), "no partial result"),
    ],
)
def test_what_is_no_whole_run_is_refused(parts: Place, arguments: tuple[str, ...], why: str) -> None:
    """A missing, doubled or foreign part ends with exit status 2 and one line."""
    done = parts.run("merge", *arguments, "-o", "refused.json")
    assert done.returncode == 2
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (parts.folder / "refused.json").exists()


@pytest.mark.parametrize("shard", ["0/3", "4/3", "x", "1/0"])
def test_a_shard_that_is_none_is_refused(place: Place, shard: str) -> None:
    """I/N, I from 1 to N."""
    done = place.diff("--shard", shard, "--partial", "x.partial")
    assert done.returncode == 2
    assert "I/N" in done.stderr


def test_a_shard_alone_is_no_verdict(place: Place) -> None:
    """Without a file for its evidence a shard would end with 0 or 1 for a part."""
    done = place.diff("--shard", "1/2")
    assert done.returncode == 2
    assert "--partial" in done.stderr
