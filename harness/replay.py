"""Replay: recorded exchanges go in, what both sides answered and wrote comes out, in order.

A scenario starts both sides from equal state; each exchange is sent to both at the same time, the next one only when
both have answered and what they wrote has been read. Each side is asked under its own names (`bind`). Judging and
comparing belong to the pipeline, which does it while both sides work on the next exchange.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from harness.bind import (
    NO_LOGINS,
    Bindings,
    Correlation,
    Fixed,
    Identity,
    Login,
    LoginError,
    Logins,
    carried_out,
    known,
    run_command,
)
from harness.bind.login import Credentials
from harness.errors import TargetError
from harness.exchange import Exchange, Response
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
    astray: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def wrote(self) -> tuple[Effects, ...]:
        """What was written, by whichever side wrote."""
        return tuple(effects for effects in (self.old_effects, self.new_effects) if effects and not effects.empty)


class Player:
    """A running side with its state and its names. Counts deaths: a target that cannot live is not asked for ever.

    `logins` are carried out for principals whose login is not in the recording, `fixed` pairs are always bound.
    """

    def __init__(self, name: str, side: Side, state: SideState, logins: Logins = NO_LOGINS, fixed: Fixed = ()) -> None:
        self.name, self.side, self.state = name, side, state
        self.bindings = Bindings(fixed)
        self.identity = Identity(logins, self.bindings) if logins.entries else None
        self._commands: dict[Login, Credentials] = {}
        self._deaths = 0
        self.rejoined: tuple[Effects, ...] = ()

    def begin(self, host: str, when: float = 0.0) -> None:
        """Put the state back and start the target on it.

        `host` is the Host that the scenario's clients asked for, `when` the time of its first exchange (0: unknown).
        """
        self.side.stop()
        self.state.restore()
        if when:
            self.state.clock(when)
        self.side.start(self.state.env(host))
        self.bindings.clear()
        if self.identity is not None:
            self.identity.clear()

    def prepare(self, exchange: Exchange) -> None:
        """Hear what comes next; if then a name of this side stands in it, that was for nothing."""
        self.side.prepare(exchange)

    def send(self, exchange: Exchange) -> None:
        """Ask under this side's names, logged in as far as the request is. Raises TargetError where a login fails."""
        session = self.identity.session(exchange) if self.identity is not None else None
        if self.identity is None or session is None:
            self.side.send(self.bindings.bind(exchange))
            return
        if not self.identity.is_open(session):
            self.identity.open(session, self._log_in(session[0], exchange))
        self.identity.prepare(session, exchange)
        self.side.send(self.identity.dressed(session, exchange, self.bindings.bind(exchange)))

    def _log_in(self, login: Login, like: Exchange) -> Credentials:
        try:
            return known(login) or self._command(login) or self._steps(login, like)
        except LoginError as error:
            raise TargetError(
                f"the login of {login.principal.text} ([[login]] in harness.toml) failed at target {self.name}, "
                f"needed by {like.id}: {error}"
            ) from None

    def _command(self, login: Login) -> Credentials | None:
        if login.command and login not in self._commands:
            self._commands[login] = run_command(login)
        return self._commands.get(login)

    def _steps(self, login: Login, like: Exchange) -> Credentials:
        """Ask for what a login asks for; what that wrote is read and counts for nothing."""
        asking = carried_out(login, like)
        request = next(asking)
        try:
            while True:
                refused = self.side.refusal(request)
                if refused is not None:
                    raise LoginError(f"{request.request.start_line.decode('latin-1')}: {refused.reason}")
                self.side.send(request)
                answer = self.side.receive()
                if not isinstance(answer, Response):
                    raise LoginError(f"{request.request.start_line.decode('latin-1')}: {answer.reason}")
                request = asking.send(answer)
        except StopIteration as done:
            self.state.changes(True)
            credentials: Credentials = done.value
            return credentials

    def rejoin(self, other: Player, wrote: tuple[Effects, ...]) -> bool:
        """Go on from what the other side wrote, where that can be done; say whether it was."""
        self.rejoined = wrote if self.state.rejoin(other.state, wrote) else ()
        return bool(self.rejoined)

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
    """Replay one scenario at both players, in order. Raises TargetError and StateError.

    When an outcome comes out the next exchange has been sent already: who judges it does so while both sides work.
    Not after a write: then who judges may first make both sides' states equal again.
    """
    coming = iter(exchanges)
    exchange = next(coming, None)
    server = old.side.authority or new.side.authority
    names = Correlation(old.bindings, new.bindings)
    done: Outcome | None = None
    if exchange is not None:
        host = exchange.host or server or "localhost"
        old.begin(host, exchange.started)
        new.begin(host, exchange.started)
    while exchange is not None:
        if done is not None and done.wrote:
            yield done
            done = None
            names.rejoined(new.rejoined)
            new.rejoined = ()
        refused = _ask(exchange, old, new, server)
        if done is not None:
            yield done
        following = next(coming, None)
        if following is not None:
            old.prepare(following)
            new.prepare(following)
        done = _answered(exchange, old, new, names) if refused is None else _unsent(exchange, refused)
        exchange = following
    if done is not None:
        yield done


def addressed(exchange: Exchange, server: str) -> Exchange:
    """Return an exchange of an access log with the Host that logs do not tell: servers refuse HTTP/1.1 without one.

    What was recorded without Host stays without, and so does everything where no target is a server (`server` empty).
    """
    request, response = exchange.request, exchange.response
    logged = response is not None and response.body is None
    if not server or not logged or exchange.host or not _VERSIONED.search(request.start_line):
        return exchange
    return replace(exchange, request=replace(request, headers=((b"Host", server.encode()), *request.headers)))


def _ask(exchange: Exchange, old: Player, new: Player, server: str) -> Unsent | None:
    """Send an exchange to both, or say why to neither."""
    refused = old.side.refusal(exchange) or new.side.refusal(exchange)
    if refused is None:
        sent = addressed(exchange, server)
        old.send(sent)
        new.send(sent)
    return refused


def _unsent(exchange: Exchange, refused: Unsent) -> Outcome:
    return Outcome(exchange, refused, refused, at=time.time())


def _answered(exchange: Exchange, old: Player, new: Player, names: Correlation) -> Outcome:
    """Take both answers to what was sent, and read what both sides wrote."""
    unsafe = exchange.request.method not in SAFE_METHODS
    old_answer, new_answer = old.receive(exchange), new.receive(exchange)
    still = not unsafe and old.state.stands_still(new.state)
    old_effects, new_effects = old.state.changes(unsafe, still), new.state.changes(unsafe, still)
    if not unsafe and old_effects and new_effects and old_effects.empty != new_effects.empty:
        # A folder that took long to look at was not: what one side's shows is looked for at the other.
        old_effects = old.state.changes(True) if old_effects.empty else old_effects
        new_effects = new.state.changes(True) if new_effects.empty else new_effects
    names.observe(exchange, _response(old_answer), _response(new_answer), old_effects, new_effects)
    for player, answer in ((old, old_answer), (new, new_answer)):
        if player.identity is not None:
            player.identity.note(exchange, _response(answer))
    return Outcome(
        exchange,
        old_answer,
        new_answer,
        old_effects,
        new_effects,
        at=time.time(),
        told=(old.side.told, new.side.told),
        names=names.names,
        astray=names.astray(),
    )


def _response(answer: Answer) -> Response | None:
    return answer if isinstance(answer, Response) else None


__all__ = ["Outcome", "Player", "Unsent", "replay"]
