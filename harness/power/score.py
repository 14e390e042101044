"""What a run of mutants says: counts, by operator, oracle and endpoint, and the survivors; as a frozen Score, and as
the JSON that other commands read (format `harness-power`, version 1). Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.power.hunt import Fate
from harness.power.mutants import Mutant

FORMAT = "harness-power"
NAMED = 3
"""Files that a line of the report names."""
ORACLES = ("status", "reason", "header", "body", "framing", "rows", "files", "mail", "crash")


@dataclass(frozen=True, slots=True)
class Reach:
    """How many of the lines that can run were reached, and whether the target tells at all."""

    lines: int
    runnable: int
    told: bool


@dataclass(frozen=True, slots=True)
class EndpointScore:
    """One endpoint: its exchanges by client, the lines that they reach, and the mutants on these.

    `killed` counts those that any exchange of the recording noticed.
    """

    name: str
    clients: Mapping[str, int]
    lines: int
    mutants: int = 0
    killed: int = 0

    @property
    def exchanges(self) -> int:
        """How many exchanges it has."""
        return sum(self.clients.values())


@dataclass(frozen=True, slots=True)
class Score:
    """What the mutants of a target showed of a recording.

    `pool` is how many mutants there are on reached lines, `drawn` those that were run, each with its fate; `dropped`
    were not, because they compile to the same or not at all. `noise` is how many exchanges differ from themselves
    somewhere, where a mutant would not be noticed.
    """

    target: str
    seed: int
    drawn: Sequence[tuple[Mutant, Fate]]
    reach: Reach
    endpoints: Sequence[EndpointScore]
    exchanges: int
    judged: int
    noise: int = 0
    pool: int = 0
    dropped: int = 0

    @property
    def killed(self) -> int:
        """How many mutants an exchange noticed."""
        return sum(fate.outcome == "killed" for _, fate in self.drawn)

    @property
    def share(self) -> float:
        """The killed part of those run, from 0 to 1."""
        return self.killed / len(self.drawn) if self.drawn else 0.0

    @property
    def survivors(self) -> list[tuple[Mutant, Fate]]:
        """Those that nothing noticed, by file and line."""
        return [(mutant, fate) for mutant, fate in self.drawn if fate.outcome == "survived"]

    def by_operator(self) -> dict[str, tuple[int, int]]:
        """Return for each operator how many of its mutants were killed, and how many were run."""
        run = Counter(mutant.edit.operator for mutant, _ in self.drawn)
        killed = Counter(mutant.edit.operator for mutant, fate in self.drawn if fate.outcome == "killed")
        return {name: (killed[name], run[name]) for name in sorted(run)}

    def by_oracle(self) -> dict[str, tuple[int, int]]:
        """Return for each oracle how many mutants it saw in the exchange that noticed, and how many it alone did."""
        saw = Counter(oracle for _, fate in self.drawn for oracle in fate.oracles)
        alone = Counter(fate.oracles[0] for _, fate in self.drawn if len(fate.oracles) == 1)
        return {name: (saw[name], alone[name]) for name in ORACLES if saw[name]}


def with_mutants(endpoints: Sequence[EndpointScore], drawn: Sequence[tuple[Mutant, Fate]]) -> tuple[EndpointScore, ...]:
    """Return endpoints with the mutants that their exchanges reach."""
    run = Counter(name for _, fate in drawn for name in fate.endpoints)
    killed = Counter(name for _, fate in drawn if fate.outcome == "killed" for name in fate.endpoints)
    return tuple(
        EndpointScore(each.name, each.clients, each.lines, run[each.name], killed[each.name]) for each in endpoints
    )


def as_json(score: Score) -> dict[str, Any]:
    """Return a score as plain data; the same run gives the same."""
    return {
        "format": FORMAT,
        "version": 1,
        "target": score.target,
        "seed": score.seed,
        "exchanges": score.exchanges,
        "judged": score.judged,
        "noisy": score.noise,
        "lines": {"reached": score.reach.lines, "runnable": score.reach.runnable} if score.reach.told else None,
        "mutants": {"pool": score.pool, "run": len(score.drawn), "killed": score.killed, "dropped": score.dropped},
        "operators": {name: {"killed": killed, "run": run} for name, (killed, run) in score.by_operator().items()},
        "oracles": {name: {"saw": saw, "alone": alone} for name, (saw, alone) in score.by_oracle().items()},
        "endpoints": {
            each.name: {
                "exchanges": each.exchanges,
                "clients": dict(sorted(each.clients.items())),
                "lines": each.lines if score.reach.told else None,
                "mutants": each.mutants,
                "killed": each.killed,
            }
            for each in score.endpoints
        },
        "drawn": [_mutant(mutant, fate) for mutant, fate in score.drawn],
    }


def _mutant(mutant: Mutant, fate: Fate) -> dict[str, Any]:
    return {
        "id": mutant.id,
        "file": mutant.source.name,
        "line": mutant.edit.line,
        "source": mutant.shown,
        "operator": mutant.edit.operator,
        "old": mutant.old,
        "new": mutant.new,
        "outcome": fate.outcome,
        "by" if fate.outcome == "killed" else "nearest": fate.by,
        "endpoint": fate.endpoint,
        "oracles": list(fate.oracles),
        "how": fate.how,
        "reached": fate.reached,
    }


def in_text(score: Score) -> Iterator[str]:
    """Yield a score as lines for a terminal: the figure, the tables, then the survivors, which are what is to do."""
    run = len(score.drawn)
    lines = f"{score.reach.lines} of {score.reach.runnable} lines that run in a request"
    lines = lines if score.reach.told else "lines unknown: the target does not tell them"
    share = f"{100 * score.share:.1f} %"
    dropped = f", {score.dropped} of them compile to the same or not at all" if score.dropped else ""
    yield f"killed {score.killed} of {run} mutants ({share}) · {score.pool} on reached lines{dropped} · {lines}"
    if score.noise:
        yield f"{score.noise} of {score.exchanges} exchanges differ from themselves: there noise was not judged"
    if score.reach.told and (
        silent := sorted({each.source.name for each, _ in score.drawn if each.source.code is None})
    ):
        named = ", ".join(silent[:NAMED]) + (", ..." if len(silent) > NAMED else "")
        yield f"which lines of {named} run is not known: their mutants count at each endpoint"
    yield ""
    yield from _table(("operator", "killed", "of"), [(name, *of) for name, of in score.by_operator().items()])
    yield ""
    yield from _table(("oracle", "saw", "alone"), [(name, *of) for name, of in score.by_oracle().items()])
    yield ""
    yield from _table(
        ("endpoint", "exchanges", "lines", "killed", "of"),
        [(each.name, each.exchanges, each.lines, each.killed, each.mutants) for each in score.endpoints],
    )
    for mutant, fate in score.survivors:
        yield ""
        yield f"survived: {mutant.source.name}:{mutant.edit.line}: {mutant.edit.operator}: {mutant.old} -> {mutant.new}"
        yield f"  {mutant.shown}"
        if fate.by:
            known = "reach the line" if mutant.source.code is not None else "may reach the line, which is not known"
            yield f"  nearest: {fate.by} ({fate.endpoint}), one of {fate.reached} that {known}"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *texts, strict=True)]
    for row in [list(head), *texts]:
        first, *rest = row
        yield "  ".join([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]).rstrip()
