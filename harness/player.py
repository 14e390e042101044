"""One side of a replay: a running target with its state, its names and its logins.

Exchanges come in as recorded and are asked under this side's own names; answers come out, and what was written. In what
order both sides are asked is `replay`'s affair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.bind import (
    NO_LOGINS,
    Bindings,
    Fixed,
    Identity,
    Key,
    Login,
    LoginError,
    Logins,
    carried_out,
    known,
    learned,
    run_command,
)
from harness.bind.login import Credentials
from harness.errors import TargetError
from harness.exchange import Exchange, Response
from harness.state import Effects, SideState, Stateless
from harness.targets import Answer, Crash, Side

DEATHS_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Half:
    """One side's half of an exchange.

    `told` is the time at which it was told to be (None: the real one), `asked` the names of its own that it was asked
    by, `changed` the names that are new to it, or that a request brought back to it for the first time.
    """

    answer: Answer
    told: float | None
    asked: Mapping[Key, bytes]
    changed: Sequence[Key]


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

    @property
    def runs_ahead(self) -> bool:
        """Whether it may be asked the next before the other side has answered: nobody watches what it writes."""
        return self.side.works and isinstance(self.state, Stateless)

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

    def receive(self, exchange: Exchange) -> Half:
        """Take the answer and learn from it. Raises TargetError when the target died three times running."""
        answer, asked = self.side.receive(), self.bindings.asked
        self._deaths = self._deaths + 1 if isinstance(answer, Crash) else 0
        if isinstance(answer, Crash) and self._deaths == DEATHS_IN_A_ROW:
            raise TargetError(
                f"target {self.name} failed {DEATHS_IN_A_ROW} times running, last at {exchange.id}: {answer.reason}"
                + (f"\n{answer.detail}" if answer.detail else "")
            )
        response = answer if isinstance(answer, Response) else None
        if self.identity is not None:
            self.identity.note(exchange, response)
        return Half(answer, self.side.told, asked, learned(self.bindings, exchange, response))

    def close(self) -> None:
        """Stop the target and give its state back."""
        self.side.close()
        self.state.close()
