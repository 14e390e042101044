"""What can be left out of a document that a starting state is loaded from: the entries of its lists, at any depth.

A document as JSON has it comes in; places of entries, and documents made of fewer of them, go out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

Entry = tuple[str | int, ...]
"""Where in a document an entry stands: the keys and positions that lead there."""
DEPTH = 4
"""How deep entries are looked for: rows of rows, not the letters of a text."""
SHORTEST = 4
"""Letters of a word by which an entry is known to be asked for."""
_QUOTED = re.compile(r"'([^']+)'")  # the values of a row in SQL


def levels(document: Any) -> list[list[Entry]]:
    """Return the entries of lists in a document, those of the outermost lists first; a list of rows is one level."""
    found: dict[int, list[Entry]] = {}
    _gather(document, (), 0, found)
    return [found[depth] for depth in sorted(found)]


def _gather(value: Any, at: Entry, depth: int, found: dict[int, list[Entry]]) -> None:
    if len(at) > DEPTH:
        return
    if isinstance(value, list):
        found.setdefault(depth, []).extend((*at, position) for position in range(len(value)))
        for position, item in enumerate(value):
            _gather(item, (*at, position), depth + 1, found)
    elif isinstance(value, dict):
        for key, item in value.items():
            _gather(item, (*at, key), depth, found)


def without(document: Any, entries: Iterable[Entry]) -> Any:
    """Return a document without some entries of its lists."""
    return _without(document, (), frozenset(entries))


def _without(value: Any, at: Entry, gone: frozenset[Entry]) -> Any:
    if isinstance(value, list):
        kept = [((*at, position), item) for position, item in enumerate(value) if (*at, position) not in gone]
        return [_without(item, place, gone) for place, item in kept]
    if isinstance(value, dict):
        return {key: _without(item, (*at, key), gone) for key, item in value.items()}
    return value


def mentioned(document: Any, entries: Sequence[Entry], asked: bytes) -> list[Entry]:
    """Return the entries that hold, as one of their values, a word that stands in what was asked."""
    text = asked.decode("latin-1").lower()
    return [entry for entry in entries if any(word.lower() in text for word in _words(_at(document, entry)))]


def _at(document: Any, entry: Entry) -> Any:
    for key in entry:
        document = document[key]
    return document


def _words(value: Any, depth: int = 0) -> Iterable[str]:
    if isinstance(value, str):
        yield from (word for word in (value, *_QUOTED.findall(value)) if len(word) >= SHORTEST)
    elif isinstance(value, dict) and depth < 1:
        for item in value.values():
            yield from _words(item, depth + 1)
