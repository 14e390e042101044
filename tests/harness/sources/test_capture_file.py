"""Files of packets: pcap in each order and unit, pcapng in sections, and files that are damaged or cut off."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RecordingError
from harness.sources.capture_file import Packet, packets
from harness.sources.source import Input


def read(data: bytes) -> list[Packet | None]:
    """Read a file's bytes."""
    return list(packets(Input(Path("x"), io.BytesIO(data))))


def classic(order: str = "<", nano: bool = False, link: int = 1, data: bytes = b"packet") -> bytes:
    """A pcap file of one packet, half a second after the second 1000; ten bytes of it before it was cut."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    fraction = 500_000_000 if nano else 500_000
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    return head + struct.pack(order + "IIII", 1000, fraction, len(data), 10) + data


def block(order: str, kind: int, body: bytes) -> bytes:
    """A block of pcapng."""
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str = "<") -> bytes:
    """The header of a section."""
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str = "<", link: int = 1, options: bytes = b"") -> bytes:
    """The description of an interface."""
    return block(order, 1, struct.pack(order + "HHI", link, 0, 0) + options)


def enhanced(order: str, ticks: int, data: bytes = b"packet", number: int = 0) -> bytes:
    """A packet of an interface, ten bytes before it was cut."""
    body = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), 10) + data
    return block(order, 6, body)


WANTED = Packet(1000.5, 1, b"packet", 10)


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize("nano", [False, True], ids=["us", "ns"])
def test_pcap(order: str, nano: bool) -> None:
    """In either byte order and either unit of time; the upper bits beside the link type are flags."""
    assert read(classic(order, nano)) == [WANTED]
    assert read(classic(order, nano, link=0x14000001)) == [WANTED]


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
def test_pcapng(order: str) -> None:
    """Each interface has its own link and clock; blocks of other kinds are read over."""
    nano = struct.pack(order + "HHB3x", 9, 1, 9) + struct.pack(order + "HHq", 14, 8, 500)
    binary = struct.pack(order + "HHB3x", 9, 1, 0x8A)
    data = (
        section(order) + interface(order) + interface(order, 113, nano) + interface(order, 101, binary)
        + block(order, 5, b"statistics") + enhanced(order, 1_000_500_000)
        + enhanced(order, 500_500_000_000, number=1) + enhanced(order, 1000 * 1024 + 512, number=2)
        + block(order, 3, struct.pack(order + "I", 6) + b"packet")
    )  # fmt: skip
    other = ">" if order == "<" else "<"
    again = section(other) + interface(other, 228) + enhanced(other, 1_000_500_000)
    assert read(data + again) == [
        WANTED, Packet(1000.5, 113, b"packet", 10), Packet(1000.5, 101, b"packet", 10), Packet(1000.5, 1, b"packet", 6),
        Packet(1000.5, 228, b"packet", 10),
    ]  # fmt: skip


FILES = {
    "pcap": classic() + classic()[24:],
    "pcapng": section() + interface() + enhanced("<", 1_000_500_000) + enhanced("<", 1_000_500_000),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_cut_off(name: str) -> None:
    """Wherever a file ends, what was whole comes out; within a packet, that is said."""
    whole = FILES[name]
    first = len(whole) - (22 if name == "pcap" else 40)
    assert read(whole) == [WANTED, WANTED]
    assert read(whole[:first]) == [WANTED]
    for end in range(first + 1, len(whole)):
        assert read(whole[:end]) == [WANTED, None]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "byte 0: neither pcap nor pcapng: begins with nothing"),
        (b"%PDF-1.4", "byte 0: neither pcap nor pcapng: begins with 25 50 44 46"),
        (classic()[:20], "byte 4: the file ends within the header"),
        (classic() + b"\xff" * 16, "byte 46: not the header of a packet: 4294967295 bytes"),
        (classic() + struct.pack("<IIII", 1, 2_000_000, 6, 6), "byte 46: not the header of a packet"),
        (section() + b"\x06\0\0\0\xff\xff\xff\xff", "byte 28: not a block of pcapng: 4294967295 bytes"),
        (section() + b"\x06\0\0\0\x07\0\0\0", "byte 28: not a block of pcapng: 7 bytes"),
        (section()[:8] + b"1234" + section()[12:], "byte 0: a section of pcapng without its byte order"),
        (section() + enhanced("<", 0), "byte 28: a packet of an interface that was not described"),
        (section() + interface()[:-4] + b"\0\0\0\0", "byte 28: a block of pcapng whose two lengths differ"),
        (section() + block("<", 1, b"abcd"), "byte 28: the description of an interface is too short"),
        (section() + interface() + block("<", 6, bytes(12) + b"\x99" + bytes(7)), "byte 48: a packet"),
    ],
    ids=["empty", "foreign", "short header", "huge", "fraction", "huge block", "odd block", "no order", "no interface",
         "lengths", "interface", "longer than its block"],
)  # fmt: skip
def test_damage(data: bytes, reason: str) -> None:
    """What cannot be is an error with the byte where it begins."""
    with pytest.raises(RecordingError, match=reason):
        read(data)


@given(st.sampled_from(list(FILES.values())), st.data())
def test_changed_bytes(whole: bytes, data: st.DataObject) -> None:
    """Any change gives packets, or an error that names a byte; nothing else."""
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    assert "byte " in refusal(bytes(changed))


def refusal(data: bytes) -> str:
    """Why a file is refused; `no byte ` where it is not."""
    try:
        read(data)
    except RecordingError as error:
        return str(error)
    return "no byte "
