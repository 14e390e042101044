"""What passes between a recorder and the process that writes: frames of plain data, long bodies as descriptors.

A socket and values go in, values come out. Both ends run the same interpreter as the same user, so that `marshal` will
do. Who sends what when is in `line` and `keeper`.
"""

from __future__ import annotations

import array
import marshal
import os
import socket
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from harness.exchange import Exchange
from harness.record.call import BESIDE, WSGI, parsed
from harness.record.capture import Held, exchange_of
from harness.record.spool import Sealed, unsealed

HELLO, BATCH, END, REPLY = 1, 2, 3, 4
_HEAD = struct.Struct("!BBQ")  # kind, how many descriptors belong to it, bytes that follow
_PIECE = 1 << 18
_DESCRIPTORS = 8  # of one message at most

Frame = tuple[int, Any, list[int]]


def send(sock: socket.socket, kind: int, value: Any = None, descriptors: Sequence[int] = ()) -> None:
    """Send one frame. Raises OSError."""
    payload = marshal.dumps(value)
    data = memoryview(_HEAD.pack(kind, len(descriptors), len(payload)) + payload)
    if descriptors:
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
        data = data[sock.sendmsg([data], [rights]) :]
    sock.sendall(data)


class Inbox:
    """Frames of one connection, from the pieces in which they arrive."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._data = bytearray()
        self._descriptors: deque[int] = deque()

    def receive(self) -> bool:
        """Read once; False where the other end is gone."""
        data, rights, _, _ = self._sock.recvmsg(_PIECE, socket.CMSG_SPACE(_DESCRIPTORS * 4))
        for level, kind, payload in rights:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self._descriptors.extend(array.array("i", payload[: len(payload) // 4 * 4]))
        self._data += data
        return bool(data)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that are whole; who takes one owns its descriptors."""
        while len(self._data) >= _HEAD.size:
            kind, descriptors, length = _HEAD.unpack_from(self._data)
            end = _HEAD.size + length
            if len(self._data) < end:
                return
            with memoryview(self._data) as view:
                value = marshal.loads(view[_HEAD.size : end])  # noqa: S302 (from our own other half)
            del self._data[:end]
            yield kind, value, [self._descriptors.popleft() for _ in range(descriptors)]

    def close(self) -> None:
        """Give back descriptors that no frame came for."""
        while self._descriptors:
            os.close(self._descriptors.popleft())


def pack(capture: Held) -> tuple[Any, list[int]]:
    """Return a capture as plain data, and the descriptors of its long bodies."""
    descriptors: list[int] = []
    bodies: list[Any] = []
    for parcel in capture.parcels():
        if isinstance(parcel, Sealed):
            descriptors.append(parcel.descriptor)
            bodies.append((parcel.key, parcel.size))
        else:
            bodies.append(parcel)
    return (capture.fields, *bodies), descriptors


def unpack(value: Any, descriptors: Sequence[int]) -> Exchange:
    """Return the exchange of packed data; its id is `BESIDE` where a second application answered it, else empty.

    Raises OSError and MemoryError where a long body cannot be read, ValueError for text that HTTP cannot carry.
    """
    fields, *bodies = value
    left = iter(descriptors)
    sent, answered = (unsealed(Sealed(next(left), *body)) if isinstance(body, tuple) else body for body in bodies)
    exchange = exchange_of(parsed(fields) if fields[0] in (WSGI, BESIDE) else fields, sent, answered)
    return replace(exchange, id=BESIDE) if fields[0] == BESIDE else exchange
