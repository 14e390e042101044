"""Makes values that must differ between two sides alike: the time of this run, and each side's own address.

A pair of answers comes in, a pair goes out in which every such value is a placeholder. Only instants of the run, or of
the time that a side was told it is, are touched, never a stored date; the placeholder keeps the spelling
(`[now YYYY-MM-DD hh:mm:ss]`), so that a change of format or zone stays visible. Nothing is dropped, and no header,
member or endpoint has a name here. How instants are written is `instant`'s affair, finding noise by running twice
`noise`'s.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from harness.effects import Effects, Place
from harness.exchange import Response, with_length
from harness.instant import SPELLINGS, instants, placeholder
from harness.moment import GRACE, Clock, Moment, Window, apart, excused

SLOWEST = 60.0
"""Seconds that an answer is thought to take at most."""
HOST_PLACEHOLDER = b"host.invalid"
"""Stands for a side's own address (`.invalid`: RFC 2606)."""

NAMES = (*(spelling.name for spelling in SPELLINGS), "host")
"""All built-in normalisers, as reports name them."""

Told = tuple[float | None, float | None]
"""What time old and new were told it is (seconds since the epoch); None: the real one."""
NOT_TOLD: Told = (None, None)


class Normaliser:
    """Replaces what only this run could have written. `acted` counts, by name, the pairs in which it found something.

    `window` is the earliest and the latest instant (seconds since the epoch) that count as now; the latest moves on
    to a second after the `now` of each call. `hosts` are pairs of own addresses (`host:port`): old (side 0), new (1).

    Where a side was told another time, the time from the first it was told to the latest counts as now as well; but
    such instants are made alike only where both sides have the same, each by its own clock: what was told is the same
    to the second, so an instant that is an hour off is a difference. Calls are those of one scenario, in order.
    """

    def __init__(self, window: tuple[float, float], hosts: Sequence[tuple[str, str]] = ()) -> None:
        self.acted: Counter[str] = Counter()
        self._start, self._end = window
        self._hosts = (tuple(old for old, _ in hosts if old), tuple(new for _, new in hosts if new))
        self._clocks = (Clock(), Clock())
        self._at = -math.inf
        self._elapsed = 0.0
        self._slowest = 0.0

    def normalise_pair(
        self, old: Response, new: Response, now: float, told: Told = NOT_TOLD
    ) -> tuple[Response, Response]:
        """Return both answers with placeholders; unchanged where their bytes are equal.

        `acted` also counts what equal answers hold, so that a run's report does not depend on when a second ended.
        """
        windows = self._windows(now, told)
        if old == new and windows[0].spans == windows[1].spans and not self._names_a_side(old):
            if _is_untouched(old, windows[0]):
                return old, new
            held: set[str] = set()
            _cleaned(old, windows[0], _chunks(old, windows[0]), frozenset(), held)
            self.acted.update(held)
            return old, new
        acted: set[str] = set()
        sides = _chunks(old, windows[0]), _chunks(new, windows[1])
        kept = _kept(*sides, self.tolerance)
        left = _cleaned(old, windows[0], sides[0], kept[0], acted)
        right = _cleaned(new, windows[1], sides[1], kept[1], acted)
        self.acted.update(acted)
        return left, right

    def normalised(self, response: Response, side: int, now: float, told: float | None = None) -> Response:
        """Return one answer of side 0 (old) or 1 (new) with placeholders; this is not counted."""
        window = self._windows(now, (told, None) if side == 0 else (None, told))[side]
        return _cleaned(response, window, _chunks(response, window), frozenset(), set())

    def normalise_effects(
        self, old: Effects, new: Effects, now: float, told: Told = NOT_TOLD
    ) -> tuple[Effects, Effects]:
        """Return what both sides wrote with placeholders in rows, names of files and mails."""
        windows, tolerance = self._windows(now, told), self.tolerance
        alike = old == new and windows[0] == windows[1]
        sides = (Written(old, windows[0]),) * 2 if alike else (Written(old, windows[0]), Written(new, windows[1]))
        copied = _copied(new, windows[0], sides[0]) if told[0] != told[1] else {}
        if not (sides[0].moments or sides[1].moments or copied or windows[0].hosts or windows[1].hosts):
            return old, new
        acted: set[str] = set()
        kept = ((), ()) if alike else _kept_of(sides[0].moments, sides[1].moments, copied, tolerance)
        left = sides[0].cleaned(frozenset(map(id, kept[0])), acted)
        right = left if alike else sides[1].cleaned(frozenset(map(id, kept[1])), acted)
        if copied:
            again = Written(right, windows[0])
            theirs = sides[0].moments
            still = [
                one for at, own in again.moments.items() for one in own if not excused(one, theirs.get(at, []), 0.0)
            ]
            right = again.cleaned(frozenset(map(id, still)), acted)
        self.acted.update(acted)
        return left, right

    def _windows(self, now: float, told: Told) -> tuple[Window, Window]:
        if now > self._at:  # else the same exchange, seen from another side
            self._elapsed = min(now - max(self._at, self._start), SLOWEST) if math.isfinite(self._start) else 0.0
            self._slowest = max(self._slowest, self._elapsed)
            self._at = now
        for clock, instant in zip(self._clocks, told, strict=True):
            if instant is not None:
                clock.tell(instant, self._elapsed)
        latest = now if math.isinf(self._end) else max(self._end, now)
        real = (self._start, latest + GRACE)
        old, new = self._clocks
        return (
            Window(real, old.span(), old.told, old, self._hosts[0]),
            Window(real, new.span(), new.told, new, self._hosts[1]),
        )

    def _names_a_side(self, answer: Response) -> bool:
        """Whether an answer names one of two different addresses: the same bytes are then right for one side only."""
        if self._hosts[0] == self._hosts[1]:
            return False
        names = [host.partition(":")[0].encode() for side in self._hosts for host in side]
        return any(
            name in raw for name in names for raw in (answer.body or b"", *(value for _, value in answer.headers))
        )

    @property
    def tolerance(self) -> float:
        """Seconds by which two clocks may be off in one exchange: what the slowest one took, and a grace."""
        return self._slowest + GRACE


@dataclass(frozen=True, slots=True)
class Chunk:
    """A header's value or the body (of no name), and the instants in it."""

    name: bytes
    raw: bytes
    moments: tuple[Moment, ...] = ()


def _is_untouched(response: Response, window: Window) -> bool:
    """Whether an answer holds nothing to be replaced: the quick way to see that of most."""
    whole = b"\n".join([*[value for _, value in response.headers], response.body or b""])
    return not instants(whole, window.spans) and not any(name in whole for name in _names_in(window))


def _chunks(response: Response, window: Window) -> list[Chunk]:
    """Return the parts of an answer; the body is the last."""
    values = b"\n".join(value for _, value in response.headers)
    dated = bool(instants(values, window.spans))
    headers = [Chunk(name.lower(), value, _moments(value, window) if dated else ()) for name, value in response.headers]
    return [*headers, Chunk(b"", response.body or b"", _moments(response.body or b"", window))]


def _moments(raw: bytes, window: Window) -> tuple[Moment, ...]:
    return tuple(Moment(instant, window) for instant in instants(raw, window.spans))


Kept = frozenset[int]
"""Instants that stay as they are, by the identity of their moments."""


def _kept(old: Sequence[Chunk], new: Sequence[Chunk], tolerance: float) -> tuple[Kept, Kept]:
    """Return the instants of both sides that must stay, because the other side has none like it in the same part."""
    left, right = _by_name(old), _by_name(new)
    pairs = [apart(left.get(name, []), right.get(name, []), tolerance) for name in {**left, **right}]
    return tuple(frozenset(id(moment) for pair in pairs for moment in pair[side]) for side in (0, 1))  # type: ignore[return-value]


def _by_name(chunks: Sequence[Chunk]) -> dict[bytes, list[Moment]]:
    found: dict[bytes, list[Moment]] = {}
    for chunk in chunks:
        if chunk.moments:
            found.setdefault(chunk.name, []).extend(chunk.moments)
    return found


def _cleaned(response: Response, window: Window, chunks: Sequence[Chunk], kept: Kept, acted: set[str]) -> Response:
    """Return an answer with placeholders for all its instants but those kept, and for own addresses."""
    clean = [_with_placeholders(chunk.raw, chunk.moments, window, kept, acted) for chunk in chunks]
    if all(made is chunk.raw for made, chunk in zip(clean, chunks, strict=True)):
        return response
    headers = tuple((name, value) for (name, _), value in zip(response.headers, clean, strict=False))
    if not response.body:
        return replace(response, headers=headers)
    headers = with_length(headers, len(response.body), len(clean[-1]))
    return replace(response, headers=headers, body=clean[-1])


def _with_placeholders(raw: bytes, moments: Sequence[Moment], window: Window, kept: Kept, acted: set[str]) -> bytes:
    made, at = [], 0
    for moment in moments:
        instant = moment.instant
        if id(moment) not in kept:
            made += [raw[at : instant.start], placeholder(instant, raw)]
            at = instant.end
            acted.add(instant.spelling.name)
    if made:
        raw = b"".join([*made, raw[at:]])
    if any(name in raw for name in _names_in(window)):
        raw, count = _own_addresses(window.hosts).subn(HOST_PLACEHOLDER, raw)
        acted.update(("host",) if count else ())
    return raw


def _names_in(window: Window) -> list[bytes]:
    return [host.partition(":")[0].encode() for host in window.hosts]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


COLUMN = 3
"""How much of a place says in which column it is: all but the row."""
Column = tuple[object, ...]
"""What is compared with its like: all mails, all names of files, the text of a file, or the column of a table."""


class Written:
    """What a side wrote, read once, and the instants in it: `moments`, in their order, by column."""

    def __init__(self, effects: Effects, window: Window) -> None:
        self._effects, self._window = effects, window
        self._instants: dict[str, tuple[Moment, ...]] = {}
        self._known: dict[tuple[Place, str], tuple[Moment, ...]] = {}
        effects.placed(self._read)
        self.moments: dict[Column, list[Moment]] = {}
        for place, text in sorted(self._known, key=lambda found: self._order(found[0])):
            self.moments.setdefault(place[:COLUMN], []).extend(self._known[place, text])

    def _read(self, place: Place, text: str) -> str:
        if text not in self._instants:
            self._instants[text] = _moments(_encoded(text), self._window)
        if self._instants[text] and (place, text) not in self._known:
            self._known[place, text] = tuple(Moment(one.instant, self._window) for one in self._instants[text])
        return text

    def _order(self, place: Place) -> tuple[object, ...]:
        """Return what rows are ordered by, whichever was written first: whether they came, and all but their times."""
        if place[0] != "row":
            return ()
        _, table, _, row = place
        values = [value or "" for _, value in row]
        return self._effects.rows[table][row] > 0, ["" if self._instants.get(value) else value for value in values]

    def cleaned(self, kept: Kept, acted: set[str]) -> Effects:
        """Return the effects with placeholders for all instants but those kept, and for own addresses."""

        def clean(place: Place, text: str) -> str:
            moments = self._known.get((place, text), ()) if self._instants.get(text) else ()
            if not (moments or self._window.hosts):
                return text
            made = _with_placeholders(_encoded(text), moments, self._window, kept, acted)
            return made.decode("utf-8", "surrogatepass")

        return self._effects.placed(clean)


def _kept_of(
    old: Mapping[Column, Sequence[Moment]],
    new: Mapping[Column, Sequence[Moment]],
    copied: Mapping[Column, Sequence[Moment]],
    tolerance: float,
) -> tuple[list[Moment], list[Moment]]:
    """Return the instants of both sides that the other has not in the same column, or not in the same row of it.

    That it has them elsewhere excuses nothing: a time written into another column is a difference.
    """
    kept: tuple[list[Moment], list[Moment]] = ([], [])
    for at in {**old, **new, **copied}:
        left, right, more = old.get(at, ()), new.get(at, ()), copied.get(at, ())
        if more:  # what new took over from old is not new's own: which is which is not known
            others = [*right, *more]
            found = (
                [one for one in left if not excused(one, others, tolerance)],
                [one for one in right if not excused(one, left, tolerance)],
            )
        else:
            found = apart(left, right, tolerance)
        kept[0].extend(found[0])
        kept[1].extend(found[1])
    return kept


def _copied(effects: Effects, window: Window, old: Written) -> dict[Column, list[Moment]]:
    """Return the instants of the other side's clock that it has too: what new goes on from may have been old's."""
    theirs = {moment.instant.when for own in old.moments.values() for moment in own}
    found = Written(effects, window).moments
    ours = {at: [one for one in own if one.own_time and one.instant.when in theirs] for at, own in found.items()}
    return {at: own for at, own in ours.items() if own}


@lru_cache(maxsize=64)
def _own_addresses(hosts: tuple[str, ...]) -> re.Pattern[bytes]:
    """Return a pattern for addresses as they stand in URLs, percent-encoded ones too."""
    written = {form.encode() for host in hosts for form in (host, host.replace(":", "%3A"), host.replace(":", "%3a"))}
    either = b"|".join(re.escape(host) for host in sorted(written, reverse=True))
    return re.compile(rb"(?:(?<![\w.-])|(?<=%2[Ff]))(?:" + either + rb")(?![\w:])")
