"""An application tells which of its lines each exchange ran: real processes, every Python at hand, CGI programs too."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from harness.config import Config, TargetConfig
from harness.exchange import Exchange, Request, Response
from harness.reach.side import Reached, watched
from harness.targets import parse_target

APPLICATION = """import os
import subprocess
import sys


def application(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [])
    if path == "/one":
        body = b"one"
    elif path == "/program":
        environment = {name: value for name, value in os.environ.items()}
        body = subprocess.run([sys.executable, "program.py"], env=environment, stdout=subprocess.PIPE).stdout
    elif path == "/die":
        os._exit(3)
    else:
        body = b"other"
    return [body]
"""
PROGRAM = """import sys
if len(sys.argv) > 1:
    print("never")
sys.stdout.write("hello")
"""
PYENV = Path.home() / ".pyenv" / "versions"
PYTHONS = {"this": sys.executable} | {
    path.parents[1].name: str(path)
    for path in sorted(PYENV.glob("3.*/bin/python"))
    if path.parents[1].name.startswith(("3.8.", "3.12.", "3.13."))
}


def told(folder: Path, python: str, *paths: str) -> tuple[Reached, list[Reached]]:
    """Ask an application for paths; return what its import ran, and what each request did."""
    config = Config(folder, {"app": TargetConfig("shop:application", python, str(folder))})
    imported: list[Reached] = []
    heard: list[Reached] = []

    def hear(exchange: Exchange | None, reached: Reached) -> None:
        (imported if exchange is None else heard).append(reached)

    side = watched(parse_target("app", config), [folder], folder, hear).open()
    try:
        side.start({})
        for number, path in enumerate(paths, 1):
            side.send(Exchange(f"x#{number}", Request(f"GET {path} HTTP/1.1".encode())))
            answer = side.receive()
            assert isinstance(answer, Response) or path == "/die"
        return imported[0], heard
    finally:
        side.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An application and a program."""
    (tmp_path / "shop.py").write_text(APPLICATION)
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path


@pytest.mark.parametrize("python", PYTHONS.values(), ids=PYTHONS)
def test_each_exchange_has_its_own_lines(folder: Path, python: str) -> None:
    """Also the second of two that run the same; what ran at import is told apart."""
    imported, (one, other, again) = told(folder, python, "/one", "/other", "/one")
    assert {("shop.py", 1), ("shop.py", 6)} <= imported.lines
    assert one.lines == {("shop.py", number) for number in (7, 8, 9, 10, 18)}
    assert other.lines == {("shop.py", number) for number in (7, 8, 9, 11, 14, 17, 18)}
    assert again.lines == one.lines
    assert ("shop.py", 9, 10) in one.arcs
    assert ("shop.py", 9, 10) not in other.arcs


def test_a_program_that_it_starts_tells_too(folder: Path) -> None:
    """Where it is Python and gets our variables; its lines belong to the exchange that started it."""
    _, (other, program) = told(folder, sys.executable, "/other", "/program")
    assert ("program.py", 4) not in other.lines
    assert {line for line in program.lines if line[0] == "program.py"} == {
        ("program.py", 1),
        ("program.py", 2),
        ("program.py", 4),
    }


def test_a_death_tells_nothing_and_the_next_goes_on(folder: Path) -> None:
    """What the dead process knew is gone; its successor tells again."""
    _, (died, one) = told(folder, sys.executable, "/die", "/one")
    assert not died.lines
    assert ("shop.py", 10) in one.lines


def test_the_file_goes_with_the_side(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left behind."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    told(folder, sys.executable, "/one")
    assert os.listdir(place) == []
