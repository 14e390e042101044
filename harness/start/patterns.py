"""Names of endpoints that the paths of a recording suggest: `/item/{}/edit` where many items are edited.

Counted paths come in, patterns for `endpoints` of harness.toml go out: those that say more than the general rule.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

ENOUGH = 20
"""Requests below a prefix from which its words are told from names."""
FEW = 8
"""Different words in one place that are the application's own; more are names that clients made."""
SEEN = 3
"""Requests that show such a word."""
MOST = 40
DEPTH = 5
WILD = "{}"

_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,30}(\.[A-Za-z]{1,5})?")


def patterns_of(paths: Mapping[str, int]) -> list[str]:
    """Return patterns with a word of the application after the first segment; those with more words come first."""
    split = Counter[tuple[str, ...]]()
    for path, count in paths.items():
        split[tuple(path.lstrip("/").split("/"))] += count
    found = [pattern for pattern in _below((), split) if any(segment not in (WILD, "") for segment in pattern[1:])]
    return ["/" + "/".join(pattern) for pattern in sorted(found, key=_rank)[:MOST]]


def _rank(pattern: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    return pattern.count(WILD), -len(pattern), pattern


def _below(prefix: tuple[str, ...], paths: Counter[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Yield the pattern of each path, those below one prefix having the same beginning."""
    depth = len(prefix)
    kept = _own_words(paths, depth) if depth else _first_words(paths)
    for name in sorted({_name(path[depth], kept) for path in paths}):
        chosen = Counter({path: count for path, count in paths.items() if _name(path[depth], kept) == name})
        longer = Counter({path: count for path, count in chosen.items() if len(path) > depth + 1})
        if len(longer) < len(chosen):
            yield (*prefix, name)
        if longer and depth < DEPTH:
            yield from _below((*prefix, name), longer)


def _name(value: str, kept: set[str]) -> str:
    return value if value in kept or not value else WILD


def _first_words(paths: Counter[tuple[str, ...]]) -> set[str]:
    return {value for value, count in _values(paths, 0).items() if _WORD.fullmatch(value) and count >= SEEN}


def _own_words(paths: Counter[tuple[str, ...]], depth: int) -> set[str]:
    """Return the words in one place that are the application's own, not names of things.

    They are few, and stand there after different beginnings, where those differ.
    """
    values = _values(paths, depth)
    words = {value: count for value, count in values.items() if _WORD.fullmatch(value)}
    beginnings = {path[:depth] for path in paths}
    after = Counter(path[depth] for path in {path[: depth + 1] for path in paths})
    if len(words) > FEW or values.total() < ENOUGH:
        return set()
    return {word for word, count in words.items() if count >= SEEN and after[word] >= min(SEEN, len(beginnings))}


def _values(paths: Counter[tuple[str, ...]], depth: int) -> Counter[str]:
    values = Counter[str]()
    for path, count in paths.items():
        values[path[depth]] += count
    return values
