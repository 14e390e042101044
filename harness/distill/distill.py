"""READ FIRST of `harness distill`: from recordings to the fewest exchanges that reach the same lines and shapes.

    scenarios -> looked at (replayed once, without repeats) -> features -> cover -> Distilled

Which exchanges are to be kept goes out; writing them is the command's. Without a target there are no lines: then only
the recorded answers tell, and who asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

from harness.distill.cover import cover
from harness.distill.journal import Journal
from harness.distill.look import DistillOptions, Features, Looked, recorded
from harness.distill.stage import Stage
from harness.exchange import Exchange
from harness.pipeline import Phase, silent
from harness.power.journal import identity
from harness.reach.sources import own_sources
from harness.recording import Recording
from harness.scenarios import Scenario, scenarios_of

NOTHING_NEW, NEEDED, BUILT_ON = "reaches nothing that is not kept", "reaches something", "others build on it"


class Kept:
    """A recording of which only the exchanges at some positions (from 0) are left, under the ids that they had."""

    def __init__(self, scenario: Scenario, positions: frozenset[int]) -> None:
        self._scenario, self.positions = scenario, positions

    @property
    def name(self) -> str:
        """The recording's."""
        return self._scenario.recording.name

    @property
    def state(self) -> str | None:
        """The recording's."""
        return self._scenario.recording.state

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[Exchange]:
        last = max(self.positions, default=-1)
        for position, exchange in enumerate(self._scenario):
            if position in self.positions:
                yield exchange
            if position == last:
                return


@dataclass(frozen=True, slots=True)
class Distilled:
    """What to keep, scenario by scenario; why, and why the others go.

    `features` says how many lines, steps between lines and shapes there are, `missing` how many of them the kept
    exchanges did not show when they were replayed (None: no target). `told`: lines are among them. `recorded` and
    `kept` count exchanges by endpoint.
    """

    recordings: Sequence[Kept]
    reasons: Mapping[str, int]
    dropped: Mapping[str, int]
    features: Mapping[str, int]
    missing: Mapping[str, int] | None
    told: bool
    recorded: Mapping[str, int]
    kept: Mapping[str, int]


def distill(recordings: Sequence[Recording], options: DistillOptions, phase: Phase = silent) -> Distilled:
    """Choose the exchanges to keep. Raises UsageError, RecordingError, StateError and TargetError."""
    scenarios = scenarios_of(recordings, options.limit, options.by_session)
    features, total = Features(), sum(map(len, scenarios))
    if options.target is None:
        with phase("reading the recording", total) as advance:
            looked = recorded(scenarios, options.config, features, lambda done: advance(done, done))
        return _chosen(scenarios, looked, features, options)
    with ExitStack() as stack:
        journal = stack.enter_context(closing(_journal(recordings, options, features))) if options.journal else None
        stage = stack.enter_context(Stage(recordings, options.target, options, features))
        with phase("looking at the recording", total) as advance:
            looked = stage.look(scenarios, lambda done: advance(done, done), options.patience, journal)
        found = _chosen(scenarios, looked, features, options)
        kept = [Scenario(number, part) for number, part in enumerate(found.recordings)]
        with phase("what is kept, once more", sum(map(len, kept))) as advance:
            again = stage.look(kept, lambda done: advance(done, done))
        return replace(found, missing=_kinds(features, _shown(looked) - _shown(again)), told=stage.watch.tells)


def _journal(recordings: Sequence[Recording], options: DistillOptions, features: Features) -> Journal:
    assert options.target is not None
    assert options.journal is not None
    own = own_sources(options.target.text, options.config, options.sources)
    run = identity(own, recordings, options.config, options.state, options.by_session)
    return Journal(options.journal, run, features)


def _chosen(scenarios: Sequence[Scenario], looked: Looked, features: Features, options: DistillOptions) -> Distilled:
    """Return what is kept of what was looked at, before that was asked once more."""
    places = cover(looked.candidates, options.times)
    left = [_left(scenario, places) for scenario in scenarios]
    dropped = Counter(looked.dropped)
    dropped[NOTHING_NEW] = sum(map(len, looked.candidates.values())) - len(places)
    return Distilled(
        [part for part in left if part.positions],
        Counter(NEEDED if needed else BUILT_ON for needed in places.values()),
        +dropped,
        _kinds(features, _shown(looked)),
        None,
        False,
        looked.recorded,
        Counter(looked.endpoints[place] for place in places),
    )


def _left(scenario: Scenario, places: Mapping[tuple[int, int], bool]) -> Kept:
    return Kept(scenario, frozenset(position for number, position in places if number == scenario.number))


def _shown(looked: Looked) -> set[int]:
    return {feature for found in looked.candidates.values() for _, candidate in found for feature in candidate.features}


def _kinds(features: Features, numbers: set[int]) -> Counter[str]:
    return Counter(_kind(name) for name, number in features.numbers.items() if number in numbers)


def _kind(feature: object) -> str:
    return "shapes" if isinstance(feature, str) else ("lines", "steps")[len(feature) - 2]  # type: ignore[arg-type]
