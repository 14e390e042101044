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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from harness.effects import Effects
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
        sides = (Texts(windows[0]),) * 2 if alike else (Texts(windows[0]), Texts(windows[1]))
        old.mapped(sides[0].read)
        if not alike:
            new.mapped(sides[1].read)
        copied = _copied(new, windows[0], sides[0].moments) if told[0] != told[1] else []
        if not (sides[0].moments or sides[1].moments or copied or windows[0].hosts or windows[1].hosts):
            return old, new
        acted: set[str] = set()
        others = sides[1].moments + copied, sides[0].moments
        left = old.mapped(lambda text: sides[0].cleaned(text, others[0], tolerance, acted))
        right = left if alike else new.mapped(lambda text: sides[1].cleaned(text, others[1], tolerance, acted))
        if copied:
            again = Texts(windows[0])
            right = right.mapped(lambda text: again.cleaned(text, others[1], 0.0, acted))
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


class Texts:
    """The texts that a side wrote, each read once, with their instants; `moments` are all of these."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._known: dict[str, tuple[Moment, ...]] = {}
        self.moments: list[Moment] = []

    def read(self, text: str) -> str:
        """Note the instants of a text, and return it as it is."""
        if text not in self._known:
            self._known[text] = _moments(_encoded(text), self._window)
            self.moments += self._known[text]
        return text

    def cleaned(self, text: str, others: Sequence[Moment], tolerance: float, acted: set[str]) -> str:
        """Return a text with placeholders for the instants that the other side has too, or that are of this run."""
        moments = self._known[self.read(text)]
        if not (moments or self._window.hosts):
            return text
        kept = frozenset(id(moment) for moment in moments if not excused(moment, others, tolerance))
        made = _with_placeholders(_encoded(text), moments, self._window, kept, acted)
        return made.decode("utf-8", "surrogatepass")


def _copied(effects: Effects, window: Window, others: Sequence[Moment]) -> list[Moment]:
    """Return the instants of the other side's clock that it has too: what new goes on from may have been old's."""
    texts = Texts(window)
    effects.mapped(texts.read)
    theirs = {moment.instant.when for moment in others}
    return [moment for moment in texts.moments if moment.own_time and moment.instant.when in theirs]


@lru_cache(maxsize=64)
def _own_addresses(hosts: tuple[str, ...]) -> re.Pattern[bytes]:
    """Return a pattern for addresses as they stand in URLs, percent-encoded ones too."""
    written = {form.encode() for host in hosts for form in (host, host.replace(":", "%3A"), host.replace(":", "%3a"))}
    either = b"|".join(re.escape(host) for host in sorted(written, reverse=True))
    return re.compile(rb"(?:(?<![\w.-])|(?<=%2[Ff]))(?:" + either + rb")(?![\w:])")
