"""Content codings of bodies (RFC 9110 section 8.4): undone for formats that hold decoded text, and done again.

Bytes come in, bytes go out; None where the coding is not known here, or the bytes are none of it. `fitted` makes body
and headers of an answer fit that was stored unpacked.
"""

from __future__ import annotations

import sys
import zlib
from dataclasses import dataclass

from harness.exchange import Headers, first_header

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

REPACKED = "answers stand there unpacked and were packed again: their bytes and lengths are not the server's"
NOT_REPACKED = "answers stand there unpacked and cannot be packed again: their Content-Encoding is left out"

_LARGEST = 256 << 20  # bytes beyond which a body is not unpacked
_GZIP, _ZLIB, _RAW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
_WINDOWS = {b"gzip": (_GZIP,), b"x-gzip": (_GZIP,), b"deflate": (_ZLIB, _RAW)}


def undone(body: bytes, coding: bytes) -> bytes | None:
    """Return a body without its coding, or None."""
    name = coding.strip().lower()
    if name in (b"", b"identity"):
        return body
    if name == b"zstd":
        return _zstd_undone(body)
    return next((plain for window in _WINDOWS.get(name, ()) if (plain := _inflated(body, window)) is not None), None)


def done(body: bytes, coding: bytes) -> bytes | None:
    """Return a body in a coding, or None; the same body gives the same bytes."""
    name = coding.strip().lower()
    if name in (b"", b"identity"):
        return body
    if name == b"zstd":
        return bytes(zstd.compress(body))
    if name not in _WINDOWS:
        return None
    packer = zlib.compressobj(wbits=_WINDOWS[name][0])
    return packer.compress(body) + packer.flush()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A body and headers that fit; `exact` where the bytes are those of the wire, else `remark` says why not."""

    body: bytes
    headers: Headers
    exact: bool = True
    remark: str = ""


def fitted(plain: bytes, headers: Headers) -> Fitted:
    """Return a body that a tool may have stored unpacked, packed again as its Content-Encoding says."""
    coding = first_header(headers, b"content-encoding")
    if not coding or not plain or undone(plain, coding) is not None:
        return Fitted(plain, headers)
    packed = done(plain, coding)
    if packed is not None:
        return Fitted(packed, _with_length(headers, len(packed)), False, REPACKED)
    kept = tuple((name, value) for name, value in headers if name.lower() != b"content-encoding")
    return Fitted(plain, _with_length(kept, len(plain)), False, NOT_REPACKED)


def _with_length(headers: Headers, length: int) -> Headers:
    return tuple((name, b"%d" % length if name.lower() == b"content-length" else value) for name, value in headers)


def _inflated(body: bytes, window: int) -> bytes | None:
    """Unpack all members (RFC 1952 section 2.2)."""
    parts: list[bytes] = []
    left = _LARGEST
    try:
        while body:
            unpacker = zlib.decompressobj(wbits=window)
            parts.append(unpacker.decompress(body, left))
            left -= len(parts[-1])
            if not unpacker.eof or left <= 0:
                return None
            body = unpacker.unused_data
    except zlib.error:
        return None
    return b"".join(parts) if parts else None


def _zstd_undone(body: bytes) -> bytes | None:
    try:
        unpacker = zstd.ZstdDecompressor()
        plain = bytes(unpacker.decompress(body, _LARGEST))
    except zstd.ZstdError:
        return None
    return plain if unpacker.eof else None
