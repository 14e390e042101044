"""One TCP connection of a capture: its segments come in, the HTTP exchanges of it go out, and what cannot be read.

`overheard` reads the two streams; this module says which end is the client, gives each end's bytes only after
those that it had received by then, and starts anew with a later request where packets are missing. Bytes are never
guessed: an exchange that a hole touches is dropped and counted.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.sources.overheard import REQUEST, TLS, Overheard, other_protocol
from harness.sources.packet import ACK, FIN, RST, SYN, Endpoint, Segment, address
from harness.sources.source import Item, Skipped
from harness.sources.tcp import Piece, Stream

MISSING = "packets missing from the capture"
CUT_SHORT = "still under way when the capture ended"
GARBLED = "what follows in a connection is not HTTP/1"

_PATIENCE = 2.0  # seconds for which packets may have been captured in another order
_PACKETS = 64  # likewise
_HELD = 8 << 20  # bytes behind a hole: more than a window (RFC 7323) commonly holds
_FAR = 1 << 26  # bytes between two positions that one connection cannot have


class Connection:
    """One connection, as far as it was captured; `items` are what it has shown so far, for the caller to take away."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.over = False
        self._client: Endpoint | None = None
        self._server: Endpoint | None = None
        self._streams: dict[Endpoint, Stream] = {}
        self._conversation: Overheard | None = None
        self._asked = 0  # the end of the request with which reading began: its answer acknowledges it
        self._passed = False
        self._reset = False
        self._told: set[Endpoint] = set()
        self._begun: dict[Endpoint, int] = {}  # the numbers of SYN and FIN
        self._ended: dict[Endpoint, int] = {}
        self._silent = True
        self._now = 0.0
        self._stuck: tuple[float, int] | None = None
        self._packets = 0

    def take(self, segment: Segment, when: float) -> None:
        """Take the next segment in the order of the capture."""
        self._packets += 1
        if segment.flags & SYN:
            self._begin(segment)
        elif not self.over:
            if segment.payload:
                self._data(segment, when)
            self._control(segment)
        if not self.over:
            self._go_on()
            self._check(when)

    def restarts(self, segment: Segment) -> bool:
        """Tell whether a segment begins another connection between the same ends."""
        if segment.flags & SYN and not segment.flags & ACK:
            begun = self._begun.get(segment.source)
            return (self.over or self._far(segment)) if begun is None else begun != segment.seq
        return self._far(segment) and bool(REQUEST.match(segment.payload))

    def end(self, reason: str = CUT_SHORT) -> None:
        """Take the end of the capture, or of patience: what has begun is counted by the reason."""
        while not self.over and self._holed:
            self._lose()
        if not self.over:
            self._drop(reason)
            if self._silent and self._packets:
                self._say(Skipped("connection without a request"))
        self.over = True

    # What a segment tells.

    def _begin(self, segment: Segment) -> None:
        """Take a SYN: who is the client, and where its stream begins."""
        answers = bool(segment.flags & ACK)
        client, server = (segment.target, segment.source) if answers else (segment.source, segment.target)
        if self._client is None:
            self._client, self._server = client, server
        self._begun[segment.source] = segment.seq
        stream = self._streams.setdefault(segment.source, Stream(segment.seq + 1))
        if answers:
            self._streams.setdefault(client, Stream(segment.ack))
        if segment.payload:  # TCP Fast Open (RFC 7413)
            stream.add(segment.seq + 1, segment.payload, 0, self._now)

    def _data(self, segment: Segment, when: float) -> None:
        if self._conversation is None and not self._synchronized(segment):
            return
        stream = self._streams.get(segment.source)
        if stream is None or self._far(segment):
            return
        start = stream.position(segment.seq)
        other = self._streams.get(segment.target)
        ack = other.position(segment.ack) if other and segment.flags & ACK else 0
        stream.add(start, segment.payload, ack, when)

    def _synchronized(self, segment: Segment) -> bool:
        """Find out where reading can begin: at the start of both streams, or with a request in the middle of them."""
        if not self._streams_known(segment):
            if TLS.match(segment.payload):
                self._pass_by(f"port {min(segment.source[1], segment.target[1])}: TLS, cannot be read")
                return False
            if not REQUEST.match(segment.payload):
                return False
            self._client, self._server = segment.source, segment.target
            self._streams = {segment.source: Stream(segment.seq), segment.target: Stream(segment.ack)}
            self._asked = segment.seq + len(segment.payload)
            self._open()
        return True

    def _streams_known(self, segment: Segment) -> bool:
        if self._client is None or len(self._streams) < 2:
            # A client's SYN was captured, the answer to it was not: the client's first data tells.
            if self._client == segment.source and self._client in self._streams and segment.flags & ACK:
                self._streams.setdefault(segment.target, Stream(segment.ack))
                return True
            return False
        return True

    def _control(self, segment: Segment) -> None:
        """Take what a segment says beside its data: its end, a reset, what was received."""
        other = self._streams.get(segment.target)
        if segment.flags & FIN and not self._far(segment):
            self._ended[segment.source] = segment.seq + len(segment.payload) + segment.cut
        if other and segment.flags & ACK and not segment.flags & RST:
            seen = other.position(segment.ack)
            if other.seen < seen < other.next + _FAR:
                other.seen = seen
        if segment.flags & RST:
            self._reset = True

    def _far(self, segment: Segment) -> bool:
        stream = self._streams.get(segment.source)
        return stream is not None and abs(stream.position(segment.seq) - stream.next) > _FAR

    # What the streams give.

    def _go_on(self) -> None:
        """Hand on what is in order by now."""
        if self._client is None or self._server is None or len(self._streams) < 2:
            self._close_if_reset()
            return
        asked, answered = self._streams[self._client], self._streams[self._server]
        for end, stream in ((self._client, asked), (self._server, answered)):
            if stream.end is None and end in self._ended:
                stream.end = stream.position(self._ended[end])
        moved = True
        while moved and asked in self._streams.values():
            moved = self._from_client(asked, answered) or self._from_server(answered, asked)
        if asked not in self._streams.values():
            return  # reading begins anew
        if self._conversation:
            self._ends(asked, answered)
        if asked.ended and answered.ended:
            self._finish()
        else:
            self._close_if_reset()

    # What acknowledges bytes of the other end comes after them; one more than were sent is that end's FIN.

    def _from_client(self, asked: Stream, answered: Stream) -> bool:
        piece = asked.peek()
        if piece is None or piece.ack > answered.next + 1:
            return False
        if self._conversation is None and not self._is_http(piece.data):
            return False
        asked.take()
        self._hand(piece, lambda conversation: conversation.from_client(piece.data))
        return True

    def _from_server(self, answered: Stream, asked: Stream) -> bool:
        piece = answered.peek()
        if piece is None or piece.ack > asked.next + 1:
            return False
        if self._conversation is None:
            if not piece.data.startswith(b"HTTP/1."):
                self._pass_by(f"port {_port(self._server)}: not HTTP")
            else:
                answered.take()  # an answer to nothing: a time-out told before the connection is closed
            return not self.over
        if piece.ack and piece.ack < self._asked:
            self._lose()  # the answer of a request before the one with which reading began
            return False
        self._asked = 0
        answered.take()
        self._hand(piece, lambda conversation: conversation.from_server(piece.data))
        return True

    def _hand(self, piece: Piece, give: Callable[[Overheard], None]) -> None:
        self._now = max(self._now, piece.when)
        self._stuck = None
        conversation = self._conversation
        if conversation is None:
            return
        lost, conversation.now = conversation.lost, self._now
        give(conversation)
        if conversation.lost > lost:
            self._say(*[Skipped(GARBLED)] * (conversation.lost - lost))
            self._unsynchronize()

    def _is_http(self, data: bytes) -> bool:
        """Look at a client's first bytes: open a conversation, or pass by all that follows and say what it is."""
        if other := other_protocol(data):
            self._pass_by(f"port {_port(self._server)}: {other}")
            return False
        self._open()
        return True

    def _open(self) -> None:
        assert self._client is not None
        self._conversation = Overheard(self._say, address(self._client[0]), self._now)

    def _pass_by(self, reason: str) -> None:
        self._say(Skipped(reason))
        self._passed = True
        self._finish()

    def _say(self, *items: Item) -> None:
        self._silent = False
        self.items.extend(items)

    # Ends and holes.

    def _ends(self, asked: Stream, answered: Stream) -> None:
        assert self._conversation is not None
        for stream, end in ((asked, "client"), (answered, "server")):
            who = self._client if end == "client" else self._server
            if stream.ended and who is not None and who not in self._told:
                self._told.add(who)
                lost = self._conversation.lost
                (self._conversation.client_ended if end == "client" else self._conversation.server_ended)()
                if self._conversation.lost > lost:
                    self._say(Skipped(GARBLED))

    def _close_if_reset(self) -> None:
        if not self._reset or self._holed:
            return
        if self._conversation and self._server not in self._told:
            self._conversation.server_ended(clean=False)
        self._finish()

    def _finish(self) -> None:
        if self._conversation and not self._passed:
            self._conversation.close()
        self.over = True
        self._conversation = None
        self._streams.clear()

    def _check(self, when: float) -> None:
        """Give a hole up where the receiver has what is missing here, after some patience; or where too much waits."""
        if self.over or not self._streams:
            return
        streams = self._streams.values()
        if not any(stream.missed for stream in streams):
            self._stuck = None
            if any(stream.held > _HELD for stream in streams):
                self._lose()
        elif self._stuck is None:
            self._stuck = when, self._packets
        elif when - self._stuck[0] > _PATIENCE or self._packets - self._stuck[1] > _PACKETS:
            self._lose()

    @property
    def _holed(self) -> bool:
        return any(stream.hole or stream.missed for stream in self._streams.values())

    def _lose(self) -> None:
        """Drop what a hole touches, and go on with the next request behind it."""
        waiting = sorted(
            ((piece.when, piece.start, end, piece) for end, stream in self._streams.items() for piece in stream.rest()),
            key=lambda each: each[:2],
        )
        client, server = self._client, self._server
        self._drop(MISSING)
        for when, start, end, piece in waiting:
            target = server if end == client else client
            if target is not None:
                self._data(Segment(end, target, start, piece.ack, ACK, piece.data), when)
        self._go_on()

    def _drop(self, reason: str) -> None:
        conversation = self._conversation
        if conversation is None and reason == MISSING:
            self._say(Skipped(reason))
        elif conversation and (not conversation.idle or reason == MISSING):
            lost = conversation.lost
            conversation.give_up()
            self._say(*[Skipped(reason)] * (conversation.lost - lost))
        self._unsynchronize()

    def _unsynchronize(self) -> None:
        self._conversation, self._stuck, self._asked = None, None, 0
        self._client = self._server = None
        self._streams = {}
        self._told = set()


def _port(end: Endpoint | None) -> int:
    return end[1] if end else 0
