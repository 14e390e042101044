"""Exact tests on counts: how likely is it that what was seen more often of new than of old is chance.

Counts come in, probabilities go out. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import exp, lgamma, log


def binomial_tail(hits: int, trials: int, chance: float) -> float:
    """Return the probability of at least `hits` in `trials` with this chance each (above 0, below 1)."""
    return 1.0 if hits <= 0 else min(1.0, sum(binomial(trials, chance)[hits:]))


def binomial(trials: int, chance: float) -> list[float]:
    """Return the probabilities of 0, 1, ... `trials` hits with this chance each (above 0, below 1)."""
    return [exp(_log_comb(trials, n) + n * log(chance) + (trials - n) * log(1 - chance)) for n in range(trials + 1)]


def more_often(hits: int, trials: int, other_hits: int, other_trials: int) -> float:
    """Return the probability of so many hits, of all there were, on the first side if both are alike (Fisher).

    One-sided: small where the first side has more than its share.
    """
    total, drawn = trials + other_trials, hits + other_hits
    most = min(drawn, trials)
    if hits > most or not trials or not other_trials:
        return 1.0
    return min(1.0, sum(exp(_log_chance(n, trials, drawn, total)) for n in range(hits, most + 1)))


def _log_chance(hits: int, trials: int, drawn: int, total: int) -> float:
    if drawn - hits > total - trials:
        return float("-inf")
    return _log_comb(trials, hits) + _log_comb(total - trials, drawn - hits) - _log_comb(total, drawn)


def _log_comb(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def paired(pairs: Mapping[tuple[bool, int], int], runs: int) -> float:
    """Return the probability that new differs in so many exchanges if it is one more run of old.

    `pairs` counts exchanges by whether new differed and in how many of `runs` runs old differed from itself. Within an
    exchange each of the `runs + 1` comparisons may as well have been the one with new (a permutation test; with one run
    it is McNemar's). The smaller of two: over all exchanges, and over those that differed but once.
    """
    by_total: Counter[int] = Counter()
    hits: Counter[int] = Counter()
    for (differs, times), count in pairs.items():
        by_total[times + differs] += count
        hits[times + differs] += count * differs
    once = binomial_tail(hits[1], by_total[1], 1 / (runs + 1))
    free = {total: count for total, count in by_total.items() if 0 < total <= runs}
    if len(free) < 2:
        return once
    chances = [1.0]
    for total, count in free.items():
        chances = _convolved(chances, binomial(count, total / (runs + 1)))
    seen = sum(hits[total] for total in free)
    return min(1.0, 2 * min(once, sum(chances[seen:])))


def _convolved(left: list[float], right: list[float]) -> list[float]:
    made = [0.0] * (len(left) + len(right) - 1)
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            made[i + j] += one * other
    return made


def sign_test(one: int, other: int) -> float:
    """Return the probability of so uneven a split, in either direction, if each is as likely as the other."""
    return min(1.0, 2 * binomial_tail(max(one, other), one + other, 0.5)) if one + other else 1.0


def all_different_but_these(different: int, pairs: int) -> float:
    """Return at most how likely it is that so many draws all differ and so many other pairs of draws are equal.

    However the values are drawn: evenly from so many, or one far more often than the rest, which is then none of those
    that differ. The likeliest of both is taken.
    """
    one_often = max(((1 - share) ** different * share ** (2 * pairs)) for share in (n / 100 for n in range(1, 100)))
    evenly = max(exp(_log_distinct(different, of) - pairs * log(of)) for of in range(different, EVENLY))
    return max(one_often, evenly)


EVENLY = 500
"""Values beyond which it is ever less likely that two draws are equal, while all differ nearly always."""


def _log_distinct(draws: int, of: int) -> float:
    return sum(log(1 - drawn / of) for drawn in range(draws))
