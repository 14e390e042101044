"""Surrogate keys: names of projects and files in, the names under which caches keep and forget answers out.

Folded harder than names of projects are, so that all spellings of a name have one key, which is always a plain word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .projects import simple_name

EVERYTHING = "index"  # on each public answer
NEWEST = "newest"  # on what any change of any project may change
ALL_PROJECTS = "simple-index"
LONGEST = 200  # characters: longer names share a key
_others = re.compile("[^a-z0-9]+")


def of_project(name: str) -> str:
    """The key of all answers about a project, by any spelling of its name."""
    return "pkg~" + _fold(name)


def of_file(filename: str) -> tuple[str, ...]:
    """The keys of a stored file: where the project's name ends is not told by its own, so each beginning is one."""
    words = _fold(filename).split("-")
    return tuple("file~" + "-".join(words[:count]) for count in range(1, len(words)))


def of_change(name: str, action: str) -> Iterable[str]:
    """What must be forgotten after an entry of the journal. Files are never changed, only removed."""
    keys = [ALL_PROJECTS, NEWEST, of_project(name), "pkg~" + simple_name(name)]
    if action.startswith("remove"):
        keys.append("file~" + _fold(name))
    return dict.fromkeys(keys)


def _fold(name: str) -> str:
    return _others.sub("-", name.lower())[:LONGEST].strip("-")
