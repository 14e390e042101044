"""What looks like a name that a program gave: bytes of one word in, how sure that is out.

A *strong* token is long and irregular: wherever it stands it means the same. A *weak* one (a number, a short code)
means something only at its place. Words, versions and dates are neither.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Strength = Literal["", "weak", "strong"]

STRONG_LENGTH = 16
LONGEST = 8192
"""Longer values (a page's whole state in one field) are not kept."""

_WORD = re.compile(rb"[A-Za-z0-9_.~+/=-]+\Z")
_WEAK = re.compile(rb"[A-Za-z0-9_~-]{1,64}\Z")
_UUID = re.compile(rb"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\Z")
_DATE = re.compile(rb"(?:19|20)\d\d-?[01]\d-?[0-3]\d(?:T?\d{6}Z?|T\d\d)?\Z")
_VERSION = re.compile(rb"(?<!\d)\d+\.\d+")
_HEX = re.compile(rb"[0-9a-f]+\Z|[0-9A-F]+\Z")
_CLASSES = bytes.maketrans(
    b"0123456789" + bytes(range(65, 91)) + bytes(range(97, 123)),
    b"0" * 10 + b"A" * 26 + b"a" * 26,
)
_CHANGES = 0.15
"""Changes between digits, capitals and small letters a character: 0.4 to 0.6 in random text, under 0.1 in words."""
_CHANGE = re.compile(rb"(?=0[Aa]|A[0a]|a[0A])")
_UNSPEAKABLE = re.compile(rb"(?i)(?=[a-z0-9]*[b-df-hj-np-tv-xz]{5})[a-z0-9]+\Z")
"""Letters and digits with five consonants in a row: most random texts that have few changes, and few words."""


@lru_cache(maxsize=8192)
def strength(value: bytes) -> Strength:
    """Tell whether a word is a strong token, a weak one, or none."""
    if not value or len(value) > LONGEST or _DATE.match(value):
        return ""
    if len(value) >= STRONG_LENGTH and _WORD.match(value) and _is_irregular(value):
        return "strong"
    return "weak" if _WEAK.match(value) and any(48 <= byte <= 57 for byte in value) else ""


def may_be_strong(value: bytes) -> bool:
    """Tell whether a word is long and no plain word: a strong token by chance, if something else says that it is one.

    One in 900 random texts of 30 capitals and digits is too regular to be strong, one in 17,000 has no digit at all.
    """
    if not STRONG_LENGTH <= len(value) <= LONGEST or not _WORD.match(value):
        return False
    return strength(value) == "strong" or _changes(value) >= 2 or _UNSPEAKABLE.match(value) is not None


def one_make(left: bytes, right: bytes) -> bool:
    """Tell whether two words are tokens of one shape, one of them strong."""
    strong = "strong" in (strength(left), strength(right))
    return strong and may_be_strong(left) and may_be_strong(right) and same_shape(left, right)


def _is_irregular(value: bytes) -> bool:
    if _UUID.match(value) or _HEX.match(value):  # no word is made of sixteen of these
        return any(48 <= byte <= 57 for byte in value)
    if len(value) <= 40 and _VERSION.search(value):
        return False
    changes = _changes(value)
    return (changes >= 4 and changes >= _CHANGES * len(value)) or (changes >= 2 and bool(_UNSPEAKABLE.match(value)))


def _changes(value: bytes) -> int:
    return len(_CHANGE.findall(value.translate(_CLASSES)))


def is_code(value: bytes) -> bool:
    """Tell whether a weak token is too irregular for a word with a number at its end, such as `python3`."""
    if len(value) < 6 or value.isdigit():
        return False
    changes = _changes(value)
    return _HEX.match(value) is not None or (changes >= 3 and changes >= 0.3 * len(value))


def same_shape(left: bytes, right: bytes) -> bool:
    """Tell whether two names are of one make: alphabet, separators and about the same length.

    A token without a digit is of the make of those that have some: by chance one in 200 of sixteen characters has none.
    """
    if _alphabet(left) != _alphabet(right):
        return False
    if left.isdigit() and len(left) < STRONG_LENGTH:  # a counter gains a digit now and then
        return abs(len(left) - len(right)) <= 1
    return abs(len(left) - len(right)) <= (0 if _HEX.match(left) else max(2, len(left) // 10))


def _alphabet(value: bytes) -> tuple[object, ...]:
    if _UUID.match(value):
        return ("uuid",)
    if value.isdigit():
        return ("digits",)
    if _HEX.match(value):
        return ("hexadecimal", value.upper() == value)
    letters = (any(65 <= byte <= 90 for byte in value), any(97 <= byte <= 122 for byte in value))
    separators = value.count(b".") if value.count(b".") < 4 else -1
    if len(value) < STRONG_LENGTH:
        return ("code", *letters, separators)
    return ("token", *letters, separators)
