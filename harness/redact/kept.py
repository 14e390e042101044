"""What stays as it is: the values that users keep, and the tokens of an earlier redaction. Spots in, yes or no out.

A token beside other bytes may be read together with them, or only a part of it: what was redacted is not redacted again
for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from harness.bind.token import is_code, strength
from harness.exchange import Redaction
from harness.redact.spot import Spot, plain
from harness.redact.text import Text
from harness.redact.tokens import SHORT


class Kept:
    """Values that stay; `redactions` tell of the tokens that the same exchange has already."""

    def __init__(self, values: Iterable[str], redactions: Iterable[Redaction] = ()) -> None:
        """Tokens may be empty, where something was found and nothing put in its place."""
        known = tuple(redaction for redaction in redactions if redaction.token)
        self._tokens = tuple(dict.fromkeys(redaction.token for redaction in known))
        self._values = frozenset((*values, *self._tokens))
        self._places: dict[str, list[str]] = {}
        for redaction in known:
            self._places.setdefault(redaction.place, []).append(redaction.token)

    def __contains__(self, value: str) -> bool:
        """Tell whether a value stays: one of those, a part of a token, or tokens with nothing but signs around them."""
        if value in self._values:
            return True
        return bool(self._tokens) and (
            any(map(partial(_overlaps, value), self._tokens)) or not any(map(str.isalnum, self._rest(value)))
        )

    def has(self, text: Text, spot: Spot) -> bool:
        """Tell whether the value of a spot stays.

        So does one with a token in it that was put in the same place, one that is only the beginning of a token, and
        one that is there for its look, where what is beside the tokens in it has no such.
        """
        if not self._tokens:
            return spot.value in self._values
        if spot.value in self:
            return True
        if any(token in spot.value for token in self._places.get(place_of(text, spot), ())):
            return True
        longer = (token for token in self._tokens if token.startswith(spot.value))
        return any(text.raw.startswith(plain(token), spot.start) for token in longer) or (
            spot.weak and not self._shows(spot.value)
        )

    def _shows(self, value: str) -> bool:
        """Tell whether a value looks like a secret without the tokens in it."""
        rest = self._rest(value)
        words = rest.encode("utf-8", "surrogatepass").split()
        return rest == value or any(strength(word) == "strong" or is_code(word) for word in words)

    def _rest(self, value: str) -> str:
        for token in self._tokens:
            value = value.replace(token, " ")
        return value


def _overlaps(value: str, token: str) -> bool:
    """Tell whether a value is a part of a token, or begins or ends within one."""
    if len(value) < SHORT or token in value:
        return False
    if value in token:
        return True
    lengths = range(SHORT, min(len(value), len(token)))
    return any(value.startswith(token[-length:]) or value.endswith(token[:length]) for length in lengths)


def place_of(text: Text, spot: Spot) -> str:
    """Return what a recording tells of where a secret stood."""
    return f"{text.place} {spot.place}" if spot.place else text.place
