"""A recording replayed at one target, held against its recorded answers: for each exchange, whether and how it differs.

A file, a target and the configuration come in; what each exchange showed, and text that says so in the words of the
report, go out. The recording is replayed once, when first asked, in order: exchanges build on each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from harness.accepted import read_accepted
from harness.compare.excerpt import printable
from harness.config import Config
from harness.exchange import Exchange
from harness.pipeline import Options
from harness.recording import Recording, open_recordings
from harness.report.curl import curl
from harness.targets import parse_target
from harness.verdicts import Shown, verdicts

RECORDED = "recorded"


class Check:
    """The recording in a file, at the target `target`; `limit` bounds the exchanges that are replayed."""

    def __init__(self, path: Path, target: str, config: Config, limit: int | None = None) -> None:
        self.path, self.target = path, target
        self.config, self._limit = config, limit

    @cached_property
    def recording(self) -> Recording:
        """What is replayed. Raises RecordingError."""
        return open_recordings([self.path])[0]

    @cached_property
    def shown(self) -> dict[int, Shown]:
        """What each exchange showed, by its number from 1. Raises what `diff` raises."""
        accepted = self.config.root / self.config.accepted
        options = Options(
            parse_target(RECORDED, self.config),
            parse_target(self.target, self.config),
            self.config,
            accepted=read_accepted(accepted),
            limit=self._limit,
        )
        found = verdicts([self.recording], options)
        return {int(name.rpartition("#")[2]): shown for name, shown in found.items()}

    def exchange(self, number: int) -> Exchange:
        """Return one exchange."""
        return next(exchange for at, exchange in enumerate(self.recording, 1) if at == number)

    def failure(self, number: int) -> str:
        """Say how an exchange differs; empty where it was judged and does not."""
        shown = self.shown[number]
        return "" if shown.proved else "\n".join(self._told(number, shown))

    def _told(self, number: int, shown: Shown) -> Iterator[str]:
        exchange = self.exchange(number)
        yield f"{self.path}#{number}: {printable(exchange.request.start_line.decode('latin-1'))}"
        if shown.kind != "judged":
            yield f"was not judged: {shown.reason or shown.kind}"
        for group, difference in zip(shown.groups, shown.differences, strict=True):
            yield f"{printable(group.title)}  [{group.id}]"
            yield f"  - {printable(difference.old)}"
            yield f"  + {printable(difference.new)}"
        yield curl(exchange.request)
