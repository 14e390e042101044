"""Texts that stand in base64 in another text: where, what they say, and how another text is written in their place."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

_CODED = re.compile(rb"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{14,}+={0,2}")
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\U0010ffff]")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_FOR_URLS = bytes.maketrans(b"+/", b"-_")


def coded_texts(text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield start, end and content of each text in base64, padded or not, of either alphabet (RFC 4648)."""
    for found in _CODED.finditer(text):
        decoded = _legible(found[0])
        if decoded:
            yield found.start(), found.end(), decoded


def recoded(text: bytes, like: bytes) -> bytes:
    """Return a text in base64 of the make of another."""
    made = base64.b64encode(text)
    if b"-" in like or b"_" in like:
        made = made.translate(_FOR_URLS)
    return made if like.endswith(b"=") or len(like) % 4 == 0 else made.rstrip(b"=")


def _legible(coded: bytes) -> bytes:
    """Return the text that stands in base64; empty where it is none, as random bytes never are."""
    bare = coded.rstrip(b"=").translate(_STANDARD)
    try:
        decoded = base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
        return b"" if _CONTROL.search(decoded.decode()) else decoded
    except ValueError:
        return b""
