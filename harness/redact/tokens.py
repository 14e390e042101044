"""What stands in the place of a secret: a value in, a token of the same format out, the same for equal values.

HMAC-SHA256 of the value decides each character: digits stay digits, letters keep their case, hexadecimal stays so, and
what is neither stays as it is, so that a token is spelled like its value wherever that stood. Letters are consonants:
no token is a word. E-mail addresses end in a domain that nobody owns (RFC 2606), network addresses become private ones.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re

SHORT = 8
"""Values of fewer letters and digits get a token of `LENGTH` characters: equal tokens should mean equal values."""
LENGTH = 16
CACHED = 20_000

_LOWER = "bcdfghjklmnpqrstvwxz"
_HEX = re.compile(r"(?=[^a-fA-F]*[a-fA-F])(?=[^0-9]*[0-9])(?:[0-9a-f-]+|[0-9A-F-]+)\Z")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[1-8][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}\Z")
_KEPT_IN_UUID = (14, 19)  # version and variant (RFC 9562 section 4)
_EMAIL = re.compile(r"([^@\s<>\"'&;,()/:]+)@((?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*)\Z")
_PATTERN = "xx0xx0x0x0xx0x0x"
"""How a token for a short value is made up: irregular enough to mean the same wherever it stands."""
_SHORTEST_DOMAIN = 5
_PRIVATE = 10 << 24
_DOCUMENTATION = 0x20010DB8 << 96

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Tokens:
    """Makes tokens with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[str, str] = {}

    def of(self, value: str) -> str:
        """Return the token of a value: its format alone and the key decide, not where it was found."""
        token = self._made.get(value)
        if token is None:
            if len(self._made) >= CACHED:
                self._made.clear()
            token = self._made[value] = self._make(value)
        return token

    def _make(self, value: str) -> str:
        email = _EMAIL.match(value) if "@" in value else None
        if email:
            return self._email(email[1], email[2])
        address = read_address(value)
        if address is not None:
            return self._address(address)
        if _UUID.match(value):
            token = _formed(value, self._stream(value, len(value)), "abcdef")
            return "".join(value[at] if at in _KEPT_IN_UUID else made for at, made in enumerate(token))
        if sum(character.isalnum() for character in value) < SHORT:
            return self._short(value)
        letters = "abcdef" if _HEX.match(value) else _LOWER
        return _formed(value, self._stream(value, len(value)), letters)

    def _short(self, value: str) -> str:
        """Return a long token for a short value: a number for a number, which JSON readers still read exactly."""
        stream = self._stream(value, LENGTH)
        if value.isascii() and value.isdigit():
            return str(1 + stream[0] % 8) + "".join(str(byte % 10) for byte in stream[1:])
        token = _formed(_PATTERN, stream, _LOWER)
        return token.upper() if value.isupper() else token

    def _email(self, user: str, domain: str) -> str:
        """Return an address nobody has; users of one domain stay users of one domain, whatever its case."""
        whole = f"{user}@{domain}".lower()
        made = _formed(user, self._stream(whole, len(user)), _LOWER)
        made = re.sub(r"[^A-Za-z0-9_.+-]", "x", made)
        if len(made) < SHORT:
            made += "".join(_LOWER[byte % 20] for byte in self._stream("+" + whole, SHORT - len(made)))
        top = ".invalid" if len(domain) >= _SHORTEST_DOMAIN + len(".invalid") else ".test"
        length = max(len(domain) - len(top), _SHORTEST_DOMAIN - 1)
        return made + "@" + "".join(_LOWER[byte % 20] for byte in self._stream(domain.lower(), length)) + top

    def _address(self, address: Address) -> str:
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        if mapped is not None:
            return f"::ffff:{self._address(mapped)}"
        digest = int.from_bytes(self._stream(address.compressed, 12), "big")
        if isinstance(address, ipaddress.IPv4Address):
            return str(ipaddress.IPv4Address(_PRIVATE | digest % (1 << 24)))
        return str(ipaddress.IPv6Address(_DOCUMENTATION | digest))

    def _stream(self, value: str, length: int) -> bytes:
        digest = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return digest[:length] if length <= len(digest) else hashlib.shake_256(digest).digest(length)


def _formed(value: str, stream: bytes, letters: str) -> str:
    """Return a text of the format of `value`; letters beyond ASCII and control characters become letters."""
    count = len(letters)
    made = []
    for character, byte in zip(value, stream, strict=True):
        if "0" <= character <= "9":
            made.append(chr(48 + byte % 10))
        elif "A" <= character <= "Z":
            made.append(letters[byte % count].upper())
        elif "a" <= character <= "z" or not " " <= character <= "~":
            made.append(letters[byte % count])
        else:
            made.append(character)
    return "".join(made)


def read_address(value: str) -> Address | None:
    """Return the network address that a text is, or None."""
    if not 2 <= len(value) <= 45 or ("." not in value and ":" not in value):
        return None
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None
