"""The fewest entries of a document that still suffice: a document and a test of others come in; each that passed is
known to the test itself, which may also end the search by an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.minimal import minimal
from harness.seed.entries import Entry, levels, mentioned, without


def fewest(
    document: Any, asked: bytes, suffices: Callable[[Any], bool], say: Callable[[str], None] = lambda text: None
) -> None:
    """Try documents with fewer and fewer entries. `asked` are requests: what they mention is left out last."""
    gone: set[Entry] = set()

    def does(left_out: set[Entry]) -> bool:
        return suffices(without(document, left_out))

    entries = levels(document)
    needless = set(entries[0]) - set(mentioned(document, entries[0], asked)) if entries else set()
    if needless and does(needless):
        gone = needless
    for level in entries:
        gone |= _needless(level, gone, does)
        say(f"state: {len(set(level) - gone)} of {len(level)} entries left")


def _needless(level: Sequence[Entry], gone: set[Entry], does: Callable[[set[Entry]], bool]) -> set[Entry]:
    """Return the entries of a level that may be left out besides what is `gone`, those within it too."""
    within = {entry for entry in level if any(entry[:end] in gone for end in range(1, len(entry) + 1))}
    here = [entry for entry in level if entry not in within]
    kept = minimal(here, lambda some: does(gone | (set(here) - set(some))))
    return within | (set(here) - set(kept))
