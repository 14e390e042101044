"""Browsing by classifier: a query string and the tree of classifiers in; what is chosen and what can be chosen out.

No SQL and no markup here (B087-B089).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

MOST = 8
"""Classifiers that may be chosen at once."""
LONG = 30
"""Releases from which on they are only shown when asked for."""
FIRST = ("Topic", "Environment", "Framework")
SEPARATOR = " :: "
_ROBOT = re.compile(
    "bot|spider|crawler|slurp|jeeves|ia_archiver|yeti|scooter|infoseek|looksmart|findlinks|brains|badass|psycheclone"
    "|myie2",
    re.IGNORECASE,
)

Classified = tuple[Any, Any, Any]
"""(name, version, id of a classifier): a row of the database."""
Box = tuple[str, list[tuple[int, str, int]]]
"""A heading, and below it classifiers: id, label, number of releases."""


def is_robot(agent: str) -> bool:
    """Tell whether a User-Agent is, or may be, that of a robot: one that says nothing counts as one."""
    return not agent or _ROBOT.search(agent) is not None


def choices(query: str, trove: Mapping[int, str]) -> tuple[list[int], bool]:
    """Return the ids of known classifiers in a query string, and whether all releases are asked for."""
    pairs = parse_qsl(query.replace(";", "&"))  # both separated: some clients send the `&amp;` of a page as it is
    ids = [int(value) for key, value in pairs if key == "c" and value.isdecimal()]
    return sorted(id for id in ids if id in trove), ("show", "all") in pairs


def below(id: int, trove: Mapping[int, str]) -> list[int]:
    """Return the ids of a classifier and of all below it."""
    prefix = trove[id] + SEPARATOR
    return [other for other, text in trove.items() if other == id or text.startswith(prefix)]


def boxes(
    trove: Mapping[int, str],
    chosen: Sequence[int],
    found: Iterable[tuple[str, str]],
    classified: Iterable[Classified],
) -> list[Box]:
    """Return what would narrow the choice: all directly below a top classifier or below one that is chosen.

    `found` are (name, version) of the releases there are now, `classified` (name, version, id) of all of them.
    """
    counts = _counts(trove, set(found), classified)
    selected = {trove[id] for id in chosen}
    taken = {above for text in selected for above in lineage(text)}
    groups: dict[str, list[tuple[int, str, int]]] = {}
    for id, text in trove.items():
        parent, _, label = text.rpartition(SEPARATOR)
        if text in counts and text not in taken and (parent in selected or (parent and SEPARATOR not in parent)):
            groups.setdefault(parent, []).append((id, label, counts[text]))
    ordered = sorted(groups, key=lambda heading: (_rank(heading), heading))
    return [(heading, sorted(groups[heading], key=lambda entry: entry[1])) for heading in ordered]


def lineage(text: str) -> list[str]:
    """Return all that stands above a classifier, and itself."""
    parts = text.split(SEPARATOR)
    return [SEPARATOR.join(parts[:end]) for end in range(1, len(parts) + 1)]


def _counts(trove: Mapping[int, str], found: set[tuple[str, str]], classified: Iterable[Classified]) -> dict[str, int]:
    """Return how many of the found releases have each classifier or one below it."""
    having: dict[str, set[tuple[str, str]]] = {}
    for name, version, id in classified:
        if (name, version) in found:
            for above in lineage(trove[id]):
                having.setdefault(above, set()).add((name, version))
    return {text: len(releases) for text, releases in having.items()}


def _rank(heading: str) -> int:
    top = heading.partition(SEPARATOR)[0]
    return FIRST.index(top) if top in FIRST else len(FIRST)
