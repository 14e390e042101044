"""What a text says besides the secrets that were found in it: looked through again for those of others.

Texts as they read in each encoding come in, and whether a secret stands in them goes out: one of the same exchange, or
one that was learned since they were looked through last. The answer may be yes where the engine then finds none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.redact.addresses import Addresses, written_in
from harness.redact.known import Form, Known
from harness.redact.layer import Layer, words_of
from harness.redact.spot import Spot, replaced

_BLANK = b"\n"


@dataclass(slots=True)
class Remainder:
    """Texts, all their words, and what in them is written like a network address.

    `edition` is that of the secrets last looked for.
    """

    texts: tuple[bytes, ...]
    words: frozenset[bytes]
    addresses: tuple[bytes, ...]
    edition: int = -1

    def may_hold(self, own: Sequence[Form], known: Known, addresses: Addresses) -> bool:
        """Tell whether a secret may stand in the texts: `own` are those of the same exchange."""
        for form in own:
            raw = form.raw
            for text in self.texts:
                if raw in text:
                    return True
        if self.addresses and addresses.any_of(self.addresses):
            return True
        return self.edition != known.edition and self._holds(known)

    def _holds(self, known: Known) -> bool:
        """Tell whether a secret that was seen stands in a text; if not, that need not be asked again."""
        if known.may_be_in(self.words, self.edition) and any(known.hits(text, self.words) for text in self.texts):
            return True
        self.edition = known.edition
        return False


def remainder_of(layers: Sequence[Layer], spots: Sequence[Spot] = ()) -> Remainder:
    """Return what is left of a text beside its spots, which stand in its first layer alone."""
    if spots:
        left = replaced(layers[0].text, ((spot.start, spot.end, _BLANK) for spot in spots))
        return Remainder((left,), words_of(left), written_in(left))
    if len(layers) == 1:
        text = layers[0].text
        return Remainder((text,), layers[0].words, written_in(text))
    texts = tuple(layer.text for layer in layers)
    words = frozenset().union(*(layer.words for layer in layers))
    return Remainder(texts, words, tuple(raw for text in texts for raw in written_in(text)))


def joined(remainders: Iterable[Remainder]) -> Remainder:
    """Return several as one: no secret is added by what stands between them."""
    several = list(remainders)
    return Remainder(
        (_BLANK.join(text for each in several for text in each.texts),),
        frozenset().union(*(each.words for each in several)),
        tuple(raw for each in several for raw in each.addresses),
    )
