"""Bodies that came before and had nothing to replace in them: pages that many ask for.

The bytes of a body and its headers come in, the body taken apart goes out: one that was looked through already, where
its bytes and what tells how to read them are the same. Secrets learned since are looked for in it again.
"""

from __future__ import annotations

from harness.exchange import Headers
from harness.redact.parts import Body

LONGEST = 1 << 15
"""Bytes of a body beyond which it is not remembered."""
TOTAL = 1 << 20
"""Bytes of bodies that are remembered, which take about ten times as many; all are forgotten when there are more."""

_DESCRIBING = frozenset((b"content-type", b"content-encoding", b"transfer-encoding"))

Key = tuple[str, bytes, Headers]


class Bodies:
    """Remembers bodies without secrets. Who takes one has it alone, until it is given back."""

    def __init__(self) -> None:
        self._quiet: dict[Key, Body] = {}
        self._size = 0

    def take(self, body: bytes, headers: Headers, side: str) -> tuple[Key | None, Body]:
        """Return a body taken apart, and what to give it back by."""
        if not body or len(body) > LONGEST:
            return None, Body(body, headers, side)
        key = side, body, tuple([pair for pair in headers if pair[0].lower() in _DESCRIBING])
        kept = self._quiet.pop(key, None)
        self._size -= len(body) if kept else 0
        return key, kept or Body(body, headers, side)

    def give(self, key: Key | None, body: Body) -> None:
        """Remember a body if nothing was found in it."""
        if key is None or not body.is_quiet:
            return
        self._size += len(key[1])
        if self._size > TOTAL:
            self._quiet.clear()
            self._size = len(key[1])
        self._quiet[key] = body
