"""How often each rule of a Strangler sent a request where, and what came of it, in this process.

Comes in: the name of a rule and an event. Goes out: the counts, and a line of them for the log. Events: `old` and `new`
answered first, `fell back` (new failed, and old answered instead), `failed` (new failed, and that was the answer, or it
broke off), `shadowed` (a pair was handed over), `dropped` (it was not); `off`: it was switched off.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from .types import Environ

ROUTES = "compat.routes"
"""The environ's key for a callable that is given a rule's name and an event: how metrics listen."""
EVENTS = ("old", "new", "fell back", "failed", "shadowed", "dropped", "off")
NO_RULE = "no rule"
PERIOD = 300.0
"""Seconds between two lines of totals, while there is anything to tell."""


class Routed:
    """Counts by rule and event; used by several threads."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._lock = threading.Lock()
        self._told = time.monotonic()

    def counter(self, rule: str, environ: Environ) -> Callable[[str], None]:
        """Return what counts an event of one request, here and where metrics listen."""
        return partial(self._add, rule, environ.get(ROUTES))

    def _add(self, rule: str, observe: Callable[[str, str], object] | None, event: str) -> None:
        with self._lock:
            self._counts.setdefault(rule, Counter())[event] += 1
        if observe is not None:
            observe(rule, event)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How often each event happened, by rule; `no rule` where none matched."""
        with self._lock:
            return {rule: {event: counted[event] for event in EVENTS if counted[event]}
                    for rule, counted in self._counts.items()}  # fmt: skip

    @property
    def due(self) -> bool:
        """Whether a line of totals should be written now; true once a period."""
        if time.monotonic() - self._told < PERIOD:
            return False
        with self._lock:
            due = time.monotonic() - self._told >= PERIOD
            self._told = time.monotonic()
            return due

    def __str__(self) -> str:
        return "; ".join(
            f"{rule}: " + ", ".join(f"{event} {count}" for event, count in counted.items())
            for rule, counted in self.counts.items()
        )
