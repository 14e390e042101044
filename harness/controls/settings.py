"""What of a target's surroundings is to be controlled, as one frozen value: `[controls]` and `network` of harness.toml.

Tables of settings come in, a checked Controls goes out, or a UsageError naming the key. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from harness.errors import UsageError, nearest

SHIFT = -(37 * 3600 + 11 * 60 + 7)
"""Seconds between the clocks of one variation and the next; backwards, lest what the starting state holds expires."""
HASH_SEEDS = 4294967296  # PYTHONHASHSEED is below it


@dataclass(frozen=True, slots=True)
class Controls:
    """What to control. `allowed` are the destinations (`host:port`) that may be reached besides loopback.

    Any `variation` but 0 is the same target in other surroundings: another hash seed, other random numbers, its clock
    shifted.
    """

    clock: bool = True
    random: bool = True
    hash_seed: bool = True
    network: bool = True
    allowed: tuple[tuple[str, int], ...] = ()
    variation: int = 0

    @property
    def shift(self) -> float:
        """How many seconds the clock is off."""
        return float(SHIFT * self.variation)

    def seed(self, exchange: str) -> int:
        """Return the seed (64 bits) of the random numbers of one exchange: the same on both sides, in every run."""
        return _seed(self.variation, exchange)

    def hash_seeds(self) -> dict[str, str]:
        """Return the variables that fix the order of hash tables, by language."""
        if not self.hash_seed:
            return {}
        seed = self.variation * 2654435761 % HASH_SEEDS
        return {"PYTHONHASHSEED": str(seed), "PERL_HASH_SEED": f"{seed:x}", "PERL_PERTURB_KEYS": "0"}


SWITCHES = tuple(field.name for field in fields(Controls) if field.default is True)


def read_controls(table: Mapping[str, Any], network: Sequence[str]) -> Controls:
    """Check `[controls]` and `network = ["host:port", ...]`. Raises UsageError naming the key."""
    for key, value in table.items():
        if key not in SWITCHES:
            raise UsageError(
                f"[controls]: unknown key {key!r}; known are {', '.join(SWITCHES)}{nearest(key, SWITCHES)}"
            )
        if not isinstance(value, bool):
            raise UsageError(f"[controls]: {key} must be true or false, not {value!r}")
    return Controls(allowed=tuple(map(_destination, network)), **table)


@lru_cache(maxsize=16)
def _seed(variation: int, exchange: str) -> int:
    digest = hashlib.sha256(f"{variation} {exchange}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big")


def _destination(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
        raise UsageError(f'network: {text!r} is not "host:port"')
    return host.strip("[]"), int(port)
