"""The ways to run a program for one request. Each is a callable that starts it and returns a `Running` (`duplex`).

`exec` starts a fresh process; `warm` forks one from an interpreter that is already there. A runner knows nothing of
HTTP: it takes a `Command` and a `Body`, and gives the program's output.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .duplex import Runner
from .exec import execute
from .warm import Warm


def find_runner(name: str, limits: Mapping[str, int], preload: Collection[str]) -> Runner:
    """Return the runner of a name, as `Options` has checked it."""
    return Warm(limits, preload) if name == "warm" else execute
