"""What the unchanged target answered and wrote, kept in a file, and a side that repeats it: asked instead of running
the target again beside each mutant.

Outcomes go in by the id of their exchange, and come out as often as needed, for any number of workers.
"""

from __future__ import annotations

import pickle
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.effects import Effects
from harness.exchange import Exchange
from harness.replay import Outcome
from harness.state import SideState
from harness.targets import Answer, Unsent


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the target answered to one exchange, at which time it was told to be, and what it wrote."""

    answer: Answer
    told: float | None
    effects: Effects | None


class Memory:
    """Remembered answers, in a temporary file without a name."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self._places: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def put(self, outcome: Outcome) -> None:
        """Remember what old did."""
        told = Remembered(outcome.old, outcome.told[0], outcome.old_effects)
        with self._lock:
            start = self._file.seek(0, 2)
            self._file.write(pickle.dumps(told))
            self._places[outcome.exchange.id] = start, self._file.tell() - start

    def get(self, exchange: str) -> Remembered:
        """Return what is remembered of an exchange."""
        start, size = self._places[exchange]
        with self._lock:
            self._file.seek(start)
            found: Remembered = pickle.loads(self._file.read(size))  # noqa: S301 (our own file, seen by nobody)
        return found

    def close(self) -> None:
        """Forget all."""
        self._file.close()


class RememberedSide:
    """A side, and its state, that repeats what is remembered."""

    authority = ""
    works = False
    controls: Mapping[str, str] = {}
    refused: Mapping[str, str] = {}
    answers_at = None
    notes: Sequence[str] = ()
    destinations: Sequence[tuple[str, int]] = ()

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._now = Remembered(Unsent("nothing was asked"), None, None)

    @property
    def told(self) -> float | None:
        """The time that it was told then."""
        return self._now.told

    def start(self, env: Mapping[str, str]) -> None:
        """Nothing is to be started."""

    def refusal(self, exchange: Exchange) -> Unsent | None:
        """What was not sent then is not sent now."""
        answer = self._memory.get(exchange.id).answer
        return answer if isinstance(answer, Unsent) else None

    def prepare(self, exchange: Exchange) -> None:
        """Nothing is to be prepared."""

    def send(self, exchange: Exchange) -> None:
        """Look up what comes."""
        self._now = self._memory.get(exchange.id)

    def receive(self) -> Answer:
        """Answer as then."""
        return self._now.answer

    def stop(self) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """The memory is not its own."""

    # as a SideState

    def env(self, host: str) -> dict[str, str]:
        """Return no variables."""
        return {}

    def restore(self) -> None:
        """There is nothing to restore."""

    def clock(self, when: float) -> None:
        """Nobody needs to know."""

    def stands_still(self, other: SideState, unsafe: bool) -> bool:
        """No: it cannot ask."""
        return False

    def changes(self, unsafe: bool, still: bool = False) -> Effects | None:
        """Return what the exchange asked last wrote then."""
        return self._now.effects

    def rejoin(self, other: SideState, wrote: Sequence[Effects]) -> bool:
        """No."""
        return False
