"""Controls in programs of several languages that a target starts: real interpreters, real shells, a static program."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.controls import Controls
from harness.targets.application import ApplicationSide

Controlled = Callable[..., ApplicationSide]
Run = Callable[..., str]

STARTED = 1462096800.25  # as in conftest.py
pytestmark = pytest.mark.usefixtures("compiled")

PYTHON_2 = next(iter(glob.glob(os.path.expanduser("~/.pyenv/versions/2.7.*/bin/python"))), "")
SHELL = """
date +%s; od -An -tx1 -N8 /dev/urandom; head -c 8 /dev/urandom | od -An -tx1; head -c 8 < /dev/urandom | od -An -tx1
mktemp -u
"""
PERL = "use Time::HiRes; print Time::HiRes::time(), ' ', rand(), ' ', join(',', keys %{{map {$_ => 1} 'a' .. 'z'}});"
PYTHON = """
import datetime, os, random, time, uuid
print(repr(time.time()), str(datetime.datetime.now()), random.random(), str(uuid.uuid4()), os.urandom(8) * 2)
print(list(set("abcdefghijk")), hash("text"))
"""
PHP = "echo microtime(true), ' ', bin2hex(random_bytes(8)), ' ', mt_rand(), ' ', uniqid(), ' ', date('c');"
STATIC = '#include <stdio.h>\n#include <time.h>\nint main(void) { printf("%ld", (long)time(0)); return 0; }\n'

PROGRAMS = {
    "sh": ("sh", "-c", SHELL),
    "perl": ("perl", "-e", PERL),
    "python 2.7": (PYTHON_2, "-c", PYTHON),
    "python 3": (sys.executable, "-c", PYTHON),
    "php": ("php", "-r", PHP),
}
EACH = pytest.mark.parametrize("words", PROGRAMS.values(), ids=PROGRAMS)


@pytest.fixture(autouse=True)
def _installed(request: pytest.FixtureRequest) -> None:
    """Skip languages that this machine does not have."""
    words = getattr(request.node, "callspec", None) and request.node.callspec.params.get("words")
    if words and not (words[0] and shutil.which(words[0])):
        pytest.skip("this language is not installed")


@EACH
def test_equal_surroundings_give_equal_bytes(controlled: Controlled, run: Run, words: Sequence[str]) -> None:
    """Time, random numbers and the order of hash tables, in two runs of another process."""
    first, second = run(controlled(), words), run(controlled(), words)
    assert first == second
    assert first.strip()


@EACH
def test_a_variation_gives_other_bytes(controlled: Controlled, run: Run, words: Sequence[str]) -> None:
    """Else noise would not be found."""
    plain, varied = run(controlled(), words), run(controlled(controls=Controls(variation=1)), words)
    assert not set(plain.splitlines()) & set(varied.splitlines())


@EACH
def test_an_exchange_does_not_depend_on_how_much_earlier_ones_drew(
    controlled: Controlled, run: Run, words: Sequence[str]
) -> None:
    """A program that draws once more in one exchange is another in that exchange only."""
    side = controlled()
    run(side, ("sh", "-c", "head -c 100 /dev/urandom; date"), number=1)
    assert run(side, words, number=2) == run(controlled(), words, number=2)


@EACH
def test_what_reached_it_is_told(controlled: Controlled, run: Run, words: Sequence[str]) -> None:
    """By name of the means, and the program is not said to be missed."""
    side = controlled()
    run(side, words)
    assert (side.controls["clock"], side.controls["hash seed"]) == ("preload", "environment")
    assert f"clock and random of {Path(words[0]).name}" not in side.controls


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("date", "-u", "+%Y-%m-%d %H:%M:%S"), "2016-05-01 10:00:00"),
        (("perl", "-e", "print time, ' ', (stat $0)[9] // ''"), "1462096800 "),
        ((sys.executable, "-c", "import time; print(time.strftime('%Y', time.localtime()))"), "2016"),
    ],
    ids=["date", "perl", "python"],
)
def test_a_program_is_told_the_time_of_the_recording(
    controlled: Controlled, run: Run, words: Sequence[str], printed: str
) -> None:
    """However it asks."""
    assert run(controlled(), words).rstrip("\n") == printed


CGI = """#!/usr/bin/perl
print "Content-Type: text/plain\\n\\n", time, ' ', rand, ' ', `head -c 8 /dev/urandom | od -An -tx1`;
"""


def test_a_cgi_program_is_controlled_through_the_server_that_runs_it(
    controlled: Controlled, ask: Run, tmp_path: Path
) -> None:
    """Its environment is made anew for each request: what controls it is passed on."""
    (tmp_path / "old.cgi").write_text(CGI)
    (tmp_path / "old.cgi").chmod(0o755)
    source = f"import compat\napplication = compat.CGIScript({str(tmp_path / 'old.cgi')!r})\n"
    side, other = controlled(source), controlled(source)
    first, second = ask(side, 1), ask(side, 2)
    assert first.startswith("1462096800 ")
    assert first.split()[1:] != second.split()[1:]
    assert [ask(other, 1), ask(other, 2)] == [first, second]
    assert "" not in side.controls.values()


def test_time_goes_on_while_a_program_runs(controlled: Controlled, run: Run) -> None:
    """By whole seconds."""
    before, after = run(controlled(), ("sh", "-c", "date +%s; sleep 1.1; date +%s")).split()
    assert int(after) - int(before) == 1


def test_an_exchange_without_a_time_is_told_the_real_one(controlled: Controlled, run: Run, tmp_path: Path) -> None:
    """Nothing can be known about it, and nothing is said to have been told."""
    side = controlled()
    real = (tmp_path / "controlled_app.py").stat().st_mtime
    assert abs(int(run(side, ("date", "+%s"), started=0.0)) - real) < 60
    assert side.told is None


def test_each_process_of_an_exchange_draws_numbers_of_its_own(controlled: Controlled, run: Run) -> None:
    """Two runs of one command in one exchange make two names; so do children that were only forked."""
    child = "open F, '/dev/urandom'; sysread F, $x, 8; print unpack('H*', $x), qq(\\n); exit"
    forked = f"for (1, 2) {{ fork or do {{ {child} }}; wait }}"
    words = ("sh", "-c", 'od -An -tx1 -N8 /dev/urandom; od -An -tx1 -N8 /dev/urandom; perl -e "$0"', forked)
    lines = run(controlled(), words).split("\n")[:-1]
    assert len(lines) == len(set(lines)) == 4


SPAWNS = "import os, sys; os.waitpid(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)"


@pytest.mark.parametrize(
    "before", [(), ("sh", "-c", '"$0"; true'), (sys.executable, "-c", SPAWNS)], ids=["subprocess", "sh", "posix_spawn"]
)
def test_a_static_program_is_not_reached_and_that_is_said(
    controlled: Controlled, run: Run, tmp_path: Path, before: tuple[str, ...]
) -> None:
    """The report tells the truth, not the intention."""
    (tmp_path / "static.c").write_text(STATIC)
    made = subprocess.run(["cc", "-static", "-o", tmp_path / "static", tmp_path / "static.c"], check=False)
    if made.returncode:
        pytest.skip("no static C library")
    side = controlled()
    assert int(run(side, (*before, str(tmp_path / "static")))) > STARTED + 10**8
    assert [name for name, means in side.controls.items() if not means] == ["clock and random of static"]


def test_a_program_without_our_variables_is_not_reached_and_that_is_said(controlled: Controlled, run: Run) -> None:
    """It was started with an empty environment."""
    side = controlled()
    run(side, ("env", "-i", "/bin/date"))
    assert side.controls["clock and random of date"] == ""


def test_a_command_that_is_not_there_is_not_missed(controlled: Controlled, run: Run) -> None:
    """Nothing ran that could have been reached."""
    side = controlled()
    run(side, ("sh", "-c", "no-such-command; /no/such/program; true"))
    assert "" not in side.controls.values()


def test_both_sides_see_the_same_variables(controlled: Controlled, run: Run) -> None:
    """A program that prints its environment is the same on both sides."""
    assert run(controlled(), ("env",)) == run(controlled(), ("env",))


@pytest.mark.parametrize(
    ("switch", "program"),
    [("clock", "import time; print(time.time())"), ("random", "import uuid; print(uuid.uuid4())")],
    ids=["clock", "random"],
)
def test_a_control_that_is_switched_off_does_not_act(
    controlled: Controlled, run: Run, switch: str, program: str
) -> None:
    """And is not said to."""
    sides = [controlled(controls=Controls(**{switch: False})) for _ in range(2)]
    first, second = (run(side, (sys.executable, "-c", program)) for side in sides)
    assert first != second
    assert switch not in sides[0].controls


def test_the_hash_seed_that_is_switched_off_is_not_set(controlled: Controlled, run: Run) -> None:
    """Programs choose one for themselves, among their random numbers."""
    side = controlled(controls=Controls(hash_seed=False))
    assert "HASH" not in run(side, ("env",))
    assert "hash seed" not in side.controls


def test_a_program_that_is_given_nothing_but_the_library_is_controlled(controlled: Controlled, run: Run) -> None:
    """As one that keeps an interpreter waiting may start it."""
    assert run(controlled(), ("sh", "-c", 'env -i LD_PRELOAD="$LD_PRELOAD" date +%s')).strip() == str(int(STARTED))
