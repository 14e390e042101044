"""Connections overheard: whatever pieces the bytes come in, the same exchanges come out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.exchange import Exchange
from harness.record import frame
from harness.record.capture import Capture
from harness.record.conversation import Conversation

Seen = list[tuple[bytes, bytes | None, int | None, bytes | None, bool]]


class Overheard:
    """A conversation, and what it has told so far."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.conversation = Conversation(self._take, peer="1.2.3.4")

    def _take(self, capture: Capture) -> None:
        self.exchanges.append(frame.unpack(*frame.pack(capture)))
        capture.discard()

    @property
    def seen(self) -> Seen:
        """The exchanges in short: start line, body, status, answer's body, whether that is complete."""
        return [
            (one.request.start_line, one.request.body, one.response.status, one.response.body, one.response.complete)
            if one.response
            else (one.request.start_line, one.request.body, None, None, False)
            for one in self.exchanges
        ]


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"
CHUNKED = b"4\r\nbody\r\n3;x=y\r\n123\r\n0\r\nTrailer: t\r\n\r\n"

# What the client sends, what the server answers, and what is seen of it when both have ended.
CASES: dict[str, tuple[bytes, bytes, Seen]] = {
    "one": (GET, OK, [(b"GET / HTTP/1.1", b"", 200, b"hi", True)]),
    "pipeline": (
        GET + POST,
        OK + b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
        [(b"GET / HTTP/1.1", b"", 200, b"hi", True), (b"POST /p HTTP/1.1", b"body", 404, b"", True)],
    ),
    "blank line before": (b"\r\n" + GET, OK, [(b"GET / HTTP/1.1", b"", 200, b"hi", True)]),
    "chunked both ways": (
        b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
        [(b"POST /c HTTP/1.1", b"body123", 200, b"body123", True)],
    ),
    "head": (
        b"HEAD / HTTP/1.1\r\n\r\n" + GET,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + OK,
        [(b"HEAD / HTTP/1.1", b"", 200, b"", True), (b"GET / HTTP/1.1", b"", 200, b"hi", True)],
    ),
    "not modified": (
        GET + GET,
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n" + OK,
        [(b"GET / HTTP/1.1", b"", 304, b"", True), (b"GET / HTTP/1.1", b"", 200, b"hi", True)],
    ),
    "until close": (GET, b"HTTP/1.0 200 OK\r\n\r\nall of it", [(b"GET / HTTP/1.1", b"", 200, b"all of it", True)]),
    "interim": (POST, b"HTTP/1.1 100 Continue\r\n\r\n" + OK, [(b"POST /p HTTP/1.1", b"body", 200, b"hi", True)]),
    "early hints": (
        GET,
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s>; rel=preload\r\n\r\n" + OK,
        [(b"GET / HTTP/1.1", b"", 200, b"hi", True)],
    ),
    "no content": (
        GET + GET,
        b"HTTP/1.1 204 No Content\r\n\r\n" + OK,
        [(b"GET / HTTP/1.1", b"", 204, b"", True), (b"GET / HTTP/1.1", b"", 200, b"hi", True)],
    ),
    "tunnel": (
        b"CONNECT h:443 HTTP/1.1\r\n\r\n\x16\x03GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 Established\r\n\r\n\x16\x03",
        [(b"CONNECT h:443 HTTP/1.1", b"", 200, b"", True)],
    ),
    "cut length": (GET, OK[:-1], [(b"GET / HTTP/1.1", b"", 200, b"h", False)]),
    "cut chunk": (
        GET,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbo",
        [(b"GET / HTTP/1.1", b"", 200, b"bo", False)],
    ),
    "no last chunk": (
        GET,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n",
        [(b"GET / HTTP/1.1", b"", 200, b"body", False)],
    ),
    "no answer": (GET, b"", [(b"GET / HTTP/1.1", b"", None, None, False)]),
    "half a request": (POST[:-1], b"", [(b"POST /p HTTP/1.1", None, None, None, False)]),
    "answered early": (POST[:-1], OK, [(b"POST /p HTTP/1.1", None, 200, b"hi", True)]),
    "malformed": (b"get /a b\nx:y\n\n", OK, [(b"get /a b", b"", 200, b"hi", True)]),
    "upgrade": (
        b"GET /ws HTTP/1.1\r\nUpgrade: w\r\n\r\n\x01\x02GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n\x03\x04HTTP/1.1 200 OK\r\n\r\n",
        [(b"GET /ws HTTP/1.1", b"", 101, b"", True)],
    ),
    "nothing": (b"", b"", []),
}


def overhear(client: Sequence[bytes], server: Sequence[bytes]) -> Overheard:
    """Let all of the client's pieces pass, then all of the server's, then the end."""
    overheard = Overheard()
    for piece in client:
        overheard.conversation.from_client(piece)
    for piece in server:
        overheard.conversation.from_server(piece)
    overheard.conversation.server_ended()
    overheard.conversation.client_ended()
    overheard.conversation.close()
    return overheard


@pytest.mark.parametrize("case", CASES)
def test_whole(case: str) -> None:
    """Each exchange comes out with what was sent and answered."""
    client, server, seen = CASES[case]
    overheard = overhear([client], [server])
    assert (overheard.seen, overheard.conversation.lost) == (seen, 0)


@pytest.mark.parametrize("case", [case for case in CASES if case != "upgrade"])
def test_byte_by_byte(case: str) -> None:
    """It does not matter in which pieces the bytes come."""
    client, server, seen = CASES[case]
    assert overhear([bytes([byte]) for byte in client], [bytes([byte]) for byte in server]).seen == seen


@given(st.data(), st.sampled_from(["pipeline", "chunked both ways", "head", "interim"]))
def test_any_pieces(data: st.DataObject, case: str) -> None:
    """The same for any cuts, both directions interleaved anyhow."""
    client, server, seen = CASES[case]
    overheard = Overheard()
    # Examples that hypothesis gives up in the middle leave no files open.
    with closing(overheard.conversation):
        pass_in_pieces(data, overheard.conversation, client, server)
    assert overheard.seen == seen


def pass_in_pieces(data: st.DataObject, conversation: Conversation, client: bytes, server: bytes) -> None:
    """Let both directions pass in pieces, but no answer before the head of its request."""
    heads = len(client) - client.rfind(b"\r\n\r\n") - 4
    while client or server:
        if client and (len(client) > heads or not server or data.draw(st.booleans())):
            cut = data.draw(st.integers(1, len(client)))
            conversation.from_client(client[:cut])
            client = client[cut:]
        else:
            cut = data.draw(st.integers(1, len(server)))
            conversation.from_server(server[:cut])
            server = server[cut:]


def test_emitted_at_once() -> None:
    """An exchange on a connection that stays open is emitted when its answer ends."""
    overheard = Overheard()
    overheard.conversation.from_client(GET)
    assert not overheard.conversation.idle
    overheard.conversation.from_server(OK)
    assert (len(overheard.exchanges), overheard.conversation.idle) == (1, True)


def test_facts_of_the_exchange() -> None:
    """Headers, raw head, framing, peer, user and times are recorded."""
    head = b"GET / HTTP/1.0\nX: 1\nx:2\nAuthorization: basic am86c2VjcmV0\n\n"
    (one,) = overhear([head], [b"HTTP/1.0 200 Fine\nServer: s\n\nbody"]).exchanges
    assert one.request.headers == ((b"X", b"1"), (b"x", b"2"), (b"Authorization", b"basic am86c2VjcmV0"))
    assert (one.request.raw_head, one.request.framing) == (head, "none")
    assert one.response
    assert one.response.raw_head == b"HTTP/1.0 200 Fine\nServer: s\n\n"
    assert (one.response.version, one.response.reason, one.response.framing) == (b"HTTP/1.0", b"Fine", "close")
    assert (one.peer, one.user, one.user_by) == ("1.2.3.4", "jo", "basic")
    assert one.started > 1.6e9
    assert one.duration is not None
    assert 0 <= one.duration < 60


def test_reset_is_not_complete() -> None:
    """A body that ends with the connection is cut off where that was reset."""
    overheard = Overheard()
    overheard.conversation.from_client(GET)
    overheard.conversation.from_server(b"HTTP/1.0 200 OK\r\n\r\npart")
    overheard.conversation.server_ended(clean=False)
    assert overheard.seen == [(b"GET / HTTP/1.1", b"", 200, b"part", False)]


@pytest.mark.parametrize(
    ("client", "server", "lost"),
    [
        (GET, b"<html>no status line\r\n\r\n", 2),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", b"", 1),
        (GET, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 2),
        (b"x" * 2_000_000, b"", 1),
    ],
    ids=["no http", "bad chunk", "long chunk", "endless head"],
)
def test_what_is_not_understood_is_counted(client: bytes, server: bytes, lost: int) -> None:
    """Where the bytes are not HTTP, recording of the connection ends and the loss is counted."""
    overheard = overhear([client, GET], [server, OK])
    assert (overheard.seen, overheard.conversation.lost) == ([], lost)
