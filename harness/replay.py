"""Replay: recorded exchanges go in, what both sides answered and wrote comes out, in order.

A scenario starts both sides from equal state; each exchange is sent to both at the same time, the next one only when
both have answered and what they wrote has been read. Judging and comparing belong to the pipeline.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from harness.errors import TargetError
from harness.exchange import Exchange
from harness.state import Effects, SideState
from harness.targets import Answer, Crash, Side, Unsent

SAFE_METHODS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE"})
DEATHS_IN_A_ROW = 3
_VERSIONED = re.compile(rb" HTTP/1\.[01]$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One exchange replayed: both answers, what both sides wrote, and when that was done (seconds since the epoch).

    Effects are None for a side that nobody watches: a server, the recording itself. `told` is the time at which each
    side was told to be (None: the real one). `names` gives, for each side, what it calls by a name of its own (a token,
    an id) and the recording's name for the same, which both sides share.
    """

    exchange: Exchange
    old: Answer
    new: Answer
    old_effects: Effects | None = None
    new_effects: Effects | None = None
    at: float = 0.0
    told: tuple[float | None, float | None] = (None, None)
    names: tuple[Mapping[bytes, bytes], Mapping[bytes, bytes]] = ({}, {})


class Player:
    """A running side with its state. Counts deaths, so that a target that cannot live is not asked for ever."""

    def __init__(self, name: str, side: Side, state: SideState) -> None:
        self.name, self.side, self.state = name, side, state
        self._deaths = 0

    def begin(self, host: str) -> None:
        """Put the state back and start the target on it; `host` is the Host that the scenario's clients asked for."""
        self.side.stop()
        self.state.restore()
        self.side.start(self.state.env(host))

    def receive(self, exchange: Exchange) -> Answer:
        """Take the answer. Raises TargetError when the target died three times running."""
        answer = self.side.receive()
        self._deaths = self._deaths + 1 if isinstance(answer, Crash) else 0
        if isinstance(answer, Crash) and self._deaths == DEATHS_IN_A_ROW:
            raise TargetError(
                f"target {self.name} failed {DEATHS_IN_A_ROW} times running, last at {exchange.id}: {answer.reason}"
                + (f"\n{answer.detail}" if answer.detail else "")
            )
        return answer

    def close(self) -> None:
        """Stop the target and give its state back."""
        self.side.close()
        self.state.close()


def replay(exchanges: Iterable[Exchange], old: Player, new: Player) -> Iterator[Outcome]:
    """Replay one scenario at both players, in order. Raises TargetError and StateError."""
    begun = False
    server = old.side.authority or new.side.authority
    for exchange in exchanges:
        if not begun:
            host = exchange.host or server or "localhost"
            old.begin(host)
            new.begin(host)
            begun = True
        yield _exchange(exchange, old, new, server)


def addressed(exchange: Exchange, server: str) -> Exchange:
    """Return an exchange of an access log with the Host that logs do not tell: servers refuse HTTP/1.1 without one.

    What was recorded without Host stays without, and so does everything where no target is a server (`server` empty).
    """
    request, response = exchange.request, exchange.response
    logged = response is not None and response.body is None
    if not server or not logged or exchange.host or not _VERSIONED.search(request.start_line):
        return exchange
    return replace(exchange, request=replace(request, headers=((b"Host", server.encode()), *request.headers)))


def _exchange(exchange: Exchange, old: Player, new: Player, server: str) -> Outcome:
    refused = old.side.refusal(exchange) or new.side.refusal(exchange)
    if refused is not None:
        return Outcome(exchange, refused, refused, at=time.time())
    sent = addressed(exchange, server)
    old.side.send(sent)
    new.side.send(sent)
    old_answer, new_answer = old.receive(exchange), new.receive(exchange)
    unsafe = exchange.request.method not in SAFE_METHODS
    return Outcome(
        exchange,
        old_answer,
        new_answer,
        old.state.changes(unsafe),
        new.state.changes(unsafe),
        at=time.time(),
        told=(old.side.told, new.side.told),
    )


__all__ = ["Outcome", "Player", "Unsent", "replay"]
