"""The options by which `harness diff` and `harness merge` judge: one place, so that both say and do the same.

Options in, a configuration and what was accepted out. How the verdict is written is for `output`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.accepted import Accepted, read_accepted
from harness.config import Config, find_config
from harness.report import Result
from harness.screams import Tried, read_screams, screaming

Command = TypeVar("Command", bound=Callable[..., Any])

OPTIONS = (
    click.option("--min-judged", metavar="SHARE", type=click.FloatRange(0, 1), help="Least judged share (0.9)."),
    click.option(
        "--max-stale",
        metavar="SHARE",
        type=click.FloatRange(0, 1),
        help="Most answers unlike the recorded ones (0.02).",
    ),
    click.option("--meaning", is_flag=True, help="Put aside where only the spelling differs, and say how many groups."),
    click.option(
        "--accepted", "accepted_file", metavar="FILE", type=click.Path(path_type=Path), help="Default: accepted.toml."
    ),
    click.option(
        "--scream", "scream_file", metavar="MAP", type=click.Path(path_type=Path), help="Say who would scream at each."
    ),
)
"""In the order in which `--help` shows them."""


def judging_options(command: Command) -> Command:
    """Add the options by which is judged to a command; `Judging.of` reads them."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Judging:
    """By what is judged: the configuration, what was accepted, and whether spelling is put aside.

    `clients` are those of the lab's map; None: there is none.
    """

    config: Config
    accepted: Sequence[Accepted]
    meaning: bool
    clients: Sequence[Tried] | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Judging:
        """Read the options of `judging_options`, and the files that they leave to the checkout. Raises UsageError."""
        config = find_config(Path.cwd()).judging(options["min_judged"], options["max_stale"])
        file = options["accepted_file"] or config.root / config.accepted
        map_file = options.get("scream_file") or (config.root / config.scream if config.scream else None)
        clients = None if map_file is None else read_screams(map_file)
        return cls(config, read_accepted(file), options["meaning"], clients)

    def heard(self, result: Result) -> Result:
        """Return the result with who would scream at each difference, where the lab's map is known."""
        if self.clients is None:
            return result
        return replace(result, screams=screaming((*result.groups, *result.accepted), self.clients))
