"""One text of an exchange on its way through the engine: its layers, the secrets found in it, and what it becomes."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harness.redact.coded import recoded
from harness.redact.layer import Layer, layers
from harness.redact.lengths import Change, with_lengths
from harness.redact.spot import Spot, Spots, replaced

WINDOW = 1 << 20
OVERLAP = 1 << 16
"""Bytes that a window has in common with the next: a name and most values stand within them."""
LARGEST = 1 << 23
"""Bytes of a window that is made larger for the sake of one value."""
CONTEXT = 4096
"""Bytes before a name that may tell what it is."""

Render = Callable[[Spot], bytes | None]
"""Gives the bytes for the place of a spot; None leaves it as it is."""


@dataclass(slots=True)
class Text:
    """A text and what was found in it.

    `sort` is that of a region (`harness.redact.regions`), or `header` (found already). `inner` are the texts in
    base64 in it, by where they start. `unread` says that a value is too long to be looked for its end.
    """

    place: str
    raw: bytes
    sort: str = "text"
    name: str = ""
    inner: dict[int, Text] = field(default_factory=dict)
    spots: Spots = field(default_factory=Spots)
    _layers: list[Layer] = field(default_factory=list)
    _named: list[tuple[int, int]] = field(default_factory=list)
    unread: bool = False
    _limit: int = 0
    _open: int = -1

    def __post_init__(self) -> None:
        self._limit = len(self.raw)
        if self._limit <= WINDOW and not self._layers:
            self._layers = self._read(0)

    def again(self) -> Text:
        """Return the same text with what was found in it, to be looked through further."""
        inner = {start: text.again() for start, text in self.inner.items()}
        return Text(
            self.place, self.raw, self.sort, self.name, inner, self.spots.again(), self._layers, unread=self.unread
        )  # fmt: skip

    def windows(self) -> Iterator[list[Layer]]:
        """Yield the layers of the text, a window after the other where it is long: only one is in memory then."""
        if self._layers:
            yield self._layers
            return
        start, size = 0, WINDOW
        while True:
            last = start + size >= len(self.raw)
            self._limit = len(self.raw) if last else start + size - OVERLAP
            self._open = -1
            yield self._read(start, size)
            if last:
                return
            start, size = self._next(start, size)
            if size > LARGEST:
                self.unread = True
                return

    def _next(self, start: int, size: int) -> tuple[int, int]:
        """Return start and size of the next window: where one ended within a value, one that holds all of it."""
        if not 0 <= self._open < self._limit:
            return start + size - OVERLAP - CONTEXT, WINDOW
        begin = self._open - CONTEXT
        return (begin, WINDOW) if begin > start else (start, 2 * size)

    def opens(self, layer: Layer, at: int, last: Spot) -> bool:
        """Tell whether the last value of the name at this place is for the next window, which then begins before it."""
        if self._limit == len(self.raw):
            return False
        if last.end < len(layer.text) and layer.span(last.start, last.start)[0] < self._limit:
            return False
        begin = layer.span(at, at)[0]
        self._open = begin if self._open < 0 else min(begin, self._open)
        return True

    def is_named(self, layer: Layer, at: int) -> bool:
        """Tell whether a name stands where one was followed to its values before an encoding was undone.

        What ends the values is not to be seen any more, then: of `"a\\"b", "c"` the comma would be one.
        """
        if layer.parent is None or not self._named:
            return False
        raw = layer.span(at, at)[0]
        before = bisect_right(self._named, (raw, len(self.raw))) - 1
        return before >= 0 and raw < self._named[before][1]

    def note_named(self, layer: Layer, start: int, end: int) -> None:
        """Remember where a name begins and the last of its values ends."""
        if start < end and len(self._layers) != 1:
            insort(self._named, layer.span(start, end))

    def _read(self, start: int, size: int = WINDOW) -> list[Layer]:
        raw = self.raw[start : start + size]
        return [Layer(raw, base=start)] if self.sort in ("binary", "header") else layers(raw, start)

    def claim(self, layer: Layer, spot: Spot) -> bool:
        """Add a spot of one of the layers; False where its bytes are another's, or for the next window to claim."""
        if layer.parent is None and not layer.base:
            return spot.start < self._limit and self.spots.add(spot)
        start, end = layer.span(spot.start, spot.end)
        spelling = layer.spelling(spot.spelling, spot.start, spot.end)
        return start < self._limit and self.spots.add(spot._replace(start=start, end=end, spelling=spelling))

    def rendered(self, render: Render) -> bytes:
        """Return the text with what `render` gives in the place of each spot; the same object where nothing changes."""
        changes: list[Change] = []
        exact = len(self._layers) == 1
        for spot in self.spots:
            made = self._inner(spot, render) if spot.start in self.inner else render(spot)
            if made is not None:
                changes.append((spot.start, spot.end, made))
                exact = exact and len(made) == spot.end - spot.start
        if changes and not exact:
            changes = with_lengths(self.raw, self._layers or [Layer(self.raw)], changes)
        return replaced(self.raw, iter(changes))

    def _inner(self, spot: Spot, render: Render) -> bytes | None:
        text = self.inner[spot.start]
        made = text.rendered(render)
        return None if made is text.raw else recoded(made, self.raw[spot.start : spot.end])
