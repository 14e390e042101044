"""`harness fuzz`: ask both targets for what nobody recorded, and keep each difference as a cassette."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from harness.commands.judging import Judging, judging_options
from harness.commands.output import Output, report_options
from harness.commands.places import is_read, make_folder
from harness.config import Config
from harness.errors import UsageError
from harness.fuzz import Finding, Mutator, confirmed, findings, fuzzed, literals, related, sources_of
from harness.pipeline import Options, diff
from harness.progress import progress
from harness.recording import Recording, open_recordings
from harness.report.model import Result
from harness.store.cassette import write_cassette
from harness.targets import parse_target
from harness.workers import state_of

EPILOG = """\b
Examples:
  harness fuzz recordings/ --old legacy.wsgi:application --new modern.wsgi:application -o findings
  harness fuzz x.yaml --old package.old:app --new package.new:app --examples 5000 --seed 7

Exit status: 0 no difference, 1 differences, 2 could not judge."""


UNREAD = "none of the sources of {} was found, so no literals of it were tried; name them by --source"


@click.command("fuzz", epilog=EPILOG, short_help="Ask both targets for what nobody recorded.")
@click.argument("recordings", metavar="ARCHIVE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--old", "old_text", metavar="TARGET", required=True, help="What serves today.")
@click.option("--new", "new_text", metavar="TARGET", required=True, help="What is to replace it.")
@click.option("--state", metavar="NAME", help="Start from [state.NAME] of harness.toml.")
@click.option("--examples", metavar="N", type=click.IntRange(min=1), default=1000, help="Requests to make up (1000).")
@click.option("--seed", metavar="S", type=int, default=0, help="Another seed, other requests (0).")
@click.option("--time", "seconds", type=click.FloatRange(min=0), default=120.0,
              help="Seconds for making findings small (120).")  # fmt: skip
@click.option("--source", "sources", metavar="PATH", multiple=True, type=click.Path(path_type=Path, exists=True),
              help="Take literals of this too: a source, a folder of them, any text.")  # fmt: skip
@click.option(
    "-o", "folder", metavar="FOLDER", type=click.Path(path_type=Path), help="Keep findings as cassettes here."
)
@judging_options
@report_options
def command(
    recordings: tuple[Path, ...],
    old_text: str,
    new_text: str,
    state: str | None,
    examples: int,
    seed: int,
    seconds: float,
    sources: tuple[Path, ...],
    folder: Path | None,
    **given: Any,
) -> None:
    """Replay ARCHIVEs with requests like theirs in between at --old and --new; report each difference by cause.

    Each is played again alone, and made as small as can be; what does not come back is no finding.
    """
    judging, output = Judging.of(given), Output.of(given)
    # requests made up write, too: what was recorded later was answered in another state
    config = judging.config if given["max_stale"] is not None else judging.config.judging(None, 1.0)
    old, new = (parse_target(text, config, timeout=config.timeout) for text in (old_text, new_text))
    if not (old.stateful and new.stateful):
        raise UsageError(
            "harness fuzz asks for what nobody asked before: of applications, not of servers or recordings"
        )
    if folder is not None:
        make_folder(folder)
    opened = open_recordings(recordings)
    states = {state_of(recording, state, config) for recording in opened} - {None}
    data = [*sources, *_seeds(states, config)]
    with ExitStack() as stack:
        own = {text: stack.enter_context(sources_of(text, config)) for text in dict.fromkeys((old_text, new_text))}
        words = literals([*data, *(file for files in own.values() for file in files)])
        unread = (
            () if sources else tuple(UNREAD.format(text) for text, files in own.items() if not any(literals(files)))
        )
    exchanges = (exchange for recording in opened for exchange in recording)
    made = fuzzed(opened, Mutator(exchanges, words, config, seed, related(data)), examples, seed)
    options = Options(old, new, config, judging.accepted, state, meaning=judging.meaning)
    result = diff(made, options, progress)
    with progress("findings played again", len(result.groups)) as advance:
        found = findings(result.groups, made, options, time.monotonic() + seconds, lambda done: advance(done, done))
    if folder is not None:
        keep(found, folder, opened)
    result = replace(result, notes=(*result.notes, *unread))
    sys.exit(output.write(confirmed(_without_counts(result, judging), found), opened))


def _without_counts(result: Result, judging: Judging) -> Result:
    """Leave out what is said of recordings: how often anything occurs in requests made up says nothing about it."""
    about = tuple(entry.place for entry in judging.accepted)
    warnings = tuple(text for text in result.warnings if not text.startswith(about))
    return replace(result, warnings=warnings, stale=())


def _seeds(states: set[str | None], config: Config) -> Iterator[Path]:
    """Yield the files that the commands which fill the starting states name."""
    for name in sorted(filter(None, states)):
        words = config.states.get(name, {}).get("load", ())
        yield from (config.root / word for word in words if (config.root / word).is_file())


def keep(found: Sequence[Finding], folder: Path, opened: Sequence[Recording]) -> None:
    """Write for each group the smallest scenario that shows it, with the answers of old; one that was read stays."""
    for each in found:
        place = folder / f"{each.group.id}.yaml"
        if each.small is not None and not is_read(place, opened):
            write_cassette(place, each.small.exchanges, each.state)
