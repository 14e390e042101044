"""Pairs the items of two lists: by identity first, then by equality, then by likeness; never by position.

Items come in with labels (what identifies them, most telling first); pairs, leftovers and what moved go out. Anchors
are labels unique on both sides, kept in order by the longest increasing run (patience diff), so that lists of a hundred
thousand items take a moment. What an item is, and what a pair's difference means, is the caller's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Match = tuple[int, int]

MATRIX = 2_500
"""Largest old x new for which every pairing is weighed by likeness."""
SQUARE = 250_000
"""Largest old x new given to difflib, whose worst case is more than quadratic."""
ALIKE = 0.3
"""Share of words that two items need in common to be called the same item, changed."""


@dataclass(frozen=True, slots=True, eq=False)
class Item(Generic[T]):
    """One item of a list: its value, its sort (only the same sort is paired), its labels, and its words for likeness.

    `labels` are tried in turn; None means that the item has no such label. `digest` is equal only for equal items.
    `strict` items are never paired by likeness: their identity (first label) is known to be trustworthy.
    """

    value: T
    sort: str
    digest: Hashable
    labels: tuple[Hashable | None, ...]
    words: Callable[[], frozenset[str]]
    strict: bool = False


@dataclass(slots=True)
class Alignment(Generic[T]):
    """What `align` found: pairs that may still differ inside, items of one side only, and whether order changed.

    `gaps` are the items of one side only that stand in the place of such items of the other.
    """

    pairs: list[tuple[T, T]] = field(default_factory=list)
    missing: list[T] = field(default_factory=list)
    added: list[T] = field(default_factory=list)
    moved: list[T] = field(default_factory=list)
    gaps: list[tuple[list[T], list[T]]] = field(default_factory=list)


def align(old: Sequence[Item[T]], new: Sequence[Item[T]]) -> Alignment[T]:
    """Pair the items of two lists."""
    levels = max((len(item.labels) for item in (*old[:1], *new[:1])), default=0)
    matches = list(_ends(old, new))
    for level in range(levels):
        matches = _refine(
            [item.labels[level] for item in old], [item.labels[level] for item in new], matches, len(old), len(new)
        )
    moved = _moved_uniquely(old, new, matches)
    paired = [*matches, *moved]
    left, right = {i for i, _ in paired}, {j for _, j in paired}
    in_order = list(matches)
    for rows, columns in _gaps(matches, len(old), len(new)):
        found = _likely(old, new, [i for i in rows if i not in left], [j for j in columns if j not in right])
        paired += found
        in_order += found
        left.update(i for i, _ in found)
        right.update(j for _, j in found)
    strays = _moved_equals(old, new, [i for i in range(len(old)) if i not in left], right)
    left.update(i for i, _ in strays)
    right.update(j for _, j in strays)
    return Alignment(
        pairs=[(old[i].value, new[j].value) for i, j in sorted(paired)],
        missing=[item.value for i, item in enumerate(old) if i not in left],
        added=[item.value for j, item in enumerate(new) if j not in right],
        moved=[old[i].value for i, _ in sorted([*moved, *strays])],
        gaps=list(_left_in_gaps(old, new, _gaps(sorted(in_order), len(old), len(new)), left, right)),
    )


def _left_in_gaps(
    old: Sequence[Item[T]], new: Sequence[Item[T]], gaps: Iterator[tuple[range, range]], left: set[int], right: set[int]
) -> Iterator[tuple[list[T], list[T]]]:
    """Yield what is left of both sides between two pairs, where both have something."""
    for rows, columns in gaps:
        missing = [old[i].value for i in rows if i not in left]
        added = [new[j].value for j in columns if j not in right]
        if missing and added:
            yield missing, added


def matches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Match]:
    """Return index pairs of equal elements in increasing order: longest common subsequence, nearly."""
    found = _refine(old, new, _equal_ends(old, new), len(old), len(new))
    result = list(found)
    for rows, columns in _gaps(found, len(old), len(new)):
        if 0 < len(rows) * len(columns) <= SQUARE:
            result += _common(old, new, rows, columns)
    return sorted(result)


def _ends(old: Sequence[Item[T]], new: Sequence[Item[T]]) -> list[Match]:
    return _equal_ends([item.digest for item in old], [item.digest for item in new])


def _equal_ends(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Match]:
    """Return the pairs of the common beginning and the common end."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    tail = next((i for i in range(shorter - head) if old[-1 - i] != new[-1 - i]), shorter - head)
    return [(i, i) for i in range(head)] + [(len(old) - k, len(new) - k) for k in range(tail, 0, -1)]


def _refine(
    old: Sequence[Hashable | None], new: Sequence[Hashable | None], known: list[Match], rows: int, columns: int
) -> list[Match]:
    """Add, between the known matches, those of labels that are unique there on both sides."""
    result = list(known)
    for left, right in _gaps(known, rows, columns):
        result += _anchors(old, new, left, right)
    return sorted(result)


def _gaps(matches: Sequence[Match], rows: int, columns: int) -> Iterator[tuple[range, range]]:
    """Yield the stretches between matches in which both sides have something."""
    for (i, j), (k, m) in pairwise([(-1, -1), *matches, (rows, columns)]):
        if k - i > 1 and m - j > 1:
            yield range(i + 1, k), range(j + 1, m)


def _anchors(
    old: Sequence[Hashable | None], new: Sequence[Hashable | None], rows: range, columns: range
) -> list[Match]:
    places = _unique([new[j] for j in columns], columns.start)
    candidates = [
        (i, places[label]) for label, i in _unique([old[i] for i in rows], rows.start).items() if label in places
    ]
    return _longest_increasing(sorted(candidates))


def _unique(labels: Sequence[Hashable | None], start: int) -> dict[Hashable, int]:
    """Return where each label stands that occurs once."""
    counts = Counter(labels)
    return {label: start + i for i, label in enumerate(labels) if label is not None and counts[label] == 1}


def _longest_increasing(candidates: Sequence[Match]) -> list[Match]:
    """Return the longest run of matches whose second indexes increase (patience sorting)."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(candidates):
        pile = bisect_left(tops, j)
        tops[pile : pile + 1] = [j]
        before.append(ends[pile - 1] if pile else -1)
        ends[pile : pile + 1] = [index]
    chain: list[Match] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(candidates[index])
        index = before[index]
    return chain[::-1]


def _moved_uniquely(old: Sequence[Item[T]], new: Sequence[Item[T]], matches: Sequence[Match]) -> list[Match]:
    """Pair unmatched items that share a label nobody else has: they stand elsewhere. The third label is no proof."""
    left, right = {i for i, _ in matches}, {j for _, j in matches}
    found: list[Match] = []
    for level in range(2):
        places = {label: j for label, j in _unique(_labels(new, level), 0).items() if j not in right}
        for label, i in _unique(_labels(old, level), 0).items():
            if i not in left and label in places:
                found.append((i, places.pop(label)))
                left.add(i)
                right.add(found[-1][1])
    return found


def _labels(items: Sequence[Item[T]], level: int) -> list[Hashable | None]:
    return [item.labels[level] if level < len(item.labels) else None for item in items]


def _moved_equals(old: Sequence[Item[T]], new: Sequence[Item[T]], left: Sequence[int], right: set[int]) -> list[Match]:
    """Pair leftovers that are equal: one was taken out here and put in there."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for j in range(len(new) - 1, -1, -1):
        if j not in right:
            places[new[j].digest].append(j)
    return [(i, places[old[i].digest].pop()) for i in left if places.get(old[i].digest)]


def _likely(old: Sequence[Item[T]], new: Sequence[Item[T]], rows: list[int], columns: list[int]) -> list[Match]:
    """Pair what is left in one gap: the single candidate, else those most alike, else only equal ones."""
    if len(rows) == 1 and len(columns) == 1:
        i, j = rows[0], columns[0]
        return [(i, j)] if _may_pair(old[i], new[j]) else []
    if len(rows) * len(columns) <= MATRIX:
        return _most_alike(old, new, rows, columns)
    found: list[Match] = []
    if len(rows) * len(columns) <= SQUARE:
        found = _common([item.digest for item in old], [item.digest for item in new], rows, columns)
    if not found and len(rows) == len(columns):  # as many, none as it was: each was changed
        found = [(i, j) for i, j in zip(rows, columns, strict=True) if _may_pair(old[i], new[j])]
    return found


def _may_pair(old: Item[T], new: Item[T]) -> bool:
    return old.sort == new.sort and not (old.strict or new.strict)


def _common(
    old: Sequence[Hashable], new: Sequence[Hashable], rows: Sequence[int], columns: Sequence[int]
) -> list[Match]:
    matcher: SequenceMatcher[Any] = SequenceMatcher(None, [old[i] for i in rows], [new[j] for j in columns], False)
    return [(rows[a + k], columns[b + k]) for a, b, size in matcher.get_matching_blocks() for k in range(size)]


def _most_alike(old: Sequence[Item[T]], new: Sequence[Item[T]], rows: list[int], columns: list[int]) -> list[Match]:
    """Return the pairing in order with the greatest sum of likeness (Needleman and Wunsch)."""
    words = {id(item): item.words() for item in (*(old[i] for i in rows), *(new[j] for j in columns))}
    scores = [[_likeness(old[i], new[j], words) for j in columns] for i in rows]
    best = [[0.0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for a in range(len(rows) - 1, -1, -1):
        for b in range(len(columns) - 1, -1, -1):
            paired = best[a + 1][b + 1] + scores[a][b] if scores[a][b] else 0.0
            best[a][b] = max(best[a + 1][b], best[a][b + 1], paired)
    found: list[Match] = []
    a = b = 0
    while a < len(rows) and b < len(columns):
        if scores[a][b] and best[a][b] == best[a + 1][b + 1] + scores[a][b]:
            found.append((rows[a], columns[b]))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return found


def _likeness(old: Item[T], new: Item[T], words: Mapping[int, frozenset[str]]) -> float:
    """Return 1 for equal items, 0 for unlike ones, else the share of common words (Dice)."""
    if old.digest == new.digest:
        return 1.0
    if not _may_pair(old, new):
        return 0.0
    left, right = words[id(old)], words[id(new)]
    share = 2 * len(left & right) / max(1, len(left) + len(right))
    return share * 0.9 if share >= ALIKE else 0.0
