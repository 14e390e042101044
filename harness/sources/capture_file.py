"""Files of captured packets, pcap and pcapng: a stream comes in, packets go out, each with its time and kind of link.

The formats are those of draft-ietf-opsawg-pcap and -pcapng. A file that ends within a packet was cut off by whoever
stopped the capture, and ends there; one that cannot be is refused with the byte. What a packet holds is `packet`'s.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from harness.sources.source import Input

# Magic number of pcap -> byte order and units of a second.
_PCAP = {
    b"\xa1\xb2\xc3\xd4": (">", 10**6), b"\xd4\xc3\xb2\xa1": ("<", 10**6),
    b"\xa1\xb2\x3c\x4d": (">", 10**9), b"\x4d\x3c\xb2\xa1": ("<", 10**9),
}  # fmt: skip
_SECTION = b"\x0a\x0d\x0d\x0a"
MAGICS = (*_PCAP, _SECTION)
"""How files of packets begin."""

_LARGEST = 1 << 20  # bytes of a packet; tcpdump takes 262,144 at most
_LARGEST_BLOCK = 16 << 20
_INTERFACE, _SIMPLE, _OLD, _ENHANCED = 1, 3, 2, 6  # kinds of blocks
_RESOLUTION, _OFFSET = 9, 14  # options of an interface


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: `when` in seconds since the epoch, `link` its LINKTYPE, `length` in bytes before it was cut."""

    when: float
    link: int
    data: bytes
    length: int


class _Reader:
    """Reads exact numbers of bytes and knows where it is."""

    def __init__(self, opened: Input) -> None:
        self._opened = opened
        self.offset = 0
        self.cut = False

    def take(self, count: int) -> bytes | None:
        """Return the next bytes, None where the file ends before so many; `cut` tells whether there were some."""
        pieces: list[bytes] = []
        left = count
        while left:
            piece = self._opened.stream.read(left)
            if not piece:
                self.cut = bool(pieces)
                return None
            pieces.append(piece)
            left -= len(piece)
        self.offset += count
        return b"".join(pieces)

    def bad(self, offset: int, reason: str) -> NoReturn:
        self._opened.bad(offset, reason)


def packets(opened: Input) -> Iterator[Packet | None]:
    """Yield the packets of a file; last a None where it ends within one.

    Raises `RecordingError` with the byte where the file is none of packets, or is damaged.
    """
    reader = _Reader(opened)
    magic = reader.take(4)
    if magic == _SECTION:
        yield from _pcapng(reader)
    elif magic in _PCAP:
        yield from _pcap(reader, *_PCAP[magic])
    else:
        reader.bad(0, f"neither pcap nor pcapng: begins with {(magic or b'').hex(' ') or 'nothing'}")


def _pcap(reader: _Reader, order: str, units: int) -> Iterator[Packet | None]:
    head = reader.take(20)
    if head is None:
        reader.bad(4, "the file ends within the header of a capture")
    _, _, _, _, snapshot, link = struct.unpack(order + "HHiIII", head)
    header = struct.Struct(order + "IIII")
    largest = max(snapshot if snapshot < 1 << 31 else 0, _LARGEST)
    while True:
        start = reader.offset
        fields = reader.take(header.size)
        if fields is None:
            if reader.cut:
                yield None
            return
        seconds, fraction, size, length = header.unpack(fields)
        if size > largest or fraction >= units:
            reader.bad(start, f"not the header of a packet: {size} bytes, {fraction} parts of a second")
        data = reader.take(size)
        if data is None:
            yield None
            return
        # The upper bits of the link type are flags.
        yield Packet(seconds + fraction / units, link & 0xFFFF, data, length)


@dataclass(frozen=True, slots=True)
class _Interface:
    """What packets of an interface need: its link, and how its clock counts."""

    link: int
    units: int
    offset: int


def _pcapng(reader: _Reader) -> Iterator[Packet | None]:
    order = "<"
    interfaces: list[_Interface] = []
    when = 0.0
    kind: bytes | None = _SECTION
    while kind is not None:
        start = reader.offset - 4
        block = _block(reader, kind, order, start)
        if block is None:
            yield None
            return
        order, body = block
        number = struct.unpack(order + "I", kind)[0]
        if kind == _SECTION:
            interfaces = []
        elif number == _INTERFACE:
            interfaces.append(_interface(order, body, lambda reason, at=start: reader.bad(at, reason)))  # type: ignore[misc]
        elif number in _PACKETS:
            try:
                packet = _PACKETS[number](order, body, interfaces, when)
            except (struct.error, IndexError):
                reader.bad(start, "a packet of an interface that was not described, or shorter than its header")
            when = packet.when
            yield packet
        kind = reader.take(4)
    if reader.cut:
        yield None


def _block(reader: _Reader, kind: bytes, order: str, start: int) -> tuple[str, bytes] | None:
    """Return the byte order and the body of the block whose kind was read; None where the file ends within it."""
    head = reader.take(8 if kind == _SECTION else 4)
    if head is None:
        return None
    if kind == _SECTION:
        orders = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
        if head[4:] not in orders:
            reader.bad(start, "a section of pcapng without its byte order")
        order = orders[head[4:]]
    size = struct.unpack(order + "I", head[:4])[0]
    if size % 4 or not 12 <= size <= _LARGEST_BLOCK or (kind == _SECTION and size < 28):
        reader.bad(start, f"not a block of pcapng: {size} bytes")
    rest = reader.take(size - 4 - len(head))
    if rest is None:
        return None
    if struct.unpack(order + "I", rest[-4:])[0] != size:
        reader.bad(start, "a block of pcapng whose two lengths differ")
    return order, rest[:-4]


def _interface(order: str, body: bytes, bad: Callable[[str], NoReturn]) -> _Interface:
    if len(body) < 8:
        bad("the description of an interface is too short")
    link = struct.unpack(order + "H", body[:2])[0]
    units, offset, position = 10**6, 0, 8
    while position + 4 <= len(body):
        code, size = struct.unpack(order + "HH", body[position : position + 4])
        value = body[position + 4 : position + 4 + size]
        if code == _RESOLUTION and value:
            units = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        elif code == _OFFSET and len(value) == 8:
            offset = struct.unpack(order + "q", value)[0]
        position += 4 + size + -size % 4
    return _Interface(link, units, offset)


def _enhanced(order: str, body: bytes, interfaces: list[_Interface], _: float) -> Packet:
    number, high, low, size, length = struct.unpack(order + "IIIII", body[:20])
    return _of(interfaces[number], (high << 32) | low, body, size, length)


def _obsolete(order: str, body: bytes, interfaces: list[_Interface], _: float) -> Packet:
    number, _, high, low, size, length = struct.unpack(order + "HHIIII", body[:20])
    return _of(interfaces[number], (high << 32) | low, body, size, length)


def _of(interface: _Interface, ticks: int, body: bytes, size: int, length: int) -> Packet:
    if 20 + size > len(body):
        raise IndexError
    return Packet(ticks / interface.units + interface.offset, interface.link, body[20 : 20 + size], length)


def _simple(order: str, body: bytes, interfaces: list[_Interface], when: float) -> Packet:
    """Return a packet that has no time: that of the one before."""
    length = struct.unpack(order + "I", body[:4])[0]
    return Packet(when, interfaces[0].link, body[4 : 4 + length], length)


_PACKETS: dict[int, Callable[[str, bytes, list[_Interface], float], Packet]] = {
    _ENHANCED: _enhanced, _OLD: _obsolete, _SIMPLE: _simple,
}  # fmt: skip
