"""Zstandard as archives use it: with a checksum in each frame, so that damage shows when bytes are unpacked."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Compressor:
    """Packs bytes, one frame each; keeps its tables, which cost more to make than a page to pack."""

    def __init__(self) -> None:
        self._compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.checksum_flag: 1})

    def pack(self, data: bytes) -> bytes:
        """Return one frame with a checksum."""
        return bytes(self._compressor.compress(data, zstd.ZstdCompressor.FLUSH_FRAME))


def unpacked(data: bytes) -> bytes:
    """Return the bytes of a frame. Raises `ValueError` where it is damaged."""
    try:
        return bytes(zstd.decompress(data))
    except zstd.ZstdError as error:
        raise ValueError(f"a stored body cannot be unpacked, or has other bytes than were written: {error}") from error
