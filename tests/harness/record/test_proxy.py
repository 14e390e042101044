"""The recording proxy, over real sockets: clients and upstream notice nothing, and all of it is recorded."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.record.proxy import Address, RecordingProxy
from harness.record.tape import Tape
from harness.store.archive import Archive, ArchiveWriter

TIMEOUT = 10
Script = Callable[[socket.socket], None]


def read_until(sock: socket.socket, end: bytes) -> bytes:
    """Read until the bytes end so, or the connection ends."""
    data = b""
    while not data.endswith(end):
        piece = sock.recv(65536)
        if not piece:
            break
        data += piece
    return data


def read_all(sock: socket.socket) -> bytes:
    """Read to the end of the connection."""
    return b"".join(iter(lambda: sock.recv(65536), b""))


@contextmanager
def upstream(script: Script) -> Iterator[Address]:
    """Listen, and let the script handle each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)

        def handle(connection: socket.socket) -> None:
            connection.settimeout(TIMEOUT)
            with connection:
                try:
                    script(connection)
                except OSError:
                    pass  # the test looks at what the client got

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)


class Recorded:
    """A proxy before an upstream, and what it has recorded."""

    def __init__(self, folder: Path, address: Address) -> None:
        self._path = folder / "a.archive"
        self._tape = Tape(ArchiveWriter(self._path))
        self._proxy = RecordingProxy(("127.0.0.1", 0), address, self._tape)

    def connect(self) -> socket.socket:
        """Connect as a client."""
        return socket.create_connection(self._proxy.address, TIMEOUT)

    def close(self) -> None:
        """Stop the proxy and finish the recording."""
        self._proxy.close()
        self._tape.close()

    @property
    def exchanges(self) -> list[Exchange]:
        """Stop, and return what was recorded."""
        self.close()
        return list(Archive(self._path))

    @property
    def lost(self) -> int:
        """How many exchanges were not recorded."""
        return self._tape.lost


@contextmanager
def recording(folder: Path, script: Script) -> Iterator[Recorded]:
    """Run a proxy before an upstream that follows a script."""
    with upstream(script) as address, closing(Recorded(folder, address)) as recorded:
        yield recorded


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
GET = b"GET / HTTP/1.1\r\nHost: example\r\n\r\n"


def test_relays_bytes_unchanged(tmp_path: Path) -> None:
    """The upstream gets the client's very bytes, malformed as they are, and the client the upstream's."""
    sent = b"\r\nget /a b?\xff HTTP/1.1\nhost:Example:99\nX_y :  1\n folded\nCookie: a\ncookie: b\n\n"
    answered = b"HTTP/1.1 200 Fine\nX:y\nconnection: CLOSE\n\nbody\x00\xff"
    got = []

    def script(connection: socket.socket) -> None:
        got.append(read_until(connection, b"\n\n"))
        connection.sendall(answered)

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(sent)
            assert read_all(client) == answered
        (one,) = recorded.exchanges
    assert got == [sent]
    assert one.request.start_line == b"get /a b?\xff HTTP/1.1"
    assert one.request.raw_head == sent.removeprefix(b"\r\n")
    assert one.response
    assert (one.response.body, one.response.framing, one.response.complete) == (b"body\x00\xff", "close", True)
    assert one.peer == "127.0.0.1"


def test_keeps_connections(tmp_path: Path) -> None:
    """Exchanges on one connection stay on one connection to the upstream."""
    connections = []

    def script(connection: socket.socket) -> None:
        connections.append(1)
        while read_until(connection, b"\r\n\r\n"):
            connection.sendall(OK)

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            for _ in range(5):
                client.sendall(GET)
                assert read_until(client, b"hi") == OK
        assert len(recorded.exchanges) == 5
    assert connections == [1]


def test_expect_continue(tmp_path: Path) -> None:
    """The interim answer reaches a client that waits for it before it sends its body."""

    def script(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        read_until(connection, b"body")
        connection.sendall(OK)

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            assert read_until(client, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(b"body")
            assert read_until(client, b"hi") == OK
        (one,) = recorded.exchanges
    assert (one.request.body, one.response and one.response.status) == (b"body", 200)


def test_large_chunked_bodies_both_ways(tmp_path: Path) -> None:
    """Megabytes in chunks pass in both directions at the same time and are recorded without their chunks."""
    piece = os.urandom(100_000)
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for _ in range(50)) + b"0\r\n\r\n"

    def script(connection: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        left = len(chunked)
        while left:
            data = connection.recv(65536)
            left -= len(data)
            connection.sendall(data)

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            sender = threading.Thread(
                target=client.sendall, args=(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,)
            )
            sender.start()
            assert read_all(client).endswith(chunked)
            sender.join()
        (one,) = recorded.exchanges
    assert one.request.body == piece * 50
    assert one.response
    assert one.response.body == piece * 50
    assert (one.request.framing, one.response.framing) == ("chunked", "chunked")


def test_streams_stay_streams(tmp_path: Path) -> None:
    """A piece of an answer reaches the client before the server sends the next one."""
    seen = threading.Event()

    def script(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert seen.wait(TIMEOUT)
        connection.sendall(b"6\r\nsecond\r\n0\r\n\r\n")

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(GET)
            assert read_until(client, b"first\r\n").endswith(b"first\r\n")
            seen.set()
            assert read_until(client, b"0\r\n\r\n").endswith(b"0\r\n\r\n")
        (one,) = recorded.exchanges
    assert one.response
    assert one.response.body == b"firstsecond"


def test_upgrade(tmp_path: Path) -> None:
    """After a change of protocol the connection is only relayed; nothing of it is lost or taken for HTTP."""

    def script(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n")
        connection.sendall(connection.recv(100)[::-1])

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(b"GET /ws HTTP/1.1\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n")
            read_until(client, b"\r\n\r\n")
            client.sendall(b"\x81\x05GET /")
            assert read_all(client) == b"/ TEG\x05\x81"
        (one,) = recorded.exchanges
        assert recorded.lost == 0
    assert one.response
    assert one.response.status == 101


def test_answer_before_the_body(tmp_path: Path) -> None:
    """An upload that is refused while it is sent is recorded with its answer; its body is unknown."""
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def script(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(refusal)

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
            assert read_all(client) == refusal
        (one,) = recorded.exchanges
    assert (one.request.body, one.response and one.response.status) == (None, 413)


def test_half_closed_client(tmp_path: Path) -> None:
    """A client that says it sends no more still gets its answer."""

    def script(connection: socket.socket) -> None:
        assert read_all(connection) == GET
        connection.sendall(OK)

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(GET)
            client.shutdown(socket.SHUT_WR)
            assert read_all(client) == OK
        assert len(recorded.exchanges) == 1


def test_cut_off_answer(tmp_path: Path) -> None:
    """An answer shorter than announced reaches the client so, and is recorded as cut off."""

    def script(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(OK[:-1])

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(GET)
            assert read_all(client) == OK[:-1]
        (one,) = recorded.exchanges
    assert one.response
    assert (one.response.body, one.response.complete) == (b"h", False)


def test_reset_reaches_the_client(tmp_path: Path) -> None:
    """A connection that the upstream resets is reset for the client, not closed."""

    def script(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\npart")
        seen.wait(TIMEOUT)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    seen = threading.Event()
    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(GET)
            assert read_until(client, b"part").endswith(b"part")
            seen.set()
            with pytest.raises(ConnectionResetError):
                client.recv(1)
        (one,) = recorded.exchanges
    assert one.response
    assert (one.response.body, one.response.complete) == (b"part", False)


def test_client_that_goes_away(tmp_path: Path) -> None:
    """The upstream of a client that is gone notices; the answer is recorded as cut off."""
    noticed = threading.Event()

    def script(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n")
        try:
            while True:
                connection.sendall(bytes(65536))
        except OSError:
            noticed.set()

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(GET)
            client.recv(100)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert noticed.wait(TIMEOUT)
        (one,) = recorded.exchanges
    assert one.response
    assert not one.response.complete


CHUNKED = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "pieces"),
    [(CHUNKED, (b"2\r\nhi\r\n", b"0\r\n\r\n")), (b"HTTP/1.0 404 Not Found\r\n\r\n", (b"h", b"i"))],
    ids=["chunked", "to the end"],
)
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_client_that_reads_no_more_than_the_status(
    tmp_path: Path, head: bytes, pieces: tuple[bytes, ...], reset: bool
) -> None:
    """What the server produces at once nevertheless is its whole answer."""
    gone = threading.Event()

    def script(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(head)
        gone.wait(TIMEOUT)
        for piece in pieces:
            connection.sendall(piece)

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(GET)
            assert read_until(client, b"\r\n\r\n") == head
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.set()
        (one,) = recorded.exchanges
    assert one.response
    assert (one.response.body, one.response.complete) == (b"hi", True)


def test_no_http(tmp_path: Path) -> None:
    """What is not HTTP passes too, and is counted as lost."""

    def script(connection: socket.socket) -> None:
        connection.sendall(read_until(connection, b"\r\n\r\n")[::-1])

    with recording(tmp_path, script) as recorded:
        with recorded.connect() as client:
            client.sendall(b"HELO\r\n\r\n")
            assert read_all(client) == b"\n\r\n\rOLEH"
        assert recorded.exchanges == []
        assert recorded.lost == 1


def test_many_clients_at_once(tmp_path: Path) -> None:
    """Nothing is lost or mixed up between connections."""

    def script(connection: socket.socket) -> None:
        while head := read_until(connection, b"\r\n\r\n"):
            path = head.split(b" ")[1]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))

    def browse(number: int) -> None:
        with recorded.connect() as client:
            for page in range(20):
                path = b"/%d/%d" % (number, page)
                client.sendall(b"GET %s HTTP/1.1\r\nHost: h\r\n\r\n" % path)
                assert read_until(client, path).endswith(b"\r\n\r\n" + path)

    with recording(tmp_path, script) as recorded:
        threads = [threading.Thread(target=browse, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        exchanges = recorded.exchanges
    assert len({one.request.path for one in exchanges}) == len(exchanges) == 200
    assert all(one.response and one.response.body == one.request.path for one in exchanges)


def test_unreachable_upstream(tmp_path: Path) -> None:
    """Where nobody listens the client gets a 502 that says so, and the exchange is recorded with its body."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = unused.getsockname()
    with closing(Recorded(tmp_path, address)) as recorded:
        with recorded.connect() as client:
            client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbo")
            client.sendall(b"dy")
            answer = read_all(client)
        (one,) = recorded.exchanges
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"Connection refused" in answer
    assert (one.request.body, one.response and one.response.status) == (b"body", 502)


def test_stopping_lets_answers_end(tmp_path: Path) -> None:
    """Stopping waits for an answer under way; idle connections are closed."""
    asked, go_on = threading.Event(), threading.Event()

    def script(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        asked.set()
        go_on.wait(TIMEOUT)
        connection.sendall(OK)
        connection.recv(1)

    with recording(tmp_path, script) as recorded, recorded.connect() as client, recorded.connect() as idle:
        client.sendall(GET)
        assert asked.wait(TIMEOUT)
        stopping = threading.Thread(target=recorded.close)
        stopping.start()
        assert idle.recv(1) == b""
        go_on.set()
        assert read_all(client) == OK
        stopping.join()
        assert len(recorded.exchanges) == 1


def test_address_in_use(tmp_path: Path) -> None:
    """A port that is taken is a usage error that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}: Address already in use"):
            RecordingProxy(("127.0.0.1", port), ("127.0.0.1", 1), Tape(ArchiveWriter(tmp_path / "a.archive")))
