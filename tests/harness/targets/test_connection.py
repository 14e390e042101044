"""Connections that carry several exchanges: when one is used again, and when its end is not the server's failure."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from harness.exchange import Exchange, Request, Response
from harness.targets import Answer, Crash
from harness.targets.connection import asks_to_go_on
from harness.targets.safety import Safety
from harness.targets.url import UrlSide

GET = Request(b"GET / HTTP/1.1", ((b"Host", b"x"),))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"


class Server:
    """A server on loopback. Connection N gets the Nth script, or the last: its answers in turn, then the end."""

    def __init__(self, *scripts: Sequence[bytes | None]) -> None:
        self.scripts = scripts
        self.connections: list[list[bytes]] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        silent = any(answer is None for script in scripts for answer in script)
        timeout = 0.5 if silent else 10.0  # a busy machine is no timeout
        port, safety = self.listener.getsockname()[1], Safety(frozenset({"127.0.0.1"}))
        self.side = UrlSide("127.0.0.1", port, safety, timeout=timeout)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        """Serve until the listener is closed."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            received: list[bytes] = []
            self.connections.append(received)
            script = self.scripts[min(len(self.connections), len(self.scripts)) - 1]
            threading.Thread(target=self.serve, args=(connection, script, received), daemon=True).start()

    def serve(self, connection: socket.socket, script: Sequence[bytes | None], received: list[bytes]) -> None:
        """Answer as the script says; None is a silence that does not end."""
        with connection:
            connection.settimeout(5)
            for answer in script:
                data = connection.recv(65536)
                received.append(data)
                if not data:
                    return
                if answer is None:
                    time.sleep(2)
                    return
                connection.sendall(answer)

    def ask(self, request: Request = GET) -> Answer:
        """Send one request and take its answer."""
        self.side.send(Exchange("t#1", request))
        return self.side.receive()

    def close(self) -> None:
        """End it."""
        self.side.close()
        self.listener.close()


Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers, and end them with the test."""
    servers: list[Server] = []

    def starter(*scripts: Sequence[bytes | None]) -> Server:
        servers.append(Server(*scripts))
        return servers[-1]

    yield starter
    for server in servers:
        server.close()


def get(*headers: tuple[bytes, bytes], start_line: bytes = b"GET / HTTP/1.1") -> Request:
    """A request."""
    return Request(start_line, headers)


@pytest.mark.parametrize(
    "answer", [OK, CHUNKED, b"HTTP/1.1 304 Not Modified\r\n\r\n"], ids=["length", "chunked", "304"]
)
def test_a_connection_is_used_again_where_both_leave_it_open(start: Start, answer: bytes) -> None:
    """And each request is sent as it was recorded."""
    server = start([answer] * 9)
    answers = [server.ask(get((b"hOST", b"x"), (b"X", b"%d" % number))) for number in range(3)]
    assert len({repr(each) for each in answers}) == 1
    assert server.connections == [[b"GET / HTTP/1.1\r\nhOST: x\r\nX: %d\r\n\r\n" % number for number in range(3)]]


@pytest.mark.parametrize(
    "request_sent",
    [
        get((b"Connection", b"close")),
        get((b"Connection", b"keep-alive, Close")),
        get((b"Connection", b"Upgrade"), (b"Upgrade", b"h2c")),
        get(start_line=b"GET / HTTP/1.0"),
        get((b"Connection", b"keep-alive"), start_line=b"GET / HTTP/1.0"),
        get(start_line=b"GET /"),
        get(start_line=b"HEAD / HTTP/1.1"),
        Request(b"GET / HTTP/1.1", raw_head=b"GET / HTTP/1.1\nHost: x\n\n"),
    ],
    ids=["close", "close in a list", "upgrade", "1.0", "1.0 keep-alive", "0.9", "HEAD", "malformed"],
)
def test_after_some_requests_a_connection_is_not_used_again(start: Start, request_sent: Request) -> None:
    """Those that end it, and those after which the end of the answer is not sure."""
    server = start([OK] * 9)
    server.ask(request_sent)
    server.ask(GET)
    assert len(server.connections) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        OK + b"more than announced",
        OK + OK,
    ],
    ids=["close", "1.0", "too long", "two answers"],
)
def test_after_some_answers_a_connection_is_not_used_again(start: Start, answer: bytes) -> None:
    """What follows an answer's end is never taken for the next answer."""
    server = start([answer] * 9)
    for _ in range(2):
        found = server.ask()
        assert isinstance(found, Response)
        assert (found.status, found.body, found.complete) == (200, b"hi", True)
    assert len(server.connections) == 2


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"PROPFIND"])
def test_what_may_not_be_repeated_gets_a_connection_of_its_own(start: Start, method: bytes) -> None:
    """So that a hang-up after it is known to be its own, and it is never sent twice."""
    server = start([OK] * 9)
    server.ask()
    server.ask(get(start_line=method + b" / HTTP/1.1"))
    assert len(server.connections) == 2


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_a_server_that_closes_an_idle_connection_has_not_crashed(start: Start, pause: float) -> None:
    """Whether we see its end before we ask again or only after."""
    server = start([OK])
    for _ in range(5):
        assert isinstance(server.ask(), Response)
        time.sleep(pause)
    assert len(server.connections) == 5


def test_a_server_that_dies_of_a_request_has_crashed(start: Start) -> None:
    """The request is asked again on a new connection, and kills it there too."""
    server = start([OK, b""], [b""])
    assert isinstance(server.ask(), Response)
    answer = server.ask()
    assert isinstance(answer, Crash)
    assert answer.reason in ("connection closed without an answer", "connection lost")


def test_a_server_that_always_hangs_up_gets_a_connection_an_exchange(start: Start) -> None:
    """After three times nothing is asked on a connection used before."""
    server = start([OK, b""])
    for _ in range(6):
        assert isinstance(server.ask(), Response)
    asked = [sum(map(bool, received)) for received in server.connections]
    assert asked[:3] == [2, 2, 2]
    assert set(asked[3:]) == {1}


def test_a_silence_is_a_timeout_and_not_asked_again(start: Start) -> None:
    """Waiting twice as long would prove nothing."""
    server = start([OK, None])
    server.ask()
    assert server.ask() == Crash("timeout")
    assert [len(received) for received in server.connections] == [2]


def test_a_scenario_begins_on_a_connection_of_its_own(start: Start) -> None:
    """No session of the server outlives it."""
    server = start([OK] * 9)
    server.ask()
    server.side.stop()
    server.ask()
    assert len(server.connections) == 2


def test_many_exchanges_of_one_connection_keep_their_answers(start: Start) -> None:
    """Each its own, also where an answer comes in pieces."""
    answers = [
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (size, b"x" * size) for size in range(0, 400_000, 20_000)
    ]
    server = start(answers)
    found = [server.ask() for _ in answers]
    assert [len(each.body or b"") for each in found if isinstance(each, Response)] == list(range(0, 400_000, 20_000))
    assert len(server.connections) == 1


def test_a_request_says_itself_whether_it_leaves_its_connection_open() -> None:
    """RFC 9112 section 9.3."""
    assert asks_to_go_on(get((b"Connection", b"keep-alive")))
    assert not asks_to_go_on(get((b"CONNECTION", b"TE, cLose")))
