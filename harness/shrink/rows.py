"""Makes the starting state of a small scenario smaller: fewer entries in the JSON file that it is loaded from.

Exchanges that show a cause come in, and the document that suffices for it goes out. Each try loads a state anew.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import StateError
from harness.exchange import Exchange
from harness.pipeline import Options
from harness.recording import Recording
from harness.shrink.minimal import minimal
from harness.shrink.seed import Entry, Seed, find_seed, levels, loading, mentioned, without
from harness.shrink.trial import Sign, Trials, signs
from harness.state import open_state, read_spec
from harness.workers import state_of


class Stopped(Exception):
    """Time is up."""


@dataclass(slots=True)
class Rows:
    """A search for the entries that are needed; `best` is the smallest document found so far, None: none was."""

    name: str
    seed: Seed
    recording: Recording
    options: Options
    until: float
    best: Any = None

    @classmethod
    def of(cls, recording: Recording, options: Options, until: float) -> Rows | None:
        """Return a search, where a recording's state is loaded from one JSON file and a target has a state at all."""
        name = state_of(recording, options.state, options.config)
        table = options.config.states.get(name or "", {})
        seed = find_seed(table, options.config.root)
        stateful = options.old.stateful or options.new.stateful
        return cls(name, seed, recording, options, until) if name and seed and stateful else None

    def table(self, file: Path) -> dict[str, Any]:
        """Return the settings of the state that loads `file` instead."""
        return loading(self.options.config.states[self.name], self.seed, file)

    @contextmanager
    def opened(self, document: Any) -> Iterator[Trials]:
        """Load a state from a document, and open the targets on it. Raises StateError."""
        with tempfile.TemporaryDirectory(prefix="harness-") as folder:
            file = Path(folder) / "seed.json"
            file.write_text(json.dumps(document), encoding="utf-8")
            with (
                open_state(read_spec(self.name, self.table(file), self.options.config.root)) as state,
                Trials(self.recording, self.options, {self.name: state}) as trials,
            ):
                yield trials

    def run(self, exchanges: Sequence[Exchange], wanted: frozenset[Sign], say: Callable[[str], None]) -> None:
        """Find the fewest entries; `best` has them. Raises Stopped when time is up."""
        gone: set[Entry] = set()

        def shows(left_out: set[Entry]) -> bool:
            return self._shows(without(self.seed.document, left_out), exchanges, wanted)

        entries = levels(self.seed.document)
        asked = b" ".join(exchange.request.start_line + (exchange.request.body or b"") for exchange in exchanges)
        needless = set(entries[0]) - set(mentioned(self.seed.document, entries[0], asked)) if entries else set()
        if needless and shows(needless):
            gone = needless
        for level in entries:
            gone |= _needless(level, gone, shows)
            say(f"state: {len(set(level) - gone)} of {len(level)} entries left")

    def _shows(self, document: Any, exchanges: Sequence[Exchange], wanted: frozenset[Sign]) -> bool:
        if time.monotonic() > self.until:
            raise Stopped
        try:
            with self.opened(document) as trials:
                shows = bool(wanted & signs(trials.differences(exchanges)))
        except StateError:  # what `load` cannot load
            return False
        if shows:
            self.best = document
        return shows


def _needless(level: Sequence[Entry], gone: set[Entry], shows: Callable[[set[Entry]], bool]) -> set[Entry]:
    """Return the entries of a level that may be left out besides what is `gone`, those within it too."""
    within = {entry for entry in level if any(entry[: len(each)] == each for each in gone)}
    here = [entry for entry in level if entry not in within]
    kept = minimal(here, lambda some: shows(gone | (set(here) - set(some))))
    return within | (set(here) - set(kept))
