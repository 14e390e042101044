"""`harness merge`: one verdict of what several machines gathered with `harness diff --shard i/n --partial FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from harness.commands.judging import Judging, judging_options
from harness.commands.output import Output, report_options
from harness.conclusion import Judgement, conclude
from harness.partial import read_partial, together

EPILOG = """\b
Examples:
  harness merge shard-1.partial shard-2.partial -o report.json --html report.html

Exit status: as harness diff: 0 no difference, 1 differences, 2 could not judge."""


@click.command("merge", epilog=EPILOG, short_help="Make one report of several shards.")
@click.argument("partials", metavar="PARTIAL...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "report_file", metavar="REPORT", type=click.Path(path_type=Path), help="The same as --json.")
@judging_options
@report_options
def command(partials: tuple[Path, ...], report_file: Path | None, **options: Any) -> None:
    """Judge all shards of a run together: the report is the one that a single machine would have written."""
    judging = Judging.of(options)
    output = Output.of({**options, "json_file": report_file or options["json_file"]})
    whole = together([(path, read_partial(path)) for path in partials])
    judgement = Judgement(whole.old, whole.new, judging.config, judging.accepted, judging.meaning)
    result = conclude(whole.gathered, judgement)
    sys.exit(output.write(judging.heard(result)))
