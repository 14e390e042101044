"""What the values of a varying place have in common, and go on having: the check that stays when a place is noise.

Samples (old against itself: two values each) come in; a Shape goes out, or a Refusal that says in words why these
values have none. Shapes are tried in the order of `KINDS`, the most telling first. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from harness.controls.settings import SHIFT
from harness.instant import ANY, SPELLINGS, Instant, placeholder, readings
from harness.noise.sample import Refusal, Sample, Shape, values_of
from harness.noise.slot import UUID
from harness.noise.token import tokens


@dataclass(frozen=True, slots=True)
class Uuids:
    """UUIDs of certain versions (RFC 9562 section 4.2) and case."""

    versions: frozenset[str]
    upper: bool
    type: str = "uuid"
    bits: float = 122.0

    @property
    def form(self) -> str:
        """The form in words."""
        return f"a UUID of version {' or '.join(sorted(self.versions))}" + (", upper case" if self.upper else "")

    def fits(self, old: str, new: str) -> bool:
        """Whether both are such UUIDs."""
        return all(_UUID.fullmatch(one) and _uuid_sort(one) in self._sorts() for one in (old, new))

    def _sorts(self) -> set[tuple[str, bool]]:
        return {(version, self.upper) for version in self.versions}


_UUID = re.compile(UUID)


def _uuid_sort(text: str) -> tuple[str, bool]:
    return text[14].lower(), text != text.lower()


def uuids(samples: Sequence[Sample]) -> Shape | None:
    """Return the shape of UUIDs, or None."""
    values = values_of(samples)
    if not all(_UUID.fullmatch(value) for value in values):
        return None
    sorts = [_uuid_sort(value) for value in values]
    return Uuids(frozenset(version for version, _ in sorts), any(upper for _, upper in sorts))


@dataclass(frozen=True, slots=True)
class Times:
    """Instants spelled in certain ways, and how many seconds two sides of one exchange may be apart.

    `step` is how coarsely they are written: two that are all but the same may be one step apart, though rarely.
    """

    spellings: frozenset[str]
    apart: float
    step: int = 1
    type: str = "time"
    bits: float = 0.0

    @property
    def form(self) -> str:
        """The form in words."""
        return f"a time written {' or '.join(sorted(self.spellings))}, old and new at most {self.apart:.0f} s apart"

    def fits(self, old: str, new: str) -> bool:
        """Whether both are such times, and near each other."""
        left, right = when(old), when(new)
        if left is None or right is None or not {left[0], right[0]} <= self.spellings:
            return False
        return abs(left[1] - right[1]) <= self.apart

    @property
    def turning(self) -> float:
        """The chance that so short a time crosses the border of a step: midnight, where only the day is written."""
        return min(1.0, (self.apart - self.step) / self.step) if self.step > 1 else 1.0


NUMBERS = {"epoch": (6e8, 2.2e9), "epoch-milliseconds": (6e8, 2.2e9), "epoch-hex-microseconds": (6e8, 2.2e9)}
"""Between which seconds of the epoch digits are taken for a time."""
YEAR = 366 * 86_400
_BY_DAY = re.compile(r"\bD\b|\bMonth\b|\bfff\b")
_ANY_DAY = {"D": "DD", "Month": "Mon", "fff": "f"}
"""What one spelling shows on some days, by what stands for it on all: 9 and 10 November, and May."""


def when(text: str) -> tuple[str, float] | None:
    """Return how an instant is written and when it is (epoch seconds); None for a text that is none."""
    raw = text.encode("utf-8", "surrogatepass")
    found = ANY.fullmatch(raw)
    if found is None:
        return None
    for spelling, _, at in readings(SPELLINGS[(found.lastindex or 1) - 1], raw):
        low, high = NUMBERS.get(spelling.name, (0.0, 1e12))
        if not low <= at <= high:
            continue
        if spelling.name in NUMBERS:
            return spelling.name + (" with a fraction" if "." in text else ""), at
        written = placeholder(Instant(0, len(raw), spelling, b"", at), raw).decode()[5:-1]
        return _BY_DAY.sub(lambda found: _ANY_DAY[found[0]], written), at
    return None


def times(samples: Sequence[Sample]) -> Shape | None:
    """Return the shape of times, or None. How far apart they may be is learned from how far apart old's are."""
    read = [(when(sample.old), when(sample.new), sample.run) for sample in samples]
    pairs = [(old, new, run) for old, new, run in read if old is not None and new is not None]
    if len(pairs) < len(read):
        return None
    instants = [one[1] for old, new, _ in pairs for one in (old, new)]
    spellings = frozenset(one[0] for old, new, _ in pairs for one in (old, new))
    if any(name.startswith("epoch") for name in spellings) and max(instants) - min(instants) > YEAR:
        return None
    steps = {spelling.name: spelling.resolution for spelling in SPELLINGS}
    step = max(_resolution(sample.old, steps) for sample in samples)
    spread = _spread([(new[1] - old[1], run) for old, new, run in pairs], step if step > 1 else 0)
    return Times(spellings, 2 * spread + 2 + (step if step > 1 else 0), step)


def _spread(deltas: Sequence[tuple[float, int]], step: int) -> float:
    """Return by how many seconds old's times vary. The clock of each run is off by the same for all exchanges: what
    varies around that is the noise, but for the `step` in which times are written.

    A few exchanges do not show by how much the clock is off: there it is what it was set to, as far as that fits.
    Where no such amount can be seen, the noise is all that old was off by.
    """
    runs: dict[int, list[float]] = {}
    for delta, run in deltas:
        runs.setdefault(run, []).append(delta)
    if min(map(len, runs.values())) >= 3:
        off = {run: median(seen) for run, seen in runs.items()}
        leeway = 0
    else:
        off = {run: float(SHIFT * (run + 1)) for run in runs}
        leeway = FEW_SECONDS
    spread = max(max(0.0, abs(delta - off[run]) - step) for delta, run in deltas)
    if spread <= 60:
        return spread + leeway
    return max(abs(delta) for delta, _ in deltas)


FEW_SECONDS = 30
"""Allowed where too few times were seen to tell how far they vary."""


def _resolution(text: str, steps: Mapping[str, int]) -> int:
    found = ANY.fullmatch(text.encode("utf-8", "surrogatepass"))
    return steps[SPELLINGS[(found.lastindex or 1) - 1].name] if found else 1


def _written(number: float) -> str:
    return f"{number:,.0f}" if 100 <= abs(number) < 1e15 else f"{number:g}"


_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers: whole or with decimals, of either sign or not, up to a hundred times the largest seen."""

    largest: float
    decimals: int
    negative: bool
    least: float = 0.0
    type: str = "number"
    bits: float = 0.0

    @property
    def form(self) -> str:
        """The form in words."""
        what = f"a number with up to {self.decimals} decimals" if self.decimals else "a whole number"
        least = f" and at least {_written(self.least)}" if self.least else ""
        return f"{what}{', negative ones too' if self.negative else ''}, at most {_written(self.largest)}{least}"

    def fits(self, old: str, new: str) -> bool:
        """Whether both are such numbers."""
        return all(self._fits(value) for value in (old, new))

    def _fits(self, text: str) -> bool:
        if not _NUMBER.fullmatch(text):
            return False
        value = float(text)
        if not self.least <= abs(value) <= self.largest:
            return False
        return _decimals(text) <= self.decimals and (self.negative or not text.startswith("-"))


def _decimals(text: str) -> int:
    return len(re.split("[eE]", text)[0].partition(".")[2]) if "." in text else 20 if "e" in text.lower() else 0


def numbers(samples: Sequence[Sample]) -> Shape | None:
    """Return the shape of numbers, or None."""
    values = values_of(samples)
    if not all(_NUMBER.fullmatch(value) for value in values):
        return None
    sizes = [abs(float(value)) for value in values]
    decimals = max(map(_decimals, values))
    narrow = len(values) >= 50 and max(sizes) < 10 * min(sizes)
    return Numbers(
        largest=100 * max(*sizes, 1.0),
        decimals=decimals + 2 if decimals else 0,
        negative=any(value.startswith("-") for value in values),
        least=min(sizes) / 10 if narrow else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """One of a few values."""

    values: frozenset[str]
    type: str = "choice"
    bits: float = 0.0

    @property
    def form(self) -> str:
        """The form in words."""
        return "one of " + ", ".join(repr(value) for value in sorted(self.values))

    def fits(self, old: str, new: str) -> bool:
        """Whether both are among them."""
        return {old, new} <= self.values


def choices(samples: Sequence[Sample]) -> Shape | None:
    """Return the shape of a choice between few values, each seen several times; or None."""
    counts = Counter(values_of(samples))
    often = len(counts) <= 20 and min(counts.values()) >= 2 and counts.total() >= 5 * len(counts)
    return Choices(frozenset(counts)) if often else None


KINDS: dict[str, Callable[[Sequence[Sample]], Shape | None]] = {
    "uuid": uuids, "time": times, "number": numbers, "token": tokens, "choice": choices,
}  # fmt: skip
"""What values may be, by name: each looks at samples and returns their shape, or None."""


def shape_of(samples: Sequence[Sample]) -> Shape:
    """Return what samples have in common. Raises Refusal."""
    values = values_of(samples)
    if any(not value for value in values):
        raise Refusal("something came or went, which is more than a value that varies")
    found = next((shape for shape in (kind(samples) for kind in KINDS.values()) if shape is not None), None)
    if found is None:
        raise Refusal(_no_shape(values))
    return found


def _no_shape(values: Sequence[str]) -> str:
    if any(len(value.split()) > 1 for value in values):
        return "what varies is free text: no type of value to hold it against"
    if len(values) < 10:
        return f"only {len(values)} values seen, and of no type that is known at sight"
    return "the values are of no one type (time, uuid, number, token, or one of a few)"
