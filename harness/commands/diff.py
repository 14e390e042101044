"""`harness diff`: replay recordings at two targets and report the differences. Options in, exit status out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import click

from harness.accepted import read_accepted
from harness.config import find_config
from harness.errors import UsageError
from harness.pipeline import Options, diff, state_name
from harness.progress import progress
from harness.recording import Recording, open_recordings
from harness.replay import SAFE_METHODS
from harness.report import Result, html_report, json_report, terminal_report
from harness.targets import parse_target
from harness.targets.environ import unsendable

SAME, DIFFERENT, UNJUDGED = 0, 1, 2

EPILOG = """\b
Examples:
  harness diff recordings/ --old legacy.wsgi:cgi --new legacy.wsgi:application --html report.html
  harness diff today.archive --old http://127.0.0.1:80 --new 'compat:CGIDirectory("/usr/lib/cgi-bin")'
  harness diff x.yaml --old recorded --new package.module:application

Exit status: 0 no difference, 1 differences, 2 could not judge."""


@click.command("diff", epilog=EPILOG, short_help="Replay recordings at two targets and compare.")
@click.argument("recordings", metavar="ARCHIVE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--old", "old_text", metavar="TARGET", required=True, help="What serves today: URL, MODULE:APP, NAME, recorded."
)
@click.option("--new", "new_text", metavar="TARGET", required=True, help="What is to replace it.")
@click.option("--state", metavar="NAME", help="Start from [state.NAME] of harness.toml, whatever the recordings name.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Replay only the first N exchanges.")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), help="Replay N scenarios at once.")
@click.option("--timeout", metavar="S", type=click.FloatRange(min=0, min_open=True), help="Seconds an answer may take.")
@click.option("--min-judged", metavar="SHARE", type=click.FloatRange(0, 1), help="Least judged share (0.9).")
@click.option(
    "--max-stale", metavar="SHARE", type=click.FloatRange(0, 1), help="Most answers unlike the recorded ones (0.02)."
)
@click.option("--meaning", is_flag=True, help="Put aside where only the spelling differs, and say how many groups.")
@click.option(
    "--noise-runs",
    metavar="N",
    type=click.IntRange(min=0),
    help="Run old N times against itself where differences were found. Default: twice, as far as needed.",
)
@click.option("--by-session", is_flag=True, help="Make each client session of an archive a scenario of its own.")
@click.option(
    "--accepted", "accepted_file", metavar="FILE", type=click.Path(path_type=Path), help="Default: accepted.toml."
)
@click.option(
    "--allow-writes", metavar="HOST", multiple=True, help="Send unsafe methods to URL targets on HOST[:PORT]."
)
@click.option("--json", "json_file", metavar="FILE", type=click.Path(path_type=Path), help="Write the report as JSON.")
@click.option(
    "--html", "html_file", metavar="FILE", type=click.Path(path_type=Path), help="Write the report as a page."
)
def command(
    recordings: tuple[Path, ...],
    old_text: str,
    new_text: str,
    state: str | None,
    limit: int | None,
    workers: int | None,
    timeout: float | None,
    min_judged: float | None,
    max_stale: float | None,
    meaning: bool,
    noise_runs: int | None,
    by_session: bool,
    accepted_file: Path | None,
    allow_writes: tuple[str, ...],
    json_file: Path | None,
    html_file: Path | None,
) -> None:
    """Replay ARCHIVEs (archives, cassettes, folders of them) at --old and --new; report each difference by cause."""
    config = find_config(Path.cwd())
    config = replace(
        config,
        min_judged=config.min_judged if min_judged is None else min_judged,
        max_stale=config.max_stale if max_stale is None else max_stale,
    )
    seconds = config.timeout if timeout is None else timeout
    for file in (json_file, html_file):
        if file is not None and not file.parent.is_dir():
            raise UsageError(f"{file}: no such folder to write the report to")
    opened = open_recordings(recordings)
    options = Options(
        old=parse_target(old_text, config, frozenset(allow_writes), seconds),
        new=parse_target(new_text, config, frozenset(allow_writes), seconds),
        config=config,
        accepted=read_accepted(accepted_file or config.root / config.accepted),
        state=state,
        limit=limit,
        workers=workers or config.workers,
        noise_runs=noise_runs,
        meaning=meaning,
        by_session=by_session,
    )
    if write := unguarded_write(opened, options):
        click.echo(f"harness: note: {write} may write, and there is no starting state to write to:", err=True)
        click.echo("  it goes to whatever data the application finds (docs/harness.md, The starting state)", err=True)
    result = diff(opened, options, progress)
    click.echo(terminal_report(result, colour=sys.stdout.isatty()), nl=False)
    if json_file:
        _write(json_file, json_report(result))
    if html_file:
        _write(html_file, html_report(result))
    sys.exit(exit_status(result))


def unguarded_write(recordings: Sequence[Recording], options: Options) -> str | None:
    """Name the first exchange that may write to whatever data an application without a starting state finds."""
    if not (options.old.stateful or options.new.stateful):
        return None
    loose = (recording for recording in recordings if state_name(recording, options) is None)
    exchanges = islice((exchange for recording in loose for exchange in recording), options.limit)
    for exchange in exchanges:
        request = exchange.request
        if request.method not in SAFE_METHODS and not unsendable(request):
            return f"{exchange.id} ({request.method.decode('latin-1')})"
    return None


def exit_status(result: Result) -> int:
    """Return 0, 1 or 2, and say on stderr why it is 2."""
    for obstacle in result.obstacles:
        click.echo(f"harness: could not judge: {obstacle}", err=True)
        return UNJUDGED
    return DIFFERENT if result.groups or result.warnings else SAME


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: the report cannot be written: {error.strerror}") from None
