"""How far a verdict of `harness diff` reaches: `--changed-since`, `--min-changed-coverage`, `--power`.

Options in; a run that also tells which lines it reaches, and a Result with what that means, out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.config import Config
from harness.errors import UsageError
from harness.gaps import gap_map, read_measures
from harness.judge import Verdict
from harness.pipeline import Options
from harness.reach.changes import judged_changes, read_codes
from harness.reach.revision import changed_lines
from harness.reach.side import watched
from harness.reach.sources import PREFIX, Sources, own_sources
from harness.reach.watch import Watch
from harness.replay import Outcome
from harness.report import Result

NAMED = 3
"""Files that an obstacle names."""


@dataclass(slots=True)
class Extent:
    """What was asked, and what the run tells of it."""

    since: str | None
    least: float | None
    measures: Sequence[Mapping[str, Any]]
    sources: Sources | None
    lines: Mapping[str, frozenset[int]]
    watch: Watch = field(default_factory=Watch)
    judged: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, new: str, config: Config, since: str | None, least: float | None, measures: Sequence[Path]) -> Extent:
        """Read the options for the target `new`. Raises UsageError for what cannot be asked."""
        if least is not None and since is None:
            raise UsageError("--min-changed-coverage needs --changed-since REV: since when are lines changed?")
        sources = own_sources(new, config) if since is not None else None
        lines = changed_lines(sources.root, since, sources.paths) if sources and since is not None else {}
        return cls(since, least, read_measures(measures), sources, lines)

    @property
    def asked(self) -> bool:
        """Whether anything was."""
        return self.since is not None or bool(self.measures)

    def watching(self, options: Options) -> Options:
        """Return the options of a run that tells its lines. Raises UsageError where the new target cannot."""
        if self.sources is None:
            return options
        if not options.new.stateful or self.sources.entry.app.startswith(PREFIX):
            raise UsageError(
                f"--changed-since: {options.new.text} cannot tell which of its lines run: it needs to be MODULE:APP"
            )
        new = watched(options.new, self.sources.paths, self.sources.root, self.watch.hear)
        return replace(options, new=new, noted=self._noted)

    def _noted(self, outcome: Outcome, verdict: Verdict) -> None:
        if verdict.kind == "judged":
            self.judged.append(outcome.exchange.id)

    def told(self, result: Result) -> Result:
        """Return the result with what is known of changed lines and of endpoints."""
        result = replace(result, gaps=gap_map(result.endpoints, self.measures))
        if self.since is None or self.sources is None:
            return result
        codes = read_codes(self.sources.root, self.lines)
        changed = judged_changes(self.since, self.lines, codes, self.watch, sorted(self.judged))
        obstacles = list(result.obstacles)
        if self.least is not None and changed.share < self.least:
            obstacles.append(
                f"only {changed.judged} of {changed.lines} lines changed since {self.since} were judged, fewer than "
                f"{self.least:.0%} (--min-changed-coverage)"
            )
        if self.least and changed.untold:
            files = ", ".join(changed.untold[:NAMED]) + (", ..." if len(changed.untold) > NAMED else "")
            obstacles.append(
                f"of {len(changed.untold)} files changed since {self.since} nobody can tell which lines were judged "
                f"({files}; --min-changed-coverage)"
            )
        return replace(result, changed=changed, obstacles=tuple(obstacles))
