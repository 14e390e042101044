"""Texts that stand in base64 in another text: where, what they say, and how another text is written in their place."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

_CODED = re.compile(
    rb"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{14,}+(?:(?:%2[BbFf]|\\/)[A-Za-z0-9+/_-]*+)*+(?:={1,2}|(?:%3[Dd]){1,2})?"
)
_SIGN = rb"(?:[A-Za-z0-9+/]|%2[BbFf]|\\/)"
_BREAK = re.compile(rb"\r?\n[ \t]*+|\\r\\n|\\n|%0[Dd]%0[Aa]|%0[Aa]|&#1[03];\n?")
_WRAPPED = re.compile(
    rb"(?:(?<![A-Za-z0-9+/_%%\\-])|(?<=\\n)|(?<=%%0[Aa]))(?:%s{60,76}+(?:%s))+%s{1,76}+(?:={1,2}|(?:%%3[Dd]){1,2})?(?![\w+/-])"
    % (_SIGN, _BREAK.pattern, _SIGN)
)
"""Base64 in lines of up to 76 signs (RFC 2045 section 6.8), also where JSON or a form writes the ends of the lines."""
_JSON = (b"eyJ", b"eyA", b"ewo", b"ew0", b"W3s", b"WyJ")
"""What JSON in base64 begins with: `{"`, `{ `, `{` and the end of a line, `[{`, `["`."""
_ANY_JSON = re.compile(rb"e(?:y[JA]|w[o0])|W(?:3s|yJ)")
"""Any of these: much quicker than to look for one after the other."""
_SIGNS = bytes(97 if byte in b"+/_-" or (byte < 128 and chr(byte).isalnum()) else 32 for byte in range(256))
_FIRST = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefwxyz0123456789")
"""What UTF-8 in base64 may begin with: no other sign stands for the first six bits of a character (RFC 3629)."""
_RUN = b"a" * 14
"""What a text must have, once its signs are all alike, to hold another in base64."""
_WRITTEN = (
    (b"%2B", b"+"),
    (b"%2b", b"+"),
    (b"%2F", b"/"),
    (b"%2f", b"/"),
    (b"%3D", b"="),
    (b"%3d", b"="),
    (b"\\/", b"/"),
)
"""How URLs and JSON write the signs of base64."""
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\U0010ffff]")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_FOR_URLS = bytes.maketrans(b"+/", b"-_")


def has_coded_json(text: bytes) -> bool:
    """Tell whether JSON in base64 may stand in a text."""
    return _ANY_JSON.search(text) is not None


def coded_texts(text: bytes, anything: bool = True) -> Iterator[tuple[int, int, bytes]]:
    """Yield start, end and content of each text in base64 (RFC 4648), padded or not: of any, or of JSON only.

    Texts in several lines come first; then each line comes, too.
    """
    if _RUN not in text.translate(_SIGNS):
        return
    for found in _WRAPPED.finditer(text) if _BREAK.search(text) else ():
        if (anything or found[0][:3] in _JSON) and (decoded := _legible(_bare(found[0]))):
            yield found.start(), found.end(), decoded
    for found in _CODED.finditer(text):
        if found[0][0] not in _FIRST or not (anything or found[0][:3] in _JSON):
            continue
        if decoded := _legible(_bare(found[0])):
            yield found.start(), found.end(), decoded


def recoded(text: bytes, like: bytes) -> bytes:
    """Return a text in base64 of the make of another."""
    made = base64.b64encode(text)
    if b"-" in like or b"_" in like:
        made = made.translate(_FOR_URLS)
    made = made if _bare(like).endswith(b"=") or len(_bare(like)) % 4 == 0 else made.rstrip(b"=")
    if found := _BREAK.search(like):
        width = len(_bare(like[: found.start()]))
        made = found[0].join(made[at : at + width] for at in range(0, len(made), width))
    for written, sign in _WRITTEN:
        if written in like:
            made = made.replace(sign, written)
    return made


def _bare(coded: bytes) -> bytes:
    coded = _BREAK.sub(b"", coded)
    for written, sign in _WRITTEN if b"%" in coded or b"\\" in coded else ():
        coded = coded.replace(written, sign)
    return coded


def _legible(coded: bytes) -> bytes:
    """Return the text that stands in base64; empty where it is none, as random bytes never are."""
    bare = coded.rstrip(b"=").translate(_STANDARD)
    try:
        decoded = base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
        return b"" if _CONTROL.search(decoded.decode()) else decoded
    except ValueError:
        return b""
