"""What tests saw of recordings, gathered from all that ran them, and the recordings rewritten by it, each once.

Checked recordings and numbers of exchanges come in; recordings with the answers of now, and lines that say so, go out.
What one process saw, `packed` and `add` bring to another: of several that each wrote a file, the last would win.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.characterize.check import Check
from harness.characterize.update import rewrite
from harness.config import Config
from harness.errors import HarnessError
from harness.exchange import Response

Answers = dict[str, Response | None]
"""What each target answers to an exchange now; None where that is what was recorded, or no answer."""


class Seen:
    """The exchanges that were looked at, of each recording."""

    def __init__(self) -> None:
        self._recordings: dict[Path, dict[int, Answers]] = {}

    def note(self, check: Check, number: int) -> None:
        """Note what an exchange showed."""
        shown = check.shown[number]
        self._answers(check.path.resolve(), number)[check.target] = None if shown.proved else shown.answer

    def _answers(self, path: Path, number: int) -> Answers:
        return self._recordings.setdefault(path, {}).setdefault(number, {})

    def packed(self) -> bytes:
        """Return it for another process."""
        return pickle.dumps(self._recordings)

    def add(self, packed: bytes) -> None:
        """Add what another process saw; a test that failed in any of them failed."""
        recordings: dict[Path, dict[int, Answers]] = pickle.loads(packed)  # noqa: S301 (a process that we started)
        for path, number, target, answer in (
            (path, number, target, answer)
            for path, numbers in recordings.items()
            for number, answers in numbers.items()
            for target, answer in answers.items()
        ):
            known = self._answers(path, number)
            known[target] = known.get(target) or answer

    def update(self, config: Config) -> Iterator[str]:
        """Rewrite the recorded answers of what failed; yield what became of each recording.

        An exchange that two targets answer otherwise than each other stays: what suits one would fail at the other.
        """
        for path, numbers in self._recordings.items():
            parted = {number for number, answers in numbers.items() if len(set(answers.values())) > 1}
            if parted:
                targets = " and ".join(sorted({target for number in parted for target in numbers[number]}))
                which = ", ".join(f"#{number}" for number in sorted(parted))
                yield f"{path}: not rewritten, since {targets} do not answer alike: {which}"
            alike = {number: next(iter(each.values())) for number, each in numbers.items() if number not in parted}
            if changed := {number: answer for number, answer in alike.items() if answer}:
                yield f"{path}: {_rewritten(path, changed, config)}"


def _rewritten(path: Path, answers: Mapping[int, Response], config: Config) -> str:
    try:
        return f"{rewrite(path, answers, config)} recorded answers rewritten; look at the change before you commit it"
    except HarnessError as error:
        return f"not rewritten: {error}"
