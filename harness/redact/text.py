"""One text of an exchange on its way through the engine: its layers, the secrets found in it, and what it becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.redact.coded import recoded
from harness.redact.layer import Layer, layers
from harness.redact.spot import Spot, Spots, replaced

Render = Callable[[Spot], bytes | None]
"""Gives the bytes for the place of a spot; None leaves it as it is."""


@dataclass(slots=True)
class Text:
    """A text and what was found in it.

    `sort` is `form` (one form or URL), `text`, `data` (JSON, XML), `field` (of the form field `name`), `header` (found
    already) or `binary` (where only known secrets are looked for). `inner` are the texts in
    base64 in it, by where they start.
    """

    place: str
    raw: bytes
    sort: str = "text"
    name: str = ""
    inner: dict[int, Text] = field(default_factory=dict)
    spots: Spots = field(default_factory=Spots)
    layers: list[Layer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.layers = [Layer(self.raw)] if self.sort in ("binary", "header") else layers(self.raw)

    def claim(self, layer: Layer, spot: Spot) -> bool:
        """Add a spot of one of the layers; False where its bytes are another's."""
        if layer.parent is None:
            return self.spots.add(spot)
        start, end = layer.span(spot.start, spot.end)
        spelling = layer.spelling(spot.spelling)
        return self.spots.add(Spot(start, end, spot.value, spot.kind, spot.place, spelling, spot.token))

    def rendered(self, render: Render) -> bytes:
        """Return the text with what `render` gives in the place of each spot; the same object where nothing changes."""
        changes = []
        for spot in self.spots:
            made = self._inner(spot, render) if spot.start in self.inner else render(spot)
            if made is not None:
                changes.append((spot.start, spot.end, made))
        return replaced(self.raw, iter(changes))

    def _inner(self, spot: Spot, render: Render) -> bytes | None:
        text = self.inner[spot.start]
        made = text.rendered(render)
        return None if made is text.raw else recoded(made, self.raw[spot.start : spot.end])
