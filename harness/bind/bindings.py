"""What one side of a scenario calls by a name of its own, and requests with these names in the place of the recorded.

Recorded and own answers are learned from as they come; of two names for the same the latest holds. Bounded: the oldest
are forgotten. Pure: an exchange comes in, the one to be sent goes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from harness.bind.learn import Pair, Sort, pairs
from harness.bind.mailed import Mailed
from harness.bind.request import Rewriter
from harness.bind.spelling import Values
from harness.exchange import Exchange, Response

MOST = 4096
"""Names kept a side."""

SEARCHED = frozenset({"token", "weak"})
"""Sorts that are looked for in texts; the others stand in headers of their own."""

Key = tuple[Sort, bytes, bytes]
"""Sort, scope and recorded name (see `Pair`)."""


def key_of(pair: Pair) -> Key:
    """Return what a pair is known by."""
    return pair.sort, pair.scope, pair.recorded


class Bindings:
    """The names of one side, for one scenario. `fixed` are pairs that always hold."""

    def __init__(self, fixed: Iterable[Pair] = ()) -> None:
        self._fixed = {key_of(pair): pair for pair in fixed}
        self._used: set[Key] = set()
        self._newly: list[Key] = []
        self.asked: dict[Key, bytes] = {}
        self.clear()

    def clear(self) -> None:
        """Forget all but what is fixed: a new scenario begins."""
        self._pairs: dict[Key, Pair] = {}
        self.mailed = Mailed()
        self._values = Values()
        self._users: Counter[bytes] = Counter()
        self._cookies: Counter[bytes] = Counter()
        self._used.clear()
        self._newly.clear()
        for pair in self._fixed.values():
            self._keep(pair)

    @property
    def known(self) -> int:
        """How many names are known."""
        return len(self._pairs)

    def keys(self) -> list[Key]:
        """Return what is known, the oldest first."""
        return list(self._pairs)

    def get(self, key: Key) -> Pair | None:
        """Return what is known by a key."""
        return self._pairs.get(key)

    def give(self, pairs: Iterable[Pair]) -> None:
        """Let these pairs hold from now on."""
        for pair in pairs:
            key = key_of(pair)
            known = self._pairs.get(key)
            if key in self._fixed:
                continue
            if known is not None and known.own == pair.own:  # as before; now it is the latest
                self._pairs[key] = replace(self._pairs.pop(key), handed=pair.handed or known.handed)
                continue
            self._forget(key)
            if pair.recorded != pair.own:
                self._keep(pair)
        while len(self._pairs) > MOST + len(self._fixed):
            self._forget(next(key for key in self._pairs if key not in self._fixed))

    def _keep(self, pair: Pair) -> None:
        self._pairs[key_of(pair)] = pair
        self._counter(pair)[pair.recorded] += 1
        if pair.sort in SEARCHED:
            self._values.add(pair.recorded)

    def _forget(self, key: Key) -> None:
        pair = self._pairs.pop(key, None)
        if pair is None:
            return
        self._used.discard(key)
        counter = self._counter(pair)
        counter[pair.recorded] -= 1
        if not counter[pair.recorded]:
            del counter[pair.recorded]
            if pair.sort in SEARCHED:
                self._values.discard(pair.recorded)

    def _counter(self, pair: Pair) -> Counter[bytes]:
        return self._users if pair.sort in SEARCHED else self._cookies

    def learn(self, exchange: Exchange, answer: Response) -> list[Pair]:
        """Learn from what was answered then and now; return what was new in it."""
        recorded = exchange.response
        if recorded is None or recorded.body is None or recorded is answer:
            return []
        if recorded.body == answer.body and recorded.headers == answer.headers:
            return []
        found = list(pairs(recorded, answer, exchange.request.path))
        self.give(found)
        return found

    def bind(self, exchange: Exchange) -> Exchange:
        """Return the exchange as this side is to be asked it; the same object where no name of it is bound.

        `asked` then holds the names that were put in.
        """
        self.asked = {}
        self.give(pair for pair in self.mailed.pairs(exchange.request.target) if key_of(pair) not in self._pairs)
        if not self._pairs:
            return exchange
        return Rewriter(exchange.request, self._values, self._own, self._cookies).exchange(exchange)

    def is_used(self, key: Key) -> bool:
        """Tell whether a name came back in a request."""
        return key in self._used

    def newly_used(self) -> list[Key]:
        """Return what came back for the first time since this was asked last."""
        newly, self._newly = self._newly, []
        return newly

    def _own(self, sort: Sort, scope: bytes, recorded: bytes) -> bytes | None:
        pair = self._pairs.get((sort, scope, recorded))
        if pair is None:
            return None
        key = (sort, scope, recorded)
        self.asked[key] = pair.own
        if key not in self._used:
            self._used.add(key)
            self._newly.append(key)
        return pair.own
