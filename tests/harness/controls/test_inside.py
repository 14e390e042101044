"""Controls in the target's own process: clock, generators, waiting, with the preload and without."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.controls import Controls
from harness.targets.application import ApplicationSide

Controlled = Callable[..., ApplicationSide]
Ask = Callable[..., str]

STARTED = 1462096800.25  # as in conftest.py

DRAWS = """
import os, random, secrets, uuid
def application(environ, start_response):
    start_response("200 OK", [])
    if environ["wsgi.input"].read():
        random.random(), os.urandom(100), uuid.uuid1()
    drawn = [random.random(), os.urandom(8), secrets.token_hex(8), uuid.uuid4(), uuid.uuid1().hex[16:], hash("text")]
    return ["\\n".join(map(str, drawn)).encode()]
"""

CLOCKS = """
import datetime, os, sqlite3, threading, time
def application(environ, start_response):
    start_response("200 OK", [])
    asked = [datetime.datetime.now(), datetime.datetime.utcnow(), datetime.date.today(), time.strftime("%Y-%m-%d"),
             time.strftime("%Y-%m-%d", time.localtime()), datetime.datetime.fromtimestamp(time.time()),
             sqlite3.connect(":memory:").execute("select datetime('now')").fetchone()[0]]
    return ["\\n".join(str(when)[:10] for when in asked).encode()]
"""

WAITS = """
import select, threading, time
def application(environ, start_response):
    start_response("200 OK", [])
    waits = [lambda: threading.Event().wait(0.2), lambda: time.sleep(0.2), lambda: select.select([], [], [], 0.2), held]
    took = []
    for wait in waits:
        before = time.monotonic()
        wait()
        took.append("%.1f" % (time.monotonic() - before))
    return [" ".join(took).encode()]

def held():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=0.2)
"""

SEEDS = """
import random
random.seed(7)
def application(environ, start_response):
    start_response("200 OK", [])
    return [str(random.random()).encode()]
"""


@pytest.fixture(params=["preload", "no compiler"])
def surroundings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the preload and without one."""
    if request.param == "preload":
        request.getfixturevalue("compiled")
    else:
        monkeypatch.setattr("harness.controls.surroundings.preload", lambda: None)
    return str(request.param)


def test_both_sides_of_an_exchange_draw_the_same(controlled: Controlled, ask: Ask, surroundings: str) -> None:
    """Whatever the generator."""
    assert ask(controlled(DRAWS)) == ask(controlled(DRAWS))


def test_the_next_exchange_draws_other_numbers(controlled: Controlled, ask: Ask, surroundings: str) -> None:
    """No two sessions get one name."""
    side = controlled(DRAWS)
    first, second = ask(side, 1).splitlines(), ask(side, 2).splitlines()
    assert not set(first[:5]) & set(second[:5])
    assert first[5] == second[5]


def test_a_variation_draws_other_numbers(controlled: Controlled, ask: Ask, surroundings: str) -> None:
    """And has another hash seed."""
    varied = ask(controlled(DRAWS, Controls(variation=1)))
    assert not set(ask(controlled(DRAWS)).splitlines()) & set(varied.splitlines())


def test_drawing_more_in_one_exchange_does_not_change_the_next(
    controlled: Controlled, ask: Ask, surroundings: str
) -> None:
    """A difference in one exchange stays one."""
    side, other = controlled(DRAWS), controlled(DRAWS)
    ask(side, 1), ask(other, 1, b"draw more")
    assert ask(side, 2) == ask(other, 2)


def test_a_later_scenario_draws_what_the_first_would_have(controlled: Controlled, ask: Ask, surroundings: str) -> None:
    """So the report does not depend on which worker replays what."""
    side = controlled(DRAWS)
    ask(side, 1)
    side.start({})
    assert ask(side, 2) == ask(controlled(DRAWS), 2)


def test_an_application_that_seeds_by_itself_has_its_way(controlled: Controlled, ask: Ask, surroundings: str) -> None:
    """Its numbers are those it has without us."""
    side = controlled(SEEDS)
    assert [ask(side, 1), ask(side, 2)] == ["0.32383276483316237", "0.15084917392450192"]


@pytest.mark.usefixtures("compiled")
def test_every_clock_of_the_calendar_is_told_the_recorded_time(controlled: Controlled, ask: Ask) -> None:
    """In libraries written in C too."""
    side = controlled(CLOCKS)
    assert set(ask(side).splitlines()) == {"2016-05-01"}
    assert side.told == STARTED
    assert set(ask(side, 2, started=STARTED + 86400).splitlines()) == {"2016-05-02"}


@pytest.mark.usefixtures("compiled")
def test_a_variation_is_told_a_shifted_time(controlled: Controlled, ask: Ask) -> None:
    """And says so."""
    side = controlled(CLOCKS, Controls(variation=1))
    assert set(ask(side).splitlines()) == {"2016-04-29"}
    assert side.told == STARTED + Controls(variation=1).shift


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("started", [STARTED, 4102444800.0], ids=["in the past", "in the future"])
def test_waiting_lasts_as_long_as_without_us(controlled: Controlled, ask: Ask, started: float) -> None:
    """Deadlines are computed from the told clock by some libraries, and waited for by the kernel's."""
    assert ask(controlled(WAITS), started=started) == "0.2 0.2 0.2 0.2"


def test_without_preload_and_time_machine_the_clock_is_said_to_be_real(
    controlled: Controlled, ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is promised that is not done."""
    monkeypatch.setattr("harness.controls.surroundings.preload", lambda: None)
    (tmp_path / "time_machine.py").write_text("raise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    side = controlled(CLOCKS)
    assert "2016-05-01" not in ask(side)
    assert (side.controls["clock"], side.told) == ("", None)
    assert side.controls["clock and random of programs that it starts"] == ""


def test_without_preload_time_machine_tells_the_time(
    controlled: Controlled, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the target's interpreter has it."""
    pytest.importorskip("time_machine")
    monkeypatch.setattr("harness.controls.surroundings.preload", lambda: None)
    side = controlled(CLOCKS)
    assert set(ask(side).splitlines()[:6]) == {"2016-05-01"}
    assert (side.controls["clock"], side.told) == ("time-machine", STARTED)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("python", sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.1[23].*/bin/python"))))
def test_other_interpreters_are_controlled_alike(controlled: Controlled, ask: Ask, python: str) -> None:
    """Old and new may live in different ones."""
    plain = """
        import time, uuid
        def application(environ, start_response):
            start_response("200 OK", [])
            return [b"%d %s" % (time.time(), uuid.uuid4().hex.encode())]
        """
    side = controlled(plain, python=python)
    assert ask(side) == ask(controlled(plain))
    assert side.controls["clock"] == "preload"
