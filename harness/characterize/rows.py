"""The rows of the starting state without which tests would fail: exchanges as they are pinned come in; how little the
state can be loaded from goes out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.characterize.needed import Part, signs
from harness.config import Config
from harness.errors import StateError, TargetError
from harness.exchange import Exchange
from harness.pipeline import Options
from harness.seed.entries import levels
from harness.seed.search import fewest
from harness.seed.source import Seed, find_seed
from harness.seed.starting import one_server, starting
from harness.verdicts import verdicts
from harness.workers import state_of

SECONDS = 60.0
"""How long fewer and fewer rows are tried."""


class _TimeIsUp(Exception):
    """The smallest so far has to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a seed is needed: `left` of its `whole` rows. `finished`: none of them can be left out."""

    seed: Seed
    document: Any
    finished: bool

    @property
    def whole(self) -> int:
        """How many entries the seed has."""
        return _count(self.seed.document)

    @property
    def left(self) -> int:
        """How many of them are kept."""
        return _count(self.document)


def _count(document: Any) -> int:
    return sum(map(len, levels(document)))


def is_within(state: str | None, config: Config) -> bool:
    """Whether a state is loaded from a file of the project: its rows may be written elsewhere in it. Those of a backup
    of production may hold what nobody wants beside tests.
    """
    seed = find_seed(config.states.get(state or config.state or "", {}), config.root)
    return seed is not None and seed.file.resolve().is_relative_to(config.root.resolve())


def kept_rows(
    part: Part,
    chosen: Sequence[str],
    options: Options,
    say: Callable[[str], None] = lambda text: None,
    seconds: float = SECONDS,
) -> Kept | None:
    """Return the rows that the `chosen` exchanges need to be answered as with all; None where nobody can leave any out.

    Raises what `diff` raises.
    """
    name = state_of(part, options.state, options.config)
    seed = find_seed(options.config.states.get(name or "", {}), options.config.root)
    if name is None or seed is None or not options.new.stateful or not any(levels(seed.document)):
        return None
    until, best = time.monotonic() + seconds, seed.document
    alike = replace(options, noise_runs=0)  # under the same surroundings: what is drawn there is drawn again

    def shown(options: Options) -> frozenset[tuple[str, ...]]:
        found = verdicts([part], options)
        return frozenset(sign for each in chosen for sign in signs(each, found[each]))

    with one_server(options.config, name) as config:
        whole = shown(replace(alike, config=config))

        def suffices(document: Any) -> bool:
            nonlocal best
            if time.monotonic() > until:
                raise _TimeIsUp
            try:
                with starting(config, name, seed, document) as smaller:
                    does = shown(replace(alike, config=smaller)) <= whole
            except (StateError, TargetError):  # what `load` cannot load, or nothing can start from
                return False
            best = document if does else best
            return does

        finished = True
        try:
            fewest(seed.document, _asked(part.exchanges), suffices, say)
        except _TimeIsUp:
            finished = False
    return Kept(seed, best, finished)


def _asked(exchanges: Sequence[Exchange]) -> bytes:
    """Return all that names a row: requests as they were sent."""
    return b" ".join(
        piece
        for exchange in exchanges
        for piece in (
            exchange.request.start_line,
            exchange.request.body or b"",
            *dict(exchange.request.headers).values(),
        )
    )
