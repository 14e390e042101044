"""Gathers what exchanges reached, as far as memory allows: equal sets are kept once, and a day has few different ones.

Told by any number of sides at once; asked when all have ended.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping

from harness.exchange import Exchange
from harness.reach.side import NOTHING, Line, Reached


class Watch:
    """What each exchange reached, by its id, and what importing the application did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._distinct: dict[Reached, Reached] = {}
        self._of: dict[str, Reached] = {}
        self.imported = NOTHING

    def hear(self, exchange: Exchange | None, reached: Reached) -> None:
        """Note what an exchange (None: the import) reached; what is heard twice of one adds up."""
        with self._lock:
            if exchange is None:
                self.imported |= reached
                return
            known = self._of.get(exchange.id)
            found = reached if known is None or known == reached else known | reached
            self._of[exchange.id] = self._distinct.setdefault(found, found)

    def of(self, exchange: str) -> Reached:
        """Return what the exchange of an id reached, without what ran at import."""
        return self._of.get(exchange, NOTHING)

    @property
    def tells(self) -> bool:
        """Whether the target told anything: else it runs no Python that could be watched."""
        return bool(self.imported.lines) or any(reached.lines for reached in self._distinct)

    def by_line(self, exchanges: Iterable[str]) -> Mapping[Line, list[str]]:
        """Return the exchanges that reached each line, in the order given."""
        found: defaultdict[Line, list[str]] = defaultdict(list)
        for exchange in exchanges:
            for line in self.of(exchange).lines:
                found[line].append(exchange)
        return found
