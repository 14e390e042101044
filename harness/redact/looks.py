"""Start lines and header fields, each looked through once: bytes in, what was found in them out.

Clients send the same fields again and again; only what secrets of others stand in them has to be asked each time
(`harness.redact.remainder`). Memory is bounded: what did not come again for long is forgotten.
"""

from __future__ import annotations

import base64
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from harness.exchange import Headers, Redaction, Request
from harness.memory import Memory
from harness.redact.coded import recoded
from harness.redact.finder import Finder
from harness.redact.headers import UNSURE, Finders, in_basic
from harness.redact.kept import Kept, place_of
from harness.redact.known import Secret, is_telling
from harness.redact.names import SURE, Names
from harness.redact.remainder import Remainder, joined, remainder_of
from harness.redact.spot import Spot, is_read_with
from harness.redact.syntax import text_of
from harness.redact.text import WINDOW, Text
from harness.redact.tokens import Tokens, read_address

LOCAL = frozenset({"", "-", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104 - nothing is bound to it
"""Addresses that tell of nobody."""
CREDENTIAL = 12
"""Characters from which on a credential is looked for as it was written, in base64."""
REMEMBERED = 1 << 19
"""Bytes of texts that are remembered, and about as many that came before; each takes some ten times as many."""
LONGEST = 2048
"""Bytes of a text beyond which it is not."""
MANY = 16_384
"""Bytes of all fields of a side beyond which they are not remembered as a whole."""
_EACH = 128  # bytes that a short text counts as


@dataclass(frozen=True, slots=True)
class Look:
    """A text with what was found in it: which secrets, what it becomes (None: what it is), what there is to tell of it.

    `rest` is None where its secrets stand in encodings, so that what is left beside them is not a text.
    """

    text: Text
    secrets: tuple[Secret, ...]
    made: bytes | None
    redactions: tuple[Redaction, ...]
    rest: Remainder | None


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one side: what all the looks at them say together."""

    made: Headers | None
    secrets: tuple[Secret, ...]
    redactions: tuple[Redaction, ...]
    rest: Remainder | None


class Looks:
    """Looks at texts, with the key and the settings of one redactor."""

    def __init__(self, finder: Finder, names: Names, tokens: Tokens, keep: Kept) -> None:
        self.finder = finder
        self._finders = Finders(names)
        self._names = names
        self._tokens = tokens
        self._keep = keep
        self._looks: Memory[Look] = Memory(REMEMBERED)
        self._fields: Memory[Fields] = Memory(REMEMBERED)

    def target(self, request: Request) -> Look:
        """Look at what a request asks for."""
        line = request.start_line
        look = self._looks.get(line)
        return look or self._kept(line, Text("request.target", line[slice(*target_span(request))], "form"))

    def reason(self, reason: bytes) -> Look:
        """Look at the reason of an answer."""
        key = "reason", reason
        return self._looks.get(key) or self._kept(key, Text("response.reason", reason))

    def field(self, side: str, name: bytes, value: bytes) -> Look:
        """Look at the value of a header field."""
        key = side, name, value
        look = self._looks.get(key)
        if look is None:
            finder = self._finders.of(name)
            place = f"{side}.header {name.decode('latin-1') if is_name(name) else '?'}"
            spots = [] if isinstance(finder, str) else self._finders.found(finder, value)
            if isinstance(finder, str) or (finder in UNSURE and not spots):
                look = self._kept(key, Text(place, value, finder if isinstance(finder, str) else "text"))
            else:
                text = Text(place, value, "header")
                for spot in spots:
                    if text.spots.add(spot) and not spot.kind:
                        text.inner[spot.start] = _credential(place, value[spot.start : spot.end])
                look = self._kept(key, text)
        return look

    def fields(self, side: str, headers: Headers) -> Fields | None:
        """Look at all fields of a side; None where one has a name that is none."""
        key = side, headers
        fields = self._fields.get(key)
        if fields is None and all(is_name(name) for name, _ in headers):
            fields = _together(headers, [self.field(side, *pair) for pair in headers])
            size = sum(len(name) + len(value) for name, value in headers)
            if size <= MANY:
                self._fields.put(key, fields, size + _EACH)
        return fields

    def secrets(self, texts: Iterable[Text]) -> Iterator[Secret]:
        """Yield the secrets that were found in texts and in those within them."""
        for text in texts:
            for each in (text, *text.inner.values()):
                yield from secrets_of(each, self._names, self._tokens, self._keep)

    def _kept(self, key: Hashable, text: Text) -> Look:
        look = self._look(text)
        if len(text.raw) <= LONGEST:
            self._looks.put(key, look, len(text.raw) + _EACH)
        return look

    def _look(self, text: Text) -> Look:
        self.finder.find(text)
        layers = next(text.windows())
        if not text.spots:
            return Look(text, (), None, (), None if len(text.raw) > WINDOW else remainder_of(layers))
        redactions: dict[Redaction, None] = {}
        made = text.rendered(lambda spot: self._rendered(text, spot, redactions))
        hidden = (text.inner and text.sort != "header") or len(layers) > 1 or len(text.raw) > WINDOW
        hidden = hidden or any(is_read_with(text.raw, spot.start) for spot in text.spots)
        rest = None if hidden else remainder_of(layers, list(text.spots))
        return Look(text, tuple(self.secrets([text])), made if redactions else None, tuple(redactions), rest)

    def _rendered(self, text: Text, spot: Spot, redactions: dict[Redaction, None]) -> bytes | None:
        if self._keep.has(text, spot) or is_local(spot):
            return None
        redaction = told(text, spot, spot.token or self._tokens.of(spot.value))
        redactions[redaction] = None
        return spot.spelling(redaction.token)


def target_span(request: Request) -> tuple[int, int]:
    """Return which part of the start line is looked through: the target, or all where it is an odd one."""
    target = request.target
    known = request.method.replace(b"-", b"").isalpha()
    start = request.start_line.find(target, len(request.method)) if target and known else -1
    return (start, start + len(target)) if start >= 0 else (0, len(request.start_line))


def secrets_of(text: Text, names: Names, tokens: Tokens, keep: Kept) -> Iterator[Secret]:
    """Yield the secrets of a text that can be told from other words; and credentials as they were written, whole."""
    for spot in text.spots:
        value = spot.value
        if text.sort == "header" and spot.start in text.inner:
            yield from _written(text, spot, tokens, keep)
        if not value or keep.has(text, spot) or spot.kind == "email" or is_local(spot):
            continue
        token = tokens.of(value)
        setting = spot.place.startswith("line ") or (spot.kind == "cookie" and names.verdict(spot.place) not in SURE)
        if spot.kind == "address" or is_telling(value, setting):
            yield Secret(value, token, spot.kind)
        written = text_of(text.raw[spot.start : spot.end])
        if text.sort == "header" and len(written) >= CREDENTIAL and written != value:
            yield Secret(written, text_of(spot.spelling(token)), spot.kind)


def _credential(place: str, raw: bytes) -> Text:
    """Return the text in a credential of Basic, with its secrets."""
    text = Text(place, base64.b64decode(raw), "header")
    for spot in in_basic(text.raw):
        text.spots.add(spot)
    return text


def _written(text: Text, spot: Spot, tokens: Tokens, keep: Kept) -> Iterator[Secret]:
    """Yield a credential as it was written, whole."""
    raw, inner = text.raw[spot.start : spot.end], text.inner[spot.start]
    made = inner.rendered(lambda each: None if keep.has(inner, each) else each.spelling(tokens.of(each.value)))
    if made is not inner.raw and len(raw) >= CREDENTIAL:
        yield Secret(text_of(raw), text_of(recoded(made, raw)), "password")


def told(text: Text, spot: Spot, token: str) -> Redaction:
    """Return what a recording tells of a secret that a token has taken the place of."""
    return Redaction(place_of(text, spot), spot.kind, token)


def is_local(spot: Spot) -> bool:
    """Tell whether a spot is of an address that tells of nobody, or is none."""
    return spot.kind == "address" and (spot.value in LOCAL or read_address(spot.value) is None)


@lru_cache(2000)
def is_name(name: bytes) -> bool:
    """Tell whether a name is one, and no line that nobody could take apart."""
    return name.replace(b"-", b"").replace(b"_", b"").isalnum()


def _together(headers: Headers, looks: list[Look]) -> Fields:
    rests = [look.rest for look in looks if look.rest]
    redactions = tuple(redaction for look in looks for redaction in look.redactions)
    made = tuple((name, look.made or value) for (name, value), look in zip(headers, looks, strict=True))
    return Fields(
        made if redactions else None,
        tuple(secret for look in looks for secret in look.secrets),
        redactions,
        joined(rests) if len(rests) == len(looks) else None,
    )
