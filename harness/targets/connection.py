"""One connection to a server: recorded requests go out as the bytes they were, httptools reads what comes back.

Says after each answer whether the connection can carry another request (RFC 9112 section 9.3): only where request and
answer both allow it and the end of the answer is beyond doubt. Who asks what, and when, is `url`'s.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time

import httptools

from harness.exchange import Framing, Headers, Request, Response, all_headers
from harness.targets.side import Answer, Crash
from harness.wire import BODILESS, join_head

READ = 1 << 16
TIMED_OUT = "timeout"
SOON = 0.0002
"""Seconds in which an answer is looked for again and again: less than it costs to be put to sleep and woken."""


class Connection:
    """A TCP connection, `timeout` seconds a wait. Raises OSError where nobody listens."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._socket = socket.create_connection((host, port), timeout=timeout)
        self._socket.settimeout(None)  # the kernel keeps the time: Python's own way costs a system call a read
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, option, _timeval(timeout))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._events = select.poll()
        self._events.register(self._socket, select.POLLIN)
        self._reader = _Reader()
        self._prompt, self._soon = True, 0.0
        self.used = False
        """Whether it has carried an answer before the one waited for."""
        self.reusable = False
        """Whether another request may follow."""

    @property
    def quiet(self) -> bool:
        """Whether the server has neither closed it nor said anything since its last answer."""
        return not self._events.poll(0)

    def send(self, request: Request) -> None:
        """Write a request. Raises OSError."""
        self.used, self.reusable = self.reusable, False
        self._socket.sendall(wire_bytes(request))

    def receive(self, request: Request) -> Answer:
        """Read the whole answer to `request`; a hang-up or junk instead of one is a Crash."""
        reader = self._reader
        reader.begin(silent=request.start_line.startswith(b"HEAD "))
        try:
            self._wait()
            while not reader.done:
                data = self._socket.recv(READ)
                self._prompt = time.monotonic() < self._soon
                if not data:
                    break
                reader.feed(data)
        except (TimeoutError, BlockingIOError):
            return Crash(TIMED_OUT)
        except OSError as error:
            if not reader.headers_done:
                return Crash("connection lost", str(error))
        except httptools.HttpParserError as error:
            return Crash(f"not an HTTP answer: {error}")  # the parser's words, one for each kind of fault
        if not reader.headers_done:
            return Crash("connection closed without an answer")
        self.reusable = reader.may_go_on and asks_to_go_on(request)
        return reader.response()

    def _wait(self) -> None:
        """Stay awake for an answer, giving way to others, where the server answered soon the last time."""
        self._soon = time.monotonic() + SOON
        while self._prompt and not self._events.poll(0) and time.monotonic() < self._soon:
            os.sched_yield()

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._socket.close()


def _timeval(seconds: float) -> bytes:
    """Return seconds as the C structure that socket options take."""
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))


def wire_bytes(request: Request) -> bytes:
    """Return a request as it goes onto the wire: the recorded head, then the body, in one chunk if it was chunked."""
    head = join_head(request.start_line, request.headers) if request.raw_head is None else request.raw_head
    body = request.body or b""
    if request.framing == "chunked":
        body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    return head + body if body else head


def asks_to_go_on(request: Request) -> bool:
    """Whether a request as recorded leaves its connection open (RFC 9112 section 9.3), and its own end is sure."""
    if not request.start_line.endswith(b" HTTP/1.1") or request.raw_head is not None:
        return False
    for options in all_headers(request.headers, b"connection"):
        if b"close" in options.lower() or b"upgrade" in options.lower():
            return False
    return True


class _Reader:
    """The answers of one connection, as httptools reports them one by one. Interim ones (1xx) are passed over.

    After an answer that does not let its connection go on (`may_go_on`) nothing more is to be read.
    """

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.begin(silent=False)

    def begin(self, silent: bool) -> None:
        """Wait for an answer; `silent`: to HEAD, so that no body follows, whatever the headers announce."""
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.headers_done = self.done = self.more = False
        self._silent = silent
        self._complete = self._kept_open = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the wire; what follows the end of the answer is none of it."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if not self.done:
                raise
            self.more = True

    def on_message_begin(self) -> None:
        if self.done:
            self.more = True
            return
        self.reason, self.headers, self.body = b"", [], []
        self.headers_done = False

    def on_status(self, reason: bytes) -> None:
        if not self.done:
            self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.done:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.done:
            return
        self.status = self._parser.get_status_code()
        if not 100 <= self.status < 200:
            self.version = self._parser.get_http_version()
            self.headers_done = True
            self.done = self._silent or self.status in BODILESS

    def on_body(self, data: bytes) -> None:
        if self.done:
            self.more = True
        else:
            self.body.append(data)

    def on_message_complete(self) -> None:
        if self.headers_done and not self.more:
            self.done = self._complete = True
            self._kept_open = self._parser.should_keep_alive()

    @property
    def may_go_on(self) -> bool:
        """Whether the answer leaves its connection open and has an end that nothing followed."""
        return self._kept_open and not self._silent and not self.more

    def response(self) -> Response:
        """Return what was read so far as an answer."""
        headers: Headers = tuple(self.headers)
        silent = self._silent or self.status in BODILESS
        framing = "none" if silent else _framing(headers)
        body = b"" if silent else b"".join(self.body)
        complete = self._complete or framing in ("close", "none")
        return Response(self.status, self.reason, headers, body, _VERSIONS[self.version], framing, complete=complete)


class _Versions(dict[str, bytes]):
    def __missing__(self, version: str) -> bytes:
        return b"HTTP/" + version.encode("ascii")


_VERSIONS = _Versions({"1.1": b"HTTP/1.1", "1.0": b"HTTP/1.0"})


def _framing(headers: Headers) -> Framing:
    names = {name.lower() for name, _ in headers}
    if b"transfer-encoding" in names:
        return "chunked"
    return "length" if b"content-length" in names else "close"
