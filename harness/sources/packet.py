"""One captured packet taken apart, from its link to the TCP segment in it: bytes in, a `Segment` out.

Knows Ethernet (with VLAN tags), Linux "any" (cooked, both versions), loopback, raw IP, IPv4, IPv6, and IP within IP or
VXLAN. What is no TCP is None; what cannot be put together is said in a word. Streams are `tcp`'s.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

FIN, SYN, RST, ACK = 1, 2, 4, 16
Endpoint = tuple[bytes, int]
"""An address, packed, and a port."""

FRAGMENT = "IP fragment"
UNKNOWN_LINK = "packet of an unknown kind of link"

_NESTING = 4  # IP within IP
_VLAN = frozenset({0x8100, 0x88A8, 0x9100})
_IPV4, _IPV6, _PPPOE = 0x0800, 0x86DD, 0x8864
_TCP, _UDP, _IPIP, _IP6 = 6, 17, 4, 41
_VXLAN_PORT = 4789
_EXTENSIONS = frozenset({0, 43, 60, 135})  # of IPv6: options, routing, mobility (RFC 8200 section 4)
_FRAGMENT6, _AUTHENTICATION = 44, 51


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment (RFC 9293 section 3.1): numbers are those of the header. `cut`: bytes that were not captured."""

    source: Endpoint
    target: Endpoint
    seq: int
    ack: int
    flags: int
    payload: bytes
    cut: int = 0


Found = Segment | str | None


def segment(link: int, data: bytes, length: int = 0) -> Found:
    """Return the TCP segment of a packet; None where it holds none, a reason where that cannot be told.

    `length` is that of the packet before it was cut.
    """
    if link not in _LINKS:
        return UNKNOWN_LINK
    try:
        return _LINKS[link](data, max(length - len(data), 0), _NESTING)
    except (struct.error, IndexError):
        return "packet that is shorter than its headers"


@lru_cache(4096)
def address(packed: bytes) -> str:
    """Return an address as text."""
    return str(ip_address(packed))


def _ethernet(data: bytes, cut: int, depth: int) -> Found:
    kind, start = _number(data, 12), 14
    while kind in _VLAN:
        kind, start = _number(data, start + 2), start + 4
    if kind == _PPPOE:
        return _ip(data[start + 8 :], cut, depth)
    return _ip(data[start:], cut, depth) if kind in (_IPV4, _IPV6) else None


def _cooked(protocol: int, start: int) -> Callable[[bytes, int, int], Found]:
    """Return the reader of a pseudo-header of Linux: where its protocol stands, and where the packet begins."""

    def read(data: bytes, cut: int, depth: int) -> Found:
        kind, at = _number(data, protocol), start
        while kind in _VLAN:
            kind, at = _number(data, at + 2), at + 4
        return _ip(data[at:], cut, depth) if kind in (_IPV4, _IPV6) else None

    return read


def _loopback(data: bytes, cut: int, depth: int) -> Found:
    # The family before it has each system's own number for IPv6, in either byte order; the version in the packet tells.
    return _ip(data[4:], cut, depth)


def _ip(data: bytes, cut: int, depth: int) -> Found:
    version = data[0] >> 4 if data else 0
    return _ipv4(data, cut, depth) if version == 4 else _ipv6(data, cut, depth) if version == 6 else None


def _ipv4(data: bytes, cut: int, depth: int) -> Found:
    head, total = (data[0] & 15) * 4, _number(data, 2)
    if _number(data, 6) & 0x3FFF:
        return FRAGMENT if data[9] in (_TCP, _UDP) else None
    # A packet that the network card was to cut up has no length yet.
    inner = data[head:total] if total else data[head:]
    cut = max(total - len(data), 0) if total else cut
    return _inner(data[9], data[12:16], data[16:20], inner, cut, depth)


def _ipv6(data: bytes, cut: int, depth: int) -> Found:
    total, kind, start = _number(data, 4), data[6], 40
    end = 40 + total if total else len(data) + cut
    while kind in _EXTENSIONS or kind in (_FRAGMENT6, _AUTHENTICATION):
        if kind == _FRAGMENT6:
            if _number(data, start + 2) & 0xFFF9:
                return FRAGMENT
            size = 8
        else:
            size = (data[start + 1] + 2) * 4 if kind == _AUTHENTICATION else (data[start + 1] + 1) * 8
        kind, start = data[start], start + size
    return _inner(kind, data[8:24], data[24:40], data[start:end], max(end - len(data), 0), depth)


def _inner(kind: int, source: bytes, target: bytes, data: bytes, cut: int, depth: int) -> Found:
    if kind == _TCP:
        return _tcp(source, target, data, cut)
    if not depth:
        return None
    if kind in (_IPIP, _IP6):
        return _ip(data, cut, depth - 1)
    if kind == _UDP and _number(data, 2) == _VXLAN_PORT and data[8] & 8:  # RFC 7348 section 5
        return _ethernet(data[16:], cut, depth - 1)
    return None


def _tcp(source: bytes, target: bytes, data: bytes, cut: int) -> Segment:
    from_port, to_port, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", data)
    head = (offset >> 4) * 4
    if head < 20 or (len(data) < head and not cut):
        raise IndexError
    return Segment((source, from_port), (target, to_port), seq, ack, flags, data[head:], cut)


def _number(data: bytes, start: int) -> int:
    return data[start] << 8 | data[start + 1]


_LINKS: dict[int, Callable[[bytes, int, int], Found]] = {
    0: _loopback, 1: _ethernet, 12: _ip, 14: _ip, 101: _ip, 108: _loopback, 113: _cooked(14, 16), 228: _ip, 229: _ip,
    276: _cooked(0, 20),
}  # fmt: skip
"""What each LINKTYPE begins with: BSD loopback, Ethernet, raw IP, OpenBSD loopback, and the two of Linux."""
