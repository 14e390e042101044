"""The proxy of the lab: clients ask it, it asks the old implementation, and changes the answers as it is told.

A `Side` of the target machinery and changes by endpoint come in; what was asked and answered goes out. Requests are
put to the side one at a time, whatever the client does at once.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.errors import HarnessError
from harness.exchange import SAFE_METHODS, Exchange, Framing, Headers, Request, Response
from harness.record.stream import Ahead, MessageStream, StreamError
from harness.scream.operators import Operator, made
from harness.targets.side import Side
from harness.wire import BODILESS, join_head, raw_where_needed, request_framing

DETOUR = b"/~moved"
"""What stands before the path of what was redirected once more."""
_PIECE = 1 << 16
_PATIENCE = 30.0  # seconds that a client may take between requests on a connection


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came, its endpoint, and the answer of the old implementation before it was changed."""

    endpoint: str
    request: Request
    answer: Response | None


@dataclass
class Round:
    """What is changed while one client runs, and what was seen of it; `failure`: why nothing could be asked."""

    changes: Mapping[str, Sequence[Operator]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    failure: HarnessError | None = None


class Proxy:
    """Listens on a free port of the loopback, the same for ever; `begin` says what is changed from then on."""

    def __init__(self, side: Side, name: Callable[[Request], str]) -> None:
        self._side, self._name = side, name
        self._round = Round()
        self._lock = threading.Lock()
        self._number = 0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="harness-lab", daemon=True).start()

    def begin(self, changes: Mapping[str, Sequence[Operator]]) -> Round:
        """Begin with another client; what the last one left open is closed."""
        with self._lock:
            self._round = Round(changes)
            left, self._open = self._open, set()
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return self._round

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.begin({})

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, self._round), daemon=True).start()

    def _serve(self, connection: socket.socket, current: Round) -> None:
        with connection, contextlib.suppress(OSError, StreamError):
            connection.settimeout(_PATIENCE)
            with self._lock:
                self._open.add(connection)
            requests = _Requests(connection)
            stream = MessageStream(requests)
            while data := connection.recv(_PIECE):
                stream.feed(data)
                while requests.whole:
                    if not self._answer(connection, requests.whole.pop(0), current):
                        return
        self._open.discard(connection)

    def _answer(self, connection: socket.socket, request: Request, current: Round) -> bool:
        """Answer one request; return whether the connection goes on."""
        asked, taken = _returned(request)
        endpoint = self._name(asked)
        try:
            answer = self._asked(asked, endpoint, current)
        except HarnessError as error:
            current.failure, answer = error, None
        if answer is None:
            return False
        operators = current.changes.get(endpoint, ())
        time.sleep(sum(one.delay for one in operators))
        changed = made(answer, [one for one in operators if not one.detour])
        detours = [one.detour for one in operators if one.detour][taken:]
        if detours and changed.status == 200:
            changed = redirected(changed, request, detours[0])
        connection.sendall(wire_answer(changed))
        return goes_on(request, changed)

    def _asked(self, request: Request, endpoint: str, current: Round) -> Response | None:
        """Ask the old implementation, unless the client was of an earlier round."""
        with self._lock:
            if current is not self._round:
                return None
            self._number += 1
            exchange = Exchange(f"lab#{self._number}", request, started=time.time(), peer="127.0.0.1")
            refused = any(one.refuses for one in current.changes.get(endpoint, ()))
            if refused and request.method not in SAFE_METHODS:
                answer = Response(200, b"OK")
            elif self._side.refusal(exchange) is not None:
                answer = None
            else:
                self._side.send(exchange)
                came = self._side.receive()
                answer = came if isinstance(came, Response) else None
            current.seen.append(Seen(endpoint, request, answer))
            return answer


class _Requests:
    """The requests that came on a connection, whole ones; asks for a body that waits to be asked for."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.whole: list[Request] = []

    def head(self, head: bytes, start_line: bytes, headers: Headers) -> Ahead:
        framing: Framing = request_framing(headers)
        raw = raw_where_needed(head, start_line, headers)
        self._request, self._body = Request(start_line, headers, b"", framing, raw), b""
        if (self._request.header(b"expect") or b"").lower() == b"100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = (self._request.header(b"content-length") or b"0").strip()
        return framing, int(length) if length.isdigit() else 0

    def body(self, data: bytes) -> None:
        self._body += data

    def end(self, complete: bool) -> None:
        if complete:
            self.whole.append(replace(self._request, body=self._body))


def _returned(request: Request) -> tuple[Request, int]:
    """Return a request as it was before its detours, and how many it took."""
    before, blank, target = request.start_line.partition(b" ")
    taken = 0
    while target.startswith(DETOUR + b"/"):
        target, taken = target.removeprefix(DETOUR), taken + 1
    return (replace(request, start_line=before + blank + target, raw_head=None), taken) if taken else (request, 0)


def redirected(response: Response, request: Request, code: int) -> Response:
    """Return a redirect to the same thing, below `DETOUR`, so that relative links there still lead somewhere."""
    place = DETOUR + (b"/" + request.target.lstrip(b"/"))
    headers = ((b"Location", place), (b"Content-Length", b"0"))
    return Response(code, b"Moved", headers, b"", version=response.version)


def wire_answer(response: Response) -> bytes:
    """Return an answer as it goes onto the wire; what has neither length nor chunks ends with the connection."""
    body = response.body or b""
    headers = response.headers
    if response.framing == "chunked":
        if not any(name.lower() == b"transfer-encoding" for name, _ in headers):
            headers = (*headers, (b"Transfer-Encoding", b"chunked"))
        body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + (b"0\r\n\r\n" if response.complete else b"")
    line = b"%s %d %s" % (response.version, response.status, response.reason)
    return join_head(line, headers) + body


def goes_on(request: Request, response: Response) -> bool:
    """Tell whether another request may follow on the connection (RFC 9112 section 9.3)."""
    options = b",".join((request.header(b"connection") or b"", response.header(b"connection") or b"")).lower()
    kept = response.version == b"HTTP/1.1" and request.version == b"HTTP/1.1"
    ends = response.framing in ("length", "chunked", "none") or response.status in BODILESS
    return kept and ends and response.complete and b"close" not in options
