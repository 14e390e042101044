"""Who used what is to be removed: recordings and removals come in, for each removal an `Impact` goes out.

Each recording is read once, without the answers' bodies but where a field is looked for in them. Memory grows with the
number of clients, sessions and addresses that are hit, not with that of the exchanges.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.exchange import Exchange
from harness.find import found_in, number_of, whole
from harness.impact.removal import Removal
from harness.naming import Names
from harness.recording import Recording
from harness.selection import Selection
from harness.session import first_of_sessions
from harness.store.archive import Archive
from harness.store.database import reading

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Hit:
    """What one family of clients did with it: requests, sessions, addresses, and when last (seconds since the epoch).

    `endpoints` are where, most frequent first.
    """

    client: str
    requests: int
    sessions: int
    addresses: int
    last: float
    endpoints: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Impact:
    """Who is hit by one removal, of `exchanges` in `seconds` from the first to the last of them.

    Of `unsure` more, the recording does not tell whether they used what goes away.
    """

    removal: Removal
    exchanges: int
    seconds: float
    hits: tuple[Hit, ...]
    unsure: int = 0

    @property
    def requests(self) -> int:
        """How many requests are hit."""
        return sum(hit.requests for hit in self.hits)

    def a_day(self, requests: int) -> float:
        """Return how many requests a day that is; a recording shorter than a day is not stretched to one."""
        return requests / max(1.0, self.seconds / DAY)


@dataclass(slots=True)
class _Counted:
    requests: int = 0
    last: float = 0.0
    sessions: set[tuple[int, int]] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    endpoints: dict[str, int] = field(default_factory=dict)

    def add(self, exchange: Exchange, session: tuple[int, int], endpoint: str) -> None:
        self.requests += 1
        self.last = max(self.last, exchange.started)
        self.sessions.add(session)
        self.addresses.add(exchange.peer)
        self.endpoints[endpoint] = self.endpoints.get(endpoint, 0) + 1

    def hit(self, client: str) -> Hit:
        ranked = sorted(self.endpoints.items(), key=lambda item: (-item[1], item[0]))
        return Hit(client, self.requests, len(self.sessions), len(self.addresses - {""}), self.last, dict(ranked))


@dataclass(slots=True)
class _Clients:
    """Who is hit by one removal, in the making."""

    unsure: int = 0
    families: dict[str, _Counted] = field(default_factory=dict)

    def add(self, exchange: Exchange, session: tuple[int, int], names: Names) -> None:
        family = names.client(exchange.request).family
        self.families.setdefault(family, _Counted()).add(exchange, session, names.endpoint(exchange.request))

    def hits(self) -> tuple[Hit, ...]:
        found = (counted.hit(family) for family, counted in self.families.items())
        return tuple(sorted(found, key=lambda hit: (-hit.requests, hit.client)))


def impact(recordings: Sequence[Recording], removals: Sequence[Removal], names: Names) -> list[Impact]:
    """Return who is hit by each removal, in the order given. Raises `RecordingError` for what cannot be read."""
    counted = [_Clients() for _ in removals]
    for place, recording in enumerate(recordings):
        first: Sequence[int] = array("q")
        for exchange in _looked_at(recording, removals, names):
            for removal, clients in zip(removals, counted, strict=True):
                concerned = removal.concerns(exchange)
                if concerned is None:
                    clients.unsure += 1
                elif concerned:
                    first = first or first_of_sessions(recording)
                    clients.add(exchange, (place, first[number_of(exchange) - 1]), names)
    exchanges, seconds = sum(map(len, recordings)), sum(last - first for first, last in map(_span, recordings))
    return [
        Impact(removal, exchanges, seconds, clients.hits(), clients.unsure)
        for removal, clients in zip(removals, counted, strict=True)
    ]


def _looked_at(recording: Recording, removals: Sequence[Removal], names: Names) -> Iterable[Exchange]:
    """Return the exchanges that may be concerned: an archive finds paths and methods by its indexes."""
    paths = all(removal.paths for removal in removals)
    methods = all(removal.methods for removal in removals)
    selection = Selection(
        path=tuple(path for removal in removals for path in removal.paths) if paths else (),
        method=tuple(method for removal in removals for method in removal.methods) if methods else (),
    )
    if any(removal.kind == "field" and removal.part != "header" for removal in removals):
        return whole(recording, selection, names)
    return (exchange for _, exchange in found_in(recording, selection, names))


def _span(recording: Recording) -> tuple[float, float]:
    if isinstance(recording, Archive):
        with reading(recording.path) as connection:
            first, last = connection.execute("SELECT min(started), max(started) FROM exchange").fetchone()
        return float(first), float(last)
    started = [exchange.started for exchange in recording]
    return min(started), max(started)
