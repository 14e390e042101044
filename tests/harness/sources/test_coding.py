"""Content codings: what is packed can be unpacked by others, what is no such coding is told."""

from __future__ import annotations

import gzip
import zlib

import pytest

from harness.sources.coding import done, fitted, undone

PAGE = b"page " * 100


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (gzip.compress(PAGE), b"gzip"),
        (gzip.compress(PAGE[:7]) + gzip.compress(PAGE[7:]), b"x-gzip"),
        (zlib.compress(PAGE), b"deflate"),
        (zlib.compress(PAGE)[2:-4], b" Deflate"),
        (PAGE, b"identity"),
    ],
    ids=["gzip", "members", "deflate", "raw deflate", "none"],
)
def test_undone(packed: bytes, coding: bytes) -> None:
    """Each coding that servers send, also several gzip members and deflate without its header."""
    assert undone(packed, coding) == PAGE


@pytest.mark.parametrize(
    ("packed", "coding"),
    [(PAGE, b"gzip"), (gzip.compress(PAGE)[:-9], b"gzip"), (PAGE, b"br"), (PAGE, b"zstd"), (b"", b"deflate")],
    ids=["plain", "cut", "unknown", "zstd", "empty"],
)
def test_not_undone(packed: bytes, coding: bytes) -> None:
    """What is none of the coding, or cut off."""
    assert undone(packed, coding) is None


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"zstd", b""])
def test_done_again(coding: bytes) -> None:
    """What is packed unpacks to the same; each time to the same bytes."""
    packed = done(PAGE, coding)
    assert packed is not None
    assert undone(packed, coding) == PAGE
    assert done(PAGE, coding) == packed


def test_gzip_is_gzip() -> None:
    """Python's own reader agrees."""
    assert gzip.decompress(done(PAGE, b"gzip") or b"") == PAGE


def test_what_fits_stays() -> None:
    """A body that is packed as its header says is exact, and so is one without a coding."""
    for body, headers in ((gzip.compress(PAGE), ((b"Content-Encoding", b"gzip"),)), (PAGE, ())):
        made = fitted(body, headers)
        assert (made.body, made.headers, made.exact) == (body, headers, True)
