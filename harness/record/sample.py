"""Which exchanges a recorder keeps that keeps only a share: whole sessions, and the first of every endpoint each hour.

An exchange comes in, yes or no goes out. What is linked to a session that was kept, or left out, shares its lot; a
session that is new is decided by a hash, so that several recorders decide alike. Memory is bounded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from harness.endpoint import endpoint
from harness.exchange import Exchange
from harness.session_key import session_keys

_SESSIONS = 200_000  # keys of sessions that are remembered
_ENDPOINTS = 2_000  # endpoints that are counted
_HOUR = 3600
_RANGE = 1 << 64


class Sample:
    """Keep `share` (0 to 1) of the sessions, and of each endpoint the first `rare` exchanges of an hour anyway."""

    def __init__(
        self, share: float, rare: int = 20, patterns: Sequence[str] = (), parameters: Sequence[str] = ()
    ) -> None:
        self.share, self.rare = share, rare
        self._patterns, self._parameters = tuple(patterns), tuple(parameters)
        self._sessions: OrderedDict[int, bool] = OrderedDict()
        self._hour = 0
        self._in_hour: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._names: dict[str, str] = {}

    def keeps(self, exchange: Exchange) -> bool:
        """Tell whether an exchange is kept."""
        name = self._endpoint(exchange)
        if name in self._seen or len(self._seen) < _ENDPOINTS:
            self._seen[name] = self._seen.get(name, 0) + 1
        # Both must count it: no shortcut.
        of_session, rare = self._session_kept(exchange), self._is_rare(name, exchange.started)
        return of_session or rare

    def call(self, exchange: Exchange, redacted: Exchange) -> None:
        """Learn how the endpoint of a kept exchange may be called where secrets must not show."""
        name = self._endpoint(exchange)
        if name in self._seen and name not in self._names:
            self._names[name] = self._endpoint(redacted)

    def rule(self) -> Mapping[str, object]:
        """Return what a reader needs to scale counts: the share, the rule, and how many passed of each endpoint."""
        seen: dict[str, int] = {}
        for name, number in self._seen.items():
            if name in self._names:
                seen[self._names[name]] = seen.get(self._names[name], 0) + number
        return {"sample": self.share, "rare": self.rare, "seen": seen}

    def _endpoint(self, exchange: Exchange) -> str:
        return endpoint(exchange.request, self._patterns, self._parameters)

    def _session_kept(self, exchange: Exchange) -> bool:
        keys = session_keys(exchange)
        kept = next((self._sessions[key] for key in keys if key in self._sessions), None)
        if kept is None:
            kept = keys[0] % _RANGE < self.share * _RANGE
        for key in keys:
            self._sessions[key] = kept
            self._sessions.move_to_end(key)
        while len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)
        return kept

    def _is_rare(self, name: str, at: float) -> bool:
        hour = int(at // _HOUR)
        if hour > self._hour:
            self._hour = hour
            self._in_hour.clear()
        if name not in self._in_hour and len(self._in_hour) >= _ENDPOINTS:
            return False
        self._in_hour[name] = self._in_hour.get(name, 0) + 1
        return self._in_hour[name] <= self.rare
