"""What was seen at each place, in bounded memory: in which exchanges old differed from itself, and with what values.

Findings come in, run by run; samples and counts go out, the same for any order and any partition of the findings: of
more exchanges than are kept, those with the smallest hash are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Generic, NamedTuple, TypeVar

from harness.compare.node import COMMENT
from harness.difference import Difference
from harness.evidence import Finding
from harness.group.observation import Observation
from harness.noise.slot import is_cut

KEPT = 500
"""Exchanges kept for each place and run."""
REPLACED = "replaced"
"""Kind of a pair of things of which one is missing and the other added."""
SHUFFLED = "shuffled"
"""Kind of two texts that list the same items in another order."""

_SEPARATOR = re.compile(r"[,;|]")
_ITEM = re.compile(r"\w(?:[^\s,;|]*\w)?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_QUOTED = re.compile(rf"'{_NUMBER.pattern}'")

T = TypeVar("T")


class Place(NamedTuple):
    """Where old differs from itself: a rule is about exactly one such place."""

    endpoint: str
    aspect: str
    path: str
    kind: str


class Seen(NamedTuple):
    """The values of one place in one exchange, which stands at `position` of a scenario."""

    scenario: int
    position: int
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One replay: what differed, how many exchanges of each endpoint there were.

    `reach` has how many exchanges of each scenario were replayed; None: all of all scenarios.
    """

    findings: Iterable[Finding]
    exchanges: Mapping[str, int] = field(default_factory=dict)
    reach: Mapping[int, int] | None = None


class Sketch(Generic[T]):
    """Things by the hash of their exchange: the `KEPT` smallest. `limit` is the hash up to which all are kept."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._things: dict[int, T] = {}
        self.limit: float = float("inf")
        self.count = 0

    def add(self, digest: int, thing: T) -> None:
        """Add what an exchange shows."""
        self.count += 1
        if digest <= self.limit:
            self._things[digest] = thing
            if len(self._things) >= 2 * self._kept:
                self._prune()

    def _prune(self) -> None:
        smallest = sorted(self._things)[: self._kept]
        self.limit = smallest[-1]
        self._things = {digest: self._things[digest] for digest in smallest}

    def things(self) -> dict[int, T]:
        """Return what is kept."""
        if len(self._things) > self._kept:
            self._prune()
        return self._things


Sketches = dict[Place, Sketch[Seen]]


def gathered(run: Run) -> Sketches:
    """Return what a run shows at each place."""
    found: Sketches = {}
    for finding in run.findings:
        digest = digest_of(finding.observations[0].exchange)
        for place, values in by_place(finding.observations).items():
            found.setdefault(place, Sketch()).add(digest, Seen(finding.scenario, finding.position, tuple(values)))
    return found


def digest_of(exchange: str) -> int:
    """Return an exchange's hash."""
    return int.from_bytes(blake2b(exchange.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def by_place(observations: Sequence[Observation]) -> dict[Place, list[tuple[str, str]]]:
    """Return the values that one exchange shows, by place; those of one exchange in their order."""
    found: dict[Place, list[tuple[str, str]]] = {}
    for place, difference, _ in placed(observations):
        found.setdefault(place, []).append((difference.old, difference.new))
    return found


def placed(observations: Sequence[Observation]) -> Iterator[tuple[Place, Difference, tuple[Observation, ...]]]:
    """Yield the places of one exchange, what differs there, and the observations that say so.

    Where as many things went as came, each went for another: a random value tells a thing from any other. That comments
    did is spelling, and is so here.
    """
    sides: dict[Place, tuple[list[Observation], list[Observation]]] = {}
    for observation in observations:
        difference = observation.difference
        place = Place(observation.endpoint, difference.aspect, difference.path, difference.kind)
        if is_comment(place) and not (difference.old and difference.new):
            sides.setdefault(place, ([], []))[not difference.old].append(observation)
        elif difference.kind in ("missing", "added"):
            sides.setdefault(place._replace(kind=REPLACED), ([], []))[difference.kind == "added"].append(observation)
        else:
            kind = SHUFFLED if difference.kind == "changed" and _is_shuffled(difference) else difference.kind
            yield (
                place._replace(kind=kind),
                bare(difference) if difference.aspect == "rows" else difference,
                (observation,),
            )
    for place, (missing, added) in sides.items():
        if len(missing) == len(added) and place.aspect != "files":
            for one, other in zip(missing, added, strict=True):
                old, new = _said(place, one.difference.old), _said(place, other.difference.new)
                yield place, replace(one.difference, kind=place.kind, old=old, new=new), (one, other)
        else:
            for observation in (*missing, *added):
                yield place._replace(kind=observation.difference.kind), observation.difference, (observation,)


def is_comment(place: Place) -> bool:
    """Whether a place is comments of pages: however they differ, the page means the same, but they say something."""
    return place.aspect == "body" and place.kind == "spelling" and place.path.endswith(COMMENT)


def _said(place: Place, text: str) -> str:
    """Return what a thing of one side says: of a comment what is in it, as if both sides had it."""
    return text.removeprefix("<!--").removesuffix("-->") if is_comment(place) else text


def bare(difference: Difference) -> Difference:
    """Return how values of a row differ, without the quotes of a text that looks like a number (SQLite's state).

    A random text does now and then. They stay where the other value is a number: then the type differs.
    """
    old, new = difference.old, difference.new
    quoted = [bool(_QUOTED.fullmatch(value)) for value in (old, new)]
    if not any(quoted) or any(_NUMBER.fullmatch(value) for value in (old, new)) or "NULL" in (old, new):
        return difference
    old, new = (value[1:-1] if is_quoted else value for value, is_quoted in zip((old, new), quoted, strict=True))
    return replace(difference, old=old, new=new)


def _is_shuffled(difference: Difference) -> bool:
    """Whether two texts list the same words in another order: three or more, by separators (`4, 1, 3`)."""
    old, new = difference.old, difference.new
    if is_cut(old) or is_cut(new) or len(_SEPARATOR.findall(old)) < 2:
        return False
    return sorted(old) == sorted(new) and Counter(_ITEM.findall(old)) == Counter(_ITEM.findall(new))


def paired_counts(found: Sketch[Seen], noise: Sequence[Sketch[Seen]], reach: Reach) -> Counter[tuple[bool, int]]:
    """Count exchanges by whether new differed and in how many runs old differed from itself.

    Only those count that were replayed in any case, and of what is the same in many exchanges of a scenario the first.
    """
    limit = min(sketch.limit for sketch in (found, *noise))
    differs = {digest: seen for digest, seen in found.things().items() if digest <= limit}
    runs = [{d: seen for d, seen in sketch.things().items() if d <= limit} for sketch in noise]
    ends = reach.ends(differs.values())
    first = [firsts(side) for side in (differs, *runs)]
    counts: Counter[tuple[bool, int]] = Counter()
    for digest in {digest for side in first for digest in side}:
        seen = next(side[digest] for side in (differs, *runs) if digest in side)
        if reach.counts(seen, ends):
            counts[digest in first[0], sum(digest in side for side in first[1:])] += 1
    return counts


def firsts(seen: Mapping[int, Seen]) -> set[int]:
    """Return the exchanges that are the first of their scenario to show their values: one event is counted once."""
    ordered = sorted((one.scenario, one.values, one.position, digest) for digest, one in seen.items())
    return {row[3] for index, row in enumerate(ordered) if index == 0 or row[:2] != ordered[index - 1][:2]}


@dataclass(frozen=True, slots=True)
class Reach:
    """Which exchanges old was asked again, in each scenario up to which; `whole`: all there were.

    Where scenarios were chosen, and cut, by what differed, the last difference of each was sure to be in: it proves
    nothing, and nor does what comes after it.
    """

    until: Mapping[int, int] | None

    def ends(self, found: Iterable[Seen]) -> dict[int, int]:
        """Return for each scenario where what was replayed in any case ends."""
        if self.until is None:
            return {}
        last: dict[int, int] = {}
        for seen in found:
            if seen.position <= self.until.get(seen.scenario, 0):
                last[seen.scenario] = max(seen.position, last.get(seen.scenario, 0))
        return last

    def covers(self, seen: Seen) -> bool:
        """Whether an exchange was asked again."""
        return self.until is None or seen.position <= self.until.get(seen.scenario, 0)

    def counts(self, seen: Seen, ends: Mapping[int, int]) -> bool:
        """Whether an exchange may be counted."""
        return self.until is None or seen.position < ends.get(seen.scenario, 0)
