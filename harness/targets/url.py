"""A target that is a running server: recorded bytes are written to its socket as they were, httptools reads its answer.

Only GET, HEAD and OPTIONS are sent unless writing was allowed for its host. One connection an exchange, so that no
answer can be taken for another's.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping

import httptools

from harness.errors import TargetError
from harness.exchange import Exchange, Framing, Request, Response
from harness.targets.side import Answer, Crash, Unsent

SAFE_METHODS = frozenset({b"GET", b"HEAD", b"OPTIONS"})
READ = 1 << 16


class UrlSide:
    """A server at host:port. `timeout` (seconds) bounds each wait for bytes."""

    def __init__(self, host: str, port: int, *, allow_writes: bool, timeout: float) -> None:
        self.host, self.port, self.allow_writes, self.timeout = host, port, allow_writes, timeout
        self._connection: socket.socket | None = None
        self._answer: Answer | None = None
        self._request: Request | None = None

    @property
    def authority(self) -> str:
        """Where the server stands, as a client would write it into Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    @property
    def controls(self) -> Mapping[str, str]:
        """Nothing is controlled."""
        return {}

    @property
    def told(self) -> float | None:
        """The real time."""
        return None

    def start(self, env: Mapping[str, str]) -> None:
        """See that something listens. Raises TargetError."""
        try:
            self._connect().close()
        except OSError as error:
            raise TargetError(f"target http://{self.host}:{self.port} does not answer: {error}") from None

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """Unsafe methods go only where they were allowed; a body that was not recorded cannot be sent."""
        if exchange.request.method not in SAFE_METHODS and not self.allow_writes:
            return Unsent("unsafe method, not sent to a URL (--allow-writes HOST)")
        if exchange.request.body is None:
            return Unsent("body not recorded")
        return None

    def send(self, exchange: Exchange) -> None:
        """Write the request."""
        self._request, self._answer = exchange.request, None
        try:
            self._connection = self._connect()
            self._connection.sendall(wire_bytes(exchange.request))
        except OSError as error:
            self._answer = None if self._connection else Crash("connection refused", str(error))

    def receive(self) -> Answer:
        """Read the whole answer."""
        connection, self._connection = self._connection, None
        if self._answer is not None or connection is None or self._request is None:
            return self._answer or Crash("connection refused")
        with contextlib.closing(connection):
            return read_response(connection, self._request)

    def stop(self) -> None:
        """Drop an unread answer."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Drop an unread answer."""
        self.stop()

    def _connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=self.timeout)


def wire_bytes(request: Request) -> bytes:
    """Return a request as it goes onto the wire: the recorded head, then the body, in one chunk if it was chunked."""
    head = request.raw_head
    if head is None:
        lines = [request.start_line, *(name + b": " + value for name, value in request.headers)]
        head = b"\r\n".join(lines) + b"\r\n\r\n"
    body = request.body or b""
    if request.framing == "chunked":
        body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    return head + body


class _Reader:
    """What httptools' parser calls while it reads one answer; interim answers (1xx) are passed over."""

    def __init__(self) -> None:
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.headers_done = self.done = False

    def on_message_begin(self) -> None:
        self.reason, self.headers, self.body = b"", [], []
        self.headers_done = self.done = False

    def on_status(self, reason: bytes) -> None:
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.headers_done = True

    def on_body(self, data: bytes) -> None:
        self.body.append(data)

    def on_message_complete(self) -> None:
        self.done = True


def read_response(connection: socket.socket, request: Request) -> Answer:
    """Read one answer to `request` from a socket; a hang-up or junk instead of one is a Crash."""
    reader = _Reader()
    parser = httptools.HttpResponseParser(reader)
    try:
        while not _finished(reader, parser, request):
            data = connection.recv(READ)
            if not data:
                break
            parser.feed_data(data)
    except TimeoutError:
        return Crash("timeout")
    except OSError as error:
        if not reader.headers_done:
            return Crash("connection lost", str(error))
    except httptools.HttpParserError as error:
        return Crash("not an HTTP answer", str(error))
    if not reader.headers_done:
        return Crash("connection closed without an answer")
    return _response(reader, parser, request)


def _finished(reader: _Reader, parser: httptools.HttpResponseParser, request: Request) -> bool:
    if not reader.headers_done:
        return False
    status = parser.get_status_code()
    if 100 <= status < 200:
        return False
    return reader.done or request.method == b"HEAD" or status in (204, 304)


def _response(reader: _Reader, parser: httptools.HttpResponseParser, request: Request) -> Response:
    names = {name.lower(): value for name, value in reader.headers}
    silent = request.method == b"HEAD" or parser.get_status_code() in (204, 304)
    framing: Framing = "close"
    if silent:
        framing = "none"
    elif b"transfer-encoding" in names:
        framing = "chunked"
    elif b"content-length" in names:
        framing = "length"
    body = b"" if silent else b"".join(reader.body)
    return Response(
        status=parser.get_status_code(),
        reason=reader.reason,
        headers=tuple(reader.headers),
        body=body,
        version=b"HTTP/" + parser.get_http_version().encode("ascii"),
        framing=framing,
        complete=reader.done or framing in ("close", "none"),
    )
