"""Whether new's tokens can be foretold where old's cannot: they follow one another, or begin alike.

The pairs of one slot, old against new, come in; a reason to refuse the rule goes out, or none. Both sides' values are
of the same exchanges, told the same time; so what follows from clock or user shows on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from harness.noise.pair import Pair
from harness.noise.statistic import more_often

TYPES = ("token", "uuid")
"""Types of values that look random."""
FEW = 4
"""Values of which nothing can be said."""
UNRELATED = 0.3
"""Share of equal characters up to which old's tokens have nothing to do with each other."""
MARKED = 0.1
"""By how much more alike than old's tokens new's must be."""
CHARACTERS = 64
"""Characters that may be the constant one: that many times chance could have found one."""


def predictable(pairs: Sequence[Pair], chance: float) -> str:
    """Tell of tokens of new that follow from each other where old's do not; `chance` bounds false alarms."""
    old, new = _drawn(pairs, "old"), _drawn(pairs, "new")
    if len(old) < FEW or len(new) < FEW:
        return ""
    columns = list(range(min(map(len, (*old, *new)))))
    varying = [column for column in columns if len({text[column] for text in old}) > 1]
    either = [column for column in columns if len({text[column] for text in (*old, *new)}) > 1]
    return _begin_alike(old, new, varying, chance) or _follow(old, new, either, chance)


def _drawn(pairs: Sequence[Pair], side: str) -> list[str]:
    """Return the different values of a side in the order in which they were first seen."""
    return list(dict.fromkeys(getattr(pair, side) for pair in pairs))


def _begin_alike(old: Sequence[str], new: Sequence[str], columns: Sequence[int], chance: float) -> str:
    constant = [
        column
        for column in columns
        if len({text[column] for text in new}) == 1
        and more_often(len(new), len(new), sum(text[column] == new[0][column] for text in old), len(old))
        * len(columns) * CHARACTERS < chance
    ]  # fmt: skip
    if not constant:
        return ""
    same = "".join(new[0][column] if column in constant else "." for column in range(max(constant) + 1))
    return f"{len(constant)} characters of new's value never vary ({same}), old's do"


def _follow(old: Sequence[str], new: Sequence[str], columns: Sequence[int], chance: float) -> str:
    old_same, new_same = _same(old, columns), _same(new, columns)
    of_old, of_new = len(columns) * (len(old) - 1), len(columns) * (len(new) - 1)
    if not columns or old_same > UNRELATED * of_old or new_same / of_new < old_same / of_old + MARKED:
        return ""
    if more_often(new_same, of_new, old_same, of_old) >= chance:
        return ""
    return (
        f"new's values follow one another: from one to the next {new_same / of_new:.0%} of the characters stay, "
        f"of old's {old_same / of_old:.0%}"
    )


def _same(texts: Sequence[str], columns: Sequence[int]) -> int:
    """Return how many characters stay from value to value."""
    return sum(one[column] == other[column] for one, other in pairwise(texts) for column in columns)
