"""Follow the bytes of one direction of an HTTP/1 connection: where heads and bodies begin and end (RFC 9112).

Bytes are fed in as they arrive; a `Listener` is told of each head, each piece of body with its transfer coding undone,
and each end. Malformed messages are followed as far as their framing can be. Sockets and the pairing of requests with
answers do not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, Protocol

from harness.exchange import Framing, Headers
from harness.wire import HEAD_END, split_head

_BLANK_LINES = re.compile(rb"(?:\r?\n)+")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?", re.DOTALL)
_LARGEST_HEAD = 1 << 20  # bytes
_LARGEST_LINE = 1 << 16  # bytes, of a chunk's size or a trailer

Ahead = tuple[Framing | Literal["tunnel"], int]


class StreamError(Exception):
    """The bytes are not those of HTTP/1; what follows cannot be understood either."""


class Listener(Protocol):
    """What a `MessageStream` tells about the messages it finds."""

    def head(self, head: bytes, start_line: bytes, headers: Headers) -> Ahead:
        """Take a head; return how what follows is delimited, and its length in bytes where that is by `length`.

        `tunnel` means that no message follows: the rest of the connection is something else.
        """

    def body(self, data: bytes) -> None:
        """Take a piece of the body."""

    def end(self, complete: bool) -> None:
        """Take the end of the message; `complete` is False where the connection ended within it."""


class MessageStream:
    """One direction of a connection, fed with its bytes."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._buffer = bytearray()
        self._left = 0
        self._step: Callable[[], bool] = self._read_head

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises `StreamError` where they cannot be followed."""
        if self._step == self._pass_by:
            return
        self._buffer += data
        while self._step():
            pass

    def end(self, clean: bool = True) -> None:
        """Take the end of the connection; `clean` is False where it was reset.

        Raises `StreamError` where it ends within a head.
        """
        if self._step == self._read_head and self._buffer.strip(b"\r\n"):
            raise StreamError(f"the connection ended within a head: {bytes(self._buffer[:40])!r}")
        if self._step == self._read_until_end:
            self._message_ends(complete=clean)
        elif self._step not in (self._read_head, self._pass_by):
            self._message_ends(complete=False)
        self.stop()

    def stop(self) -> None:
        """Pass by all that still comes."""
        self._step = self._pass_by
        self._buffer.clear()

    # Each step returns whether it got on; if not, it waits for more bytes.

    def _read_head(self) -> bool:
        # Old clients end a body with an empty line too many (RFC 9112 section 2.2).
        if blank := _BLANK_LINES.match(self._buffer):
            del self._buffer[: blank.end()]
        found = HEAD_END.search(self._buffer)
        if not found:
            if len(self._buffer) > _LARGEST_HEAD:
                raise StreamError(f"a head of more than {_LARGEST_HEAD} bytes")
            return False
        head = self._taken(found.end())
        framing, self._left = self._listener.head(head, *split_head(head))
        if framing == "none" or (framing == "length" and not self._left):
            self._message_ends(complete=True)
        elif framing == "tunnel":
            self.stop()
        else:
            steps = {"length": self._read_length, "chunked": self._read_size, "close": self._read_until_end}
            self._step = steps[framing]
        return bool(self._buffer)

    def _read_length(self) -> bool:
        self._pass_on()
        if self._left:
            return False
        self._message_ends(complete=True)
        return bool(self._buffer)

    def _read_until_end(self) -> bool:
        if self._buffer:
            self._listener.body(self._taken(len(self._buffer)))
        return False

    def _read_size(self) -> bool:
        line = self._line()
        if line is None:
            return False
        size = _CHUNK_SIZE.fullmatch(line)
        if not size:
            raise StreamError(f"not the size of a chunk: {line[:40]!r}")
        self._left = int(size[1], 16)
        self._step = self._read_chunk if self._left else self._read_trailer
        return True

    def _read_chunk(self) -> bool:
        self._pass_on()
        if self._left:
            return False
        self._step = self._read_chunk_end
        return True

    def _read_chunk_end(self) -> bool:
        line = self._line()
        if line:
            raise StreamError(f"a chunk is longer than its size: {line[:40]!r}")
        if line is None:
            return False
        self._step = self._read_size
        return True

    def _read_trailer(self) -> bool:
        line = self._line()
        if line == b"":
            self._message_ends(complete=True)
        return line is not None and bool(self._buffer)

    def _pass_by(self) -> bool:
        return False

    def _message_ends(self, complete: bool) -> None:
        self._step = self._read_head
        self._listener.end(complete)

    def _pass_on(self) -> None:
        data = self._taken(min(self._left, len(self._buffer)))
        self._left -= len(data)
        if data:
            self._listener.body(data)

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end >= 0:
            return self._taken(end + 1)[:-1].removesuffix(b"\r")
        if len(self._buffer) > _LARGEST_LINE:
            raise StreamError(f"a line of more than {_LARGEST_LINE} bytes within a chunked body")
        return None

    def _taken(self, length: int) -> bytes:
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        return data
