"""The network addresses of clients seen before, to be found where a page lists them: texts in, places out.

In memory only, and bounded. A text is looked through only where short numbers stand between dots.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable

from harness.redact.known import Hit, Secret

REMEMBERED = 50_000

_ADDRESS = re.compile(rb"(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\d|\.\d)")


class Addresses:
    """IPv4 addresses and their tokens."""

    def __init__(self) -> None:
        self._secrets: OrderedDict[bytes, Secret] = OrderedDict()

    def add(self, raw: bytes, secret: Secret) -> None:
        """Remember an address, as it is written; the oldest are forgotten."""
        if raw not in self._secrets:
            if len(self._secrets) >= REMEMBERED:
                self._secrets.popitem(last=False)
            self._secrets[raw] = secret

    def hits(self, text: bytes) -> list[Hit]:
        """Return the known addresses in a text."""
        if not self._secrets or not may_hold_one(text):
            return []
        return [
            Hit(*found.span(), secret.token.encode(), secret)
            for found in _ADDRESS.finditer(text)
            if (secret := self._secrets.get(found[0])) is not None
        ]

    def any_of(self, addresses: Iterable[bytes]) -> bool:
        """Tell whether one of these is known."""
        return any(address in self._secrets for address in addresses)


def written_in(text: bytes) -> tuple[bytes, ...]:
    """Return what is written like an address in a text."""
    return tuple(found[0] for found in _ADDRESS.finditer(text))


def may_hold_one(text: bytes) -> bool:
    """Tell whether two numbers of up to three digits stand between dots one after the other: much quicker to see."""
    before = False
    for part in text.split(b".")[1:-1]:
        short = len(part) <= 3 and part.isdigit()
        if short and before:
            return True
        before = short
    return False
