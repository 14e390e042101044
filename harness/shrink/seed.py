"""The rows of a starting state that are needed: a JSON file that `load` reads, with fewer entries in it.

A `[state.NAME]` table comes in; the file that can be made smaller, its entries, documents made of fewer of them, and
the table that loads such a document instead, go out. Whether a smaller state shows the cause is for the caller to try.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Entry = tuple[str | int, ...]
"""Where in a document an entry stands: the keys and positions that lead there."""
DEPTH = 4
"""How deep entries are looked for: rows of rows, not the letters of a text."""
SHORTEST = 4
"""Letters of a word by which an entry is known to be asked for."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A JSON file among the words of `load`: `word` as it stands there, and what the file holds."""

    word: str
    document: Any


def find_seed(table: Mapping[str, Any], root: Path) -> Seed | None:
    """Return the JSON file that a state is loaded from; None where there is none, or more than one."""
    found = [word for word in table.get("load", ()) if word.endswith(".json") and (root / word).is_file()]
    if len(found) != 1:
        return None
    try:
        return Seed(found[0], json.loads((root / found[0]).read_text(encoding="utf-8")))
    except ValueError:
        return None


def loading(table: Mapping[str, Any], seed: Seed, file: Path) -> dict[str, Any]:
    """Return the table of a state that loads `file` in the place of the seed; templates would stand for the whole."""
    load = [str(file) if word == seed.word else word for word in table["load"]]
    return {key: value for key, value in table.items() if not key.startswith("template")} | {"load": load}


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
    if isinstance(value, str) and len(value) >= SHORTEST:
        yield value
    elif isinstance(value, dict) and depth < 1:
        for item in value.values():
            yield from _words(item, depth + 1)
