"""How many runs the lab needs for a map of installers at a page of links, beside one change at a time.

`python -m benchmarks.scream_runs [KEPT [SAMPLE]]` prints changes, runs, and the time that two workers took; then it
tries SAMPLE changes one at a time and counts those of which the map says something else. Runs are kept in the folder
KEPT, so that it may be interrupted.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.scream_clients import runnable
from benchmarks.scream_incidents import OLD, ROOT
from harness.config import find_config
from harness.scream.bench import Bench
from harness.scream.catalogue import catalogue
from harness.scream.client import Client
from harness.scream.journal import Journal, key_of
from harness.scream.lab import UNCHANGED, Plan, starting_state, survey
from harness.scream.map import ClientMap
from harness.scream.operators import Change
from harness.scream.outcome import BREAKS, READS, SAME, Outcome, yardstick
from harness.screams import Place
from harness.targets import parse_target

ENDPOINT = "GET /simple/{}/"
CLIENTS = ("pip-20.3.4", "pip-26.3")
SEED = 9


def main(words: Sequence[str] = ()) -> None:
    """Print the figures."""
    kept = Path(words[0]) if words else None
    size = int(words[1]) if len(words) > 1 else 40
    config = find_config(ROOT)
    old = parse_target(OLD, config)
    clients = list(runnable(list(CLIENTS)))
    with starting_state("seed", config, old) as state:
        resume = kept / "runs.jsonl" if kept else None
        plan = Plan(old, config, state, endpoints=(ENDPOINT,), workers=2, resume=resume)
        began = time.monotonic()
        found = survey(clients, plan, _advance)
        took = time.monotonic() - began
        for client in found.clients:
            alone = client.changes + UNCHANGED + 1
            print(
                f"{client.name}: {client.changes} changes in {client.runs} runs, {client.runs / alone:.2f} of {alone}"
            )
            print(f"  breaks: {', '.join(f'{one.operator} ({one.aspect} {one.path})' for one in client.breaks)}")
        print(f"{took / 60:.1f} minutes of two workers, those kept from before not counted")
        journal = Journal(kept / "single.jsonl" if kept else None)
        with Bench(0, old, state, config) as bench:
            for client, mapped in zip(clients, found.clients, strict=True):
                print(f"{client.name}: {_told(_sampled(bench, client, mapped, journal, size))}")


def _advance(runs: int, name: str) -> None:
    print(f"{runs} runs, now {name}", file=sys.stderr, flush=True)


def _sampled(
    bench: Bench, client: Client, mapped: ClientMap, journal: Journal, size: int
) -> list[tuple[Change, str, str]]:
    """Try changes one at a time: return each with what came of it, and what the map says of it."""
    first = bench.run(client)
    samples = [(one.request, one.answer) for one in first.seen if one.endpoint == ENDPOINT and one.answer]
    changes = catalogue(ENDPOINT, samples)
    measure = yardstick([first.outcome, bench.run(client).outcome], client.product)
    drawn = random.Random(SEED).sample(changes, min(size, len(changes)))
    return [
        (one, measure.judge(_outcome(bench, client, one, journal)).level, _foretold(mapped, one, changes))
        for one in drawn
    ]


def _outcome(bench: Bench, client: Client, change: Change, journal: Journal) -> Outcome:
    key = key_of(OLD, client, [change.id], 0)
    known = journal.look_up(key)
    if known is None:
        known = bench.run(client, [change]).outcome
        journal.add(key, known)
        print(f"  alone: {change.operator.name}", file=sys.stderr, flush=True)
    return known


def _foretold(mapped: ClientMap, change: Change, changes: Sequence[Change]) -> str:
    """Return what the map says of a change: at a place that breaks, only what is smaller than the break is borne."""
    names = [one.operator.name for one in sorted(changes, key=lambda one: one.operator.gravity)]
    for broken in mapped.breaks:
        if (broken.endpoint, broken.aspect, broken.path) == change.place:
            graver = names.index(change.operator.name) >= names.index(broken.operator)
            return BREAKS if graver else f"{SAME} or {READS}"
    return f"{SAME} or {READS}" if Place(*change.place) in mapped.reads else SAME


def _told(sampled: Sequence[tuple[Change, str, str]]) -> str:
    wrong = [(one, level, foretold) for one, level, foretold in sampled if level not in foretold.split(" or ")]
    lines = [f"{len(sampled)} changes one at a time, {len(wrong)} other than the map has it"]
    lines += [
        f"  {one.operator.name} at {one.path or one.aspect}: {level}, foretold {foretold}"
        for one, level, foretold in wrong
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
