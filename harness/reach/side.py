"""A side whose application tells which of its lines each exchange reaches: any side, wrapped, with a file beside it.

Exchanges go through; `reached` is what the last of them ran. What runs within the target is `inside.py`; a target that
is no Python application of ours to start tells nothing, and `tells` stays False.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from harness.exchange import Exchange
from harness.reach import inside
from harness.reach.programs import readable
from harness.targets import Answer, Side, Target, Unsent

SITE = Path(inside.__file__).with_name("site")
Line = tuple[str, int]
"""A line of a file: its path below the folder of the application, or its whole path, and its number from 1."""
Arc = tuple[str, int, int]
"""A step from one line of a file to another; from a negative number, that of the function's first line: its entry."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What ran: lines, and steps between them."""

    lines: frozenset[Line] = frozenset()
    arcs: frozenset[Arc] = frozenset()

    def __or__(self, other: Reached) -> Reached:
        return Reached(self.lines | other.lines, self.arcs | other.arcs)


NOTHING = Reached()


class ReachSide:
    """`side`, whose application is watched in the files and folders `sources`; paths told begin at `root`.

    `heard` is told each exchange and what it reached; first of all, with None, what ran when it was imported.
    """

    def __init__(
        self, side: Side, sources: Sequence[Path], root: Path, heard: Callable[[Exchange | None, Reached], None]
    ) -> None:
        self._side, self._sources, self._root, self._heard = side, sources, root, heard
        self._folder = Path(tempfile.mkdtemp(prefix="harness-reach-"))
        self._file = self._folder / "lines"
        self._file.touch()
        self._read = 0
        self._exchange: Exchange | None = None

    @property
    def authority(self) -> str:
        """As the side wrapped says; so all the rest."""
        return self._side.authority

    @property
    def works(self) -> bool:
        """As the side says."""
        return self._side.works

    @property
    def controls(self) -> Mapping[str, str]:
        """As the side says."""
        return self._side.controls

    @property
    def refused(self) -> Mapping[str, str]:
        """As the side says."""
        return self._side.refused

    @property
    def told(self) -> float | None:
        """As the side says."""
        return self._side.told

    @property
    def answers_at(self) -> int | None:
        """As the side says."""
        return self._side.answers_at

    def start(self, env: Mapping[str, str]) -> None:
        """Begin a scenario, with what leads the target to the file. Raises TargetError."""
        before = env.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
        watched = {
            inside.MODULE: inside.__file__,
            inside.SOURCES: os.pathsep.join(map(str, self._sources)),
            inside.FILE: str(self._file),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(SITE), before])),
        }
        self._side.start({**env, **watched})
        self._tell_import()

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """As the side says."""
        return self._side.refusal(exchange)

    def prepare(self, exchange: Exchange) -> None:
        """Let the side hear."""
        self._side.prepare(exchange)

    def send(self, exchange: Exchange) -> None:
        """Ask."""
        self._exchange = exchange
        self._side.send(exchange)

    def receive(self) -> Answer:
        """Take the answer, and what it took to give it."""
        answer = self._side.receive()
        assert self._exchange is not None, "send() came first"
        reached = NOTHING
        for what, found in self._new():
            if what == "import":  # of a process started anew: not by this exchange
                self._heard(None, found)
            else:
                reached = reached | found if reached.lines else found
        self._heard(self._exchange, reached)
        return answer

    def _tell_import(self) -> None:
        for what, found in self._new():
            if what == "import":
                self._heard(None, found)

    def _new(self) -> Iterable[tuple[str, Reached]]:
        with self._file.open("rb") as file:
            file.seek(self._read)
            told = file.read()
        whole = told[: told.rfind(b"\n") + 1]
        self._read += len(whole)
        return [parsed(line, self._root) for line in whole.splitlines()]

    def stop(self) -> None:
        """End the scenario."""
        self._side.stop()
        self._file.write_bytes(b"")
        self._read = 0

    def close(self) -> None:
        """Stop for good."""
        self._side.close()
        shutil.rmtree(self._folder, ignore_errors=True)


@lru_cache(maxsize=512)
def parsed(line: bytes, root: Path) -> tuple[str, Reached]:
    """Read one line that `inside` wrote: what it tells of (`import`, `exchange`, `program`), and what was reached.

    Most of a day run the same lines as an earlier one: what was read is remembered.
    """
    told = json.loads(line)
    lines: set[Line] = set()
    arcs: set[Arc] = set()
    for path, found in told["files"].items():
        name = below(path, root)
        lines.update((name, number) for number in found["lines"])
        arcs.update((name, first, last) for first, last in found["arcs"])
    return told["what"], Reached(frozenset(lines), frozenset(arcs))


def below(path: str, root: Path) -> str:
    """Return a path as it is told: below `root`, or whole, and so that it can be printed."""
    prefix = os.path.join(os.path.realpath(root), "")
    return readable(path.removeprefix(prefix))


def watched(
    target: Target, sources: Sequence[Path], root: Path, heard: Callable[[Exchange | None, Reached], None]
) -> Target:
    """Return a target that tells which lines it reaches; one that is no application of ours to start as it is."""
    if not target.stateful:
        return target
    return replace(target, opener=lambda variation: ReachSide(target.open(variation), sources, root, heard))
