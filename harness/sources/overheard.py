"""What the bytes of a captured connection are: HTTP/1, read with the times of the packets, or something else, named.

Bytes in order come in, exchanges go out. How they come into order, and what is missing, is `connection`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.exchange import Exchange
from harness.record.capture import Capture, exchange_of, opened
from harness.record.conversation import Conversation

REQUEST = re.compile(rb"(?:\r\n)*[A-Za-z][A-Za-z_-]{0,31} [^\r\n]*? HTTP/1\.\d\r?\n")
"""A request line, by which a request is known in the middle of a connection."""

TLS = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")
"""The beginning of a TLS record (RFC 8446 section 5.1)."""

_METHOD = re.compile(rb"(?:\r|\n)*(?:[A-Za-z][A-Za-z_-]{0,31}(?: |$)|$)")


class Overheard(Conversation):
    """A conversation whose times are those of the packets: `now` is set before each call. `show` takes exchanges."""

    def __init__(self, show: Callable[[Exchange], None], peer: str, now: float) -> None:
        super().__init__(self._finished, peer)
        self.now = now
        self._show = show

    def begin(self, capture: Capture) -> None:
        """Take a new request, whose head has been seen."""
        super().begin(capture)
        capture.started = self.now

    def _finished(self, capture: Capture) -> None:
        if capture.duration is not None:
            capture.duration = self.now - capture.started
        sent, answered = capture.parcels()
        self._show(exchange_of(capture.fields, opened(sent), opened(answered)))
        capture.discard()


def other_protocol(data: bytes) -> str:
    """Return what a client's first bytes are if not HTTP/1; empty where they are."""
    if data[:1] == b"\x16":
        return "TLS, cannot be read"
    if data.startswith(b"PRI * HTTP/2"):
        return "HTTP/2, cannot be read"
    return "" if _METHOD.match(data) else "not HTTP"
