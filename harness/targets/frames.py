"""The frames that go to `host.py` and come back from it: an exchange in, bytes out; bytes in, a Response out.

Two sides are mostly asked the same and answer the same: each frame is written, and read, once for both. Pure, but for
remembering the latest.
"""

from __future__ import annotations

import json
import threading

from harness.exchange import Exchange, Request, Response
from harness.targets.environ import response_of, wsgi_environ
from harness.targets.host import head_and_body, packed


class Frames(threading.local):
    """The frames of the latest exchange of each thread."""

    def __init__(self) -> None:
        self._asked: tuple[Exchange, bytes] | None = None
        self._answered: tuple[Request, bytes, Response] | None = None

    def question(self, exchange: Exchange) -> bytes:
        """Return the frame that asks an exchange."""
        latest = self._asked
        if latest is not None and latest[0] is exchange:
            return latest[1]
        made = packed(json.dumps(wsgi_environ(exchange)).encode("ascii"), exchange.request.body or b"")
        self._asked = exchange, made
        return made

    def answer(self, request: Request, frame: bytes) -> Response:
        """Return what a client would have seen of an answer; the same object for the same bytes."""
        latest = self._answered
        if latest is not None and latest[0] is request and latest[1] == frame:
            return latest[2]
        made = response_of(request, *head_and_body(frame))
        self._answered = request, frame, made
        return made
