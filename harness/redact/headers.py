"""Secrets in header fields that are known by their names: credentials, cookies, addresses of clients.

The value of a header in, spots out. Other headers are texts like any other (`harness.redact.finder`).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping

from harness.bind.token import strength
from harness.redact.names import HARMLESS, SURE, Names
from harness.redact.patterns import emails
from harness.redact.spot import Spot
from harness.redact.syntax import PLAIN, URL, text_of
from harness.redact.tokens import read_address

Finder = Callable[[bytes, Names], Iterator[Spot]]

_PARAMETER = re.compile(rb"([\w-]++)\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"?|(?!=*\Z)([^,\s\"]++))")
"""A parameter of a credential; `abc==` is none but base64 (token68, RFC 9110 section 11.2)."""
_KEPT_PARAMETERS = frozenset(b"username realm nonce uri qop nc algorithm opaque charset userhash".split())
"""Parameters of Digest (RFC 7616 section 3.4) and its like that are no secret."""
_PAIR = re.compile(rb"[\s;]*+(?:([^=;]*+)=)?+(\s*+\"[^\"]*+\"(?=\s*+(?:;|\Z))|[^;]*+)")
"""A cookie: one without a name is a value, and a quoted value may hold semicolons."""
_SET = re.compile(rb"\A|,(?=\s*+[^\s=;,]++=)")
"""Where a cookie that is set begins, also where a proxy joined several."""
_PLAIN_VALUE = re.compile(r"[A-Za-z_,.:/+-]{0,40}\Z|\d{1,2}\Z")
_GONE = frozenset({"", "deleted"})
_ADDRESS = re.compile(
    rb"(?<![\w.:])(?:\[([0-9A-Fa-f:.]{2,45})\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?"
    rb"|([0-9A-Fa-f:.]{2,45}?)(?::\d{5})?)(?![\w.:])"
)
"""An address, and the port that may stand with it: of IPv6 only behind brackets, or where it can be no part of it."""
_FORWARDED = re.compile(rb"(?i)\b(?:for|by)\s*+=\s*+\"?")
_SEPARATED = re.compile(rb"[\s,;\"]+")
_OF_CLIENT = re.compile(
    rb"client|forwarded|(?:\b|_|user|remote|real|viewer|peer|source)(?:ip(?:v?[46])?|addr(?:ess)?)(?:\b|_)"
)
"""What a header's name has in it that may tell who the client is."""
_OF_NOBODY = re.compile(rb"host|server|local|version")


def credentials(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the secret of an Authorization: the password of Basic (RFC 7617), the credential of any other scheme."""
    scheme, _, rest = value.partition(b" ")
    if not rest.strip():
        scheme, rest = b"", value
    start = len(value) - len(rest.lstrip())
    rest = rest.strip()
    basic = _basic(start, rest) if scheme.lower() == b"basic" else None
    if basic:
        yield basic
    elif _PARAMETER.match(rest) and scheme:
        for found in _PARAMETER.finditer(value, start):
            if found[1].lower() not in _KEPT_PARAMETERS:
                group = found.lastindex or 2
                yield Spot(*found.span(group), text_of(found[group]), "token", text_of(found[1]))
        yield from words(value, names)  # what is no parameter at all
        yield from emails(value)
    elif rest:
        yield Spot(start, start + len(rest), text_of(rest), "token")


def _basic(start: int, rest: bytes) -> Spot | None:
    try:
        user, colon, password = base64.b64decode(rest, validate=True).partition(b":")
    except binascii.Error:
        return None
    if not colon:
        return None
    if any(emails(user)):
        return Spot(start, start + len(rest), "", "")

    def spelling(token: str) -> bytes:
        return base64.b64encode(user + b":" + token.encode("utf-8", "surrogatepass"))

    return Spot(start, start + len(rest), text_of(password), "password", "password", spelling)


def in_basic(content: bytes) -> Iterator[Spot]:
    """Yield the secrets of `user:password`: the password, and addresses in the user."""
    user, _, password = content.partition(b":")
    yield from emails(user)
    yield Spot(len(user) + 1, len(content), text_of(password), "password", "password")


def cookies(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the values of the cookies that a client sends (RFC 6265 section 4.2)."""
    for found in _PAIR.finditer(value):
        yield from _cookie(found, names)


def set_cookie(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the value of the cookie that an answer sets; its attributes stay."""
    for begin in _SET.finditer(value):
        found = _PAIR.match(value, begin.end())
        if found:
            yield from _cookie(found, names)


def _cookie(found: re.Match[bytes], names: Names) -> Iterator[Spot]:
    name = text_of((found[1] or b"").strip())
    if "@" in name:
        at = found.start(1)
        yield from (each._replace(start=at + each.start, end=at + each.end) for each in emails(found[1]))
    raw = found[2].strip()
    start = found.start(2) + len(found[2]) - len(found[2].lstrip())
    if len(raw) > 1 and raw.startswith(b'"') and raw.endswith(b'"'):
        start, raw = start + 1, raw[1:-1]
    writing = URL if b"%" in raw else PLAIN
    value = writing.read(raw)
    if value in _GONE or names.is_clear(name) or (name.lower() in HARMLESS and _PLAIN_VALUE.match(value)):
        return
    place = "?" if "@" in name or strength((found[1] or b"").strip()) == "strong" else name
    yield Spot(start, start + len(raw), value, "cookie", place, writing.spell)


def whole(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the value of a header whose name says that it is a secret."""
    stripped = value.strip()
    start = len(value) - len(value.lstrip())
    yield Spot(start, start + len(stripped), text_of(stripped), "token")


def likely(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the value of a header whose name may say so, where it is as irregular as a secret."""
    if strength(value.strip().rpartition(b" ")[2]) == "strong":
        yield from (spot._replace(weak=True) for spot in whole(value, names))


def words(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the words of a value that are as irregular as secrets (`Sec-WebSocket-Protocol: bearer, ...`)."""
    for found in _ITEM.finditer(value):
        if strength(found[0]) == "strong":
            yield Spot(*found.span(), text_of(found[0]), "token", weak=True)


def challenge(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the token with which a server goes on (`WWW-Authenticate: Negotiate ...`, RFC 4559); parameters stay."""
    yield from emails(value)
    found = _CONTINUED.match(value)
    if found:
        yield Spot(*found.span(1), text_of(found[1]), "token")


def addresses(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the addresses of X-Forwarded-For and its like."""
    for found in _ADDRESS.finditer(value):
        yield from _address(found)


def clients(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the addresses of a header that seems to tell of clients, where it holds nothing else."""
    words = [word for word in _SEPARATED.split(value) if word and word != b"unknown"]
    found = [spot for word in words for spot in addresses(word, names)]
    if words and len(found) == len(words):
        yield from addresses(value, names)


def _address(found: re.Match[bytes] | None) -> Iterator[Spot]:
    """Yield the address that was matched, unless it is none: other secrets may stand there."""
    if found and read_address(text_of(found[group := found.lastindex or 1])) is not None:
        yield Spot(*found.span(group), text_of(found[group]), "address")


def forwarded(value: bytes, names: Names) -> Iterator[Spot]:
    """Yield the addresses of Forwarded (RFC 7239 section 4)."""
    for found in _FORWARDED.finditer(value):
        yield from _address(_ADDRESS.match(value, found.end()))


_ITEM = re.compile(rb"(?<![^\s,;])[^\s,;=\"]{16,}+(?==*(?:[\s,;]|\Z))")
_CONTINUED = re.compile(rb"\s*+[A-Za-z]++\s++([A-Za-z0-9._~+/-]{8,}+=*)\s*\Z")  # token68, RFC 9110 section 11.2

UNSURE: tuple[Finder, ...] = (likely, clients, addresses)
"""Finders that may find nothing: then the value is a text like any other."""

FINDERS: Mapping[bytes, Finder] = {
    b"authorization": credentials,
    b"proxy-authorization": credentials,
    b"cookie": cookies,
    b"cookie2": cookies,
    b"set-cookie": set_cookie,
    b"set-cookie2": set_cookie,
    b"forwarded": forwarded,
    b"www-authenticate": challenge,
    b"proxy-authenticate": challenge,
    b"authentication-info": credentials,
    b"proxy-authentication-info": credentials,
    b"sec-websocket-protocol": words,
    **dict.fromkeys(
        b"x-forwarded-for x-real-ip x-client-ip client-ip true-client-ip cf-connecting-ip x-cluster-client-ip "
        b"x-original-forwarded-for fastly-client-ip x-remote-addr x-remote-ip via".split(),
        addresses,
    ),
}

URLS = frozenset(b"referer location content-location refresh link".split())
"""Headers that hold a URL."""

KEPT = frozenset(b"sec-websocket-key sec-websocket-accept access-control-allow-headers".split())
"""Headers whose names sound like secrets and whose values are none."""

_REMEMBERED = 2000  # values whose spots are kept
_SHORT = 1024  # bytes of such a value


class Finders:
    """Which finder each header has, by its name in any case."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._chosen: dict[bytes, Finder | str] = {}
        self._found: dict[tuple[Finder, bytes], tuple[Spot, ...]] = {}

    def of(self, name: bytes) -> Finder | str:
        """Return what finds the secrets of a header, or the sort of text that its value is: `form` or `text`."""
        chosen = self._chosen.get(name)
        if chosen is None:
            if len(self._chosen) > 1000:
                self._chosen.clear()
            chosen = self._chosen[name] = self._choose(name.lower())
        return chosen

    def found(self, finder: Finder, value: bytes) -> tuple[Spot, ...]:
        """Return the spots of a header's value; a client sends the same cookies again and again."""
        spots = self._found.get((finder, value))
        if spots is None:
            spots = tuple(finder(value, self._names))
            if len(value) <= _SHORT:
                if len(self._found) > _REMEMBERED:
                    self._found.clear()
                self._found[finder, value] = spots
        return spots

    def _choose(self, name: bytes) -> Finder | str:
        if name in FINDERS:
            return FINDERS[name]
        if name in URLS:
            return "form"
        verdict = "" if name in KEPT or name.startswith(b"access-control-") else self._names.verdict(text_of(name))
        if verdict in SURE:
            return whole
        if _OF_CLIENT.search(name) and not _OF_NOBODY.search(name):
            return clients
        return likely if verdict else "text"
