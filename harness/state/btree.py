"""SQLite's file format as far as it tells which rows a page may hold (https://sqlite.org/fileformat2.html, section 1).

Pages, as bytes, come in; page numbers and row ids go out. Rows themselves are decoded by SQLite. Pure: reading files is
for `pages`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

MAGIC = b"SQLite format 3\x00"
HEADER = 100  # bytes before the b-tree of page 1
INTERIOR_INDEX, INTERIOR_TABLE, LEAF_INDEX, LEAF_TABLE = 2, 5, 10, 13
INTERIOR = (INTERIOR_INDEX, INTERIOR_TABLE)

ReadPage = Callable[[int], bytes]


class Malformed(Exception):
    """The pages do not make a database that we understand; the message says where."""


class Layout(NamedTuple):
    """How large a page is, how much of it is used, and whether pointer maps stand between the others (1.8)."""

    size: int
    usable: int
    mapped: bool


class Tree(NamedTuple):
    """The pages of one b-tree."""

    interior: frozenset[int]
    leaves: frozenset[int]

    @property
    def pages(self) -> frozenset[int]:
        """All of them."""
        return self.interior | self.leaves


def layout(header: bytes) -> Layout:
    """Read the database header (1.3). Raises Malformed."""
    if len(header) < HEADER or not header.startswith(MAGIC):
        raise Malformed("no SQLite header")
    size = struct.unpack_from(">H", header, 16)[0]
    size = 65536 if size == 1 else size
    if size < 512 or size & (size - 1):
        raise Malformed(f"a page size of {size}")
    return Layout(size, size - header[20], header[52:56] != bytes(4))


def walk(root: int, read: ReadPage) -> Tree:
    """Return the pages of the b-tree at `root`: all leaves are equally deep, so that none need be read. May raise."""
    interior: set[int] = set()
    level = [root]
    while True:
        first = read(level[0])
        if first[_start(level[0])] not in INTERIOR:
            return Tree(frozenset(interior), frozenset(level))
        if not interior.isdisjoint(level):
            raise Malformed(f"the b-tree at page {root} has a loop")
        interior.update(level)
        level = [child for number in level for child in _children(read(number), _start(number))]


def _start(number: int) -> int:
    return HEADER if number == 1 else 0


def _children(page: bytes, start: int) -> Iterator[int]:
    if page[start] not in INTERIOR:
        raise Malformed("leaves of different depth")
    count, right = struct.unpack_from(">H", page, start + 3)[0], struct.unpack_from(">I", page, start + 8)[0]
    for at in struct.unpack_from(f">{count}H", page, start + 12):
        yield struct.unpack_from(">I", page, at)[0]
    yield right


class Cell(NamedTuple):
    """A row on a leaf: its id, and the first page of what did not fit there (0: all did)."""

    rowid: int
    overflow: int


def cells(number: int, page: bytes, usable: int) -> list[Cell]:
    """Return the rows of a leaf of a table with row ids (1.6). May raise."""
    start = _start(number)
    if page[start] != LEAF_TABLE:
        raise Malformed(f"page {number} is no leaf of a table")
    count = struct.unpack_from(">H", page, start + 3)[0]
    found = []
    for at in struct.unpack_from(f">{count}H", page, start + 8):
        payload, at = _varint(page, at)
        rowid, at = _varint(page, at)
        local = _local(payload, usable)
        overflow = struct.unpack_from(">I", page, at + local)[0] if local < payload else 0
        found.append(Cell(rowid - (1 << 64) if rowid >> 63 else rowid, overflow))
    return found


def _local(payload: int, usable: int) -> int:
    """Return how many bytes of a row stand on its leaf (1.6: P, U, X, M and K)."""
    most = usable - 35
    if payload <= most:
        return payload
    least = (usable - 12) * 32 // 255 - 23
    fitting = least + (payload - least) % (usable - 4)
    return fitting if fitting <= most else least


def _varint(page: bytes, at: int) -> tuple[int, int]:
    value = 0
    for _ in range(8):
        byte = page[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at
    return value << 8 | page[at], at + 1


def chain(first: int, read: ReadPage) -> Iterator[int]:
    """Yield the overflow pages from `first` on (1.7). Raises Malformed where they run in a circle."""
    seen: set[int] = set()
    while first:
        if first in seen:
            raise Malformed(f"the overflow pages at {first} run in a circle")
        seen.add(first)
        yield first
        first = struct.unpack_from(">I", read(first))[0]


def unused(read: ReadPage) -> set[int]:
    """Return the pages of the free list (1.5). May raise."""
    found: set[int] = set()
    trunk = struct.unpack_from(">I", read(1), 32)[0]
    while trunk and trunk not in found:
        page = read(trunk)
        count = struct.unpack_from(">I", page, 4)[0]
        found.add(trunk)
        found.update(struct.unpack_from(f">{count}I", page, 8))
        trunk = struct.unpack_from(">I", page)[0]
    return found


def is_map(number: int, form: Layout) -> bool:
    """Whether that page is one of pointers only (1.8)."""
    return form.mapped and number >= 2 and (number - 2) % (form.usable // 5 + 1) == 0
