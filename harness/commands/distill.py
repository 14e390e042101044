"""`harness distill`: the smallest part of recordings that reaches what the whole does. Options in, recordings out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from harness.compare.excerpt import printable
from harness.config import find_config
from harness.distill import Distilled, DistillOptions, as_json, distill, in_text
from harness.errors import UsageError
from harness.progress import progress
from harness.recording import Recording, open_recordings, replacing
from harness.store.cassette import SUFFIXES
from harness.targets import parse_target

EPILOG = """\b
Examples:
  harness distill day.archive --target legacy.wsgi:application --state day -o small.yaml
  harness distill recordings/ --target legacy.wsgi:application -o small/
  harness distill day.archive -o small.archive

Exit status: 0 written, 2 nothing could be chosen."""


@click.command("distill", epilog=EPILOG, short_help="Keep the few exchanges that reach what all of them reach.")
@click.argument("recordings", metavar="ARCHIVE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    required=True,
    type=click.Path(path_type=Path),
    help="An archive or a cassette; of several recordings a folder, for a cassette each.",
)
@click.option("--target", "target_text", metavar="TARGET", help="Ask it: which lines and shapes does each reach?")
@click.option("--times", metavar="N", type=click.IntRange(min=1), default=1, help="Keep each line N times (1).")
@click.option(
    "--patience",
    metavar="N",
    type=click.IntRange(min=1),
    help="Ask an endpoint no more after N requests without anything new. Default: ask all.",
)
@click.option(
    "--source",
    "sources",
    metavar="PATH",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Whose lines count. Default: the target's package.",
)
@click.option("--state", metavar="NAME", help="Start from [state.NAME] of harness.toml, whatever the recordings name.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Look at the first N exchanges only.")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), help="Replay N scenarios at once.")
@click.option("--by-session", is_flag=True, help="Make each client session of an archive a scenario of its own.")
@click.option(
    "--journal", metavar="FILE", type=click.Path(path_type=Path), help="Note what is known; go on from there."
)
@click.option("--json", "json_file", metavar="FILE", type=click.Path(path_type=Path), help="Write the table as JSON.")
def command(
    recordings: tuple[Path, ...],
    output: Path,
    target_text: str | None,
    times: int,
    patience: int | None,
    sources: tuple[Path, ...],
    state: str | None,
    limit: int | None,
    workers: int | None,
    by_session: bool,
    journal: Path | None,
    json_file: Path | None,
) -> None:
    """Keep of ARCHIVEs the fewest exchanges that reach the same lines of TARGET and the same shapes of answers.

    What others build on (a write, a login) stays with them. The table says what was dropped, and why.
    """
    config = find_config(Path.cwd())
    if journal is not None and not target_text:
        raise UsageError("--journal: reading a recording alone takes no time; it is for --target")
    opened = open_recordings(recordings)
    check_place(output, opened)
    options = DistillOptions(
        config,
        parse_target(target_text, config) if target_text else None,
        times=times,
        patience=patience,
        workers=workers or config.workers,
        sources=sources,
        state=state,
        limit=limit,
        by_session=by_session,
        journal=journal,
    )
    found = distill(opened, options, progress)
    write(found, output, opened)
    for line in in_text(found):
        click.echo(printable(line))
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(found), indent=1) + "\n", encoding="utf-8")


def check_place(output: Path, opened: Sequence[Recording]) -> None:
    """Raises UsageError where what is left of several recordings, each from a state of its own, would be one file."""
    if len(opened) > 1 and output.suffix in (*SUFFIXES, ".archive"):
        raise UsageError(f"{output}: {len(opened)} recordings do not make one; name a folder, for a cassette of each")
    if len(opened) > 1 and output.exists() and not output.is_dir():
        raise UsageError(f"{output}: is no folder, and {len(opened)} recordings need one")


def write(found: Distilled, output: Path, opened: Sequence[Recording]) -> None:
    """Write what is kept, in time order. Raises RecordingError."""
    if len(opened) > 1:
        output.mkdir(exist_ok=True)
    for recording in opened:
        parts = [part for part in found.recordings if part.name == recording.name]
        if not parts:
            continue
        file = output if len(opened) == 1 else output / f"{Path(recording.name.replace('/', '-')).stem}.yaml"
        exchanges = sorted((exchange for part in parts for exchange in part), key=lambda exchange: exchange.started)
        with replacing(file, recording.state) as writer:
            for exchange in exchanges:
                writer.add(exchange)
