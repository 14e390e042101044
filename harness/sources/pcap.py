"""Captures of packets (pcap, pcapng) of plain HTTP: packets come in, the exchanges of their connections go out.

Connections that ended are forgotten, and of open ones only so many are kept, so that memory does not grow with the
file. What cannot be read (TLS, fragments, packets that are missing) is counted by its reason.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from pathlib import Path

from harness.sources.capture_file import MAGICS, packets
from harness.sources.connection import MISSING, Connection
from harness.sources.packet import SYN, Endpoint, Segment, segment
from harness.sources.source import Input, Item, Note, Options, Skipped, Source

_OPEN = 20_000  # connections at once; the one that was idle longest goes first

_IDLE = "connection idle for too long"
_Ends = frozenset[Endpoint]


def _detect(start: bytes, _: Path) -> bool:
    return start.startswith(MAGICS)


def _read(opened: Input, _: Options) -> Iterator[Item]:
    connections: OrderedDict[_Ends, Connection] = OrderedDict()
    odd: Counter[str] = Counter()
    for packet in packets(opened):
        if packet is None:
            yield Note("the file ends within a packet, as when a capture is stopped: what came before it is imported")
            break
        odd["cut"] += packet.length > len(packet.data)
        found = segment(packet.link, packet.data, packet.length)
        if isinstance(found, str):
            yield Skipped(found)
        elif found is not None:
            yield from _taken(connections, found, packet.when)
    while connections:
        yield from _ended(connections.popitem(last=False)[1])
    if odd["cut"]:
        yield Note(f"{odd['cut']} packets are not whole: capture them with `tcpdump -s 0`")


def _taken(connections: OrderedDict[_Ends, Connection], found: Segment, when: float) -> Iterator[Item]:
    """Give a segment to its connection, and yield what that shows."""
    key = frozenset((found.source, found.target))
    connection = connections.get(key)
    if connection is not None and connection.restarts(found):
        yield from _ended(connection, MISSING)
        connection = None
    if connection is None:
        if not (found.payload or found.flags & SYN):
            return
        connection = connections[key] = Connection()
    connections.move_to_end(key)
    connection.take(found, when)
    yield from _shown(connection)
    if len(connections) > _OPEN:
        yield from _ended(connections.popitem(last=False)[1], _IDLE)


def _ended(connection: Connection, *reason: str) -> Iterator[Item]:
    connection.end(*reason)
    yield from _shown(connection)


def _shown(connection: Connection) -> list[Item]:
    items, connection.items = connection.items, []
    return items


PCAP = Source(
    "pcap",
    "Captured packets (tcpdump, Wireshark) of plain HTTP",
    _detect,
    _read,
    loses={
        "TLS": "connections are counted, by port; capture behind the proxy that ends TLS",
        "packets that the capture missed": "the exchanges they belong to are dropped and counted",
        "IP fragments": "counted, not put together",
        "time": "that of the packets; a request begins when its head is complete",
        "chunks, trailers": "the transfer coding is undone; the content coding stays",
        "HTTP/2, WebSocket": "not read; connections are counted",
    },
)
