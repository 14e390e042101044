"""The side of `--mixed`: two applications on one state, and each request goes to one of them, as its name decides.

Both are started with the same variables; so what one writes the other reads. Which of them is asked is decided in
`harness.mixed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.mixed import MIXED, side_of
from harness.targets.side import Answer, Side, Unsent
from harness.targets.target import Target


def mixed(old: Target, new: Target) -> Target:
    """Return both as one target. Raises UsageError where one cannot be given a state that the other has, too."""
    for target in (old, new):
        if not target.stateful:
            raise UsageError(f"--mixed: {target.text} cannot share a state with another: give two applications")
    return replace(
        new,
        text=f"{old.text} and {new.text}{MIXED}",
        opener=lambda variation: MixedSide(old.open(variation), new.open(variation)),
    )


class MixedSide:
    """Two applications that answer as one."""

    authority = ""
    works = True

    def __init__(self, old: Side, new: Side) -> None:
        self._sides = {"old": old, "new": new}
        self._asked = old

    @property
    def controls(self) -> Mapping[str, str]:
        """What reached both; an empty text where it missed one."""
        old, new = (side.controls for side in self._sides.values())
        return {name: _both(old.get(name, ""), new.get(name, "")) for name in (*old, *new)}

    @property
    def refused(self) -> Mapping[str, str]:
        """What either was refused."""
        return {**self._sides["new"].refused, **self._sides["old"].refused}

    @property
    def told(self) -> float | None:
        """The time told to whoever was asked last."""
        return self._asked.told

    def start(self, env: Mapping[str, str]) -> None:
        """Start both on one state. Raises TargetError."""
        for side in self._sides.values():
            side.start(env)

    def _of(self, exchange: Exchange) -> Side:
        return self._sides[side_of(exchange.id)]

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """As whoever would be asked says."""
        return self._of(exchange).refusal(exchange)

    def prepare(self, exchange: Exchange) -> None:
        """Let it hear what comes next."""
        self._of(exchange).prepare(exchange)

    def send(self, exchange: Exchange) -> None:
        """Ask one of them."""
        self._asked = self._of(exchange)
        self._asked.send(exchange)

    @property
    def answers_at(self) -> int | None:
        """Where whoever was asked answers."""
        return self._asked.answers_at

    def receive(self) -> Answer:
        """Take the answer."""
        return self._asked.receive()

    def stop(self) -> None:
        """End the scenario for both: only then may their state be put back."""
        for side in self._sides.values():
            side.stop()

    def close(self) -> None:
        """Stop both for good."""
        for side in self._sides.values():
            side.close()


def _both(old: str, new: str) -> str:
    return " or ".join(sorted({old, new})) if old and new else ""
