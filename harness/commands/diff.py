"""`harness diff`: replay recordings at two targets and report the differences. Options in, exit status out."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click

from harness.commands.extent import Extent
from harness.commands.judging import Judging, judging_options
from harness.commands.output import Output, report_options
from harness.errors import UsageError
from harness.exchange import SAFE_METHODS
from harness.partial import write_partial
from harness.pipeline import Options, diff, part
from harness.progress import progress
from harness.record.counts import completeness
from harness.recording import Recording, open_recordings
from harness.scenarios import Shard
from harness.store.archive import Archive
from harness.targets import parse_target
from harness.targets.environ import unsendable
from harness.workers import state_of

EPILOG = """\b
Examples:
  harness diff recordings/ --old legacy.wsgi:cgi --new legacy.wsgi:application --html report.html
  harness diff today.archive --old http://127.0.0.1:80 --new 'compat:CGIDirectory("/usr/lib/cgi-bin")'
  harness diff x.yaml --old recorded --new package.module:application
  harness diff recordings/ --old git:main:package.module:application --new package.module:application
  harness diff recordings/ --old legacy.wsgi:application --new modern.wsgi:application --mixed 1-100

Exit status: 0 no difference, 1 differences, 2 could not judge."""


MOST_SEEDS = 10_000


def read_shard(context: click.Context, parameter: click.Parameter, text: str) -> Shard:
    """Read `I/N`: part I, from 1, of N."""
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise click.BadParameter(f"{text!r} is not I/N, such as 1/4", context, parameter)
    return Shard(int(found[1]), int(found[2]))


def read_seeds(context: click.Context, parameter: click.Parameter, texts: Sequence[str]) -> tuple[int, ...]:
    """Read seeds, and ranges of them (`1-100`): each once, in their order."""
    seeds: dict[int, None] = {}
    for text in texts:
        found = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", text)
        if not found or not int(found[1]) <= int(found[2] or found[1]) < int(found[1]) + MOST_SEEDS:
            hint = f"{text!r} is no seed, such as 7, and no range, such as 1-100, of at most {MOST_SEEDS}"
            raise click.BadParameter(hint, context, parameter)
        seeds |= dict.fromkeys(range(int(found[1]), int(found[2] or found[1]) + 1))
    return tuple(seeds)


@click.command("diff", epilog=EPILOG, short_help="Replay recordings at two targets and compare.")
@click.argument("recordings", metavar="ARCHIVE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--old",
    "old_text",
    metavar="TARGET",
    required=True,
    help="What serves today: URL, MODULE:APP, git:REVISION:MODULE:APP, NAME, recorded, ARCHIVE (docs/targets.md).",
)
@click.option("--new", "new_text", metavar="TARGET", required=True, help="What is to replace it.")
@click.option("--state", metavar="NAME", help="Start from [state.NAME] of harness.toml, whatever the recordings name.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Replay only the first N exchanges.")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), help="Replay N scenarios at once.")
@click.option("--timeout", metavar="S", type=click.FloatRange(min=0, min_open=True), help="Seconds an answer may take.")
@judging_options
@click.option(
    "--noise-runs",
    metavar="N",
    type=click.IntRange(min=0),
    help="Run old N times against itself where differences were found. Default: twice, as far as needed.",
)
@click.option(
    "--mixed",
    metavar="SEED",
    multiple=True,
    callback=read_seeds,
    help="Compare --old with both, taking turns on one state: 7, or 1-100 for as many runs.",
)
@click.option("--by-session", is_flag=True, help="Make each client session of an archive a scenario of its own.")
@click.option(
    "--allow-writes", metavar="HOST", multiple=True, help="Send unsafe methods to URL targets on HOST[:PORT]."
)
@click.option("--shard", metavar="I/N", default="1/1", callback=read_shard, help="Replay only part I of N.")
@click.option("--partial", "partial_file", metavar="FILE", type=click.Path(path_type=Path), help="For harness merge.")
@click.option("--changed-since", metavar="REV", help="Say which lines changed since a git revision were judged.")
@click.option(
    "--min-changed-coverage",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    help="Least judged share of the changed lines (0).",
)
@click.option(
    "--power",
    "measures",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Add to the report what harness power or distill measured (--json).",
)
@report_options
def command(
    recordings: tuple[Path, ...],
    old_text: str,
    new_text: str,
    state: str | None,
    limit: int | None,
    workers: int | None,
    timeout: float | None,
    noise_runs: int | None,
    mixed: tuple[int, ...],
    by_session: bool,
    allow_writes: tuple[str, ...],
    shard: Shard,
    partial_file: Path | None,
    changed_since: str | None,
    min_changed_coverage: float | None,
    measures: tuple[Path, ...],
    **given: Any,
) -> None:
    """Replay ARCHIVEs (archives, cassettes, folders of them) at --old and --new; report each difference by cause."""
    judging = Judging.of(given)
    config = judging.config
    seconds = config.timeout if timeout is None else timeout
    output = Output.of(given)
    if shard.of > 1 and partial_file is None:
        raise UsageError("a shard alone is no verdict: give --partial FILE, and all such files to harness merge")
    extent = Extent.of(new_text, config, changed_since, min_changed_coverage, measures)
    if extent.asked and partial_file is not None:
        raise UsageError("--changed-since and --power speak of a whole run: not together with --partial")
    opened = open_recordings(recordings)
    for line in lost(opened):
        click.echo(line, err=True)
    options = Options(
        old=parse_target(old_text, config, frozenset(allow_writes), seconds),
        new=parse_target(new_text, config, frozenset(allow_writes), seconds),
        config=config,
        accepted=judging.accepted,
        state=state,
        limit=limit,
        workers=workers or config.workers,
        noise_runs=noise_runs,
        meaning=judging.meaning,
        by_session=by_session,
        shard=shard,
        mixed=mixed,
    )
    options = extent.watching(options)
    if write := unguarded_write(opened, options):
        click.echo(f"harness: note: {write} may write, and there is no starting state to write to:", err=True)
        click.echo("  it goes to whatever data the application finds (docs/harness.md, The starting state)", err=True)
    if partial_file is not None:
        write_partial(partial_file, part(opened, options, progress))
    else:
        sys.exit(output.write(judging.heard(extent.told(diff(opened, options, progress))), opened))


def lost(recordings: Sequence[Recording]) -> Iterator[str]:
    """Yield for each archive from which exchanges are missing how many: no verdict on it speaks of them."""
    for recording in recordings:
        if isinstance(recording, Archive) and (capture := completeness(recording.path)) and capture.lost:
            missing = f"{capture.lost:,} of {capture.accepted:,} exchanges"
            yield f"harness: note: {recording.name} lacks {missing}: they were lost when it was recorded"


def unguarded_write(recordings: Sequence[Recording], options: Options) -> str | None:
    """Name the first exchange that may write to whatever data an application without a starting state finds."""
    if not (options.old.stateful or options.new.stateful):
        return None
    loose = (recording for recording in recordings if state_of(recording, options.state, options.config) is None)
    exchanges = islice((exchange for recording in loose for exchange in recording), options.limit)
    for exchange in exchanges:
        request = exchange.request
        if request.method not in SAFE_METHODS and not unsendable(request):
            return f"{exchange.id} ({request.method.decode('latin-1')})"
    return None
