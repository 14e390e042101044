"""One direction of a TCP connection put in order again: segments come in as captured, pieces of the stream go out.

Repeated, overlapping and late segments are sorted out by their numbers, which wrap around (RFC 9293 section 3.4). Of
bytes that came twice the first are taken. A hole stops the stream: nothing is ever guessed.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass

_CYCLE = 1 << 32  # sequence numbers


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """Bytes at a position of a stream. `ack` is how far the sender had read the other direction, `when` in seconds."""

    start: int
    arrival: int
    data: bytes
    ack: int
    when: float

    @property
    def end(self) -> int:
        """The position after it."""
        return self.start + len(self.data)


class Stream:
    """One direction. Positions are sequence numbers that do not wrap; `next` is that of the byte that comes next.

    `end` is where the sender ended (FIN), once known; `seen` how far the receiver says it has read.
    """

    def __init__(self, start: int) -> None:
        self.next = start
        self.end: int | None = None
        self.seen = start
        self.held = 0
        self._pieces: list[Piece] = []
        self._arrivals = 0

    def position(self, number: int) -> int:
        """Return the position nearest to what comes next that has a sequence number."""
        return self.next + (number - self.next + _CYCLE // 2) % _CYCLE - _CYCLE // 2

    def add(self, start: int, data: bytes, ack: int, when: float) -> None:
        """Take the bytes of a segment; those that went out already are left away."""
        late = max(self.next - start, 0)
        if late >= len(data):
            return
        self._arrivals += 1
        insort(self._pieces, Piece(start + late, self._arrivals, data[late:], ack, when))
        self.held += len(data) - late

    def peek(self) -> Piece | None:
        """Return what comes next, None where that has not been seen."""
        while self._pieces and self._pieces[0].end <= self.next:
            self.held -= len(self._pieces.pop(0).data)
        if not self._pieces or self._pieces[0].start > self.next:
            return None
        first = self._pieces[0]
        late = self.next - first.start
        return Piece(self.next, first.arrival, first.data[late:], first.ack, first.when) if late else first

    def take(self) -> None:
        """Go on after the piece that `peek` returned."""
        first = self._pieces.pop(0)
        self.held -= len(first.data)
        self.next = first.end

    @property
    def ended(self) -> bool:
        """Whether all came that was sent."""
        return self.end is not None and self.next >= self.end

    @property
    def hole(self) -> bool:
        """Whether bytes are missing before others, or before the end."""
        return bool(self._pieces and self._pieces[0].start > self.next) or (self.end is not None and not self.ended)

    @property
    def missed(self) -> bool:
        """Whether the receiver has read bytes that were not captured; one more may be the sender's FIN."""
        return self.seen > self.next + 1 and self.peek() is None

    def rest(self) -> list[Piece]:
        """Return what waits behind a hole."""
        return list(self._pieces)
