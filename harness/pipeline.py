"""READ FIRST: the stages of `harness diff` in one function.

    recordings -> scenarios -> replay at both targets -> judge -> evidence -> noise -> accepted -> group -> Result

This module alone knows the order. Recordings, targets and options come in; a Result, which reports are written from,
goes out; it is the same for any number of workers, and for shards gathered on several machines and merged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice

from harness.accepted import Accepted
from harness.again import again
from harness.bind import Fixed, bound, read_fixed, read_logins, read_secrets
from harness.conclusion import Gathered, Judgement, conclude, is_stale
from harness.config import FILE, Config
from harness.errors import UsageError
from harness.evidence import Evidence, Finding, other_data
from harness.exchange import Exchange, Request, Response
from harness.group import Groups
from harness.group.observation import Example
from harness.mixed import scenarios_under_seeds, under_seeds
from harness.partial import Partial
from harness.recording import Recording
from harness.redact import Tokens
from harness.redact.options import given_key
from harness.report.model import Result
from harness.scenarios import WHOLE, Scenario, Shard, scenarios_of
from harness.state import State, StateSpec, open_state, read_spec
from harness.targets import Target
from harness.targets.mixed import mixed
from harness.workers import Noted, Pair, Setting, run, state_of, unnoted

ANSWER = 1 << 20
"""Bytes up to which the recorded body of an example is kept for reports."""

Phase = Callable[[str, int], AbstractContextManager[Callable[[int, int], None]]]
"""Shows how far a phase (its name, its number of exchanges) has come: `harness.progress.progress`."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to compare and how.

    `limit` bounds the exchanges replayed; `state` overrides what the recordings name. `noise_runs` is how often old is
    run against itself where differences were found; None: twice, on as much as is needed. `meaning` puts differences
    of mere spelling aside. `by_session`: each client session is a scenario. `shard`: only that part of the scenarios.
    `mixed` are seeds: under each of them old is compared with old and new that take turns on one state. `noted` hears
    the verdict on each exchange.
    """

    old: Target
    new: Target
    config: Config
    accepted: Sequence[Accepted] = ()
    state: str | None = None
    limit: int | None = None
    workers: int = 1
    noise_runs: int | None = None
    meaning: bool = False
    by_session: bool = False
    shard: Shard = WHOLE
    mixed: Sequence[int] = ()
    noted: Noted = unnoted


def silent(label: str, total: int) -> AbstractContextManager[Callable[[int, int], None]]:
    """Show nothing."""
    return nullcontext(lambda position, items: None)


def diff(recordings: Sequence[Recording], options: Options, phase: Phase = silent) -> Result:
    """Replay recordings at two targets and say how they differ.

    Raises UsageError, RecordingError, StateError and TargetError: then nothing was judged, and nothing is left running.
    """
    options = _mixing(options)
    judgement = Judgement(options.old.text, options.new.text, options.config, options.accepted, options.meaning)
    result = conclude(gather(recordings, options, phase), judgement)
    groups = (*result.groups, *result.accepted, *result.stale)
    examples = (shown for group in groups for shown in group.examples)
    requests, answers = exchanges_of(under_seeds(recordings, options.mixed), examples)
    return replace(result, requests=requests, answers=answers)


def part(recordings: Sequence[Recording], options: Options, phase: Phase = silent) -> Partial:
    """Replay only `options.shard` of a run, and return what it showed, ungrouped; raises what `diff` raises."""
    options = _mixing(options)
    gathered = gather(recordings, options, phase)
    groups = Groups()
    for finding in (finding for spool in (gathered.evidence.found, gathered.evidence.stale) for finding in spool):
        groups.add(finding.observations)
    requests, answers = exchanges_of(under_seeds(recordings, options.mixed), groups.examples())
    gathered = replace(gathered, requests=requests, answers=answers)
    return Partial(options.old.text, options.new.text, options.shard, gathered)


def gather(recordings: Sequence[Recording], options: Options, phase: Phase = silent) -> Gathered:
    """Replay, judge, and where the sides differ run old against itself; raises what `diff` raises."""
    scenarios = scenarios_of(recordings, options.limit, options.by_session, options.shard)
    if options.mixed:
        scenarios = scenarios_under_seeds(scenarios, options.mixed)
    path = options.config.root / FILE
    logins = read_logins(options.config.logins, path, os.environ)
    fixed = fixed_of(recordings, options.config)
    with ExitStack() as stack:
        states = open_states(recordings, options, stack)
        setting = Setting(options.config, states, options.state, options.workers, logins, fixed)

        def replayed(label: str, parts: Sequence[Scenario], pair: Pair, noted: Noted = unnoted) -> Evidence:
            with phase(label, sum(map(len, parts))) as advance:
                return run(parts, pair, replace(setting, noted=noted), lambda done: advance(done, done))

        evidence = replayed("replaying", scenarios, Pair(options.old, options.new), options.noted)
        noisy = options.old if options.old.replayed else options.new
        runs = options.config.noise_runs if options.noise_runs is None else options.noise_runs
        whole = options.noise_runs is not None or options.shard != WHOLE
        puzzling = _puzzling(evidence, options.config, options.shard != WHOLE)
        repeated = again(scenarios, puzzling, whole) if noisy.replayed else []
        noise = [
            replayed(f"old against itself, {number} of {runs}", repeated, Pair(noisy, noisy, number))
            for number in range(1, runs + 1)
            if repeated
        ]
        varies = noise and (whole or any(len(run.found) for run in noise))
        once_more = replayed("both once more", repeated, Pair(options.old, options.new)) if varies else None
        alike = replayed("old against itself, all alike", repeated, Pair(noisy, noisy)) if varies else None
        # a server that runs on keeps what an application draws anew when it starts
        comparable = options.old.replayed and (options.new.stateful or not options.old.stateful)
        itself = [
            replayed(f"new against itself, {number} of {runs}", repeated, Pair(options.new, options.new, number))
            for number in range(1, runs + 1)
            if varies and comparable and options.new.replayed
        ]
    return Gathered(evidence, tuple(noise), once_more, alike, itself=tuple(itself))


def _mixing(options: Options) -> Options:
    """Put both targets in the place of new, where they take turns. Raises UsageError where they cannot."""
    return replace(options, new=mixed(options.old, options.new)) if options.mixed else options


def fixed_of(recordings: Sequence[Recording], config: Config) -> Fixed:
    """Return what `[bind]` puts in the place of recorded tokens. Raises UsageError."""
    path = config.root / FILE
    secrets = read_secrets(config.bind, path, os.environ)
    key = given_key(None) if secrets.values else None
    token = Tokens(key).of if key is not None else None
    named = bound(secrets, token, (exchange for recording in recordings for exchange in recording))
    return (*read_fixed(config.bind, path, os.environ), *named)


class _Puzzling:
    """What noise may explain, in order, as often as it is read: what differs, also old from the recording (`stale`)."""

    def __init__(self, evidence: Evidence, stale: bool) -> None:
        self._evidence = evidence
        self._stale = stale

    def __iter__(self) -> Iterator[Finding]:
        stale = other_data(self._evidence.stale) if self._stale else ()
        return merge(self._evidence.found, stale, key=lambda finding: (finding.scenario, finding.position))


def _puzzling(evidence: Evidence, config: Config, part: bool) -> Iterable[Finding]:
    """Return what noise may explain: also where old differs from the recording, where it does so too often.

    Of a `part` of a run in any case: how often all parts do is not known here.
    """
    return _Puzzling(evidence, evidence.counts["from snapshot"] > 0 and (part or is_stale(evidence.counts, config)))


def open_states(recordings: Sequence[Recording], options: Options, stack: ExitStack) -> Mapping[str, State]:
    """Make the snapshot of each starting state that the recordings name, if a target can be given one."""
    names = sorted(filter(None, {state_of(recording, options.state, options.config) for recording in recordings}))
    if not (options.old.stateful or options.new.stateful):
        names = [name for name in names if "hook" in options.config.states.get(name, {})]  # these restore servers, too
    return {name: stack.enter_context(open_state(_spec(name, options.config))) for name in names}


def _spec(name: str, config: Config) -> StateSpec:
    if name not in config.states:
        known = ", ".join(sorted(config.states)) or "none"
        raise UsageError(f"the starting state {name!r} is not in harness.toml; [state.NAME] there: {known}")
    return read_spec(name, config.states[name], config.root)


def exchanges_of(
    recordings: Sequence[Recording], examples: Iterable[Example]
) -> tuple[dict[str, Request], dict[str, Response]]:
    """Fetch the requests of examples, and the recorded answers, for reports that show them as commands and tests."""
    wanted: dict[str, set[int]] = {}
    for example in examples:
        wanted.setdefault(example.name, set()).add(example.number)
    requests: dict[str, Request] = {}
    answers: dict[str, Response] = {}
    for recording in recordings:
        for exchange in _numbered(recording, wanted.get(recording.name, set())):
            requests[exchange.id] = exchange.request
            if exchange.response is not None and len(exchange.response.body or b"") <= ANSWER:
                answers[exchange.id] = exchange.response
    return requests, answers


def _numbered(recording: Recording, numbers: Collection[int]) -> Iterator[Exchange]:
    """Yield the exchanges of these numbers, from 1; none after the last of them is read."""
    for number, exchange in enumerate(islice(recording, max(numbers, default=0)), 1):
        if number in numbers:
            yield exchange
