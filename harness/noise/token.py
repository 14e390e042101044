"""Random texts of an alphabet and a length: samples in, their shape out, or None where values look like words. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log2

from harness.noise.sample import Sample, Shape, values_of

SURE = 1e-6
"""Chance below which that a wider alphabet shows only the characters of a narrower one is ruled out."""

NUMBERS_TOGETHER = "decimal digits, ., - and _"
ALPHABETS: dict[str, str] = {
    "decimal digits": string.digits,
    NUMBERS_TOGETHER: string.digits + ".-_",
    "lower-case hexadecimal digits": string.digits + "abcdef",
    "upper-case hexadecimal digits": string.digits + "ABCDEF",
    "lower-case letters and digits": string.digits + string.ascii_lowercase,
    "upper-case letters and digits": string.digits + string.ascii_uppercase,
    "letters and digits": string.digits + string.ascii_letters,
    "letters, digits, - and _": string.digits + string.ascii_letters + "-_",
    "letters, digits, +, / and =": string.digits + string.ascii_letters + "+/=",
    "letters, digits and .-_~+/=%": string.digits + string.ascii_letters + ".-_~+/=%",
}
"""From narrow to wide."""
HEXADECIMAL = ("decimal digits", "lower-case hexadecimal digits", "upper-case hexadecimal digits")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Random texts of an alphabet and a range of lengths."""

    alphabet: str
    shortest: int
    longest: int
    characters: frozenset[str] = field(repr=False)
    type: str = "token"

    @property
    def bits(self) -> float:
        """How much a value tells."""
        return self.shortest * log2(len(self.characters))

    @property
    def form(self) -> str:
        """The form in words."""
        length = f"{self.longest}" if self.shortest == self.longest else f"{self.shortest} to {self.longest}"
        return f"{length} {self.alphabet}"

    def fits(self, old: str, new: str) -> bool:
        """Whether both are such tokens."""
        return all(
            self.shortest <= len(value) <= self.longest and self.characters.issuperset(value) for value in (old, new)
        )


def tokens(samples: Sequence[Sample]) -> Shape | None:
    """Return the shape of tokens, or None where values look like words."""
    values = values_of(samples)
    name = _alphabet("".join(values))
    if name is None or not _look_random(values):
        return None
    shortest, longest = min(map(len, values)), max(map(len, values))
    if shortest == longest:
        shorter, longer = _leeway(values, name)
    else:
        shorter = longer = 1 + longest - shortest
    shortest, longest = shortest - shorter, longest + longer
    return Tokens(name, max(1, shortest), longest, frozenset(ALPHABETS[name]))


def _alphabet(text: str) -> str | None:
    """Return the narrowest alphabet that holds all that such a text may be of: the fewer characters, the wider."""
    sets = {name: frozenset(characters) for name, characters in ALPHABETS.items() if set(text) <= set(characters)}
    if not sets:
        return None
    least = min(map(len, sets.values()))
    likely = frozenset[str]().union(
        *(characters for characters in sets.values() if (least / len(characters)) ** len(text) > SURE)
    )
    return next(name for name, characters in sets.items() if likely <= characters)


def _look_random(values: Sequence[str]) -> bool:
    """Whether most values mix letters or signs with digits, or are letters of one length and hardly two the same."""
    mixed = sum(bool(re.search(r"\d", value) and re.search(r"[A-Za-z]|\d[.~_-]\d", value)) for value in values)
    if min(map(len, values)) >= 4 and 2 * mixed >= len(values):
        return True
    one_length = len({len(value) for value in values}) == 1
    if all(value.isdecimal() for value in values):  # digits with zeros in front: else they were numbers
        return one_length
    varied = sum(value != value.lower() and value != value.capitalize() and value != value.upper() for value in values)
    return one_length and len(values[0]) >= 8 and len(set(values)) >= 6 and 2 * varied >= len(values)


def _leeway(values: Sequence[str], alphabet: str) -> tuple[int, int]:
    """Return by how much a value may be shorter, or longer, than all that were seen, which are of one length.

    A hexadecimal number without zeros in front is shorter in one of sixteen cases; of numbers behind one another
    (a process, a count) each may have more digits tomorrow.
    """
    if alphabet == NUMBERS_TOGETHER:
        return 3, 3
    padded = any(value.startswith("0") for value in values)
    return (3, 0) if alphabet in HEXADECIMAL and not padded and len(values[0]) < 32 else (0, 0)
