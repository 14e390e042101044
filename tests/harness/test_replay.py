"""Replay: what is sent where a recording does not know everything, and in which order both sides are asked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.effects import NO_EFFECTS, Effects
from harness.exchange import Exchange, Headers, Request, Response
from harness.player import Player
from harness.replay import Outcome, addressed, replay
from harness.state import Stateless
from harness.targets.application import ApplicationSide

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

    authority, told, works, answers_at = "", None, False, None
    controls: Mapping[str, str] = {}
    refused: Mapping[str, int] = {}

    def start(self, env: Mapping[str, str]) -> None:
        """Nothing to start."""

    def refusal(self, exchange: Exchange) -> None:
        """Everything is sent."""

    def prepare(self, exchange: Exchange) -> None:
        """Nothing to do."""

    send = prepare

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


class Server(Quiet):
    """A server, which hears what comes next and is then asked it."""

    authority = "server:81"

    def __init__(self, *, works: bool) -> None:
        self.works = works
        self.prepared: list[Exchange] = []
        self.sent: list[Exchange] = []

    def prepare(self, exchange: Exchange) -> None:
        """Note it."""
        self.prepared.append(exchange)

    def send(self, exchange: Exchange) -> None:
        """Note it."""
        self.sent.append(exchange)


@pytest.mark.parametrize("works", [True, False], ids=["ahead", "in step"])
def test_what_is_prepared_is_what_is_sent(works: bool) -> None:
    """An exchange of a log gets its Host once, for both sides, before anything is made of it."""
    old, new = Server(works=works), Server(works=works)
    logged = [Exchange(f"t#{n}", Request(b"GET / HTTP/1.1"), LOGGED, started=1e9 + n) for n in range(3)]
    outcomes = list(replay(logged, Player("old", old, Stateless()), Player("new", new, Stateless())))
    sent = [outcome.exchange for outcome in outcomes]
    assert [exchange.host for exchange in sent] == ["server:81"] * 3
    for side in (old, new):
        assert [id(exchange) for exchange in side.sent] == [id(exchange) for exchange in sent]
        assert [id(exchange) for exchange in side.prepared] == [id(exchange) for exchange in sent[1:]]


APPLICATION = """
import os, pathlib, time
SIDE, FOLDER = os.environ["SIDE"], pathlib.Path(os.environ["FOLDER"])

def application(environ, start_response):
    path = environ["PATH_INFO"]
    (FOLDER / (SIDE + path.replace("/", "-"))).touch()
    if path == "/waits" and SIDE == "old":  # for new to be asked what comes next
        until = time.monotonic() + 20
        while not (FOLDER / "new-next").exists() and time.monotonic() < until:
            time.sleep(0.01)
    if path == "/dies" and SIDE == "new":
        os._exit(3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [path.encode(), b" ", str((FOLDER / "new-next").exists()).encode()]
"""


def players(folder: Path) -> tuple[Player, Player]:
    """Both sides of an application that nobody watches."""
    (folder / "waiting.py").write_text(APPLICATION)
    made = []
    for name in ("old", "new"):
        env = {"SIDE": name, "FOLDER": str(folder)}
        side = ApplicationSide("waiting:application", python=sys.executable, cwd=folder, env=env, timeout=30)
        made.append(Player(name, side, Stateless()))
    return made[0], made[1]


def replayed(folder: Path, *requests: Request) -> list[Outcome]:
    """What comes of asking both sides."""
    old, new = players(folder)
    try:
        return list(replay([Exchange(f"t#{n}", each, started=1e9 + n) for n, each in enumerate(requests, 1)], old, new))
    finally:
        old.close()
        new.close()


def get(path: str) -> Request:
    """A request for a path."""
    return Request(f"GET {path} HTTP/1.1".encode())


def test_where_nobody_watches_a_side_is_asked_the_next_before_the_other_has_answered(tmp_path: Path) -> None:
    """Old's answer waits for new to be asked what comes next, which in step would never be."""
    first, _ = replayed(tmp_path, get("/waits"), get("/next"))
    assert isinstance(first.old, Response)
    assert first.old.body == b"/waits True"


def test_each_outcome_is_of_its_own_exchange_however_far_ahead_a_side_is(tmp_path: Path) -> None:
    """What is not sent, and a side that dies, keep their places; each side's time is that of the exchange."""
    unknown = Request(b"POST /form HTTP/1.1", body=None)
    found = replayed(tmp_path, get("/a"), unknown, get("/b"), get("/dies"), get("/c"), unknown, unknown, get("/d"))
    kinds = [(type(each.old).__name__, type(each.new).__name__) for each in found]
    sent, unsent = ("Response", "Response"), ("Unsent", "Unsent")
    assert kinds == [sent, unsent, sent, ("Response", "Crash"), sent, unsent, unsent, sent]
    bodies = [each.new.body for each in found if isinstance(each.new, Response)]
    assert bodies == [b"/a False", b"/b False", b"/c False", b"/d False"]
    told = [each.told for each in found if isinstance(each.old, Response)]
    assert told == [(1e9 + n, 1e9 + n) for n in (1, 3, 4, 5, 8)]
