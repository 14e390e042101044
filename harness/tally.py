"""Counting verdicts and grouping their differences: what one worker has found so far.

A Verdict comes in for each exchange, counts and groups go out. Tallies of several workers merge to the same total in
any order, and do not grow with the number of exchanges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.config import Config
from harness.difference import Difference
from harness.endpoint import client, endpoint
from harness.exchange import Exchange
from harness.group import Groups
from harness.group.observation import Observation
from harness.judge import Verdict

CREDENTIALS = (b"authorization", b"cookie")


@dataclass(slots=True)
class Tally:
    """Counts by kind of verdict, reasons for what was not judged, groups, and how often each normaliser acted."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    noise: Counter[str] = field(default_factory=Counter)
    groups: Groups = field(default_factory=Groups)
    stale: Groups = field(default_factory=Groups)

    def merge(self, other: Tally) -> None:
        """Take over what another worker found."""
        self.counts.update(other.counts)
        self.reasons.update(other.reasons)
        self.noise.update(other.noise)
        self.groups.merge(other.groups)
        self.stale.merge(other.stale)


def count(tally: Tally, exchange: Exchange, verdict: Verdict, config: Config) -> None:
    """Count one verdict and group its differences."""
    counts = tally.counts
    counts["exchanges"] += 1
    if verdict.reason:
        tally.reasons[f"{verdict.kind}: {verdict.reason}"] += 1
    if verdict.kind == "judged":
        counts["judged"] += 1
        counts["different" if verdict.differences else "matched"] += 1
    else:
        counts["errors" if verdict.kind == "error" else verdict.kind] += 1
    if was_accepted_with_credentials(exchange):
        counts["credentialed"] += 1
        counts["credentialed judged"] += verdict.kind == "judged"
    tally.groups.add(observations(exchange, verdict.differences, config, verdict.late))
    tally.stale.add(observations(exchange, verdict.stale, config))


def was_accepted_with_credentials(exchange: Exchange) -> bool:
    """Whether the recording shows credentials that the server let in, or at least did not refuse."""
    answered = exchange.response is not None and exchange.response.status < 400
    return answered and any(exchange.request.header(name) is not None for name in CREDENTIALS)


def observations(
    exchange: Exchange, differences: Sequence[Difference], config: Config, late: bool = False
) -> list[Observation]:
    """Say of each difference who asked for what; `late`: the sides' rows or files differed before."""
    if not differences:
        return []
    what = endpoint(exchange.request, config.endpoints, config.parameters)
    who = client(exchange.request)
    size = len(exchange.request.body or b"") + len(exchange.request.start_line)
    return [Observation(exchange.id, what, who, difference, size, late) for difference in differences]
