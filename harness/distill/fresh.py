"""Which requests of a scenario need not be asked again: those like an earlier one, with nothing written in between.

Exchanges come in, in their order, and later what came of them; whether each is worth asking goes out. Pure.
"""

from __future__ import annotations

from collections import Counter

from harness.exchange import SAFE_METHODS, Exchange

WHO = frozenset({b"user-agent", b"referer"})
"""Headers that name the client, and where it came from."""


class Fresh:
    """What was asked so far.

    A request is like another that only the client's own name and the page it came from tell apart; but each name is
    heard at each endpoint.
    """

    def __init__(self, patience: int | None = None) -> None:
        self._patience = patience
        self._seen: set[int] = set()
        self._in_vain: Counter[str] = Counter()
        self._in_doubt = False

    def is_new(self, exchange: Exchange, endpoint: str) -> bool:
        """Whether a request is unlike all since the last that wrote.

        So is every unsafe one, and the one after it: that is asked for before it is known what the former wrote.
        """
        request = exchange.request
        in_doubt, self._in_doubt = self._in_doubt, request.method not in SAFE_METHODS and request.body is not None
        if request.method not in SAFE_METHODS:
            return True
        headers = tuple(pair for pair in request.headers if pair[0].lower() not in WHO)
        asked = hash((request.start_line, headers, request.body, exchange.user, exchange.scheme))
        by_whom = hash((endpoint, request.header(b"user-agent")))
        known = asked in self._seen and by_whom in self._seen
        self._seen.update((asked, by_whom))
        return in_doubt or not known

    def is_tiring(self, exchange: Exchange, endpoint: str) -> bool:
        """Whether a request that only reads is not worth while, by what its endpoint showed last."""
        reads = exchange.request.method in SAFE_METHODS
        return reads and self._patience is not None and self._in_vain[endpoint] >= self._patience

    def showed(self, endpoint: str, new: bool) -> None:
        """Hear whether a request showed anything new."""
        self._in_vain[endpoint] = 0 if new else self._in_vain[endpoint] + 1

    def wrote(self) -> None:
        """Hear that something was written: what was asked before may be answered otherwise now."""
        self._seen.clear()
