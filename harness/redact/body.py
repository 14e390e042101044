"""What a body holds in which secrets can be looked for: bytes and headers in, its texts out, and back again.

Content codings and charsets are undone, parts of a form apart; a text that was changed is packed again, one that was
not stays the bytes that came.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from harness.exchange import Headers, all_headers

UNPACKED = 64_000_000
"""Bytes beyond which a compressed body is not unpacked."""
BIT = 16
"""Bytes of a broken body that are unpacked at a time."""

_CHARSET = re.compile(rb"""(?i)charset\s*=\s*["']?utf-?(16|32)(le|be)?""")
_MARKS = {
    b"\xff\xfe\0\0": "utf-32-le", b"\0\0\xfe\xff": "utf-32-be", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be",
}  # fmt: skip
"""What a text of more than one byte a character may begin with, the longer first."""
BINARY = re.compile(
    rb"(?:image|audio|video|font)/(?!svg)|application/(?:octet-stream|zip|gzip|x-gzip|x-tar|pdf|x-bzip2|vnd\.(?!.*(?:json|xml)))"
)
NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
NAMED = re.compile(rb"msgpack|cbor|bson|protobuf|x-amf|grpc")
"""Binary formats whose fields have names: what stands behind a name that tells is looked at."""


class Unread(Exception):
    """A body cannot be looked into: its coding is not known here, or it is too large unpacked."""


TEXT = re.compile(rb"text/|json|xml|javascript|urlencoded|graphql|yaml")
"""Types that are texts whatever bytes are in them."""
UNTOLD = (b"", b"application/octet-stream", b"binary/octet-stream")
"""Types that tell nothing."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How a body was packed: how to undo it, as far as it can be read, and to do it again."""

    unpack: Callable[[bytes], bytes]
    pack: Callable[[bytes], bytes]


def _inflate(body: bytes, wbits: int) -> bytes:
    """Unpack as much as can be read. Raises Unread for too much."""
    parts: list[bytes] = []
    left = UNPACKED
    while body and left > 0:
        inflater = zlib.decompressobj(wbits)
        try:
            parts.append(inflater.decompress(body, left))
        except zlib.error:
            parts.append(_legible(body, wbits, left))
            break
        left -= len(parts[-1])
        body = inflater.unused_data
    if left <= 0:
        raise Unread
    return b"".join(parts)


def _legible(body: bytes, wbits: int, left: int) -> bytes:
    """Return what a lenient reader gets out of a broken body: all up to the byte that is wrong."""
    inflater = zlib.decompressobj(wbits)
    parts: list[bytes] = []
    at = 0
    try:
        for at in range(0, len(body), BIT):
            parts.append(inflater.decompress(body[at : at + BIT], left))
            left -= len(parts[-1])
            if left <= 0:
                raise Unread
    except zlib.error:
        parts += _last(body[:at], body[at : at + BIT], wbits)
    return b"".join(parts)


def _last(before: bytes, bit: bytes, wbits: int) -> Iterator[bytes]:
    """Yield what the bit says in which the wrong byte is, up to that."""
    inflater = zlib.decompressobj(wbits)
    inflater.decompress(before)
    try:
        for byte in bit:
            yield inflater.decompress(bytes([byte]))
    except zlib.error:
        return


def _gunzip(body: bytes) -> bytes:
    return _inflate(body, zlib.MAX_WBITS | 16)


def _gzip(text: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(text) + packer.flush()


def _undeflate(body: bytes) -> bytes:
    return _inflate(body, zlib.MAX_WBITS) or _inflate(body, -zlib.MAX_WBITS)


def _zstandard() -> Any:
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def _unzstd(body: bytes) -> bytes:
    """Unpack as much as can be read. Raises Unread for too much."""
    zstd = _zstandard()
    parts: list[bytes] = []
    left = UNPACKED
    while body and left > 0:
        inflater = zstd.ZstdDecompressor()
        try:
            parts.append(inflater.decompress(body, left))
        except zstd.ZstdError:
            break
        left -= len(parts[-1])
        body = inflater.unused_data
    if left <= 0:
        raise Unread
    return b"".join(parts)


def _zstd(text: bytes) -> bytes:
    return bytes(_zstandard().compress(text))


def _unbrotli(body: bytes) -> bytes:
    """Unpack, where the library is there. Raises Unread."""
    try:
        brotli: Any = import_module("brotli")
    except ImportError:
        raise Unread from None
    try:
        text = brotli.Decompressor().process(body, output_buffer_limit=UNPACKED)
    except brotli.error:
        return b""
    if len(text) >= UNPACKED:
        raise Unread
    return bytes(text)


def _brotli(text: bytes) -> bytes:
    brotli: Any = import_module("brotli")
    return bytes(brotli.compress(text, quality=5))


GZIP = Coding(_gunzip, _gzip)
DEFLATE = Coding(_undeflate, zlib.compress)
CODINGS = {
    b"gzip": GZIP,
    b"x-gzip": GZIP,
    b"deflate": DEFLATE,
    b"zstd": Coding(_unzstd, _zstd),
    b"br": Coding(_unbrotli, _brotli),
}


_AS_IT_IS = (b"", b"identity", b"chunked")
_DESCRIBING = frozenset((b"content-type", b"content-encoding", b"transfer-encoding"))
_LENGTHS = frozenset(map(len, _DESCRIBING))


def describing(headers: Headers) -> Headers:
    """Return those header fields that tell how to read the body."""
    return tuple([pair for pair in headers if len(pair[0]) in _LENGTHS and pair[0].lower() in _DESCRIBING])


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a body: its content type, and its codings, the last first; None where one is not known."""

    kind: bytes
    codings: tuple[Coding, ...] | None


@lru_cache(256)
def reading(described: Headers) -> Reading:
    """Return how to read a body, by the header fields that tell it."""
    try:
        return Reading(kind_of(described), codings(described))
    except Unread:
        return Reading(kind_of(described), None)


def codings(headers: Headers) -> tuple[Coding, ...]:
    """Return the content codings of a body, the last first. Raises Unread where one is not known."""
    named = b",".join([*all_headers(headers, b"content-encoding"), *all_headers(headers, b"transfer-encoding")])
    names = [name for name in re.split(rb"[\s,]+", named.lower()) if name not in _AS_IT_IS]
    if any(name not in CODINGS for name in names):
        raise Unread
    return tuple(CODINGS[name] for name in reversed(names))


def kind_of(headers: Headers) -> bytes:
    """Return the content type of a body; of several the first that says that it is a text."""
    kinds = all_headers(headers, b"content-type")
    return next((kind for kind in kinds if not BINARY.match(media_type(kind))), kinds[0] if kinds else b"")


def media_type(content_type: bytes) -> bytes:
    """Return a content type without its parameters."""
    return content_type.partition(b";")[0].strip().lower()


def is_packed(text: bytes, content_type: bytes) -> bool:
    """Tell whether a body is in gzip although no header says so; what is sent as such a file stays one."""
    return text.startswith(b"\x1f\x8b\x08") and not BINARY.match(content_type.lower())


def wide(text: bytes, content_type: bytes) -> str:
    """Return the UTF-16 or UTF-32 that a body is in, as it says or its zero bytes show; empty for any other charset."""
    for mark, charset in _MARKS.items():
        if text.startswith(mark):
            return charset
    if declared := _CHARSET.search(content_type):
        return f"utf-{declared[1].decode()}-{'be' if declared[2] in (b'be', b'BE') else 'le'}"
    first = text[:1024]
    if b"\0" not in first:
        return ""
    media = media_type(content_type)
    if media not in UNTOLD and not TEXT.search(media):
        return ""
    charset = _by_zeros(first)
    if charset and media in UNTOLD and NO_TEXT.search(first.decode(charset, "replace").encode()):
        return ""
    return charset


def _by_zeros(first: bytes) -> str:
    if first.count(0) * 4 > len(first) * 2.5:
        return "utf-32-be" if first[:1] == b"\0" else "utf-32-le"
    high, low = first[::2].count(0), first[1::2].count(0)
    if max(high, low) * 4 < len(first) or min(high, low) * 20 > len(first):
        return ""
    return "utf-16-be" if high > low else "utf-16-le"
