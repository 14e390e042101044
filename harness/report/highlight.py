"""What differs inside two values: each cut into pieces that both have, and pieces of its own, at words or characters.

Two texts come in, pieces go out; joined again they are the texts, as people are shown them. How the
pieces look is each report's affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from harness.group.plain import plain

LONG = 2_000
"""Characters beyond which only the common beginning and end are looked for."""
ALIKE = 0.5
"""Likeness of two words from which they are compared by characters."""

_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)


class Piece(NamedTuple):
    """A part of a value, and whether it is its own, not the other side's too."""

    text: str
    own: bool


def highlight(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Return both values, as people are shown them, in pieces. Where one is empty, all of the other is its own."""
    old, new = plain(old), plain(new)
    if len(old) + len(new) > LONG:
        return _ends(old, new)
    pairs = list(_by_words(_TOKEN.findall(old), _TOKEN.findall(new)))
    return _pieces([left for left, _ in pairs]), _pieces([right for _, right in pairs])


def _by_words(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Piece, Piece]]:
    for tag, i, end_i, j, end_j in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        left, right = "".join(old[i:end_i]), "".join(new[j:end_j])
        if tag == "replace" and end_i - i == end_j - j == 1:
            yield from _by_characters(left, right)
        else:
            yield Piece(left, tag != "equal"), Piece(right, tag != "equal")


def _by_characters(old: str, new: str) -> Iterator[tuple[Piece, Piece]]:
    """Yield the pieces of two words; whole where they have little in common."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        yield Piece(old, True), Piece(new, True)
        return
    for tag, i, end_i, j, end_j in matcher.get_opcodes():
        yield Piece(old[i:end_i], tag != "equal"), Piece(new[j:end_j], tag != "equal")


def _ends(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if old[i] != new[i]), shorter)
    tail = next((i for i in range(shorter - head) if old[-1 - i] != new[-1 - i]), shorter - head)
    return _cut(old, head, tail), _cut(new, head, tail)


def _cut(text: str, head: int, tail: int) -> list[Piece]:
    end = len(text) - tail
    return _pieces([Piece(text[:head], False), Piece(text[head:end], True), Piece(text[end:], False)])


def _pieces(parts: Sequence[Piece]) -> list[Piece]:
    """Return the parts without empty ones, neighbours of one sort joined."""
    joined: list[Piece] = []
    for part in parts:
        if part.text and joined and joined[-1].own == part.own:
            joined[-1] = Piece(joined[-1].text + part.text, part.own)
        elif part.text:
            joined.append(part)
    return joined
