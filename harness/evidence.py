"""What a replay has shown so far: counts, and what differed in each exchange, as a file where it is much.

Verdicts come in one exchange at a time (`count`); evidence of several workers, or of several machines, adds up. Memory
stays flat: observations beyond a few megabytes go to a temporary file. Grouping and noise are not decided here.
"""

from __future__ import annotations

import heapq
import io
import json
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from harness.clients import client
from harness.config import Config
from harness.difference import Difference
from harness.endpoint import endpoint
from harness.exchange import Exchange
from harness.group.observation import Observation
from harness.judge import Verdict
from harness.outbound import First, earliest

EITHER = " or "
CREDENTIALS = (b"authorization", b"cookie")
IN_MEMORY = 4 << 20
"""Bytes of observations kept in memory by each spool."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What differed in one exchange: number `position` (from 1) of scenario `scenario` (from 0, in the run's order).

    `lengths` stands for its target and how long the content is on both sides, of GET and HEAD; empty where as long.
    """

    scenario: int
    position: int
    judged: bool
    observations: tuple[Observation, ...]
    lengths: str = ""


class Spool:
    """Findings in the order in which they were added; any number of them, read as often as needed."""

    def __init__(self) -> None:
        self._file: IO[bytes] = io.BytesIO()
        self._others: list[Spool] = []
        self._added = 0
        self._read = False

    def add(self, finding: Finding) -> None:
        """Add one; those of one scenario in their order, and scenarios in theirs."""
        self.add_line(encoded(finding))

    def add_line(self, line: bytes) -> None:
        """Add what `lines` of another spool gave."""
        if self._read:
            self._file.seek(0, io.SEEK_END)
            self._read = False
        self._file.write(line)
        self._added += 1
        if isinstance(self._file, io.BytesIO) and self._file.tell() > IN_MEMORY:
            self._spill(self._file)

    def _spill(self, memory: io.BytesIO) -> None:
        """Go on in a temporary file, which has no name and goes with this object."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._file.write(memory.getbuffer())

    def merge(self, other: Spool) -> None:
        """Take over what another worker found."""
        self._others.append(other)

    def __len__(self) -> int:
        return self._added + sum(map(len, self._others))

    def __iter__(self) -> Iterator[Finding]:
        """Yield all, by scenario and position, whoever found them."""
        parts = [(decoded(line) for line in spool._own()) for spool in self._all()]
        return heapq.merge(*parts, key=lambda finding: (finding.scenario, finding.position))

    def lines(self) -> Iterator[bytes]:
        """Yield all as they are written."""
        for spool in self._all():
            yield from spool._own()

    def _all(self) -> Iterator[Spool]:
        yield self
        for other in self._others:
            yield from other._all()

    def _own(self) -> Iterator[bytes]:
        at = 0
        while True:
            self._file.seek(at)
            lines = self._file.readlines(1 << 20)
            at = self._file.tell()
            self._read = True  # others may read and write between two pieces
            if not lines:
                return
            yield from lines


def encoded(finding: Finding) -> bytes:
    """Return a finding as one line of JSON."""
    first = finding.observations[0]
    differences = [
        [seen.difference.aspect, seen.difference.path, seen.difference.kind, seen.difference.old, seen.difference.new]
        for seen in finding.observations
    ]
    place = [finding.scenario, finding.position, finding.judged, finding.lengths]
    who = [first.exchange, first.endpoint, first.client, first.size, first.late, first.astray]
    return json.dumps([*place, *who, differences], separators=(",", ":")).encode("ascii") + b"\n"


def decoded(line: bytes) -> Finding:
    """Read back what `encoded` wrote. Raises ValueError for anything else."""
    scenario, position, judged, lengths, exchange, what, who, size, late, astray, differences = json.loads(line)
    observations = tuple(
        Observation(exchange, what, who, Difference(*difference), size, late, astray) for difference in differences
    )
    return Finding(scenario, position, judged, observations, lengths)


@dataclass(slots=True)
class Evidence:
    """Counts by kind of verdict, why exchanges were not judged, how often each normaliser acted, and the findings.

    `found` is old against new, `stale` the recording against old now. `endpoints` counts verdicts by endpoint,
    `clients` exchanges by client family, `reach` those replayed of each scenario. `controls` says by side what reached
    it, `outbound` where it tried to get and was refused, `notes` what else should be told, `unbound` how many exchanges
    that were not judged carry which redacted secret that nothing puts back.
    """

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    acted: Counter[str] = field(default_factory=Counter)
    endpoints: dict[str, Counter[str]] = field(default_factory=dict)
    clients: Counter[str] = field(default_factory=Counter)
    reach: dict[int, int] = field(default_factory=dict)
    controls: dict[str, dict[str, str]] = field(default_factory=dict)
    outbound: dict[str, dict[str, First]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    unbound: Counter[str] = field(default_factory=Counter)
    found: Spool = field(default_factory=Spool)
    stale: Spool = field(default_factory=Spool)

    def controlled(self, side: str, controls: Mapping[str, str]) -> None:
        """Note by what means each control reached a side; several means are all said, in one order."""
        known = self.controls.setdefault(side, {})
        for name, means in controls.items():
            said = {*known[name].split(EITHER), *means.split(EITHER)} if name in known else {means}
            known[name] = EITHER.join(sorted(said))

    def refused(self, side: str, places: Mapping[str, str], scenario: int) -> None:
        """Note where a side tried to get, with the exchange of a scenario that first showed it."""
        if places:
            seen = {place: First(scenario, exchange) for place, exchange in places.items()}
            self.outbound[side] = earliest(self.outbound.get(side, {}), seen)

    def merge(self, other: Evidence) -> None:
        """Take over what another worker, or another machine, found."""
        for mine, theirs in (
            (self.counts, other.counts),
            (self.reasons, other.reasons),
            (self.acted, other.acted),
            (self.clients, other.clients),
            (self.notes, other.notes),
            (self.unbound, other.unbound),
        ):
            mine.update(theirs)
        for name, kinds in other.endpoints.items():
            self.endpoints.setdefault(name, Counter()).update(kinds)
        self.reach.update(other.reach)
        for side, controls in other.controls.items():
            self.controlled(side, controls)
        for side, places in other.outbound.items():
            self.outbound[side] = earliest(self.outbound.get(side, {}), places)
        self.found.merge(other.found)
        self.stale.merge(other.stale)


def merged(parts: Iterable[Evidence]) -> Evidence:
    """Add up the evidence of several workers."""
    total = Evidence()
    for part in parts:
        total.merge(part)
    return total


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a run an exchange stands, and whether its scenario names the state that it started from."""

    scenario: int
    position: int
    snapshot: bool = False


def count(evidence: Evidence, place: Place, exchange: Exchange, verdict: Verdict, config: Config) -> None:
    """Count one verdict, and keep what differed."""
    what = endpoint(exchange.request, config.endpoints, config.parameters)
    who = client(exchange.request, config.clients)
    kind = "errors" if verdict.kind == "error" else verdict.kind
    counts = evidence.counts
    counts["exchanges"] += 1
    evidence.reach[place.scenario] = place.position
    counts[kind] += 1
    evidence.clients[who] += 1
    evidence.endpoints.setdefault(what, Counter())[kind] += 1
    if verdict.reason:
        evidence.reasons[f"{verdict.kind}: {verdict.reason}"] += 1
    if was_accepted_with_credentials(exchange):
        counts["credentialed"] += 1
        counts["credentialed judged"] += verdict.kind == "judged"
    if place.snapshot and verdict.kind in ("judged", "stale") and recorded_whole(exchange):
        counts["from snapshot"] += 1
        counts["from snapshot, stale"] += verdict.kind == "stale" or shows_other_data(verdict.stale)
    size = len(exchange.request.body or b"") + len(exchange.request.start_line)
    for spool, differences, late, astray, lengths in (
        (evidence.found, verdict.differences, verdict.late, verdict.astray, verdict.lengths),
        (evidence.stale, verdict.stale, False, False, ""),
    ):
        if differences:
            seen = tuple(Observation(exchange.id, what, who, each, size, late, astray) for each in differences)
            spool.add(Finding(place.scenario, place.position, verdict.kind == "judged", seen, lengths))


def recorded_whole(exchange: Exchange) -> bool:
    """Whether it is known what was answered: of an access log only the status is, which `judged` is about."""
    return exchange.response is not None and exchange.response.body is not None


def was_accepted_with_credentials(exchange: Exchange) -> bool:
    """Whether the recording shows credentials that the server let in, or at least did not refuse."""
    answered = exchange.response is not None and exchange.response.status < 400
    return answered and any(exchange.request.header(name) is not None for name in CREDENTIALS)


def shows_other_data(stale: Sequence[Difference]) -> bool:
    """Whether old now told something else than was recorded: another status, or other content of a body."""
    return any(each.aspect == "status" or (each.aspect == "body" and each.kind != "spelling") for each in stale)


def other_data(stale: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the judged exchanges in which old now told something else than was recorded, which may be noise."""
    for finding in stale:
        if finding.judged and shows_other_data([seen.difference for seen in finding.observations]):
            yield finding
