"""READ FIRST of `harness power`: the stages in one function.

Recordings and a target come in; a Score goes out, the same for any number of workers. The original files are only read.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from harness.bind import read_logins
from harness.config import FILE, Config
from harness.errors import UsageError
from harness.exchange import Exchange
from harness.pipeline import Options, Phase, fixed_of, open_states, silent
from harness.power.baseline import Baseline, baseline
from harness.power.hunt import Fate, Hunt
from harness.power.journal import Journal, identity
from harness.power.mutants import Mutant, Source, at_places, drawn, mutants_of, read_sources
from harness.power.score import EndpointScore, Reach, Score, with_mutants
from harness.power.shadow import Shadow, check_mutable
from harness.reach.side import Reached, watched
from harness.reach.sources import COMPAT, own_sources
from harness.reach.watch import Watch
from harness.recording import Recording
from harness.scenarios import scenarios_of
from harness.targets import Target
from harness.workers import Setting


@dataclass(frozen=True, slots=True)
class PowerOptions:
    """What to change, and how much of it.

    `sample` mutants are drawn by `seed` (None: all). `sources` are the files and folders to change (empty: the
    target's own package), `only` the places in them (`FILE` or `FILE:LINE`; empty: all). `timeout` is in seconds, for
    one answer. `journal` keeps what is known so far.
    """

    target: Target
    config: Config
    sample: int | None = None
    seed: int = 1
    workers: int = 1
    sources: Sequence[Path] = ()
    only: Sequence[str] = ()
    state: str | None = None
    limit: int | None = None
    by_session: bool = False
    timeout: float = 15.0
    journal: Path | None = None


def power(recordings: Sequence[Recording], options: PowerOptions, phase: Phase = silent) -> Score:
    """Say how many mutants of a target a recording notices.

    Raises UsageError, RecordingError, StateError and TargetError, and leaves nothing running.
    """
    target, config = options.target, options.config
    since = time.time()
    own = own_sources(target.text, config, options.sources)
    check_mutable(target.text, target, own)
    scenarios = scenarios_of(recordings, options.limit, options.by_session)
    sources = read_sources(own.paths, own.root)
    if not sources:
        raise UsageError(f"--target {target.text}: no program among its files; name them by --source")
    with ExitStack() as stack:
        asked = options.state, options.limit, options.by_session, options.timeout
        journal = Journal(options.journal, identity(own, recordings, config, *asked) if options.journal else "")
        stack.callback(journal.close)
        states = open_states(recordings, Options(target, target, config, state=options.state), stack)
        logins = read_logins(config.logins, config.root / FILE, os.environ)
        fixed = fixed_of(recordings, config)
        setting = Setting(config, states, options.state, options.workers, logins, fixed)
        shadows = [stack.enter_context(Shadow(own, config, options.timeout)) for _ in range(options.workers)]
        watch = Watch()
        copy = shadows[0]

        def hear(exchange: Exchange | None, reached: Reached) -> None:
            watch.hear(exchange, copy.named(reached))

        telling = watched(copy.target(telling=True), copy.sources, copy.folder, hear)
        with phase("the unchanged target", sum(map(len, scenarios))) as advance:
            found = baseline(scenarios, target, telling, watch, setting, since, lambda done: advance(done, done))
        stack.callback(found.memory.close)
        if not found.judged:
            raise UsageError(f"--target {target.text}: not one exchange could be judged, so that none can notice")
        hunt = Hunt(scenarios, found, setting)
        # beside a Python application there may lie scripts, which are none of it
        other = not watch.tells or bool(options.sources) or own.entry.app.startswith(COMPAT)
        changeable = [source for source in sources if other or source.code is not None]
        pool = list(mutants_of(changeable, hunt.reached, watch.tells))
        pool = at_places(pool, options.only) if options.only else pool
        chosen, dropped = drawn(pool, options.sample, options.seed)
        with phase("mutants", len(chosen)) as advance:
            known = len(chosen) - len(left := [mutant for mutant in chosen if mutant.id not in journal.fates])
            random.Random(options.seed).shuffle(left)  # noqa: S311 (what is known of a stopped run is a sample, too)
            hunt.run(left, shadows, journal.add, lambda done: advance(known + done, known + done))
    score = _score(options, found, hunt, sources, [(mutant, journal.fates[mutant.id]) for mutant in chosen])
    return replace(score, pool=len(pool), dropped=dropped)


def _score(
    options: PowerOptions,
    found: Baseline,
    hunt: Hunt,
    sources: Sequence[Source],
    fates: Sequence[tuple[Mutant, Fate]],
) -> Score:
    called = {(source.name, line) for source in sources for line in source.called}
    by_endpoint: dict[str, set[tuple[str, int]]] = {}
    for each in found.judged:
        by_endpoint.setdefault(each.endpoint, set()).update(found.watch.of(each.id).lines & called)
    endpoints = [
        EndpointScore(name, clients, len(by_endpoint.get(name, ()))) for name, clients in found.endpoints().items()
    ]
    return Score(
        target=options.target.text,
        seed=options.seed,
        drawn=fates,
        reach=Reach(len(hunt.reached & called), len(called), found.watch.tells),
        endpoints=with_mutants(sorted(endpoints, key=lambda each: (-each.exchanges, each.name)), fates),
        exchanges=len(found.exchanges),
        judged=len(found.judged),
        noise=sum(bool(each.noise) for each in found.exchanges),
    )
