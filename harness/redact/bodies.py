"""Bodies that came before and had nothing to replace in them: pages that many ask for.

The bytes of a body and its headers come in, the body taken apart goes out: one that was looked through already, where
its bytes and what tells how to read them are the same. Secrets learned since are looked for in it again.
"""

from __future__ import annotations

from harness.exchange import Headers
from harness.memory import Memory
from harness.redact.finder import Finder
from harness.redact.parts import Body

LONGEST = 1 << 15
"""Bytes of a body beyond which it is not remembered."""
TOTAL = 1 << 19
"""Bytes of bodies that are remembered, and about as many that came before; each takes some ten times as many."""

Key = tuple[str, bytes, Headers]


class Bodies:
    """Remembers bodies without secrets. Who takes one has it alone, until it is given back."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._quiet: Memory[Body] = Memory(TOTAL)

    def take(self, body: bytes, describing: Headers, side: str) -> tuple[Key | None, Body]:
        """Return a body taken apart and looked through, and what to give it back by.

        `describing` are those of its headers that tell how to read it.
        """
        key = (side, body, describing) if len(body) <= LONGEST else None
        kept = self._quiet.take(key) if key else None
        if kept is None:
            kept = Body(body, describing, side)
            kept.look(self._finder)
        return key, kept

    def give(self, key: Key | None, body: Body) -> None:
        """Remember a body if nothing was found in it."""
        if key is not None and body.is_quiet:
            self._quiet.put(key, body, len(key[1]))
