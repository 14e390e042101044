"""The shape of a JSON report (`harness-report`, version 1) as a table, and a check of a document against it.

Plain data comes in, what is wrong with it goes out, each with its place. Keys beyond the table are allowed: later
versions of the harness add some, and never take one away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.report.model import COUNTS

Shape = Any
"""A type; a list of one shape (any number of those); a dict of shapes by key, `*` for any key."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """A key that may be absent."""

    shape: Shape


NUMBERS: Shape = {"*": int}
GROUP: Shape = {
    "id": str,
    "title": str,
    "endpoint": str,
    "endpoints": NUMBERS,
    "aspect": str,
    "path": str,
    "kind": str,
    "transform": Maybe(str),
    "old": str,
    "new": str,
    "count": int,
    "clients": NUMBERS,
    "examples": [str],
    "follows": Maybe(bool),
    "would_scream": Maybe([dict.fromkeys(("client", "family", "operator", "evidence"), str)]),
}
NOISE: Shape = {
    "name": str,
    "count": int,
    **dict.fromkeys(("endpoint", "aspect", "path", "type", "hides", "checks"), Maybe(str)),
    **dict.fromkeys(("evidence", "refused", "once"), Maybe(str)),
}
UNREACHED: Shape = {"file": str, "line": int, "source": str, "nearest": str, "at": int}
REPORT: Shape = {
    "format": str,
    "version": int,
    "old": str,
    "new": str,
    "counts": dict.fromkeys(COUNTS, int),
    "groups": [GROUP],
    "accepted": [GROUP],
    "noise": [NOISE],
    "stale": [GROUP],
    "hidden": Maybe([GROUP]),
    "endpoints": Maybe({"*": NUMBERS}),
    "clients": Maybe(NUMBERS),
    "affected": Maybe(NUMBERS),
    "reasons": Maybe(NUMBERS),
    "credentialed": Maybe({"judged": int, "exchanges": int}),
    "controls": Maybe({"*": {"*": str}}),
    "notes": Maybe([str]),
    "warnings": Maybe([str]),
    "obstacles": Maybe([str]),
    "mixed": Maybe({"*": str}),
    "changed": Maybe({"since": str, "lines": int, "judged": int, "unreached": [UNREACHED], "untold": [str]}),
}


def problems(document: Any, shape: Shape = REPORT, place: str = "") -> Iterator[str]:
    """Yield what in a document is not as the shape wants it: `groups[0].count: not a whole number`."""
    if isinstance(shape, list):
        yield from _of_list(document, shape[0], place)
    elif isinstance(shape, dict):
        yield from _of_object(document, shape, place)
    elif not isinstance(document, shape) or (shape is int and isinstance(document, bool)):
        yield f"{place or 'the document'}: not {_NAMES[shape]}"


_NAMES = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}


def _of_list(document: Any, shape: Shape, place: str) -> Iterator[str]:
    if not isinstance(document, list):
        yield f"{place}: not a list"
        return
    for number, item in enumerate(document):
        yield from problems(item, shape, f"{place}[{number}]")


def _of_object(document: Any, shape: Mapping[str, Shape], place: str) -> Iterator[str]:
    if not isinstance(document, dict):
        yield f"{place or 'the document'}: not an object"
        return
    named = dict.fromkeys(document, shape["*"]) if "*" in shape else shape
    for key, inner in named.items():
        where = f"{place}.{key}" if place else key
        if key in document:
            yield from problems(document[key], inner.shape if isinstance(inner, Maybe) else inner, where)
        elif not isinstance(inner, Maybe):
            yield f"{where}: missing"
