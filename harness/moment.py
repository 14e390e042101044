"""Instants that a side wrote, by its own clock: which of two sides' instants are the same moment.

What a side was told (`Clock`) and where it wrote which instant come in; which instants the other side has not goes out.
Pure.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.instant import Instant, Span

GRACE = 1.0
"""Seconds that are granted to every instant."""


@dataclass(slots=True)
class Clock:
    """What a side was told in a scenario: the first and the latest, and each second at which it was told something."""

    first: float | None = None
    latest: float = -math.inf
    told: float = 0.0
    seconds: array[float] = field(default_factory=lambda: array("d"))

    def tell(self, instant: float, elapsed: float) -> None:
        """Note that the side was told an instant, which has gone on since."""
        self.first = instant if self.first is None else min(self.first, instant)
        self.latest = max(self.latest, instant + elapsed)
        self.told = instant
        if not self.seconds or instant > self.seconds[-1] + GRACE:
            self.seconds.append(instant)

    def span(self) -> Span | None:
        """Return from when to when the side may have written the time."""
        return None if self.first is None else (self.first - GRACE, self.latest + GRACE)

    def passed(self, boundary: float, tolerance: float) -> bool:
        """Whether a boundary (of a minute, of a day) lay within what some exchange took."""
        index = bisect_right(self.seconds, boundary)
        return index > 0 and boundary - self.seconds[index - 1] <= tolerance + GRACE


@dataclass(frozen=True, slots=True)
class Window:
    """What one side can have written only now: instants of this run or of its own time, its addresses (`host:port`).

    `now` is what the side was told last, `clock` all that it was told.
    """

    real: Span
    own: Span | None = None
    now: float = 0.0
    clock: Clock = field(default_factory=Clock, compare=False)
    hosts: tuple[str, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """The times that count as now."""
        return (self.real,) if self.own is None else (self.real, self.own)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that one side wrote, by its own clock: seconds since the time it was told last."""

    instant: Instant
    window: Window

    @property
    def own_time(self) -> bool:
        """Whether it is of the time that the side was told, and not of this run itself."""
        start, end = self.window.real
        step = self.instant.spelling.resolution
        return not math.floor(start) // step * step <= self.instant.when <= end

    @property
    def offset(self) -> float:
        """Seconds from what the side was told."""
        return self.instant.when - self.window.now

    def meets(self, other: Moment, tolerance: float) -> bool:
        """Whether both sides may have written this at the same time, each by its own clock."""
        step = max(self.instant.spelling.resolution, other.instant.spelling.resolution)
        apart = abs(self.offset - other.offset)
        if step == 1:
            return apart <= tolerance
        if self.window.now != other.window.now:  # clocks apart: where the step falls is not comparable
            return apart <= tolerance + step
        boundary = max(self.instant.when, other.instant.when)
        return apart == 0 or (apart <= step and self.window.clock.passed(boundary, tolerance))


def apart(old: Sequence[Moment], new: Sequence[Moment], tolerance: float) -> tuple[list[Moment], list[Moment]]:
    """Return the instants of each side that the other side has not.

    Where both have as many, each is held against the one in its place.
    """
    if len(old) == len(new):
        pairs = [pair for pair in zip(old, new, strict=True) if not excused(pair[0], [pair[1]], tolerance)]
        return [one for one, _ in pairs], [other for _, other in pairs]
    return (
        [one for one in old if not excused(one, new, tolerance)],
        [one for one in new if not excused(one, old, tolerance)],
    )


def excused(moment: Moment, others: Sequence[Moment], tolerance: float) -> bool:
    """Whether an instant may be made alike: it is of this run, the other side has it too, or has none at all."""
    if not others or not moment.own_time:
        return True
    return any(not other.own_time or moment.meets(other, tolerance) for other in others)
