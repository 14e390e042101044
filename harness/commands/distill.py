"""`harness distill`: the smallest part of recordings that reaches what the whole does. Options in, recordings out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

import click

from harness.commands.places import check_file, check_spared, make_folder, write_text
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
    files = files_of(output, opened)
    check_places(files, output, opened)
    if json_file is not None:
        check_file(json_file, "the table")
        check_spared(json_file, opened)
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
    write(found, files, opened)
    for line in in_text(found):
        click.echo(printable(line))
    if json_file is not None:
        write_text(json_file, json.dumps(as_json(found), indent=1) + "\n", "the table")


def files_of(output: Path, opened: Sequence[Recording]) -> list[Path]:
    """Return where what is kept of each recording goes: of one the output, of several a cassette each in that folder.

    No two are one file, in folders that do not know capitals either. Raises UsageError where they would have to be.
    """
    if len(opened) == 1:
        return [output]
    if output.suffix in (*SUFFIXES, ".archive"):
        raise UsageError(f"{output}: {len(opened)} recordings do not make one; name a folder, for a cassette of each")
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output}: is no folder, and {len(opened)} recordings need one")
    stems: dict[str, str] = {}
    for name in (recording.name.replace("/", "-") for recording in opened):
        ways = chain((Path(name).stem, name), (f"{name}-{number}" for number in count(2)))
        stem = next(way for way in ways if way.casefold() not in stems)
        stems[stem.casefold()] = stem
    return [output / f"{stem}.yaml" for stem in stems.values()]


def check_places(files: Sequence[Path], output: Path, opened: Sequence[Recording]) -> None:
    """Raises UsageError where something cannot be written, or would take the place of what is read."""
    for file in files:
        check_spared(file, opened)
    if len(opened) > 1:
        make_folder(output)
    for file in files:
        check_file(file, "what is kept")


def write(found: Distilled, files: Sequence[Path], opened: Sequence[Recording]) -> None:
    """Write what is kept of each recording to its file, in time order. Raises RecordingError."""
    for file, recording in zip(files, opened, strict=True):
        parts = [part for part in found.recordings if part.name == recording.name]
        if not parts:
            continue
        exchanges = sorted((exchange for part in parts for exchange in part), key=lambda exchange: exchange.started)
        with replacing(file, recording.state) as writer:
            for exchange in exchanges:
                writer.add(exchange)
