"""A recording reverse proxy: every byte is passed on as it came, in both directions, and overheard on the way.

Clients connect to it as to the upstream; each of their connections gets one of its own to the upstream. What passes is
never written anew, so there is nothing that could be changed: chunks, interim answers, malformed requests, half-closed
and reset connections all look as they would without it. Only where the upstream cannot be reached it answers itself.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import UsageError
from harness.record.conversation import Conversation
from harness.record.tape import Tape

log = logging.getLogger("harness")

Address = tuple[str, int]

_PIECE = 1 << 16  # bytes relayed at once
_POLL = 0.2  # seconds between looks at whether the proxy is stopping
_LINGER = 5.0  # seconds that a connection may outlive its other half, and that stopping waits for answers
_CONNECT = 10.0  # seconds
_GRACE = 0.5  # seconds that an answer may take to end when its client is gone: what was produced is no cut-off answer
_REST = 1 << 18  # bytes of an answer that are still taken then
_UNREACHABLE = b"the upstream cannot be reached: %s\n"


@dataclass
class _Stop:
    """Until when connections may live, on the monotonic clock."""

    at: float = math.inf

    @property
    def asked(self) -> bool:
        return self.at < math.inf

    @property
    def overdue(self) -> bool:
        return time.monotonic() > self.at


class RecordingProxy:
    """Listen on `bind` (port 0: a free one), relay to `upstream`, record onto `tape`. A context manager.

    Raises `UsageError` where it cannot listen there. `address` is where it listens. The tape is its maker's to close.
    """

    def __init__(self, bind: Address, upstream: Address, tape: Tape) -> None:
        self._upstream = upstream
        self._tape = tape
        self._stop = _Stop()
        self._relays: set[_Relay] = set()
        self._lock = threading.Lock()
        try:
            family = socket.AF_INET6 if ":" in bind[0] else socket.AF_INET
            self._listener = socket.create_server(bind, family=family, backlog=128)
        except OSError as error:
            # Python adds the address to the text of some errors, negative numbers are those of looking up names.
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            raise UsageError(f"cannot listen on {bind[0]}:{bind[1]}: {reason}; give another --bind") from error
        # A client that is gone before it was accepted must not hold up the others.
        self._listener.setblocking(False)
        self.address: Address = self._listener.getsockname()[:2]
        self._acceptor = threading.Thread(target=self._accept, name="harness-proxy", daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Take no more connections, let answers under way end, then close all."""
        self._stop.at = time.monotonic() + _LINGER
        self._acceptor.join()
        self._listener.close()
        for relay in list(self._relays):
            relay.join(self._stop.at + 1)

    def __enter__(self) -> RecordingProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._stop.asked:
            if not _readable(self._listener, _POLL):
                continue
            try:
                client, peer = self._listener.accept()
            except OSError:
                # Gone again, or too many files open: the next may fare better.
                time.sleep(0.01)
                continue
            client.setblocking(True)
            tape = self._tape
            conversation = Conversation(tape.put, peer[0], budget=tape.budget, missed=tape.missed)
            relay = _Relay(client, conversation, self._stop)
            self._relays.add(relay)
            relay.start(self._upstream, self._ended)

    def _ended(self, relay: _Relay) -> None:
        with self._lock:
            self._relays.discard(relay)


class _Relay:
    """One client's connection and its counterpart to the upstream, each direction in a thread of its own."""

    def __init__(self, client: socket.socket, conversation: Conversation, stop: _Stop) -> None:
        self.conversation = conversation
        self._client = client
        self._stop = stop
        self._server: socket.socket | None = None
        self._server_ended: float | None = None
        self._client_is_gone = False
        self._given_up = False

    def start(self, upstream: Address, ended: Callable[[_Relay], None]) -> None:
        """Relay in the background; `ended` is called at the end."""
        self._thread = threading.Thread(target=self._run, args=(upstream, ended), daemon=True)
        self._thread.start()

    def join(self, until: float) -> None:
        """Wait for the end, on the monotonic clock; then force it."""
        self._thread.join(max(0.0, until - time.monotonic()))
        for end in (self._server, self._client):
            if end:
                _shut(end, socket.SHUT_RDWR)
        self._thread.join(1)

    def _run(self, upstream: Address, ended: Callable[[_Relay], None]) -> None:
        try:
            with self._client:
                self._connect_and_relay(upstream)
        except OSError as error:
            log.warning("a connection broke in the proxy: %s", error)
        finally:
            self.conversation.close()
            ended(self)

    def _connect_and_relay(self, upstream: Address) -> None:
        # Connecting only when the client speaks keeps idle connections from occupying a server of few workers.
        while not _readable(self._client, _POLL):
            if self._stop.asked:
                return
        try:
            server = socket.create_connection(upstream, _CONNECT)
        except OSError as error:
            self._refuse(str(error.strerror or error))
            return
        with server:
            self._server = server
            server.settimeout(None)
            for end in (server, self._client):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            downward = threading.Thread(target=self._relay_answers, args=(server,), daemon=True)
            downward.start()
            self._relay_requests(server)
            downward.join()

    def _relay_requests(self, server: socket.socket) -> None:
        """Pass on what the client sends until it ends, the server takes no more, or the proxy stops."""
        while not self._over(server):
            if not _readable(self._client, _POLL):
                continue
            try:
                data = self._client.recv(_PIECE)
            except ConnectionError:
                self._client_is_gone = True
                self._let_answer_end()
                self._give_up(server)
                return
            if not data:
                self.conversation.client_ended()
                _shut(server, socket.SHUT_WR)
                return
            self.conversation.from_client(data)
            try:
                server.sendall(data)
            except ConnectionError:
                # What it answered before it hung up is still being relayed.
                return

    def _over(self, server: socket.socket) -> bool:
        if self._server_ended is not None:
            return self._stop.asked or time.monotonic() - self._server_ended > _LINGER
        if self._stop.asked and (self.conversation.idle or self._stop.overdue):
            _shut(server, socket.SHUT_RDWR)
            return True
        return False

    def _relay_answers(self, server: socket.socket) -> None:
        """Pass on what the server answers until it is done or the client is gone."""
        try:
            self._pass_answers(server)
            self.conversation.server_ended(clean=not self._given_up)
            _shut(self._client, socket.SHUT_WR)
        except (ConnectionError, TimeoutError):
            self.conversation.server_ended(clean=False)
            _reset(self._client)
            _reset(server)
        finally:
            self._server_ended = time.monotonic()

    def _pass_answers(self, server: socket.socket) -> None:
        """Pass on what the server answers; for a client that is gone only hear how it ends, if that is soon.

        Raises ConnectionError or TimeoutError where the server, or the client for good, is gone.
        """
        rest = _REST
        while data := server.recv(_PIECE):
            self.conversation.from_server(data)
            if self._client_is_gone:
                rest -= len(data)
            else:
                self._send(server, data)
            if self._client_is_gone and (self.conversation.idle or rest < 0):
                raise ConnectionAbortedError

    def _send(self, server: socket.socket, data: bytes) -> None:
        try:
            self._client.sendall(data)
        except ConnectionError:
            self._client_is_gone = True
            server.settimeout(_GRACE)

    def _let_answer_end(self) -> None:
        until = time.monotonic() + _GRACE
        while not self.conversation.idle and self._server_ended is None and time.monotonic() < until:
            time.sleep(0.005)

    def _give_up(self, server: socket.socket) -> None:
        self._given_up = True
        _reset(server)

    def _refuse(self, reason: str) -> None:
        """Read one request, as far as it comes, and answer that the upstream is not there."""
        until = time.monotonic() + _CONNECT
        while not self.conversation.expects_answer and time.monotonic() < until and not self._stop.asked:
            if _readable(self._client, _POLL):
                data = self._client.recv(_PIECE)
                if not data:
                    return
                self.conversation.from_client(data)
        text = _UNREACHABLE % reason.encode()
        head = (
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        )
        answer = head % len(text) + text
        self.conversation.from_server(answer)
        with contextlib.suppress(OSError):
            self._client.sendall(answer)
            # Closing with unread bytes would reset the connection and take the answer away (RFC 9112 section 9.6).
            self._client.shutdown(socket.SHUT_WR)
            while _readable(self._client, _LINGER) and self._client.recv(_PIECE):
                pass


def _readable(sock: socket.socket, seconds: float) -> bool:
    """Wait until there is something to read, or the end, or an error."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _shut(sock: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(how)


def _reset(sock: socket.socket) -> None:
    """Let the other end see a reset when the socket is closed, as it would have without us between."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RD)
