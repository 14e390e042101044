"""READ FIRST: who screams, client by client.

    unchanged runs -> yardstick -> changes for what was asked -> search -> unchanged once more -> map

Clients and a target come in, a `Map` goes out, the same for any number of workers: each takes one client at a time.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.clients import agent, families
from harness.config import Config
from harness.errors import UsageError
from harness.group import Group
from harness.scream.bench import Bench
from harness.scream.catalogue import catalogue
from harness.scream.client import Client
from harness.scream.journal import Journal, key_of
from harness.scream.map import Break, ClientMap, Map
from harness.scream.operators import Change, Sample
from harness.scream.outcome import SAME, Outcome, Verdict, failure, whim, yardstick
from harness.scream.proxy import Seen
from harness.scream.search import Found, search
from harness.screams import Place
from harness.state import State, open_state, read_spec
from harness.targets import Target

UNCHANGED = 3
"""Runs without a change that a client begins with."""
Advance = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to try: `groups` are those of a report, `only` part of an operator's name, `endpoints` all where empty."""

    old: Target
    config: Config
    state: State | None = None
    groups: Sequence[Group] = ()
    only: Sequence[str] = ()
    endpoints: Sequence[str] = ()
    workers: int = 1
    resume: Path | None = None


def survey(clients: Sequence[Client], plan: Plan, advance: Advance = lambda runs, name: None) -> Map:
    """Run all clients and return the map. Raises UsageError, TargetError and StateError."""
    journal = Journal(plan.resume)
    work: queue.SimpleQueue[tuple[int, Client]] = queue.SimpleQueue()
    for numbered in enumerate(clients):
        work.put(numbered)
    found: dict[int, ClientMap] = {}
    failed: list[BaseException] = []
    runs = _Count(advance)

    def take(index: int) -> None:
        try:
            with Bench(index, plan.old, plan.state, plan.config) as bench:
                while not failed:
                    number, client = work.get_nowait()
                    found[number] = Trial(client, bench, plan, journal, runs).result()
        except queue.Empty:
            pass
        except BaseException as error:
            failed.append(error)

    threads = [
        threading.Thread(target=take, args=(index,), daemon=True) for index in range(1, _crew(plan, len(clients)))
    ]
    for thread in threads:
        thread.start()
    take(0)
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return Map(plan.old.text, tuple(found[number] for number in sorted(found)))


@contextmanager
def starting_state(name: str | None, config: Config, old: Target) -> Iterator[State | None]:
    """Make the snapshot of a starting state, if it has a name. Raises UsageError and StateError."""
    if name is None or not (old.stateful or "hook" in config.states.get(name, {})):
        yield None
    elif name not in config.states:
        known = ", ".join(sorted(config.states)) or "none"
        raise UsageError(f"the starting state {name!r} is not in harness.toml; [state.NAME] there: {known}")
    else:
        with open_state(read_spec(name, config.states[name], config.root)) as state:
            yield state


def _crew(plan: Plan, clients: int) -> int:
    """Return how many may work at once: one where each would put back the server that the others are asking."""
    return 1 if not plan.old.stateful else max(1, min(plan.workers, clients))


class _Count:
    """Counts the runs of all workers."""

    def __init__(self, advance: Advance) -> None:
        self._advance, self._runs, self._lock = advance, 0, threading.Lock()

    def one_more(self, name: str) -> None:
        with self._lock:
            self._runs += 1
            self._advance(self._runs, name)


class Trial:
    """One client on a bench."""

    def __init__(self, client: Client, bench: Bench, plan: Plan, journal: Journal, count: _Count) -> None:
        self.client, self.bench, self.plan, self.journal, self.count = client, bench, plan, journal, count
        self.runs = 0

    def result(self) -> ClientMap:
        """Make all runs that are needed, and say what they showed."""
        first = self.bench.run(self.client)
        self.journal.add(self._key((), 0), first.outcome)
        self._ran()
        unchanged = [first.outcome, *(self.run((), number) for number in range(1, UNCHANGED))]
        family = _family(first.seen, self.plan.config)
        asks = tuple(dict.fromkeys(one.endpoint for one in first.seen))
        samples = _samples(first.seen)
        changes = self.changes(samples)
        if reason := whim(unchanged):
            return self._flaky(reason, family, asks)
        if reason := failure(unchanged[0]):
            return ClientMap(self.client.name, family, False, reason, self.runs, 0, asks)
        measure = yardstick(unchanged, self.client.product)

        def attempt(some: Sequence[Change], number: int) -> Verdict:
            return measure.judge(self.run(some, number))

        answers = {endpoint: [answer for _, answer in some] for endpoint, some in samples.items()}
        found = search(changes, answers, attempt)
        if not found.doubtful and measure.judge(self.run((), UNCHANGED)).level != SAME:
            found.doubtful = "what it does without a change is not always the same"
        if found.doubtful:
            return self._flaky(found.doubtful, family, asks)
        return _mapped(self.client.name, family, asks, self.runs, len(changes), found)

    def changes(self, samples: Mapping[str, Sequence[Sample]]) -> list[Change]:
        """Return what can be changed of what the client was answered."""
        wanted = self.plan.endpoints
        every = [
            change
            for endpoint, answers in samples.items()
            if not wanted or endpoint in wanted
            for change in catalogue(endpoint, answers, self.plan.groups)
        ]
        only = self.plan.only
        return [one for one in every if not only or any(text in one.operator.name for text in only)]

    def run(self, changes: Sequence[Change], number: int) -> Outcome:
        """Run the client with changes, unless the journal knows what comes of it."""
        key = self._key([change.id for change in changes], number)
        known = self.journal.look_up(key)
        if known is None:
            known = self.bench.run(self.client, changes).outcome
            self.journal.add(key, known)
        self._ran()
        return known

    def _ran(self) -> None:
        self.runs += 1
        self.count.one_more(self.client.name)

    def _key(self, ids: Sequence[str], number: int) -> str:
        return key_of(self.plan.old.text, self.client, ids, number)

    def _flaky(self, why: str, family: str, asks: tuple[str, ...]) -> ClientMap:
        return ClientMap(self.client.name, family, True, why, self.runs, 0, asks)


def _samples(seen: Sequence[Seen]) -> dict[str, list[Sample]]:
    samples: dict[str, list[Sample]] = {}
    for one in seen:
        if one.answer is not None:
            samples.setdefault(one.endpoint, []).append((one.request, one.answer))
    return samples


def _family(seen: Sequence[Seen], config: Config) -> str:
    known = families(config.clients)
    found = [known.client(agent(one.request)).family for one in seen]
    return max(found, key=found.count) if found else ""


def _mapped(name: str, family: str, asks: tuple[str, ...], runs: int, changes: int, found: Found) -> ClientMap:
    breaks = [
        Break(one.endpoint, one.aspect, one.path, one.kind, one.operator.name, one.old, one.new, evidence)
        for one, evidence in found.breaks.values()
    ]
    return ClientMap(
        name,
        family,
        False,
        "",
        runs,
        changes,
        asks,
        tuple(sorted(Place(*place) for place in found.reads)),
        tuple(sorted(Place(*place) for place in found.ignores)),
        tuple(sorted(breaks, key=lambda one: (one.endpoint, one.aspect, one.path))),
    )
