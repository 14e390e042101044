"""What the tests of the runners share: one way to run a program by any runner, and the interpreters of this machine."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from compat.body import Body
from compat.runners.duplex import Runner, Running
from compat.runners.exec import execute
from compat.runners.warm import Warm
from compat.types import Command, Exit

SERIES = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
_address = re.compile(rb"0x[0-9a-f]{6,}|[0-9]{12,}")


@dataclass(frozen=True)
class Outcome:
    """Everything of a run that can be seen from outside; addresses in memory are all alike."""

    output: bytes
    errors: bytes
    exit: Exit


def interpreter_of(series: str) -> str | None:
    """Return an interpreter of a series, on PATH or in a pyenv."""
    if sys.version_info[:2] == tuple(map(int, series.split("."))):
        return sys.executable
    root = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    places = [f"{folder}/python{series}" for folder in os.get_exec_path()]
    for path in [*places, *sorted(glob.glob(f"{root}/versions/{series}.*/bin/python"))]:
        if os.access(path, os.X_OK) and Path(path).read_bytes()[:4] == b"\x7fELF":
            return path
    return None


INTERPRETERS = {series: interpreter_of(series) for series in SERIES}


def start(
    runner: Runner,
    path: Path | str,
    *,
    interpreter: Sequence[str] = (),
    words: Sequence[str] = (),
    environment: Mapping[bytes, bytes] | None = None,
    body: bytes | None = None,
    errors: Callable[[bytes], None] = lambda data: None,
    timeout: float = 30,
) -> Running:
    """Start a program by a runner."""
    variables = {b"PATH": b"/usr/bin:/bin", **(environment or {})}
    folder = os.path.dirname(path)
    command = Command((*interpreter, str(path), *words), folder, variables, str(path), len(interpreter))
    held = Body() if body is None else Body(body, len(body))
    return runner(command, held, errors, timeout, timeout)


def rest(running: Running) -> bytes:
    """Read to the end."""
    pieces = []
    while piece := running.read():
        pieces.append(piece)
    return b"".join(pieces)


def run(runner: Runner, path: Path | str, **how: object) -> Outcome:
    """Run a program to its end."""
    errors = bytearray()
    running = start(runner, path, errors=errors.extend, **how)  # type: ignore[arg-type]
    try:
        output = rest(running)
        ended = running.finish()
    finally:
        running.close()
    return Outcome(_address.sub(b"(number)", output), _address.sub(b"(number)", bytes(errors)), ended)


@pytest.fixture(name="run")
def run_fixture() -> Callable[..., Outcome]:
    """Run a program to its end."""
    return run


@pytest.fixture(name="start")
def start_fixture() -> Callable[..., Running]:
    """Start a program."""
    return start


@pytest.fixture(name="rest")
def rest_fixture() -> Callable[[Running], bytes]:
    """Read to the end."""
    return rest


@pytest.fixture(name="by_exec")
def exec_fixture() -> Runner:
    """The runner to agree with."""
    return execute


@pytest.fixture
def warm() -> Iterator[Warm]:
    """A runner of its own, ended afterwards."""
    runner = Warm({}, ())
    yield runner
    runner.close()


@pytest.fixture(scope="module")
def shared_warm() -> Iterator[Warm]:
    """One runner for all tests of a module: its zygotes stay."""
    runner = Warm({}, ())
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def interpreters() -> dict[str, str]:
    """The interpreters of this machine, by series."""
    return {series: path for series, path in INTERPRETERS.items() if path}
