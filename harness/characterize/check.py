"""A recording replayed at one target, held against its recorded answers: for each exchange, whether and how it differs.

A file, a target and the configuration come in; what each exchange showed, and text that says so in the words of the
report, go out. The recording is replayed once, when first asked, in order: exchanges build on each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path

from harness.accepted import read_accepted
from harness.characterize.own_rules import with_own_rules
from harness.characterize.own_seed import with_own_seed
from harness.compare.excerpt import printable
from harness.config import Config, TargetConfig
from harness.exchange import Exchange
from harness.pipeline import Options
from harness.recording import Recording, open_recordings
from harness.report.curl import curl
from harness.targets import Target, parse_target
from harness.verdicts import Shown, verdicts
from harness.workers import state_of

RECORDED = "recorded"
APPLICATION = re.compile(r"[A-Za-z_][\w.]*:")
_QUOTED = re.compile(r"\"([^\"]+)\"|'([^']+)'")


class Check:
    """The recording in a file, at the target `target`; `limit` bounds the exchanges that are replayed.

    Any `variation` but 0 is the target in other surroundings; `noise_runs` is how often it is run against itself.
    """

    def __init__(
        self,
        path: Path,
        target: str,
        config: Config,
        limit: int | None = None,
        variation: int = 0,
        noise_runs: int | None = None,
    ) -> None:
        self.path, self.target, self.config = path, target, config
        self._limit, self._variation, self._noise_runs = limit, variation, noise_runs

    @cached_property
    def recording(self) -> Recording:
        """What is replayed. Raises RecordingError."""
        return open_recordings([self.path])[0]

    @cached_property
    def shown(self) -> dict[int, Shown]:
        """What each exchange showed, by its number from 1. Raises what `diff` raises."""
        config = at_home(self.target, self._own(self.config), self.path)
        options = Options(
            parse_target(RECORDED, config),
            varied(parse_target(self.target, config), self._variation),
            config,
            accepted=read_accepted(config.root / config.accepted),
            limit=self._limit,
            noise_runs=self._noise_runs,
        )
        found = verdicts([self.recording], options)
        return {int(name.rpartition("#")[2]): shown for name, shown in found.items()}

    def _own(self, config: Config) -> Config:
        """Return the configuration with what stands beside the cassette: rules and a seed of its own."""
        return with_own_seed(with_own_rules(config, self.path), self.path, state_of(self.recording, None, config))

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


def varied(target: Target, variation: int) -> Target:
    """Return a target in other surroundings, in each of its variations."""
    return replace(target, opener=lambda other: target.opener(other + variation)) if variation else target


def at_home(target: str, config: Config, cassette: Path) -> Config:
    """Return the configuration with a target as it is where it is found: pytest may run in any folder.

    A module, or a file that an argument names, is looked for in the current folder, in that of harness.toml and in
    those above the cassette. What is in none of them is left to Python's own search.
    """
    if target in config.targets or not APPLICATION.match(target):
        return config
    module, _, rest = target.partition(":")
    path = module.replace(".", "/")
    names = [f"{path}.py", f"{path}/__init__.py", *filter(None, chain(*_QUOTED.findall(rest)))]
    folders = [Path.cwd(), config.root, *cassette.resolve().parents]
    home = next((folder for folder in folders if any((folder / name).exists() for name in names)), None)
    if home in (None, Path.cwd()):
        return config
    return replace(config, targets={**config.targets, target: TargetConfig(target, cwd=str(home))})
