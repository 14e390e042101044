"""Whether new's values at a noisy place, taken together, still behave as old's do: as often, as varied, as steadily on.

What both sides showed at one place comes in; a reason to refuse the rule goes out, or none. Each test is exact, and
asks how likely it is that old itself would show this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass

from harness.noise.gather import Reach, Seen, Sketch, firsts, paired_counts
from harness.noise.learned import Learned
from harness.noise.oneself import TYPES as DRAWN
from harness.noise.oneself import Runs, events, now_and_then, seldom, stays, steady
from harness.noise.pair import Pair, by_slot, pairs_of
from harness.noise.predictable import TYPES as RANDOM
from harness.noise.predictable import predictable
from harness.noise.shape import Times
from harness.noise.slot import slots
from harness.noise.statistic import binomial_tail, more_often, paired, sign_test

ALARM = 1e-4
"""Chance of one false alarm in a whole run, for all places together."""
TESTS = 8
"""Tests of one place beyond the first, among which its chance is divided."""
RARELY = 0.01
"""Chance at which what old never showed is too often in new to be rare noise."""
BITS = 40
"""Values that tell so much are never the same by chance."""
FEW = 4
"""Values of old, none the same, that show that it draws them anew each time."""
STEPS = 8
"""Steps from value to value that show whether they count up."""


@dataclass(frozen=True, slots=True)
class Place:
    """All that was seen of one place: what new showed that fits, what old's runs showed, in how many exchanges."""

    learned: Learned
    found: Sketch[Seen]
    noise: Sequence[Sketch[Seen]]
    asked: int
    asked_again: Sequence[int]
    reach: Reach
    runs: Runs


def refusal(place: Place, places: int) -> str:
    """Return why new's values at one of so many places are not old's noise; empty where they may be."""
    chance = RARELY if place.learned.rare else ALARM / places
    if too_often(place) < chance:
        rate = f"{place.found.count} of {place.asked} exchanges, old from itself in {_rates(place)}"
        return f"new differs from old more often than old differs from itself: in {rate}"
    if place.learned.rare:
        return now_and_then(place.runs, chance)
    if place.learned.by_kind:
        return ""
    each = chance / TESTS
    if place.learned.draws(DRAWN) and (reason := seldom(place.runs, each)):
        return reason
    if all(_is_drawn(place, before) for before in place.learned.shapes) and (reason := beside(place, each)):
        return reason
    found, noise = by_slot(pairs_of([place.found])), by_slot(pairs_of(place.noise))
    reasons = (
        repeats(place, pairs, noise.get(before, []), chance)
        or stands_still(pairs, noise.get(before, []), chance)
        or a_step_apart(place, before, pairs)
        or (stays(place.runs, before, chance) if _is_drawn(place, before) else "")
        or (predictable(pairs, each) if place.learned.type_at(before) in RANDOM else "")
        for before, pairs in sorted(found.items())
    )
    return next(filter(None, reasons), "")


def _is_drawn(place: Place, before: str) -> bool:
    """Whether a slot is drawn, or is a whole number, that of a process say."""
    return place.learned.type_at(before) in (*DRAWN, "number") and not place.learned.has_decimals(before)


def _rates(place: Place) -> str:
    return ", ".join(f"{sketch.count} of {asked}" for sketch, asked in zip(place.noise, place.asked_again, strict=True))


def too_often(place: Place) -> float:
    """Return the probability that old, once more, would differ from itself as often as new does from old."""
    counts = [sketch.count for sketch in place.noise]
    rates = list(zip(counts, place.asked_again, strict=True))
    most = max(rates, key=lambda rate: rate[0] / max(1, rate[1]))
    least = min(rates, key=lambda rate: rate[0] / max(1, rate[1]))
    if more_often(*most, *least) < 1e-3:  # runs differ as a whole: new is one more of them, no worse than the worst
        return more_often(place.found.count, place.asked, *most)
    by_count = more_often(place.found.count, place.asked, sum(counts), sum(place.asked_again))
    by_exchange = paired(paired_counts(place.found, place.noise, place.reach), len(counts))
    return min(1.0, 2 * min(by_count, by_exchange))


def untold(place: Place, places: int) -> str:
    """Say what could not be compared of a place that is taken for noise; empty where all could."""
    runs = place.runs
    if place.learned.by_kind or place.learned.rare:
        return ""
    if not runs.news:
        return "whether new varies as often as old was not compared: new was not run against itself"
    for before in place.learned.shapes:
        value, different = steady(runs, before)
        if different and _is_drawn(place, before):
            return f"whether new's value is always {value!r} could not be told: old showed {different} values"
    seen = sum(events(runs, alone=True))
    if place.learned.draws(DRAWN) and sign_test(seen, 0) >= ALARM / places / TESTS:
        exchanges = "1 exchange" if seen == 1 else f"{seen} exchanges"
        return f"whether new varies as often as old could not be told: old drew another value in only {exchanges}"
    return ""


def beside(place: Place, chance: float) -> str:
    """Tell of answers in which new differs from old in more values than old, or new, from itself: not all were drawn.

    Of one path, positions do not tell values apart. Only answers count in which every run shows some: within one, each
    run may as well have been the one with the most.
    """
    runs = [place.found, *place.noise, *(sketch for sketch in place.runs.news if sketch.count)]
    limit = min(sketch.limit for sketch in runs)
    kept = [{digest: seen for digest, seen in sketch.things().items() if digest <= limit} for sketch in runs]
    counts = [{digest: _count(things[digest]) for digest in firsts(things)} for things in kept]
    each = [[count[digest] for count in counts] for digest in set(counts[0]).intersection(*counts)]
    most = [numbers[0] == max(numbers) for numbers in each if numbers.count(max(numbers)) == 1]
    if binomial_tail(sum(most), len(most), 1 / len(runs)) >= chance:
        return ""
    return f"new differs from old in more values of an answer than either from itself: in {sum(most)} exchanges"


def _count(seen: Seen) -> int:
    return sum(len(slots(*pair)) for pair in seen.values)


def repeats(place: Place, found: Sequence[Pair], noise: Sequence[Pair], chance: float) -> str:
    """Tell of values of new that come again where old's do not (a constant, a value used twice), or the reverse."""
    usual = common([*found, *noise])
    if _drawn_anew(place):  # then what two runs have in common was not drawn
        usual |= _values(found) & _values(noise)
    new = reused(found, "new", usual)
    old = _sum(reused(noise, "old", usual), reused(noise, "new", usual), reused(found, "old", usual))
    again, once, seen = merges(found)
    twice = again and new[0] and not old[0] and old[1] >= FEW and _drawn_anew(place)
    if more_often(*new, *old) < chance or twice:
        return f"new's value is one it had before in {new[0]} of {new[1]} exchanges, old's in {old[0]} of {old[1]}"
    if more_often(*old, *new) < chance:
        return f"old's value is one it had before in {old[0]} of {old[1]} exchanges, new's in {new[0]} of {new[1]}"
    old_again, old_once, old_seen = merges(noise)
    if more_often(max(again, once), seen, max(old_again, old_once), old_seen) < chance:
        return "new's values are the same in other exchanges than old's are, and old's own runs agree on those"
    return ""


def _sum(*counts: tuple[int, int]) -> tuple[int, int]:
    return sum(hits for hits, _ in counts), sum(of for _, of in counts)


def common(pairs: Sequence[Pair]) -> set[tuple[str, str]]:
    """Return the values that stand there when nothing varies: those that both sides have."""
    return {(pair.before, pair.old) for pair in pairs} & {(pair.before, pair.new) for pair in pairs}


def _values(pairs: Sequence[Pair]) -> set[tuple[str, str]]:
    return {(pair.before, value) for pair in pairs for value in (pair.old, pair.new)}


def reused(pairs: Sequence[Pair], side: str, usual: Container[tuple[str, str]]) -> tuple[int, int]:
    """Return in how many exchanges a value of one side was one it had before, of how many; usual ones do not count."""
    values: Counter[tuple[int, str, str]] = Counter()
    for pair in pairs:
        value = pair.old if side == "old" else pair.new
        if (pair.before, value) not in usual:
            values[pair.order[0], pair.before, value] += 1
    return values.total() - len(values), values.total()


def merges(pairs: Sequence[Pair]) -> tuple[int, int, int]:
    """Return how many pairs have another old value but a new one seen before, the reverse, and how many pairs."""
    distinct = {(pair.order[0], pair.before, pair.old, pair.new) for pair in pairs}
    olds = {row[:3] for row in distinct}
    news = {(*row[:2], row[3]) for row in distinct}
    return len(distinct) - len(news), len(distinct) - len(olds), len(distinct)


def _drawn_anew(place: Place) -> bool:
    """Whether two equal values prove something by themselves: long random values are never the same by chance."""
    return all(shape.bits >= BITS for shape in place.learned.shapes.values())


def stands_still(found: Sequence[Pair], noise: Sequence[Pair], chance: float) -> str:
    """Tell of a counter of old that does not count in new."""
    up, steps = _upward(noise, "old")
    more, others = _upward(noise, "new")
    if steps + others < STEPS or up + more < 0.95 * (steps + others):
        return ""
    new_up, new_steps = _upward(found, "new")
    if more_often(new_steps - new_up, new_steps, steps + others - up - more, steps + others) < chance:
        return f"old counts up from exchange to exchange, new does not in {new_steps - new_up} of {new_steps}"
    return ""


def _upward(pairs: Sequence[Pair], side: str) -> tuple[int, int]:
    """Return how many steps of whole numbers, from one exchange of a scenario to the next, go up, of how many."""
    last: dict[tuple[str, int, int], tuple[int, int]] = {}
    counts: Counter[bool] = Counter()
    for pair in pairs:
        value = getattr(pair, side)
        if not value.isdecimal():
            continue
        at = pair.before, *pair.order[:2]
        if at in last and last[at][0] != pair.order[2]:
            counts[int(value) > last[at][1]] += 1
        last[at] = pair.order[2], int(value)
    return counts[True], counts.total()


def a_step_apart(place: Place, before: str, found: Sequence[Pair]) -> str:
    """Tell of days (hours, minutes) that differ more often than one ends between two sides that are told one time."""
    shape = place.learned.shape_at(before)
    if not isinstance(shape, Times) or shape.turning >= 1:
        return ""
    differing = len({pair.order for pair in found})
    if binomial_tail(differing, max(differing, place.asked), shape.turning) >= RARELY:
        return ""
    return f"old and new are apart by the smallest step of such times in {differing} of {place.asked} exchanges"
