"""One side of a comparison: something running that answers recorded requests, and what it can answer.

A Side is asked in two halves, `send` then `receive`, so that old and new work at the same time. It never raises for
what an application does: a crash is an answer. It raises TargetError where nothing can be asked at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from harness.exchange import Exchange, Response


@dataclass(frozen=True, slots=True)
class Crash:
    """The target died, hung or hung up instead of answering; `reason` says which, in words that do not vary by run."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unsent:
    """The request was not sent; `reason` is what it is counted under."""

    reason: str


Answer = Response | Crash | Unsent


class Side(Protocol):
    """A running target."""

    @property
    def authority(self) -> str:
        """The name (`host:port`) under which a server is asked; empty where none stands before the target."""

    @property
    def controls(self) -> Mapping[str, str]:
        """What of the target's surroundings is controlled, and by what: `{"clock": "preload", "random": "seeded"}`.

        Complete at the end of a scenario. An empty text is a control that did not reach the target, or one of the
        programs that it starts.
        """

    @property
    def refused(self) -> Mapping[str, str]:
        """The destinations (`host:port`) that the target tried to reach though they were not declared.

        Each with the id of the exchange in which it first did; empty: while it started.
        """

    @property
    def told(self) -> float | None:
        """The time (epoch seconds) that the target was told with the exchange sent last; None: the real one."""

    def start(self, env: Mapping[str, str]) -> None:
        """Begin a scenario on a fresh starting state; `env` are the variables that lead to it. Raises TargetError."""

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """Say why this exchange will not be sent, or None."""

    def prepare(self, exchange: Exchange) -> None:
        """Hear what will be asked next, most likely, while the target is still at work on the last."""

    def send(self, exchange: Exchange) -> None:
        """Ask; returns before the answer is there."""

    @property
    def works(self) -> bool:
        """Whether it takes time to answer, and asks nothing of us meanwhile."""

    @property
    def answers_at(self) -> int | None:
        """The descriptor that can be read from when the answer begins; None where there is none."""

    def receive(self) -> Answer:
        """Wait for the answer to what was sent last. A dead target has been restarted when this returns its Crash."""

    def stop(self) -> None:
        """End the scenario: no process of the target runs on, no connection stays open."""

    def close(self) -> None:
        """Stop for good."""


class Uncontrolled:
    """What is said of a target whose surroundings are not ours: a server, a recording."""

    @property
    def works(self) -> bool:
        """Not for us."""
        return False

    @property
    def answers_at(self) -> int | None:
        """Nobody has to wait."""
        return None

    def prepare(self, exchange: Exchange) -> None:
        """Nothing needs to be prepared."""

    @property
    def controls(self) -> Mapping[str, str]:
        """Nothing is controlled."""
        return {}

    @property
    def refused(self) -> Mapping[str, str]:
        """Nothing is refused."""
        return {}

    @property
    def told(self) -> float | None:
        """The real time."""
        return None
