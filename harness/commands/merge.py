"""`harness merge`: one verdict of what several machines gathered with `harness diff --shard i/n --partial FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from harness.accepted import read_accepted
from harness.commands.output import Output, report_options
from harness.conclusion import Judgement, conclude
from harness.config import find_config
from harness.partial import read_partial, together

EPILOG = """\b
Examples:
  harness merge shard-1.partial shard-2.partial -o report.json --html report.html

Exit status: as harness diff: 0 no difference, 1 differences, 2 could not judge."""


@click.command("merge", epilog=EPILOG, short_help="Make one report of several shards.")
@click.argument("partials", metavar="PARTIAL...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "report_file", metavar="REPORT", type=click.Path(path_type=Path), help="The same as --json.")
@click.option("--min-judged", metavar="SHARE", type=click.FloatRange(0, 1), help="Least judged share (0.9).")
@click.option("--max-stale", metavar="SHARE", type=click.FloatRange(0, 1), help="Most answers unlike the recorded.")
@click.option("--meaning", is_flag=True, help="Put aside where only the spelling differs, and say how many groups.")
@click.option(
    "--accepted", "accepted_file", metavar="FILE", type=click.Path(path_type=Path), help="Default: accepted.toml."
)
@report_options
def command(
    partials: tuple[Path, ...],
    min_judged: float | None,
    max_stale: float | None,
    meaning: bool,
    accepted_file: Path | None,
    report_file: Path | None,
    **reports: Any,
) -> None:
    """Judge all shards of a run together: the report is the one that a single machine would have written."""
    config = find_config(Path.cwd()).judging(min_judged, max_stale)
    output = Output.of({**reports, "json_file": report_file or reports["json_file"]})
    whole = together([(path, read_partial(path)) for path in partials])
    accepted = read_accepted(accepted_file or config.root / config.accepted)
    result = conclude(whole.gathered, Judgement(whole.old, whole.new, config, accepted, meaning))
    sys.exit(output.write(result))
