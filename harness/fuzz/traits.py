"""What the values recorded at one place look like: their kind, their lengths, the characters they are made of.

Values come in, Traits go out; what might stand there besides is made of them in `strategies`. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("integer", re.compile(r"[+-]?\d{1,12}")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?Z?)?")),
    ("version", re.compile(r"v?\d+(?:\.\d+)+(?:[-.]?[a-z]+\.?\d*)*", re.IGNORECASE)),
    ("hexadecimal", re.compile(r"(?=.{8})(?:[0-9a-f]{2})+", re.IGNORECASE)),
    ("token", re.compile(r"(?=.{12})(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_+/-]+={0,2}")),
    ("name", re.compile(r"[A-Za-z0-9][\w.+-]*")),
)
"""Kinds of values, the narrowest first; whatever is none of these is `text`."""
MOST_OF_THEM = 0.8
"""Share of the values that must be of a kind: some are always wrong already."""
KEPT = 200
"""Values that are kept as they are."""


@dataclass(frozen=True, slots=True)
class Traits:
    """Of the values of one place: their kind, the least and the greatest length, the alphabet, and some of them."""

    kind: str
    shortest: int
    longest: int
    alphabet: str
    values: tuple[str, ...]


def traits(values: Sequence[str]) -> Traits:
    """Return what distinct values have in common; of no value at all: that of any text."""
    lengths = [len(value) for value in values] or [0]
    alphabet = "".join(sorted({character for value in values for character in value}))
    return Traits(_kind(values), min(lengths), max(lengths), alphabet, tuple(values[:KEPT]))


def _kind(values: Sequence[str]) -> str:
    wanted = MOST_OF_THEM * len(values)
    for kind, pattern in KINDS:
        if values and sum(bool(pattern.fullmatch(value)) for value in values) >= wanted:
            return kind
    return "text"
