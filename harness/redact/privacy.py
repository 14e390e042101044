"""What a recording holds in clear, and what was redacted: recordings in, the lines of `harness show --privacy` out.

No value is shown, only what values look like. Memory stays flat: each field is counted, none is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from harness.bind.token import strength
from harness.exchange import Exchange, Redaction
from harness.redact.body import kind_of, media_type
from harness.redact.fields import fields_of, is_read
from harness.redact.names import Names
from harness.redact.parts import Body
from harness.redact.tokens import read_address

MOST = 5_000
"""Fields, and places of redactions, told apart; what comes later counts as others."""
OTHERS = "(others)"

_EMAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"\+\d[\d ()/.-]{6,18}\d|0\d[\d ()/-]{6,14}\d")
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IBAN = re.compile(r"[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?")
_ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w.:])")
_WORD = re.compile(r"[A-Za-z0-9_.~+/=-]{16,512}")
_NAMES = Names()
_LONGEST = 4_000
_CLASSES = (
    ("letters", re.compile(r"[^\W\d_]")),
    ("digits", re.compile(r"\d")),
    ("blanks", re.compile(r"\s")),
    ("signs", re.compile(r"[^\w\s]|_")),
)


def _is_card(value: str) -> bool:
    """Whether there is a number of a payment card in a value: 13 to 19 digits and their check digit (ISO/IEC 7812)."""
    return any(_checks(re.sub(r"\D", "", found[0])) for found in _CARD.finditer(value))


def _checks(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return len(set(digits)) > 1 and sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def _is_token(value: str) -> bool:
    return any(strength(found[0].encode()) == "strong" for found in _WORD.finditer(value))


def _has_address(value: str) -> bool:
    return any(read_address(found[0]) is not None for found in _ADDRESS.finditer(value))


LOOKS = (
    ("a card number", _is_card),
    ("an e-mail address", lambda value: "@" in value and _EMAIL.search(value) is not None),
    ("a token", _is_token),
    ("an IBAN", lambda value: _IBAN.fullmatch(value) is not None),
    ("a phone number", lambda value: _PHONE.fullmatch(value) is not None),
    ("an address", _has_address),
)
"""What a value may look like, the most doubtful first."""
_RANK = {name: rank for rank, (name, _) in enumerate(LOOKS)}
NAMED = "its name says that it is a secret"


@lru_cache(maxsize=20_000)
def looks_like(value: str) -> str:
    """Return the first of `LOOKS` that a value is, or empty."""
    shown = value[:_LONGEST]
    return next((name for name, test in LOOKS if test(shown)), "")


@dataclass(slots=True)
class Clear:
    """The values of one field that were kept in clear: how many, how long, of which characters, what they look like."""

    count: int = 0
    shortest: int = 1 << 62
    longest: int = 0
    classes: set[str] = field(default_factory=set)
    looks: Counter[str] = field(default_factory=Counter)

    def add(self, value: str) -> None:
        """Count a value."""
        self.count += 1
        self.shortest, self.longest = min(self.shortest, len(value)), max(self.longest, len(value))
        if len(self.classes) < len(_CLASSES):
            self.classes.update(name for name, sign in _CLASSES if name not in self.classes and sign.search(value))
        if look := looks_like(value):
            self.looks[look] += 1

    @property
    def shape(self) -> str:
        """Characters and lengths in words."""
        length = str(self.longest) if self.shortest == self.longest else f"{self.shortest} to {self.longest}"
        return f"{length} characters: {', '.join(name for name, _ in _CLASSES if name in self.classes) or 'none'}"


def report(recordings: Iterable[Iterable[Exchange]]) -> Iterator[str]:
    """Yield the lines: fields in clear, the most doubtful first, bodies not looked into, what was redacted by place."""
    clear: dict[str, Clear] = {}
    redacted: Counter[tuple[str, str]] = Counter()
    opaque: Counter[str] = Counter()
    untold: Counter[str] = Counter()
    exchanges = 0
    for exchange in (exchange for recording in recordings for exchange in recording):
        exchanges += 1
        for place, value in _kept(exchange):
            _entry(clear, place).add(value)
        for kind, looked_into in _unlisted(exchange):
            counted = untold if looked_into else opaque
            counted[kind if kind in counted or len(counted) < MOST else OTHERS] += 1
        for redaction in exchange.redactions:
            key = redaction.kind, redaction.place
            redacted[key if key in redacted or len(redacted) < MOST else (redaction.kind, OTHERS)] += 1
    yield f"{exchanges} exchanges; kept in clear, doubtful fields first:"
    yield from (_line(place, each) for place, each in sorted(clear.items(), key=_doubt))
    if opaque:
        yield f"{opaque.total()} bodies in which secrets are not looked for, or only beside names, by content type:"
        yield from (f"{count:8}  {_printable(kind)}" for kind, count in sorted(opaque.items(), key=_often))
    if untold:
        yield f"{untold.total()} bodies that were looked into, but of which no fields can be listed, by content type:"
        yield from (f"{count:8}  {_printable(kind)}" for kind, count in sorted(untold.items(), key=_often))
    yield "redacted, by kind and place:" if redacted else "nothing was redacted"
    for (kind, place), count in sorted(redacted.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:8}  {kind}  {_printable(place)}"


def _often(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _unlisted(exchange: Exchange) -> Iterator[tuple[str, bool]]:
    """Yield the content type of each body whose fields are not all listed, and whether secrets are looked for in it."""
    for side in (exchange.request, exchange.response):
        body = Body(side.body, side.headers, "") if side is not None and side.body else None
        if side is not None and body is not None:
            opaque = body.opaque(side.headers)
            if opaque or not is_read(side.headers, body):
                yield media_type(kind_of(side.headers)).decode("latin-1") or "(no content type)", not opaque


def _kept(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield the fields that hold no token, and something."""
    tokens = _tokens(exchange.redactions)
    for place, value in fields_of(exchange):
        left = value
        for token in tokens:
            left = left.replace(token, "")
        if left.strip() and (left == value or looks_like(left)):
            yield place, left


def _tokens(redactions: Iterable[Redaction]) -> list[str]:
    return sorted({each.token for each in redactions if each.token}, key=len, reverse=True)


def _entry(clear: dict[str, Clear], place: str) -> Clear:
    return clear.setdefault(place if place in clear or len(clear) < MOST else OTHERS, Clear())


def _doubt(item: tuple[str, Clear]) -> tuple[int, int, str]:
    place, each = item
    rank = min((_RANK[look] for look in each.looks), default=len(_RANK) + 1 - _is_named(place))
    return rank, -each.count, place


def _is_named(place: str) -> bool:
    return _NAMES.verdict(place.rpartition(" ")[2].rpartition(".")[2]) in ("password", "token")


def _line(place: str, each: Clear) -> str:
    looks = [f"{'each' if count == each.count else count} like {name}" for name, count in each.looks.most_common(2)]
    looks += [NAMED] if _is_named(place) else []
    return f"{each.count:8}  {_printable(place)}  {each.shape}" + (f"  ({'; '.join(looks)})" if looks else "")


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:200])
