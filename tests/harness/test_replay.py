"""Replay: what is sent where a recording does not know everything."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.effects import NO_EFFECTS, Effects
from harness.exchange import Exchange, Headers, Request, Response
from harness.replay import Player, addressed, replay
from harness.state import Stateless

LOGGED = Response(200, body=None)
HOST = (b"Host", b"server:81")


@pytest.mark.parametrize(
    ("line", "headers", "recorded", "server", "sent"),
    [
        pytest.param(b"GET / HTTP/1.1", ((b"A", b"b"),), LOGGED, "server:81", (HOST, (b"A", b"b")), id="logged"),
        pytest.param(
            b"GET / HTTP/1.1", ((b"host", b"h"),), LOGGED, "server:81", ((b"host", b"h"),), id="with its host"
        ),
        pytest.param(b"GET / HTTP/1.1", (), Response(400, body=b""), "server:81", (), id="recorded without a host"),
        pytest.param(b"GET / HTTP/1.1", (), None, "server:81", (), id="recorded without an answer"),
        pytest.param(b"GET /", (), LOGGED, "server:81", (), id="without a version"),
        pytest.param(b"GET / HTTP/1.1", (), LOGGED, "", (), id="no server among the targets"),
    ],
)
def test_the_host_that_a_log_does_not_tell(
    line: bytes, headers: Headers, recorded: Response | None, server: str, sent: Headers
) -> None:
    """A server among the targets gives it, for both sides alike."""
    exchange = addressed(Exchange("t#1", Request(line, headers), recorded), server)
    assert (exchange.request.start_line, exchange.request.headers) == (line, sent)


class Quiet:
    """A side that answers 200."""

    authority, told = "", None
    controls: Mapping[str, str] = {}
    refused: Mapping[str, int] = {}

    def start(self, env: Mapping[str, str]) -> None:
        """Nothing to start."""

    def refusal(self, exchange: Exchange) -> None:
        """Everything is sent."""

    def send(self, exchange: Exchange) -> None:
        """Nothing to do."""

    def receive(self) -> Response:
        """Answer."""
        return Response(200)

    def stop(self) -> None:
        """Nothing to stop."""

    close = stop


class Slow(Stateless):
    """A state whose folder is only looked at when it must be."""

    def __init__(self, *, always: bool) -> None:
        super().__init__()
        self.always = always

    def changes(self, unsafe: bool, still: bool = False) -> Effects:
        """Tell the file that each request writes."""
        return Effects(files={"sessions/1": "0600 sha256:00"}) if self.always or unsafe else NO_EFFECTS


@pytest.mark.parametrize("always", [(True, False), (False, True), (True, True), (False, False)])
def test_what_a_read_wrote_at_one_side_is_looked_for_at_the_other(always: tuple[bool, bool]) -> None:
    """Whether a folder was looked at after a GET depends on how long that takes: never for one side only."""
    old, new = (Player(f"{flag}", Quiet(), Slow(always=flag)) for flag in always)
    (outcome,) = replay([Exchange("t#1", Request(b"GET / HTTP/1.1"))], old, new)
    assert outcome.old_effects == outcome.new_effects
    assert outcome.old_effects is not None
    assert outcome.old_effects.empty == (always == (False, False))
