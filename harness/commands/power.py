"""`harness power`: how much a recording would notice, by changing the target. Options in, a table and JSON out."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.commands.places import check_file, check_spared, write_text
from harness.compare.excerpt import printable
from harness.config import find_config
from harness.power import PowerOptions, as_json, in_text, power
from harness.progress import progress
from harness.recording import open_recordings
from harness.targets import parse_target

EPILOG = """\b
Examples:
  harness power recordings/ --target legacy.wsgi:application --sample 400 --journal power.journal
  harness power today.archive --target old --source cgi-bin/ --json power.json

Exit status: 0 the mutants were run, 2 they could not be."""


@click.command("power", epilog=EPILOG, short_help="Say how much a recording would notice, by changing the target.")
@click.argument("recordings", metavar="ARCHIVE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--target", "target_text", metavar="TARGET", required=True, help="MODULE:APP or NAME (docs/targets.md).")
@click.option("--sample", metavar="N", type=click.IntRange(min=1), help="Draw N mutants by chance. Default: all.")
@click.option("--seed", metavar="S", type=int, default=1, help="What the chance depends on (1).")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), help="Run N mutants at once.")
@click.option(
    "--source",
    "sources",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Change these files or folders. Default: the target's package.",
)
@click.option(
    "--only",
    metavar="FILE[:LINE]",
    multiple=True,
    help="Change only there, named as survivors are listed: to ask again when a request was recorded.",
)
@click.option("--state", metavar="NAME", help="Start from [state.NAME] of harness.toml, whatever the recordings name.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Replay only the first N exchanges.")
@click.option("--by-session", is_flag=True, help="Make each client session of an archive a scenario of its own.")
@click.option(
    "--timeout",
    metavar="S",
    type=click.FloatRange(min=0, min_open=True),
    default=15.0,
    help="Seconds an answer may take (15).",
)
@click.option(
    "--journal",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep what is known there; a run that was stopped goes on from it.",
)
@click.option(
    "--json",
    "json_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the score as JSON.",
)
def command(
    recordings: tuple[Path, ...],
    target_text: str,
    sample: int | None,
    seed: int,
    workers: int | None,
    sources: tuple[Path, ...],
    only: tuple[str, ...],
    state: str | None,
    limit: int | None,
    by_session: bool,
    timeout: float,
    journal: Path | None,
    json_file: Path | None,
) -> None:
    """Change TARGET in many small ways, replay what reaches each change, and say how many of them are noticed.

    The files themselves are not touched: a copy is run. What is not noticed is listed, with the line and the nearest
    recorded request: that is where a test is missing.
    """
    opened = open_recordings(recordings)
    if json_file is not None:
        check_file(json_file, "the score")
        check_spared(json_file, opened)
    config = find_config(Path.cwd())
    options = PowerOptions(
        parse_target(target_text, config, timeout=config.timeout),
        config,
        sample=sample,
        seed=seed,
        workers=workers or config.workers,
        sources=sources,
        only=only,
        state=state,
        limit=limit,
        by_session=by_session,
        timeout=timeout,
        journal=journal,
    )
    score = power(opened, options, progress)
    for line in in_text(score):
        click.echo(printable(line))
    if json_file is not None:
        write_text(json_file, json.dumps(as_json(score), indent=1) + "\n", "the score")
