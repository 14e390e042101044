"""Captures of plain HTTP: conversations that are known, as packets in every order, with some missing."""

from __future__ import annotations

import io
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RecordingError
from harness.exchange import Exchange
from harness.sources import pcap
from harness.sources.pcap import PCAP
from harness.sources.source import Input, Item, Note, Options, Skipped

START = 1226986021.25
FIN, SYN, RST, ACK = 1, 2, 4, 16


@dataclass
class Wire:
    """A TCP connection, written down as the IP packets that it would be."""

    client_port: int = 40000
    port: int = 80
    isn: tuple[int, int] = (1000, 5000)
    size: int = 1460
    packets: list[tuple[float, bytes]] = field(default_factory=list)
    now: float = START

    def __post_init__(self) -> None:
        self.numbers = [self.isn[0], self.isn[1]]

    def open(self) -> Wire:
        """Shake hands."""
        self._send(0, SYN, b"")
        self.numbers[0] += 1
        self._send(1, SYN | ACK, b"")
        self.numbers[1] += 1
        self._send(0, ACK, b"")
        return self

    def ask(self, data: bytes) -> Wire:
        """Send data as the client."""
        return self._data(0, data)

    def answer(self, data: bytes) -> Wire:
        """Send data as the server; the client tells that it has it."""
        self._data(1, data)
        self._send(0, ACK, b"")
        return self

    def close(self) -> Wire:
        """End both directions, the server's first."""
        for end in (1, 0):
            self._send(end, FIN | ACK, b"")
            self.numbers[end] += 1
        self._send(1, ACK, b"")
        return self

    def reset(self, end: int = 0) -> Wire:
        """Reset the connection."""
        self._send(end, RST | ACK, b"")
        return self

    def _data(self, end: int, data: bytes) -> Wire:
        for start in range(0, len(data), self.size):
            piece = data[start : start + self.size]
            self._send(end, ACK, piece)
            self.numbers[end] += len(piece)
        return self

    def _send(self, end: int, flags: int, data: bytes) -> None:
        ports = (self.client_port, self.port)
        tcp = dpkt.tcp.TCP(
            sport=ports[end], dport=ports[1 - end], seq=self.numbers[end] % 2**32, flags=flags, data=data,
            ack=self.numbers[1 - end] % 2**32 if flags & ACK else 0,
        )  # fmt: skip
        addresses = (b"\x01\x02\x03\x04", b"\x0a\x00\x00\x01")
        packet = dpkt.ip.IP(src=addresses[end], dst=addresses[1 - end], p=6, data=tcp, len=20 + len(tcp))
        self.packets.append((self.now, bytes(packet)))
        self.now += 0.125


def captured(packets: Iterable[tuple[float, bytes]]) -> bytes:
    """The file of these packets, as another program writes it."""
    stream = io.BytesIO()
    writer = dpkt.pcap.Writer(stream, linktype=101, nano=True)
    for when, data in packets:
        writer.writepkt(data, ts=when)
    return stream.getvalue()


def read(data: bytes) -> list[Item]:
    """Read a capture."""
    return list(PCAP.read(Input(Path("x.pcap"), io.BytesIO(data)), Options()))


def shown(items: Iterable[Item]) -> list[tuple[bytes, bytes | None]]:
    """The targets and answers of exchanges; all of them must be whole."""
    found = [item for item in items if isinstance(item, Exchange)]
    return [(each.request.target, each.response and each.response.body) for each in found]


def skipped(items: Iterable[Item]) -> list[str]:
    """The reasons of what was not read."""
    return [item.reason for item in items if isinstance(item, Skipped)]


def asked(target: str, more: bytes = b"") -> bytes:
    """A request."""
    return b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n" % (target.encode(), more)


def answer(body: bytes) -> bytes:
    """An answer that tells its length."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


LONG = bytes(range(256)) * 40


def test_one_exchange() -> None:
    """An exchange has the bytes, the client's address, and the times of the packets."""
    wire = Wire().open().ask(asked("/a")).answer(answer(LONG)).close()
    (exchange,) = read(captured(wire.packets))
    assert isinstance(exchange, Exchange)
    assert exchange.request.start_line == b"GET /a HTTP/1.1"
    assert exchange.response is not None
    assert (exchange.response.body, exchange.response.complete) == (LONG, True)
    assert (exchange.peer, exchange.scheme) == ("1.2.3.4", "http")
    # three packets shake hands, the fourth asks; the answer has eight
    assert (exchange.started, exchange.duration) == (START + 3 * 0.125, 8 * 0.125)


CONVERSATIONS: dict[str, tuple[Callable[[Wire], Wire], list[tuple[bytes, bytes | None]]]] = {
    "keep-alive": (
        lambda wire: wire.ask(asked("/a")).answer(answer(b"1")).ask(asked("/b")).answer(answer(LONG)).close(),
        [(b"/a", b"1"), (b"/b", LONG)],
    ),
    "pipelined": (
        lambda wire: wire.ask(asked("/a") + asked("/b")).answer(answer(b"1") + answer(b"2")).close(),
        [(b"/a", b"1"), (b"/b", b"2")],
    ),
    "until the end": (
        lambda wire: wire.ask(asked("/a")).answer(b"HTTP/1.0 200 OK\r\n\r\nrest").close(),
        [(b"/a", b"rest")],
    ),
    "chunked": (
        lambda wire: wire.ask(asked("/a")).answer(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").close(),
        [(b"/a", b"hello")],
    ),
    "HEAD, 304, 100": (
        lambda wire: wire.ask(b"HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n").answer(answer(b"12345")[:-5])
        .ask(asked("/n")).answer(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")
        .ask(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        .answer(b"HTTP/1.1 100 Continue\r\n\r\n").ask(b"hi").answer(answer(b"ok")).close(),
        [(b"/h", b""), (b"/n", b""), (b"/p", b"ok")],
    ),
    "reset by the client": (
        lambda wire: wire.ask(asked("/a")).answer(answer(b"1")).ask(asked("/b")).reset(),
        [(b"/a", b"1"), (b"/b", None)],
    ),
    "reset when answered": (lambda wire: wire.ask(asked("/a")).answer(answer(b"1")).reset(1), [(b"/a", b"1")]),
}  # fmt: skip


@pytest.mark.parametrize("size", [1460, 7, 1], ids=["large", "small", "single bytes"])
@pytest.mark.parametrize("isn", [(1000, 5000), (2**32 - 3, 2**32 - 20)], ids=["low", "wrapping"])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversations(name: str, isn: tuple[int, int], size: int) -> None:
    """Every way of HTTP to follow one exchange by another, in segments of any size, over the end of the numbers too."""
    talk, expected = CONVERSATIONS[name]
    items = read(captured(talk(Wire(isn=isn, size=size).open()).packets))
    assert (shown(items), skipped(items)) == (expected, [])


@pytest.mark.parametrize("begun", [1, 2, 3], ids=["no SYN", "no SYN from either", "no handshake"])
def test_a_capture_that_began_in_the_middle(begun: int) -> None:
    """Without the handshake a connection is read from the first request on."""
    wire = Wire().open().ask(asked("/a")).answer(answer(b"1")).ask(asked("/b")).answer(answer(b"2")).close()
    assert shown(read(captured(wire.packets[begun:]))) == [(b"/a", b"1"), (b"/b", b"2")]


def test_within_an_answer() -> None:
    """A capture that began within an answer shows what came after it."""
    wire = Wire().open().ask(asked("/a")).answer(answer(LONG)).ask(asked("/b")).answer(answer(b"2")).close()
    assert shown(read(captured(wire.packets[6:]))) == [(b"/b", b"2")]


def test_an_answer_to_what_was_not_captured_is_nobodys() -> None:
    """Where reading begins with a request that overtook an answer, that answer is not taken for its own."""
    wire = Wire().open().ask(asked("/a"))
    begun = len(wire.packets)
    wire.answer(answer(b"1"))
    late = wire.packets[begun:]
    del wire.packets[begun:]
    wire.numbers[1] -= len(answer(b"1"))
    wire.ask(asked("/b"))
    overtaken = wire.packets[begun:]
    wire.packets.clear()
    wire.numbers[1] += len(answer(b"1"))
    wire.answer(answer(b"2")).close()
    items = read(captured(overtaken + late + wire.packets))
    assert (b"/b", b"1") not in shown(items)


BIG = [(f"/{number}", bytes([65 + number]) * (10 + number * 37)) for number in range(12)]


def conversation(size: int = 60) -> list[tuple[float, bytes]]:
    """Twelve exchanges on one connection, in many segments."""
    wire = Wire(size=size, isn=(2**32 - 300, 77)).open()
    for target, body in BIG:
        wire.ask(asked(target)).answer(answer(body))
    return wire.close().packets


def payload(packet: bytes) -> bytes:
    """What a packet carries."""
    return bytes(dpkt.ip.IP(packet).data.data)


@given(st.data())
def test_any_order(data: st.DataObject) -> None:
    """Segments that come late, twice, or cut anew give the same conversation."""
    packets = conversation()
    head, rest = packets[:3], packets[3:]
    width = data.draw(st.integers(1, 12))
    moved = sorted(range(len(rest)), key=lambda index: index + data.draw(st.floats(0, width)))
    times = sorted(when for when, _ in rest)
    mixed = [rest[index][1] for index in moved]
    for index in data.draw(st.lists(st.integers(0, len(mixed) - 1), max_size=10)):
        mixed.insert(index, mixed[data.draw(st.integers(0, len(mixed) - 1))] if index % 2 else mixed[index])
    times += [times[-1]] * (len(mixed) - len(times))
    items = read(captured([*head, *zip(times, mixed, strict=True)]))
    assert sorted(shown(items)) == sorted((target.encode(), body) for target, body in BIG)


@given(st.data())
def test_missing_packets_never_give_wrong_bytes(data: st.DataObject) -> None:
    """Whatever is missing: each exchange that comes out is one that was, and those that do not are counted."""
    packets = conversation()
    gone = data.draw(st.sets(st.integers(0, len(packets) - 1), min_size=1, max_size=8))
    items = read(captured(packet for index, packet in enumerate(packets) if index not in gone))
    found = shown(items)
    assert set(found) <= {(target.encode(), body) for target, body in BIG}
    assert len(found) == len(set(found))
    lost_data = {index for index in gone if payload(packets[index][1])}
    assert (len(found) < len(BIG)) <= bool(lost_data)
    if len(found) < len(BIG) and min(lost_data) > 3:
        assert skipped(items)


def test_reading_goes_on_behind_a_hole() -> None:
    """One packet that is missing costs one exchange."""
    packets = conversation()
    hit = next(index for index, (_, packet) in enumerate(packets) if b"EEEE" in payload(packet))
    items = read(captured(packet for index, packet in enumerate(packets) if index != hit))
    assert [target for target, _ in shown(items)] == [target.encode() for target, _ in BIG if target != "/4"]
    assert skipped(items) == ["packets missing from the capture"]


def test_packets_that_were_cut_are_holes() -> None:
    """A capture with a short snapshot length has no bodies, and says how to have them."""
    wire = Wire().open().ask(asked("/a")).answer(answer(LONG)).ask(asked("/b")).answer(answer(b"2")).close()
    short = captured([])
    for when, data in wire.packets:
        kept = data[:200]
        short += struct.pack("=IIII", int(when), 0, len(kept), len(data)) + kept
    items = read(short)
    assert shown(items) == [(b"/b", b"2")]
    assert skipped(items) == ["packets missing from the capture"]
    assert any(isinstance(item, Note) and "tcpdump -s 0" in item.text for item in items)


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (lambda wire: wire.ask(b"\x16\x03\x01\x02\x00\x01").answer(b"\x16\x03\x03"), "port 443: TLS, cannot be read"),
        (lambda wire: wire.ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "port 443: HTTP/2, cannot be read"),
        (lambda wire: wire.ask(b"\x00\x00\x00\x08\x04\xd2\x16\x2f"), "port 443: not HTTP"),
        (lambda wire: wire.answer(b"220 mail ESMTP\r\n").ask(b"EHLO a\r\n"), "port 443: not HTTP"),
        (lambda wire: wire.ask(asked("/a")), "still under way when the capture ended"),
        (lambda wire: wire.ask(asked("/a")).answer(b"no answer\r\n\r\n"), "what follows in a connection is not HTTP/1"),
    ],
    ids=["TLS", "HTTP/2", "other", "server first", "cut short", "no answer"],
)  # fmt: skip
def test_what_cannot_be_read_is_counted(talk: Callable[[Wire], Wire], reason: str) -> None:
    """Each connection that is not HTTP is counted by what it is; so is what the capture did not see the end of."""
    items = read(captured(talk(Wire(port=443).open()).packets))
    assert (shown(items), skipped(items)) == ([], [reason])


def test_tls_from_the_middle() -> None:
    """TLS is known without its beginning."""
    wire = Wire(port=443).open().ask(b"\x16\x03\x01\x02\x00").answer(b"\x17\x03\x03\x00\x10" + LONG)
    assert skipped(read(captured(wire.packets[4:]))) == ["port 443: TLS, cannot be read"]


def test_a_port_that_is_used_again() -> None:
    """Two connections between the same ends are two, also where the end of the first was not captured."""
    first = Wire().open().ask(asked("/a")).answer(answer(b"1"))
    second = Wire(isn=(900_000, 800_000)).open().ask(asked("/b")).answer(answer(b"2")).close()
    assert shown(read(captured(first.packets + second.packets))) == [(b"/a", b"1"), (b"/b", b"2")]


def test_many_connections_at_once() -> None:
    """Connections whose packets alternate are told apart."""
    wires = [Wire(client_port=40000 + number).open() for number in range(20)]
    for number, wire in enumerate(wires):
        wire.ask(asked(f"/{number}")).answer(answer(b"%d" % number)).close()
    packets = [packet for together in zip(*(wire.packets for wire in wires), strict=True) for packet in together]
    assert shown(read(captured(packets))) == [(b"/%d" % number, b"%d" % number) for number in range(20)]


def test_open_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of connections that never end, only so many are kept; the one idle longest goes first, and is counted."""
    monkeypatch.setattr(pcap, "_OPEN", 5)
    wires = [Wire(client_port=40000 + number).open().ask(asked("/")) for number in range(8)]
    items = read(captured(packet for wire in wires for packet in wire.packets))
    assert skipped(items) == ["connection idle for too long"] * 3 + ["still under way when the capture ended"] * 5


def test_a_capture_that_was_stopped() -> None:
    """A file that ends within a packet is read up to there, and that is said."""
    data = captured(Wire().open().ask(asked("/a")).answer(answer(b"1")).close().packets)
    items = read(data[:-5])
    assert shown(items) == [(b"/a", b"1")]
    assert any(isinstance(item, Note) and "ends within a packet" in item.text for item in items)


@pytest.mark.parametrize("data", [b"\0" * 100, b"GET / HTTP/1.1\r\n"], ids=["zeros", "text"])
def test_other_files_are_refused(data: bytes) -> None:
    """What is no capture is an error with the byte."""
    with pytest.raises(RecordingError, match="byte 0"):
        read(data)


@pytest.mark.skipif(not shutil.which("tcpdump"), reason="tcpdump is not installed")
@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_a_real_capture(tmp_path: Path, kind: str) -> None:
    """What tcpdump saw of a real server on loopback, over IPv4 and IPv6; as pcapng where there is a converter."""
    if kind == "pcapng" and not shutil.which("editcap"):
        pytest.skip("editcap is not installed")
    path = tmp_path / "x.pcap"
    servers = [serve(family) for family in (socket.AF_INET, socket.AF_INET6) if available(family)]
    ports = [server.getsockname()[1] for server in servers]
    wanted = " or ".join(f"tcp port {port}" for port in ports)
    command = ["tcpdump", "-i", "lo", "-U", "-s", "0", "-B", "16384", "-w", path, wanted]
    capture = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert capture.stderr is not None
    if not any(b"listening" in line for line in capture.stderr):
        pytest.skip("tcpdump may not capture here")
    try:
        for server in servers:
            talk(server)
        settle(path, 2 * len(servers))
    finally:
        capture.terminate()
        capture.wait(10)
        capture.stderr.close()
        for server in servers:
            server.close()
    if kind == "pcapng":
        subprocess.run(["editcap", "-F", "pcapng", path, tmp_path / "x.pcapng"], check=True)
        path = tmp_path / "x.pcapng"
    items = read(path.read_bytes())
    assert shown(items) == [(b"/0", b"0" * 300_000), (b"/1", b"1" * 300_000)] * len(servers)
    assert skipped(items) == []
    assert all(abs(item.started - time.time()) < 60 for item in items if isinstance(item, Exchange))


def available(family: int) -> bool:
    """Whether loopback has an address of a family."""
    try:
        with socket.socket(family) as one:
            one.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
    except OSError:
        return False
    return True


def serve(family: int) -> socket.socket:
    """Answer two requests on one connection of a port."""
    server = socket.socket(family)
    server.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
    server.listen()
    server.settimeout(10)

    def run() -> None:
        client, _ = server.accept()
        with client:
            client.settimeout(10)
            for number in range(2):
                while not client.recv(65536).endswith(b"\r\n\r\n"):
                    pass
                client.sendall(answer(b"%d" % number * 300_000))

    threading.Thread(target=run, daemon=True).start()
    return server


def talk(server: socket.socket) -> None:
    """Ask twice."""
    with socket.create_connection(server.getsockname()[:2], 10) as client:
        for number in range(2):
            client.sendall(asked(f"/{number}"))
            left = len(answer(b"0" * 300_000))
            while left:
                left -= len(client.recv(65536))


def settle(path: Path, count: int) -> None:
    """Wait until the file, which grows, holds so many exchanges: tcpdump may be behind."""
    until = time.monotonic() + 10
    while len(shown(read(path.read_bytes()))) < count and time.monotonic() < until:
        time.sleep(0.2)


@given(st.data())
def test_changed_bytes(data: st.DataObject) -> None:
    """No change within the packets makes the reader fail."""
    packets = [(when, bytearray(packet)) for when, packet in conversation(size=200)[:40]]
    for _ in range(data.draw(st.integers(1, 6))):
        _, packet = packets[data.draw(st.integers(0, len(packets) - 1))]
        packet[data.draw(st.integers(0, min(len(packet), 60) - 1))] = data.draw(st.integers(0, 255))
    read(captured((when, bytes(packet)) for when, packet in packets))
