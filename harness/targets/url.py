"""A target that is a running server: recorded requests are written to its socket as they were.

Only GET, HEAD and OPTIONS are sent, and of these none that is listed as unsafe, unless writing was allowed for its host
(`safety`). A connection is used again where the recorded request and the server's answer allow it, and then only for
what may be repeated without harm (RFC 9110 section 9.2.2): a server that closes an idle connection has not crashed, and
is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.errors import TargetError
from harness.exchange import Exchange, Request
from harness.targets.connection import TIMED_OUT, Connection
from harness.targets.safety import Safety
from harness.targets.side import Answer, Crash, Uncontrolled, Unsent

STRIKES = 3
"""After so many connections that the server closed without having said so, each exchange gets one of its own."""


class UrlSide(Uncontrolled):
    """A server at host:port. `timeout` (seconds) bounds each wait for bytes."""

    def __init__(self, host: str, port: int, safety: Safety, *, timeout: float) -> None:
        self.host, self.port, self.timeout = host, port, timeout
        self.safety, self.allow_writes = safety, safety.writes_to(host, port)
        self._connection: Connection | None = None
        self._failure: Crash | None = None
        self._request: Request | None = None
        self._strikes = 0

    @property
    def works(self) -> bool:
        """It runs by itself."""
        return True

    @property
    def answers_at(self) -> int | None:
        """The connection on which it was asked."""
        return None if self._connection is None or self._failure else self._connection.fileno()

    @property
    def authority(self) -> str:
        """Where the server stands, as a client would write it into Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    def start(self, env: Mapping[str, str]) -> None:
        """See that something listens. Raises TargetError."""
        self.stop()
        try:
            self._connect().close()
        except OSError as error:
            raise TargetError(f"target http://{self.host}:{self.port} does not answer: {error}") from None

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """What may write goes only where that was allowed; a body that was not recorded cannot be sent."""
        objection = "" if self.allow_writes else self.safety.objection(exchange.request)
        if objection:
            return Unsent(f"{objection}, not sent to a URL (--allow-writes HOST)")
        if exchange.request.body is None:
            return Unsent("body not recorded")
        return None

    def send(self, exchange: Exchange) -> None:
        """Write the request, on the connection of the last answer where that may be used again."""
        self._request, self._failure = exchange.request, None
        connection = self._connection
        if connection is None or not self._may_reuse(connection, exchange.request):
            self._ask_anew(exchange.request)
            return
        try:
            connection.send(exchange.request)
        except OSError:
            self._strikes += 1
            self._ask_anew(exchange.request)

    def _may_reuse(self, connection: Connection, request: Request) -> bool:
        harmless = not self.safety.objection(request)
        return connection.reusable and harmless and self._strikes < STRIKES and connection.quiet

    def _ask_anew(self, request: Request) -> None:
        """Write the request on a connection of its own."""
        self.stop()
        try:
            self._connection = self._connect()
        except OSError as error:
            self._failure = Crash("connection refused", str(error))
            return
        try:
            self._connection.send(request)
        except OSError:
            pass  # a server that refuses a body may have answered before it hung up: receive() finds out

    def receive(self) -> Answer:
        """Read the whole answer."""
        assert self._request is not None, "send() came first"
        answer = self._received(self._request)
        if self._hung_up_between(answer):
            self._strikes += 1
            self._ask_anew(self._request)
            answer = self._received(self._request)
        if self._connection is not None and not self._connection.reusable:
            self.stop()
        return answer

    def _received(self, request: Request) -> Answer:
        if self._failure is not None or self._connection is None:
            return self._failure or Crash("connection refused")
        return self._connection.receive(request)

    def _hung_up_between(self, answer: Answer) -> bool:
        """Whether this is the end of a connection used before, rather than what the server makes of the request."""
        used = self._connection is not None and self._connection.used
        return used and isinstance(answer, Crash) and answer.reason != TIMED_OUT

    def stop(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Hang up."""
        self.stop()

    def _connect(self) -> Connection:
        return Connection(self.host, self.port, self.timeout)
