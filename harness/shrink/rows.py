"""Makes the starting state of a small scenario smaller: fewer entries in the file that it is loaded from.

Exchanges that show a cause come in, and the document that suffices for it goes out. Each try loads a state anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from harness.errors import StateError
from harness.exchange import Exchange
from harness.pipeline import Options
from harness.recording import Recording
from harness.seed.search import fewest
from harness.seed.source import Seed, find_seed
from harness.seed.starting import one_server, starting
from harness.shrink.trial import Sign, Trials, signs
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
        """Return a search, where a recording's state is loaded from one file and a target has a state at all."""
        name = state_of(recording, options.state, options.config)
        seed = find_seed(options.config.states.get(name or "", {}), options.config.root)
        stateful = options.old.stateful or options.new.stateful
        return cls(name, seed, recording, options, until) if name and seed and stateful else None

    @contextmanager
    def opened(self, document: Any, options: Options | None = None) -> Iterator[Trials]:
        """Load a state from a document, and open the targets on it. Raises StateError."""
        options = options or self.options
        with (
            starting(options.config, self.name, self.seed, document) as config,
            Trials(self.recording, replace(options, config=config)) as trials,
        ):
            yield trials

    def run(self, exchanges: Sequence[Exchange], wanted: frozenset[Sign], say: Callable[[str], None]) -> None:
        """Find the fewest entries; `best` has them. Raises Stopped when time is up."""
        asked = b" ".join(exchange.request.start_line + (exchange.request.body or b"") for exchange in exchanges)
        with one_server(self.options.config, self.name) as config:
            options = replace(self.options, config=config)
            fewest(self.seed.document, asked, lambda some: self._shows(some, exchanges, wanted, options), say)

    def _shows(self, document: Any, exchanges: Sequence[Exchange], wanted: frozenset[Sign], options: Options) -> bool:
        if time.monotonic() > self.until:
            raise Stopped
        try:
            with self.opened(document, options) as trials:
                shows = bool(wanted & signs(trials.differences(exchanges)))
        except StateError:  # what `load` cannot load
            return False
        if shows:
            self.best = document
        return shows
