"""What a text says besides the secrets that were found in it: looked through again for those of others.

Texts as they read in each encoding come in, and whether a secret stands in them goes out: one of the same exchange, or
one that was learned since they were looked through last. The answer may be yes where the engine then finds none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.redact.addresses import Addresses, may_hold_one, written_in
from harness.redact.known import Form, Known
from harness.redact.layer import Layer, words_of
from harness.redact.spot import Spot, replaced

_BLANK = b"\n"


class Own(NamedTuple):
    """How the secrets of an exchange may be written: addresses that are numbers between dots, and all others."""

    dotted: list[Form]
    others: list[Form]


@dataclass(slots=True)
class Remainder:
    """Texts, all their words, whether numbers stand between dots in them, and what is written like an address.

    `edition` is that of the secrets last looked for.
    """

    texts: tuple[bytes, ...]
    words: frozenset[bytes]
    dotted: bool
    addresses: tuple[bytes, ...]
    edition: int = -1

    def may_hold(self, own: Own, known: Known, addresses: Addresses) -> bool:
        """Tell whether a secret may stand in the texts: `own` are those of the same exchange."""
        for form in own.others:
            raw = form.raw
            for text in self.texts:
                if raw in text:
                    return True
        if self.dotted and (addresses.any_of(self.addresses) or self._has(own.dotted)):
            return True
        return self.edition != known.edition and self._holds(known)

    def _has(self, forms: Iterable[Form]) -> bool:
        return any(form.raw in text for form in forms for text in self.texts)

    def _holds(self, known: Known) -> bool:
        """Tell whether a secret that was seen stands in a text; if not, that need not be asked again."""
        if known.may_be_in(self.words, self.edition) and any(known.hits(text, self.words) for text in self.texts):
            return True
        self.edition = known.edition
        return False


def own_of(forms: Iterable[Form]) -> Own:
    """Return ways to write secrets, told apart."""
    own = Own([], [])
    for form in forms:
        own[form.secret.kind != "address" or not may_hold_one(form.raw)].append(form)
    return own


def remainder_of(layers: Sequence[Layer], spots: Sequence[Spot] = ()) -> Remainder:
    """Return what is left of a text beside its spots, which stand in its first layer alone."""
    if spots:
        left = replaced(layers[0].text, ((spot.start, spot.end, _BLANK) for spot in spots))
        return _remainder((left,), words_of(left))
    if len(layers) == 1:
        return _remainder((layers[0].text,), layers[0].words)
    return _remainder(tuple(layer.text for layer in layers), frozenset().union(*(layer.words for layer in layers)))


def _remainder(texts: tuple[bytes, ...], words: frozenset[bytes]) -> Remainder:
    dotted = [text for text in texts if may_hold_one(text)]
    return Remainder(texts, words, bool(dotted), tuple(raw for text in dotted for raw in written_in(text)))


def joined(remainders: Iterable[Remainder]) -> Remainder:
    """Return several as one: no secret is added by what stands between them."""
    several = list(remainders)
    return Remainder(
        (_BLANK.join(text for each in several for text in each.texts),),
        frozenset().union(*(each.words for each in several)),
        any(each.dotted for each in several),
        tuple(raw for each in several for raw in each.addresses),
    )
