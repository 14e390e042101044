"""What each exchange showed so far, one JSON object a line: a run that was stopped goes on where it was.

The first line says what the run is of; the file of another one is refused, never mixed. Features are named once, and
equal sets of them written once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from harness.distill.cover import Candidate
from harness.distill.look import Features
from harness.errors import UsageError
from harness.power.journal import whole_lines

FORMAT = "harness-distill-journal"
VERSION = 2
"""Since 2 what is answered as recorded is told apart."""


class Journal:
    """The candidates known, by the id of the exchange; in the file `path`. What it knows of `features` is added there.

    Raises UsageError for a file that is no journal of this `run`, or that cannot be written.
    """

    def __init__(self, path: Path, run: str, features: Features) -> None:
        self.known: dict[str, Candidate] = {}
        self._features = features
        self._names = 0
        self._sets: dict[frozenset[int], int] = {}
        head = {"format": FORMAT, "version": VERSION, "run": run}
        lines = whole_lines(path)
        if lines:
            self._read(path, lines, head)
        try:
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")  # without a last half line
            self._file: IO[str] = path.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path}: the journal cannot be written: {error.strerror}") from None
        if not lines:
            self._write(head)

    def _read(self, path: Path, lines: Sequence[str], head: dict[str, object]) -> None:
        sets: list[frozenset[int]] = []
        try:
            told = [json.loads(line) for line in lines]
            if told[0] == head:
                for each in told[1:]:
                    self._take(each, sets)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            raise UsageError(f"{path}: is no journal of harness distill; name another file") from None
        if told[0] != head:
            raise UsageError(
                f"{path}: is the journal of another run (sources, recording or harness); remove it or name another"
            )

    def _take(self, told: dict[str, Any], sets: list[frozenset[int]]) -> None:
        if "names" in told:
            for name in told["names"]:
                self._features.of(frozenset({tuple(name) if isinstance(name, list) else name}))
            self._names += len(told["names"])
        elif "features" in told:
            sets.append(self._features.sets.setdefault(found := frozenset(told["features"]), found))
            self._sets[found] = len(self._sets)
        else:
            self.known[told["id"]] = Candidate(sets[told["set"]], told["inert"])

    def add(self, exchange: str, candidate: Candidate) -> None:
        """Note what an exchange showed, at once on the disk."""
        if exchange in self.known:
            return
        self.known[exchange] = candidate
        if candidate.features not in self._sets:
            self._sets[candidate.features] = len(self._sets)
            if self._names < len(self._features.numbers):
                self._write({"names": list(self._features.numbers)[self._names :]})
                self._names = len(self._features.numbers)
            self._write({"features": sorted(candidate.features)})
        self._write({"id": exchange, "set": self._sets[candidate.features], "inert": candidate.inert})

    def _write(self, told: dict[str, object]) -> None:
        self._file.write(json.dumps(told) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
