"""What a comparison says of the lines that were changed, and what it knows of each endpoint: plain values of a report.

Made by `harness.reach.changes` and `harness.gaps`, read by the reports. Pure vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Unreached:
    """A changed line that no judged exchange reached: its file, number and text, and the nearest recorded exchange.

    `nearest` is empty where none reaches any line of the file; `at` is the line that it reaches.
    """

    file: str
    line: int
    source: str
    nearest: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """How many lines that can run were changed since a revision, and how many of them a judged exchange reached.

    `untold` are changed files whose lines nobody can tell of: templates, other languages.
    """

    since: str
    lines: int
    judged: int
    unreached: Sequence[Unreached] = field(default_factory=tuple)
    untold: Sequence[str] = ()

    @property
    def share(self) -> float:
        """The judged part, from 0 to 1; all of nothing is 1."""
        return self.judged / self.lines if self.lines else 1.0


@dataclass(frozen=True, slots=True)
class Gap:
    """What is known of one endpoint; None for what nobody measured.

    `recorded` and `distilled` count exchanges, `lines` those of the target that they reach, `clients` the families that
    asked. Of `mutants` on these lines so many were `killed`.
    """

    endpoint: str
    recorded: int
    distilled: int | None = None
    lines: int | None = None
    mutants: int | None = None
    killed: int | None = None
    clients: int | None = None
