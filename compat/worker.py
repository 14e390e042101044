"""gunicorn's threaded worker as `compat serve` uses it: no client holds a thread that asks for nothing, and no program
outlives it.

Comes in: gunicorn's calls. It says what it knows of gunicorn by overriding it; nothing here looks at a request.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from .runners.deadline import Deadline
from .runners.duplex import GRACE

HEAD_LIMIT = 40.0
"""Seconds from when a thread takes a connection that something can be read from, until a request's head is there; as
much as Apache allows at most (mod_reqtimeout).
"""
MARGIN = GRACE + 1.0
"""Seconds before the end of the graceful timeout, when gunicorn kills us, in which programs are ended and logged."""
TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 20\r\n\r\n408 Request Timeout\n"
)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gthread, with a limit for the head of a request and an end for programs."""

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self._heads: dict[TConn, float] = {}

    def handle(self, conn: TConn) -> Any:
        """Serve one request of a connection, in a thread of the pool."""
        self._heads[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._heads.pop(conn, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request whose head is there, unless it has just been given up: whoever pops it has it."""
        return False if self._heads.pop(conn, None) is None else super().handle_request(req, conn)

    def notify(self) -> None:
        """Tell the arbiter that we live, at least once a second; and look for heads that do not come."""
        super().notify()
        limit = time.monotonic() - HEAD_LIMIT
        for conn, began in self._heads.copy().items():
            if began < limit and self._heads.pop(conn, None) is not None:
                give_up(conn.sock)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to stop (SIGTERM): programs may go on until shortly before gunicorn's patience ends."""
        if self.alive:
            Deadline.stop = time.monotonic() + max(0.0, self.cfg.graceful_timeout - MARGIN)
        super().handle_exit(sig, frame)


def give_up(client: socket.socket) -> None:
    """Tell a client that it was too slow, if it takes that at once, and wake the thread that waits for it."""
    with suppress(OSError):
        client.send(TOO_SLOW, socket.MSG_DONTWAIT)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RD)
