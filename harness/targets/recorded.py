"""The target `recorded`: the recording's own answers, for when the old system cannot run any more."""

from __future__ import annotations

from collections.abc import Mapping

from harness.exchange import Exchange
from harness.targets.side import Answer, Uncontrolled, Unsent


class RecordedSide(Uncontrolled):
    """Answers each exchange with what was recorded for it."""

    authority = ""

    def __init__(self) -> None:
        self._answer: Answer = Unsent("nothing was asked")

    def start(self, env: Mapping[str, str]) -> None:
        """Nothing to start."""

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """An exchange without a whole recorded answer cannot be compared."""
        if exchange.response is None or exchange.response.body is None:
            return Unsent("answer not recorded")
        return None

    def send(self, exchange: Exchange) -> None:
        """Look the answer up."""
        assert exchange.response is not None, "refusal() said so"
        self._answer = exchange.response

    def receive(self) -> Answer:
        """Return it."""
        return self._answer

    def stop(self) -> None:
        """Nothing to stop."""

    def close(self) -> None:
        """Nothing to close."""
