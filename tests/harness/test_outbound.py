"""Who tried to leave the machine is told with the exchange; that only one side did is a difference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.exchange import Exchange, Request, Response
from harness.outbound import First, Reached, earliest, has_port, notes, warnings
from harness.store.archive import ArchiveWriter

CONTROLLED = {"old": {"network": "namespace"}, "new": {"network": "audit hook"}}
A, B = First(1, "x#2"), First(0, "x#1")

CASES: dict[str, tuple[Reached, dict[str, dict[str, str]], list[str]]] = {
    "nobody": ({}, CONTROLLED, []),
    "both": ({"old": {"h:1": A}, "new": {"h:1": B}}, CONTROLLED, []),
    "new": ({"old": {}, "new": {"h:1": A}}, CONTROLLED, ["only new tried to reach h:1 (first in x#2): old never did"]),
    "old": (
        {"old": {"[::2]:1": First(0, "")}},
        CONTROLLED,
        ["only old tried to reach [::2]:1 (while it started): new never did"],
    ),
    "another port": (
        {"old": {"h:1": A}, "new": {"h:2": A}},
        CONTROLLED,
        [
            "only old tried to reach h:1 (first in x#2): new never did",
            "only new tried to reach h:2 (first in x#2): old never did",
        ],
    ),
    "a name": ({"new": {"h": A}}, CONTROLLED, []),
    "a server is not watched": ({"new": {"h:1": A}}, {"new": CONTROLLED["new"]}, []),
    "what was not reached is not watched": ({"new": {"h:1": A}}, {**CONTROLLED, "old": {"network": ""}}, []),
}


@pytest.mark.parametrize(("reached", "controls", "said"), CASES.values(), ids=CASES)
def test_warnings(reached: Reached, controls: dict[str, dict[str, str]], said: list[str]) -> None:
    """A connection that only one side tried to make, where both are watched."""
    assert list(warnings(reached, controls)) == said


def test_notes() -> None:
    """All attempts, of both sides."""
    end = "and was refused; where it must, add that to network in harness.toml"
    told = list(notes({"old": {"h": A}, "new": {"h:1": B}}))
    assert told == [f"new tried to reach h:1 (first in x#1) {end}", f"old tried to reach h (first in x#2) {end}"]


def test_the_first_attempt_is_that_of_any_worker() -> None:
    """In whatever order they are put together."""
    assert earliest({"h": A, "g": A}, {"h": B}) == earliest({"h": B}, {"h": A, "g": A}) == {"h": B, "g": A}


@pytest.mark.parametrize(
    ("place", "found"), [("h:1", True), ("[::1]:25", True), ("::1", False), ("h", False), ("[::1]", False)]
)
def test_has_port(place: str, found: bool) -> None:
    """Addresses have colons, too."""
    assert has_port(place) is found


APPLICATIONS = """
import socket
def old(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]

def new(environ, start_response):
    if environ["PATH_INFO"] == "/3":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            try:
                sending.sendto(b"seen", ("203.0.113.7", 8125))
            except OSError:
                pass
    return old(environ, start_response)
"""


def compared(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Compare two applications of which new tells somebody of one request; return the exit status and the report."""
    (folder / "apps.py").write_text(APPLICATIONS)
    for name in ("a", "b"):
        with ArchiveWriter(folder / f"{name}.archive") as writer:
            for number in range(1, 5):
                request = Request(b"GET /%d HTTP/1.1" % number, ((b"Host", b"x"),))
                answer = Response(200, b"OK", ((b"Content-Type", b"text/plain"),), b"done")
                writer.add(Exchange("x", request, answer, started=float(number)))
    done = subprocess.run(
        [sys.executable, "-m", "harness", "diff", ".", "--old", "apps:old", "--new", *arguments, "--json", "r.json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, json.loads((folder / "r.json").read_text())


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_message_that_no_answer_shows_is_found(tmp_path: Path, workers: str) -> None:
    """Both answer alike, and new sends something to where old never sent anything: that is no equality."""
    status, report = compared(tmp_path, "apps:new", "--workers", workers)
    assert report["groups"] == []
    assert report["warnings"] == [
        "only new tried to reach 203.0.113.7:8125 (first in a.archive#3): old never did",
    ]
    assert status == 1


def test_who_stays_at_home_is_not_warned_of(tmp_path: Path) -> None:
    """Nothing is said where nothing was tried."""
    status, report = compared(tmp_path, "apps:old")
    assert (status, report["warnings"]) == (0, [])
