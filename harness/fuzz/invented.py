"""Values that nobody recorded, for each place of each endpoint: drawn from what was recorded there, as they are needed.

Asked for a place, it gives the next value; the same seed and the same questions, the same values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from harness.errors import UsageError
from harness.fuzz.traits import traits

Place = tuple[str, str]
"""An endpoint, and a place in its requests."""
AT_ONCE = 40
"""Values that are drawn at a time."""


class Invented:
    """Values for places, by those `known` there. Raises UsageError where hypothesis is not installed."""

    def __init__(self, known: Mapping[Place, Sequence[str]], seed: int) -> None:
        try:
            from harness.fuzz import strategies
        except ModuleNotFoundError:
            raise UsageError("harness fuzz needs hypothesis: pip install 'screamtest[fuzz]'") from None
        self._strategies, self._known, self._seed = strategies, known, seed
        self._left: dict[Place, Iterator[str]] = {}

    def next(self, place: Place) -> str:
        """Return the next value for a place."""
        if place not in self._left:
            self._left[place] = self._values(place)
        return next(self._left[place])

    def _values(self, place: Place) -> Iterator[str]:
        strategy = self._strategies.strategy_of(traits(self._known.get(place, ())))
        random = Random(f"{self._seed} {place}")  # noqa: S311 (else all places begin with the same kinds of values)
        while True:
            values = self._strategies.drawn(strategy, AT_ONCE, random.getrandbits(32)) or [""]
            random.shuffle(values)  # hypothesis begins with the simplest, and most places are asked for a few only
            yield from values
