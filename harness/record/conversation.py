"""One HTTP/1 connection overheard: the bytes of both directions come in as they pass, captures of exchanges go out.

Pairs each answer with its request (RFC 9112 section 9.3), passes over interim answers, and gives up where the bytes
are no longer HTTP; what was lost by that is counted. Knows no sockets: whoever relays the bytes calls it, from two
threads.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from harness.exchange import Headers, Response
from harness.record.capture import UNLIMITED, Capture
from harness.record.spool import Budget
from harness.record.stream import Ahead, MessageStream, StreamError
from harness.wire import content_length, raw_where_needed, request_framing, response_framing, split_status_line

log = logging.getLogger("harness")


class Conversation:
    """Overhear one connection. `emit` is given each capture that is finished; `lost` counts those that cannot be.

    `missed` is told how many these are when they are given up.
    """

    def __init__(
        self,
        emit: Callable[[Capture], None],
        peer: str = "",
        scheme: str = "http",
        budget: Budget | None = None,
        missed: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.lost = 0
        self.budget = budget or UNLIMITED
        self._emit, self._missed = emit, missed
        self._peer, self._scheme = peer, scheme
        self._lock = threading.Lock()
        self._pending: deque[Capture] = deque()
        self._requests = MessageStream(_Requests(self))
        self._answers = MessageStream(_Answers(self))

    @property
    def idle(self) -> bool:
        """Whether every request that began has been answered."""
        return not self._pending

    @property
    def expects_answer(self) -> bool:
        """Whether a request is complete, or waits to be told to go on (RFC 9110 section 10.1.1)."""
        return any(
            capture.request_complete or any(name.lower() == b"expect" for name, _ in capture.headers)
            for capture in self._pending
        )

    def from_client(self, data: bytes) -> None:
        """Overhear bytes on their way to the server."""
        self._follow(lambda: self._requests.feed(data))

    def from_server(self, data: bytes) -> None:
        """Overhear bytes on their way to the client."""
        self._follow(lambda: self._answers.feed(data))

    def client_ended(self) -> None:
        """Note that the client sends no more."""
        self._follow(self._requests.end)

    def server_ended(self, clean: bool = True) -> None:
        """Note that the server sends no more; `clean` is False where the connection was reset."""
        self._follow(lambda: self._answers.end(clean))

    def close(self) -> None:
        """Emit what has begun, as far as it got: cut off, or never answered."""
        with self._lock:
            self._requests.stop()
            self._answers.stop()
            while self._pending:
                capture = self._pending.popleft()
                if capture.response and capture.duration is None:
                    capture.response = replace(capture.response, complete=False)
                self._emit(capture)

    def _follow(self, step: Callable[[], None]) -> None:
        with self._lock:
            try:
                step()
            except StreamError:
                self.give_up()
            except Exception:
                # Whatever goes wrong here, the bytes are passed on.
                log.exception("a connection can no longer be recorded")
                self.give_up()

    def give_up(self) -> None:
        """Stop listening: what has begun is lost, what follows is not understood."""
        number = max(len(self._pending), 1)
        self.lost += number
        self._missed(number)
        self.pass_by()

    def pass_by(self) -> None:
        """Stop listening: what follows is not HTTP (CONNECT, an upgrade)."""
        while self._pending:
            self._pending.popleft().discard()
        self._requests.stop()
        self._answers.stop()

    def begin(self, capture: Capture) -> None:
        """Take a new request, whose head has been seen."""
        capture.peer, capture.scheme = self._peer, self._scheme
        self._pending.append(capture)

    @property
    def newest(self) -> Capture | None:
        """The request whose body is passing."""
        return self._pending[-1] if self._pending else None

    @property
    def oldest(self) -> Capture | None:
        """The request that is being answered: answers come in the order of requests."""
        return next((capture for capture in self._pending if capture.duration is None), None)

    def finish(self) -> None:
        """Emit the captures of which both halves are complete, in order."""
        while self._pending and self._pending[0].request_complete and self._pending[0].duration is not None:
            self._emit(self._pending.popleft())


class _Requests:
    """What the stream from the client tells."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def head(self, head: bytes, start_line: bytes, headers: Headers) -> Ahead:
        framing = request_framing(headers)
        raw_head = raw_where_needed(head, start_line, headers)
        self._conversation.begin(Capture(start_line, headers, framing, raw_head, self._conversation.budget))
        return framing, content_length(headers) or 0

    def body(self, data: bytes) -> None:
        if capture := self._conversation.newest:
            capture.request_body.add(data)

    def end(self, complete: bool) -> None:
        if capture := self._conversation.newest:
            capture.request_complete = complete
        self._conversation.finish()


class _Answers:
    """What the stream from the server tells."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._interim = False

    def head(self, head: bytes, start_line: bytes, headers: Headers) -> Ahead:
        parts = split_status_line(start_line)
        if not parts:
            raise StreamError(f"not a status line: {start_line[:40]!r}")
        version, status, reason = parts
        self._interim = 100 <= status < 200 and status != 101
        capture = self._conversation.oldest
        if self._interim or capture is None:
            return ("none", 0) if self._interim else ("tunnel", 0)
        framing = response_framing(capture.method, status, headers)
        raw_head = raw_where_needed(head, start_line, headers)
        capture.response = Response(status, reason, headers, None, version, framing, raw_head)
        if status == 101 or (capture.method == b"CONNECT" and 200 <= status < 300):
            self._tunnel(capture)
            return "tunnel", 0
        return framing, content_length(headers) or 0

    def body(self, data: bytes) -> None:
        if capture := self._conversation.oldest:
            capture.response_body.add(data)

    def end(self, complete: bool) -> None:
        capture = self._conversation.oldest
        if self._interim or capture is None or capture.response is None:
            return
        capture.response = replace(capture.response, complete=complete)
        capture.answered()
        self._conversation.finish()

    def _tunnel(self, capture: Capture) -> None:
        capture.request_complete = True
        capture.answered()
        self._conversation.finish()
        self._conversation.pass_by()
