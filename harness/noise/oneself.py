"""Whether new differs from itself as old does: as often, and from one process to the next.

What the runs of old against itself and those of new against itself showed at one place come in; a reason to refuse the
rule goes out, or none. Exact: in each exchange new's runs may as well have been old's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.noise.gather import Place, Reach, Seen, Sketch, firsts
from harness.noise.pair import by_slot, pairs_of
from harness.noise.statistic import all_different_but_these, sign_test

TYPES = ("token", "uuid", "choice")
"""Types whose values are drawn; how often numbers and times differ depends on how fast a side is."""
LIKE_OLD = 1e-3
"""Chance below which old's runs differ as a whole: then nothing follows from how often new differs."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What all runs showed at one place: old and new, both once more, each against itself, old in equal surroundings.

    Of `olds` and `news` there are as many; `reach` is what they covered. Empty where new was not run against itself.
    """

    found: Sketch[Seen]
    again: Sketch[Seen]
    alike: Sketch[Seen]
    olds: Sequence[Sketch[Seen]] = ()
    news: Sequence[Sketch[Seen]] = ()
    reach: Reach = Reach({})  # noqa: RUF009 - frozen


def anyhow(sketches: Mapping[Place, Sketch[Seen]], place: Place) -> Sketch[Seen]:
    """Return what a run showed at a place, whatever kind of difference it was."""
    merged: dict[int, Seen] = {}
    count = 0
    for other, sketch in sketches.items():
        if other[:3] == place[:3]:
            count = max(count, sketch.count)
            for digest, seen in sketch.things().items():
                values = merged[digest].values if digest in merged else ()
                merged[digest] = seen._replace(values=values + seen.values)
    made: Sketch[Seen] = Sketch()
    for digest, seen in merged.items():
        made.add(digest, seen)
    made.limit = min((sketch.limit for other, sketch in sketches.items() if other[:3] == place[:3]), default=made.limit)
    made.count = count
    return made


def seldom(runs: Runs, chance: float) -> str:
    """Tell of values that new draws in other exchanges, or in more or fewer, than old does."""
    old, new = events(runs)
    if sign_test(old, new) >= chance or _differ(runs.olds, runs.reach) < LIKE_OLD:
        return ""
    more = "less" if new < old else "more"
    return f"new differs from itself {more} often than old does: in {new} exchanges where old does not, old in {old}"


def now_and_then(runs: Runs, chance: float) -> str:
    """Tell of what new shows in its own runs, each time elsewhere, and old in none, or hardly."""
    old, new = (sum(len(firsts(sketch.things())) for sketch in sketches) for sketches in (runs.olds, runs.news))
    if new <= old or sign_test(old, new) >= chance:
        return ""
    return f"new differs from itself in {new} exchanges, old in {old}"


def events(runs: Runs, alone: bool = False) -> tuple[int, int]:
    """Return in how many exchanges old differs from itself in more runs than new, and the reverse.

    With `alone`, as if new never did: that is the most that could be seen.
    """
    return _discordant(runs.olds, [Sketch() for _ in runs.news] if alone else runs.news, runs.reach)


def _differ(olds: Sequence[Sketch[Seen]], reach: Reach) -> float:
    return min((sign_test(*_discordant([one], [other], reach)) for one, other in pairwise(olds)), default=1.0)


def _discordant(left: Sequence[Sketch[Seen]], right: Sequence[Sketch[Seen]], reach: Reach) -> tuple[int, int]:
    limit = min((sketch.limit for sketch in (*left, *right)), default=0)
    things = [{d: seen for d, seen in sketch.things().items() if d <= limit} for sketch in (*left, *right)]
    ends = reach.ends(seen for one in things for seen in one.values())
    firsts = [_firsts(one) for one in things]
    more = [0, 0]
    for digest in set().union(*firsts):
        seen = next(one[digest] for one in things if digest in one)
        times = [sum(digest in one for one in part) for part in (firsts[: len(left)], firsts[len(left) :])]
        if times[0] != times[1] and reach.counts(seen, ends):
            more[times[1] > times[0]] += 1
    return more[0], more[1]


def _firsts(seen: Mapping[int, Seen]) -> set[int]:
    """Return the exchanges that are the first to show their values: what a process draws once is one event."""
    ordered = sorted((one.scenario, one.position, digest) for digest, one in seen.items())
    values = {seen[digest].values: digest for _, _, digest in reversed(ordered)}
    return set(values.values())


def stays(runs: Runs, before: str, chance: float) -> str:
    """Tell of a value that each process of old draws anew, and new's do not."""
    value, different = steady(runs, before)
    if not different or all_different_but_these(different, len(runs.news) + 1) >= chance:
        return ""
    return f"old's value is another one in each of {different} runs, new's is {value!r} in all"


def steady(runs: Runs, before: str) -> tuple[str, int]:
    """Return the one value that new has in all runs, and how many old has, another in each; 0 where that is not so."""
    new = [_values([sketch], before, "new") for sketch in (runs.found, runs.again)]
    if not runs.news or any(sketch.count for sketch in runs.news) or not _covered(runs):
        return "", 0
    different = _processes(runs, before)
    together = frozenset[str]().union(*different)
    if len(new[0]) != 1 or new[0] != new[1] or new[0] & together or sum(map(len, different)) > len(together):
        return "", 0
    return next(iter(new[0])), len(different)


def _covered(runs: Runs) -> bool:
    """Whether old differs from itself in all exchanges in which new differed from old when both were asked again."""
    asked = set(runs.again.things())
    return bool(asked) and all(asked <= set(sketch.things()) for sketch in runs.olds)


def _processes(runs: Runs, before: str) -> list[frozenset[str]]:
    """Return the values of each process of old; of those in equal surroundings that show the same, one."""
    sides = [_values([sketch], before, "old") for sketch in (runs.found, runs.again, runs.alike, *runs.olds)]
    sides.append(_values([runs.alike], before, "new"))
    return [*{side for side in sides if side}, *(_values([sketch], before, "new") for sketch in runs.olds)]


def _values(sketches: Iterable[Sketch[Seen]], before: str, side: str) -> frozenset[str]:
    return frozenset(getattr(pair, side) for pair in by_slot(pairs_of(sketches)).get(before, ()))
