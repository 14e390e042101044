"""The vocabulary of learning: what was seen of a place (samples), and the form that its values keep (a shape).

Frozen data and one protocol; how a shape is found is `shape`'s to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Sample(NamedTuple):
    """Two values that one place had in one exchange, in run number `run` of old against itself."""

    old: str
    new: str
    run: int = 0


class Shape(Protocol):
    """A form that values keep. `type` names it; `form` describes it in words; `bits` is how much a value can tell."""

    @property
    def type(self) -> str:
        """The name of the type, for reports."""

    @property
    def form(self) -> str:
        """The form in words."""

    @property
    def bits(self) -> float:
        """How many bits tell one value from another, where values are drawn anew; 0 where that is not known."""

    def fits(self, old: str, new: str) -> bool:
        """Whether two values of one exchange both have this form, and are as far apart as old's may be."""


class Refusal(Exception):
    """Why values are not taken for noise, in words."""


def values_of(samples: Sequence[Sample]) -> list[str]:
    """Return all values of samples."""
    return [value for sample in samples for value in (sample.old, sample.new)]
