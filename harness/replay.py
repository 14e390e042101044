"""Replay: recorded exchanges go in, what both sides answered and wrote comes out, in order.

A scenario starts both sides from equal state; each exchange is sent to both at the same time. Where anybody watches
what they write, the next one goes to both when both have answered and what they wrote has been read; else to each as
soon as it has answered. Judging and comparing belong to the pipeline, which does it while both sides work on.
"""

from __future__ import annotations

import re
import select
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from harness.bind import Asked, Correlation
from harness.exchange import SAFE_METHODS, Exchange
from harness.player import Half, Player
from harness.state import Effects
from harness.targets import Answer, Unsent
from harness.targets.recorded import RecordedSide

PATIENCE = 1.0
"""Seconds to look out for whoever answers first."""
_VERSIONED = re.compile(rb" HTTP/1\.[01]$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One exchange replayed: both answers, what both sides wrote, and when that was done (seconds since the epoch).

    Effects are None for a side that nobody watches: a server, the recording itself. `told` is the time at which each
    side was told to be (None: the real one). `names` gives, for each side, what it calls by a name of its own (a token,
    an id) and the recording's name for the same, which both sides share. `astray` are the names by which old and new
    were asked for what is not known to be the same.
    """

    exchange: Exchange
    old: Answer
    new: Answer
    old_effects: Effects | None = None
    new_effects: Effects | None = None
    at: float = 0.0
    told: tuple[float | None, float | None] = (None, None)
    names: tuple[Mapping[bytes, bytes], Mapping[bytes, bytes]] = ({}, {})
    astray: tuple[Asked, ...] = ()

    @property
    def wrote(self) -> tuple[Effects, ...]:
        """What was written, by whichever side wrote."""
        return tuple(effects for effects in (self.old_effects, self.new_effects) if effects and not effects.empty)


def replay(exchanges: Iterable[Exchange], old: Player, new: Player) -> Iterator[Outcome]:
    """Replay one scenario at both players, in order. Raises TargetError and StateError.

    When an outcome comes out the next exchange has been sent already: who judges it does so while both sides work.
    Not after a write: then who judges may first make both sides' states equal again.
    """
    coming = iter(exchanges)
    first = next(coming, None)
    if first is None:
        return
    sides = Sides(old, new)
    host = first.host or sides.server or "localhost"
    old.begin(host, first.started)
    new.begin(host, first.started)
    asked = (addressed(exchange, sides.server) for exchange in chain([first], coming))
    yield from (sides.ahead if old.runs_ahead and new.runs_ahead else sides.in_step)(asked)


class Sides:
    """Both sides of a scenario that has begun."""

    def __init__(self, old: Player, new: Player) -> None:
        self.old, self.new = old, new
        self.server = old.side.authority or new.side.authority
        self.names = Correlation(old.bindings, new.bindings, recorded=isinstance(old.side, RecordedSide))

    def in_step(self, exchanges: Iterator[Exchange]) -> Iterator[Outcome]:
        """Ask both the next when both have answered and it is known what they wrote."""
        done: Outcome | None = None
        exchange = next(exchanges, None)
        while exchange is not None:
            if done is not None and done.wrote:
                yield done
                done = None
                self.names.rejoined(self.new.rejoined)
                self.new.rejoined = ()
            refused = self._refusal(exchange)
            if refused is None:
                self._send(exchange, self.old, self.new)
            if done is not None:
                yield done
            following = next(exchanges, None)
            self._prepare(following)
            done = self._watched(exchange) if refused is None else _unsent(exchange, refused)
            exchange = following
        if done is not None:
            yield done

    def ahead(self, exchanges: Iterator[Exchange]) -> Iterator[Outcome]:
        """Ask each side the next as soon as it has answered, at most one ahead of the other."""
        exchange = next(exchanges, None)
        refused = self._refusal(exchange)
        if exchange is not None and refused is None:
            self._send(exchange, self.old, self.new)
        while exchange is not None:
            following = next(exchanges, None)
            not_next = self._refusal(following)
            next_asked = following if not_next is None else None
            self._prepare(next_asked)
            if refused is None:
                yield self._unwatched(exchange, next_asked)
            else:
                self._send(next_asked, self.old, self.new)
                yield _unsent(exchange, refused)
            exchange, refused = following, not_next

    def _refusal(self, exchange: Exchange | None) -> Unsent | None:
        """Say why an exchange is sent to neither side."""
        if exchange is None:
            return None
        return self.old.side.refusal(exchange) or self.new.side.refusal(exchange)

    def _prepare(self, exchange: Exchange | None) -> None:
        if exchange is not None:
            for player in (self.old, self.new):
                player.prepare(exchange)

    def _send(self, exchange: Exchange | None, *players: Player) -> None:
        if exchange is not None:
            for player in players:
                player.send(exchange)

    def _watched(self, exchange: Exchange) -> Outcome:
        """Take both answers to what was sent, and read what both sides wrote."""
        old, new = self.old.receive(exchange), self.new.receive(exchange)
        mine, theirs = self.old.state, self.new.state
        unsafe = exchange.request.method not in SAFE_METHODS
        still = mine.stands_still(theirs, unsafe)
        wrote, wrote_too = mine.changes(unsafe, still), theirs.changes(unsafe, still)
        if not unsafe and wrote and wrote_too and wrote.empty != wrote_too.empty:
            # A folder that took long to look at was not: what one side's shows is looked for at the other.
            wrote = mine.changes(True) if wrote.empty else wrote
            wrote_too = theirs.changes(True) if wrote_too.empty else wrote_too
        for player, effects in ((self.old, wrote), (self.new, wrote_too)):
            if effects is not None and effects.mail:
                player.bindings.mailed.note(effects.mail)
        return self._outcome(exchange, old, new, wrote, wrote_too)

    def _unwatched(self, exchange: Exchange, following: Exchange | None) -> Outcome:
        """Take both answers as they come, and send what follows to each."""
        halves: dict[Player, Half] = {}
        for player in self._as_they_answer():
            halves[player] = player.receive(exchange)
            self._send(following, player)
        return self._outcome(exchange, halves[self.old], halves[self.new])

    def _as_they_answer(self) -> tuple[Player, Player]:
        """Return both sides, first the one that has answered if the other has not."""
        old, new = self.old.side.answers_at, self.new.side.answers_at
        if old is not None and new is not None:
            ready, _, _ = select.select([old, new], [], [], PATIENCE)
            if ready == [new]:
                return self.new, self.old
        return self.old, self.new

    def _outcome(
        self, exchange: Exchange, old: Half, new: Half, wrote: Effects | None = None, wrote_too: Effects | None = None
    ) -> Outcome:
        self.names.observe(exchange, (*old.changed, *new.changed), wrote, wrote_too)
        return Outcome(
            exchange,
            old.answer,
            new.answer,
            wrote,
            wrote_too,
            at=time.time(),
            told=(old.told, new.told),
            names=self.names.names,
            astray=self.names.astray(old.asked, new.asked),
        )


def _unsent(exchange: Exchange, refused: Unsent) -> Outcome:
    return Outcome(exchange, refused, refused, at=time.time())


def addressed(exchange: Exchange, server: str) -> Exchange:
    """Return an exchange of an access log with the Host that logs do not tell: servers refuse HTTP/1.1 without one.

    What was recorded without Host stays without, and so does everything where no target is a server (`server` empty).
    """
    request, response = exchange.request, exchange.response
    logged = response is not None and response.body is None
    if not server or not logged or exchange.host or not _VERSIONED.search(request.start_line):
        return exchange
    return replace(exchange, request=replace(request, headers=((b"Host", server.encode()), *request.headers)))
