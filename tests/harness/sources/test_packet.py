"""Packets taken apart: each kind of link, and what another program finds in the same bytes."""

from __future__ import annotations

import struct

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sources.packet import FRAGMENT, UNKNOWN_LINK, Segment, address, segment

TCP = dpkt.tcp.TCP(sport=40000, dport=80, seq=7, ack=9, flags=24, data=b"GET / HTTP/1.1\r\n\r\n")
IP4 = bytes(dpkt.ip.IP(src=b"\x01\x02\x03\x04", dst=b"\x05\x06\x07\x08", p=6, data=TCP, len=20 + len(TCP)))
IP6 = bytes(dpkt.ip6.IP6(src=b"\x20" + bytes(15), dst=b"\x30" + bytes(15), nxt=6, plen=len(TCP), data=bytes(TCP)))
MACS = bytes(12)
WANTED4 = Segment((b"\x01\x02\x03\x04", 40000), (b"\x05\x06\x07\x08", 80), 7, 9, 24, TCP.data)
WANTED6 = Segment((b"\x20" + bytes(15), 40000), (b"\x30" + bytes(15), 80), 7, 9, 24, TCP.data)


def extended(kind: int, header: bytes) -> bytes:
    """The IPv6 packet with an extension header before its segment."""
    packet = dpkt.ip6.IP6(IP6)
    return IP6[:4] + struct.pack(">HB", packet.plen + len(header), kind) + IP6[7:40] + header + IP6[40:]


def udp(data: bytes) -> bytes:
    """An IPv4 packet of UDP to the port of VXLAN."""
    datagram = struct.pack(">HHHH", 1, 4789, 8 + len(data), 0) + data
    return IP4[:2] + struct.pack(">H", 20 + len(datagram)) + IP4[4:9] + b"\x11" + IP4[10:20] + datagram


CASES = {
    "raw": (101, IP4, WANTED4),
    "raw IPv6": (229, IP6, WANTED6),
    "Ethernet": (1, MACS + b"\x08\x00" + IP4, WANTED4),
    "Ethernet, padded": (1, MACS + b"\x08\x00" + IP4 + b"\0" * 9, WANTED4),
    "Ethernet, IPv6": (1, MACS + b"\x86\xdd" + IP6 + b"\0" * 9, WANTED6),
    "VLAN": (1, MACS + b"\x81\x00\x00\x05\x08\x00" + IP4, WANTED4),
    "VLAN in VLAN": (1, MACS + b"\x88\xa8\x00\x05\x81\x00\x00\x06\x86\xdd" + IP6, WANTED6),
    "cooked": (113, bytes(14) + b"\x08\x00" + IP4, WANTED4),
    "cooked, second": (276, b"\x86\xdd" + bytes(18) + IP6, WANTED6),
    "loopback": (0, b"\x02\x00\x00\x00" + IP4, WANTED4),
    "loopback, other order": (108, b"\x00\x00\x00\x1e" + IP6, WANTED6),
    "options before": (101, extended(0, b"\x06\x00" + bytes(6)), WANTED6),
    "whole fragment": (101, extended(44, b"\x06\x00\x00\x00" + bytes(4)), WANTED6),
    "VXLAN": (101, udp(b"\x08" + bytes(7) + MACS + b"\x08\x00" + IP4), WANTED4),
    "not yet cut up by the card": (101, IP4[:2] + b"\0\0" + IP4[4:], WANTED4),
    "fragment": (101, IP4[:6] + b"\x20\x00" + IP4[8:], FRAGMENT),
    "later fragment": (101, IP4[:6] + b"\x00\x10" + IP4[8:], FRAGMENT),
    "fragment of IPv6": (101, extended(44, b"\x06\x00\x00\x01" + bytes(4)), FRAGMENT),
    "ARP": (1, MACS + b"\x08\x06" + bytes(28), None),
    "UDP": (101, udp(b"\x00" * 20), None),
    "unknown": (147, IP4, UNKNOWN_LINK),
    "empty": (101, b"", None),
    "short": (101, IP4[:30], "packet that is shorter than its headers"),
}


@pytest.mark.parametrize(("link", "data", "wanted"), CASES.values(), ids=CASES)
def test_links(link: int, data: bytes, wanted: object) -> None:
    """The segment is found under each kind of link; what holds none is told."""
    assert segment(link, data, len(data)) == wanted


def test_a_packet_that_was_cut_says_how_much_is_missing() -> None:
    """What the capture did not keep is told, so that it is a hole."""
    found = segment(101, IP4[:-5], len(IP4))
    assert isinstance(found, Segment)
    assert (found.payload, found.cut) == (WANTED4.payload[:-5], 5)


@given(st.sampled_from([link for link, _, _ in CASES.values()]), st.binary(max_size=90), st.integers(0, 200))
def test_any_bytes(link: int, data: bytes, length: int) -> None:
    """No bytes raise an error."""
    segment(link, data, length)


@given(st.sampled_from([data for link, data, _ in CASES.values() if link == 1]), st.data())
def test_changed_bytes(packet: bytes, data: st.DataObject) -> None:
    """No change of a packet raises an error."""
    changed = bytearray(packet)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    segment(1, bytes(changed), len(changed))


PORTS, NUMBERS = st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)


@given(PORTS, PORTS, NUMBERS, NUMBERS, st.integers(0, 63), st.binary(max_size=20), st.binary(max_size=3))
def test_agrees_with_another_reader(
    source: int, target: int, seq: int, ack: int, flags: int, data: bytes, padding: bytes
) -> None:
    """A segment has what another program put into it and finds in it."""
    tcp = dpkt.tcp.TCP(sport=source, dport=target, seq=seq, ack=ack, flags=flags, opts=b"\x01" * 4, off=6, data=data)
    packet = dpkt.ip.IP(src=b"\x01\x02\x03\x04", dst=b"\x05\x06\x07\x08", p=6, data=tcp, len=20 + len(tcp))
    frame = bytes(dpkt.ethernet.Ethernet(data=packet)) + padding
    found = segment(1, frame, len(frame))
    other = dpkt.ethernet.Ethernet(frame).data.data
    assert isinstance(found, Segment)
    assert (found.source[1], found.target[1], found.seq, found.ack, found.flags, found.payload, found.cut) == (
        other.sport, other.dport, other.seq, other.ack, other.flags, other.data, 0
    )  # fmt: skip


def test_addresses() -> None:
    """An address is shown as people write it."""
    assert (address(b"\x01\x02\x03\x04"), address(bytes(15) + b"\x01")) == ("1.2.3.4", "::1")
