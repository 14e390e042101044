"""The journal, followed: what the old index (or anybody else) wrote comes in, purges go out.

An id is taken before its row can be seen, so a lower one may appear after a higher: a window behind the newest is read
again each time.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Engine, Row, text
from sqlalchemy.exc import InterfaceError, OperationalError

from .keys import EVERYTHING, of_change
from .purging import Purge

WINDOW = 1000  # ids
_NEWEST = text("SELECT max(id) FROM journals")
_ENTRIES = text("SELECT id, name, action FROM journals WHERE id > :since ORDER BY id")
_log = logging.getLogger(__name__)


class Follower:
    """Knows which entries it has seen."""

    def __init__(self, engine: Engine, purge: Purge) -> None:
        self._engine = engine
        self._purge = purge
        self._seen: set[int] | None = None

    def step(self) -> int:
        """Purge what changed since the last step; return how many entries there were.

        The first one purges everything, since nobody knows what happened before. Without a database nothing changes
        either: that is logged, and the next step asks again.
        """
        try:
            entries = self._entries()
        except (OperationalError, InterfaceError) as error:
            _log.warning("the journal cannot be read: %s", error.orig)
            self._engine.dispose()
            return 0
        if self._seen is None:
            new: list[Row[int, str, str]] = []
            self._purge([EVERYTHING])
        else:
            new = [entry for entry in entries if entry.id not in self._seen]
            self._purge(dict.fromkeys(key for _, name, action in new for key in of_change(name or "", action or "")))
        self._seen = {entry.id for entry in entries[-WINDOW:]}
        return len(new)

    def _entries(self) -> Sequence[Row[int, str, str]]:
        with self._engine.connect() as connection:
            newest = max(self._seen) if self._seen else connection.scalar(_NEWEST) or 0
            return connection.execute(_ENTRIES, {"since": newest - WINDOW}).all()
