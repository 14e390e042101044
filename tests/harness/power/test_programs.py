"""CGI programs as what is changed: in a language whose lines nobody tells, and in Python, which tells them.

The first has no suffix, and beside them lies what is neither.
"""

from __future__ import annotations

import sys

import pytest

from harness.config import Config
from harness.exchange import Exchange, Request, Response
from harness.power import PowerOptions, Score, in_text, power
from harness.recording import open_recordings
from harness.store.archive import ArchiveWriter
from harness.targets import parse_target

SHELL = """#!/bin/sh
if test "$QUERY_STRING" != a; then status=200; fi
echo "Content-Type: text/plain"
echo
echo "limit $((20 + 1))"
"""
PYTHON = f"""#!{sys.executable}
import os
if os.environ["QUERY_STRING"] == "a":
    text = "first"
else:
    text = "second"
print("Content-Type: text/plain")
print("")
print(text)
"""


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    """All mutants of two programs, one request to each."""
    folder = tmp_path_factory.mktemp("programs")
    programs = folder / "cgi-bin"
    programs.mkdir()
    for name, text in (("hello", SHELL), ("hi.py", PYTHON)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (folder / "load.sh").write_text("echo 1\n")
    with ArchiveWriter(folder / "x.archive") as writer:
        for number, (path, body) in enumerate(((b"/hello", b"limit 21\n"), (b"/hi.py?a", b"first\n")), 1):
            answer = Response(200, b"OK", ((b"Content-Type", b"text/plain"),), body)
            writer.add(Exchange(f"x#{number}", Request(b"GET " + path + b" HTTP/1.1"), answer, started=1.5e9))
    config = Config(folder)
    target = parse_target(f'compat:CGIDirectory("{programs}")', config)
    return power(open_recordings([folder / "x.archive"]), PowerOptions(target, config))


def test_programs_of_any_language_are_changed(score: Score) -> None:
    """In a copy, to which the path in the target's text leads."""
    killed = {(mutant.source.name.rpartition("/")[2], mutant.new) for mutant, fate in score.drawn if fate.by}
    assert ("hello", "21") in killed
    assert ("hi.py", "('firstXX')") in killed
    assert score.killed > len(score.drawn) / 2


def test_a_python_program_tells_its_lines(score: Score) -> None:
    """What it does not reach has no mutant; of the other program all has."""
    assert score.reach.told
    assert "('secondXX')" not in {mutant.new for mutant, _ in score.drawn}
    assert (score.reach.lines, score.reach.runnable) == (6, 7)
    reached = {mutant.source.name.rpartition("/")[2]: fate.reached for mutant, fate in score.drawn}
    assert reached == {"hello": 2, "hi.py": 1}


def test_it_says_that_the_others_lines_are_not_known(score: Score) -> None:
    """That a request reaches the line of a survivor would be said of requests to another program."""
    text = "\n".join(in_text(score))
    name = next(mutant.source.name for mutant, _ in score.drawn if mutant.source.name.endswith("hello"))
    assert f"which lines of {name} run is not known: their mutants count at each endpoint" in text
    assert "one of 2 that may reach the line, which is not known" in text
