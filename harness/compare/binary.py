"""Compares two bodies that are not text: by length, digest and the first offset at which they differ."""

from __future__ import annotations

from hashlib import sha256

from harness.compare.excerpt import first_difference
from harness.difference import Difference

SHOWN = 16
PATH = "bytes"


def compare_bytes(old: bytes, new: bytes, reason: str = "") -> list[Difference]:
    """Return the one difference of two unequal byte strings; `reason` says why they were not taken apart."""
    offset = first_difference(old, new)
    note = f" ({reason})" if reason else ""
    return [Difference("body", PATH, "changed", (_text(old, offset) + note)[:200], (_text(new, offset) + note)[:200])]


def _text(body: bytes, offset: int) -> str:
    digest = sha256(body).hexdigest()[:12]
    return f"{len(body)} bytes, sha256 {digest}, from {offset}: {body[offset : offset + SHOWN].hex(' ') or 'end'}"
