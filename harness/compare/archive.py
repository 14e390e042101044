"""Takes archives apart (zip, tar, and either packed by gzip, bzip2 or xz) to say which members differ.

Bytes come in, members by name go out, with size and digest. Bounded in members and bytes; in memory only: nothing is
ever written to a disk, no name is used as a path, no link is followed.
"""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import IO

from harness.compare.excerpt import excerpt, excerpts
from harness.compare.unreadable import TooLarge, Unreadable
from harness.difference import Difference

MEMBERS = 10_000
"""Members beyond which an archive is not taken apart."""
UNPACKED = 64_000_000
"""Bytes beyond which nothing is unpacked any more."""
MEMORY = 64_000_000
"""Bytes of memory that unpacking xz may ask for."""
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Archive:
    """What is in an archive: its sort (`zip`, `tar`, `gzip`), and a short text of each member by its name."""

    sort: str
    members: Mapping[str, str]


def compare_archives(old: bytes, new: bytes) -> list[Difference]:
    """Return which members of two unequal archives differ; raise `Unreadable` unless both are of one sort."""
    left, right = read_archive(old), read_archive(new)
    if left.sort != right.sort:
        raise Unreadable(f"{left.sort} and {right.sort}")
    if left.members == right.members:
        if [*left.members] != [*right.members]:
            return [Difference("body", f"{left.sort}/members", "order", *excerpts(_names(left), _names(right)))]
        texts = (f"{len(body)} bytes, sha256 {sha256(body).hexdigest()[:12]}" for body in (old, new))
        return [Difference("body", f"{left.sort}/packing", "changed", *texts)]
    return list(_members(left, right))


def _members(old: Archive, new: Archive) -> Iterator[Difference]:
    for name in [*old.members, *(name for name in new.members if name not in old.members)]:
        place, one, other = f"{old.sort}/{_pattern(name)}", old.members.get(name), new.members.get(name)
        if other is None:
            yield Difference("body", place, "missing", old=excerpt(f"{name}: {one}"))
        elif one is None:
            yield Difference("body", place, "added", new=excerpt(f"{name}: {other}"))
        elif one != other:
            yield Difference("body", place, "changed", excerpt(f"{name}: {one}"), excerpt(f"{name}: {other}"))


def _names(archive: Archive) -> str:
    return " ".join([*archive.members][:50])


def _pattern(name: str) -> str:
    """Return the kind of member: names are data, their suffixes are few."""
    return f"*{PurePosixPath(name).suffix[:20]}"


def read_archive(body: bytes) -> Archive:
    """Return what is in an archive; raise `Unreadable` where it is none, is broken, or unpacks to too much."""
    budget = Budget()
    try:
        if body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return Archive("zip", _zip(body, budget))
        plain = _decompressed(body, budget)
        if plain[257:262] == b"ustar":
            return Archive("tar", _tar(plain, budget))
    except Unreadable:
        raise
    except Exception as error:  # a broken archive makes the standard library raise whatever it likes
        raise Unreadable(f"archive: {error!r}"[:100]) from None
    if plain is body:
        raise Unreadable("no archive")
    return Archive("packed", {"content": _digest(plain)})


class Budget:
    """How many members and bytes may still be unpacked."""

    def __init__(self) -> None:
        self.members, self.size = MEMBERS, UNPACKED

    def member(self) -> None:
        """Count a member."""
        self.members -= 1
        if self.members < 0:
            raise TooLarge(f"more than {MEMBERS} members")

    def take(self, size: int) -> None:
        """Count unpacked bytes."""
        self.size -= size
        if self.size < 0:
            raise TooLarge(f"more than {UNPACKED} bytes unpacked")


def _decompressed(body: bytes, budget: Budget) -> bytes:
    """Return a body without its gzip, bzip2 or xz; as it is where it has none of them."""
    if body.startswith(b"\x1f\x8b"):
        inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        plain, done = inflater.decompress(body, budget.size), inflater.eof
    elif body.startswith(b"BZh"):
        bunzip = bz2.BZ2Decompressor()
        plain, done = bunzip.decompress(body, budget.size), bunzip.eof
    elif body.startswith(b"\xfd7zXZ\0"):
        unxz = lzma.LZMADecompressor(memlimit=MEMORY)
        plain, done = unxz.decompress(body, budget.size), unxz.eof
    else:
        return body
    if not done:
        raise Unreadable("cut off, or too large unpacked")
    budget.take(len(plain))
    return plain


def _zip(body: bytes, budget: Budget) -> dict[str, str]:
    found: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for info in archive.infolist():
            budget.member()
            if info.compress_type == zipfile.ZIP_LZMA:  # nothing bounds the memory it asks for
                raise Unreadable("zip packed by lzma")
            with archive.open(info) as content:
                found[_free(info.filename, found)] = _read(content, budget)
    return found


def _tar(body: bytes, budget: Budget) -> dict[str, str]:
    found: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as archive:
        for info in archive:
            budget.member()
            content = archive.extractfile(info) if info.isreg() else None
            text = _read(content, budget) if content else f"{_TAR_TYPES.get(info.type, 'special')} {info.linkname}"
            found[_free(info.name, found)] = f"{info.mode & 0o7777:04o} {text}"
    return found


_TAR_TYPES = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link to", tarfile.LNKTYPE: "hard link to"}


def _free(name: str, taken: Mapping[str, str]) -> str:
    """Return a member's name; one that occurs again gets a number."""
    if name not in taken:
        return name
    return next(other for n in range(2, len(taken) + 3) if (other := f"{name} ({n})") not in taken)


def _read(content: IO[bytes], budget: Budget) -> str:
    digest, size = sha256(), 0
    while chunk := content.read(_CHUNK):
        budget.take(len(chunk))
        digest.update(chunk)
        size += len(chunk)
    return f"{size} bytes, sha256 {digest.hexdigest()[:12]}"


def _digest(content: bytes) -> str:
    return f"{len(content)} bytes, sha256 {sha256(content).hexdigest()[:12]}"
