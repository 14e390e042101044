"""`harness shrink`: the smallest scenario that still shows a difference of a report, as a cassette."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from harness.commands.finding import group_of, recordings_of
from harness.config import find_config
from harness.errors import RecordingError, UsageError
from harness.group import Group
from harness.naming import names_of
from harness.pipeline import Options, diff
from harness.progress import progress
from harness.recording import Recording, check_replaceable, open_recordings
from harness.report.reading import read_report
from harness.seed.source import find_seed, loading
from harness.shrink import Shrinking, Small
from harness.shrink.rows import Rows
from harness.shrink.trial import Trials
from harness.store.cassette import SUFFIXES, write_cassette
from harness.targets import parse_target
from harness.workers import state_of

EPILOG = """\b
Examples:
  harness shrink report.json 3f9a -o small.yaml
  harness shrink report.json 3f9a today.archive -o small.yaml --time 600

Exit status: 0 written and confirmed, 2 it could not be, saying why."""


@click.command("shrink", epilog=EPILOG, short_help="Make what shows a difference as small as can be.")
@click.argument("report", type=click.Path(path_type=Path))
@click.argument("group", metavar="GROUP")
@click.argument("recordings", metavar="[ARCHIVE...]", nargs=-1, type=click.Path(path_type=Path))
@click.option("-o", "output", required=True, type=click.Path(path_type=Path), help="The cassette to write.")
@click.option("--old", "old_text", metavar="TARGET", help="What serves today. Default: that of the report.")
@click.option("--new", "new_text", metavar="TARGET", help="What is to replace it. Default: that of the report.")
@click.option("--state", metavar="NAME", help="Start from [state.NAME] of harness.toml.")
@click.option(
    "--allow-writes", metavar="HOST", multiple=True, help="Send unsafe methods to URL targets on HOST[:PORT]."
)
@click.option("--time", "seconds", type=click.FloatRange(min=0), default=120.0, help="Seconds to search (120).")
@click.option("--rows/--no-rows", default=True, help="Make the state smaller, where it is loaded from one file (yes).")
def command(
    report: Path,
    group: str,
    recordings: tuple[Path, ...],
    output: Path,
    old_text: str | None,
    new_text: str | None,
    state: str | None,
    allow_writes: tuple[str, ...],
    seconds: float,
    rows: bool,
) -> None:
    """Shrink what shows GROUP (an id of REPORT, or its beginning) to the fewest requests, parameters and headers.

    The recordings are looked for below this folder by the names in the report, unless they are given. Ctrl-C, or the
    end of the time, keeps the smallest found so far. Finding a beginning, and a last comparison, take their own time.
    """
    until = time.monotonic() + seconds
    if output.suffix not in SUFFIXES:
        raise UsageError(f"{output}: a cassette ends in {' or '.join(sorted(SUFFIXES))}")
    check_replaceable(output)
    result = read_report(report)
    meant = group_of(result, group)
    config = find_config(Path.cwd())
    hosts = frozenset(allow_writes)
    options = Options(
        parse_target(old_text or result.old, config, hosts, config.timeout),
        parse_target(new_text or result.new, config, hosts, config.timeout),
        config,
        state=state,
    )
    opened = recordings_of(meant, Path.cwd(), recordings)
    small, recording = shrunk(meant, opened, options, until, rows)
    start = state_of(recording, state, config)
    if small.document is not None and start is not None:
        start, options = with_seed(small, start, output, options)
    count = write_cassette(output, small.exchanges, start)
    click.echo(f"wrote {output}: {count} request{'s' * (count != 1)}{'' if small.finished else ', not finished'}")
    try:
        click.echo(confirmed(meant, output, options))
    except KeyboardInterrupt:
        raise RecordingError(f"{output}: was not confirmed: that was stopped") from None


def shrunk(
    group: Group, recordings: Sequence[Recording], options: Options, until: float, with_rows: bool = True
) -> tuple[Small, Recording]:
    """Shrink the first example of a group that still shows it. Raises UsageError where none does."""
    names = names_of(options.config)
    by_name = {recording.name: recording for recording in recordings}
    for example in group.examples:
        recording = by_name.get(example.name)
        if recording is None or example.number > len(recording):
            continue
        rows = Rows.of(recording, options, until) if with_rows else None
        with Trials(recording, options) as trials:
            search = Shrinking(trials, group, until, partial(_say, example.exchange), rows)
            small = search.run(recording, example.number, names)
        if small is not None:
            return small, recording
    looked = [example.exchange for example in group.examples if example.name in by_name]
    others = [example.exchange for example in group.examples if example.name not in by_name]
    told = f"; without their recordings: {', '.join(others)}" if others else ""
    raise UsageError(
        f"no example of {group.id} ({', '.join(looked) or 'none'}) shows it now; were recordings, targets or state "
        f"others?{told}"
    )


def with_seed(small: Small, state: str, output: Path, options: Options) -> tuple[str, Options]:
    """Write the smaller starting state beside the cassette and say how it is named in harness.toml; return its name.

    The options returned know it already.
    """
    config = options.config
    name = re.sub(r"[^\w-]", "-", f"{state}-{output.stem}", flags=re.ASCII)
    seed = find_seed(config.states[state], config.root)
    assert seed is not None, "or else there were no entries to leave out"
    file = output.with_name(f"{output.stem}.seed{seed.file.suffix}")
    seed.write(small.document, file)
    inside = file.resolve().is_relative_to(config.root.resolve())
    where = file.resolve().relative_to(config.root.resolve()) if inside else file.resolve()
    loads = loading(config, state, seed, where).states[state]
    click.echo(f"wrote {file}: the smaller starting state; for harness.toml:\n\n{toml_of(name, loads)}")
    return name, replace(options, config=replace(config, states={**config.states, name: loads}))


def toml_of(name: str, table: Mapping[str, Any]) -> str:
    """Return `[state.NAME]` as TOML: JSON's strings, numbers and lists of strings are TOML's, too."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)]
    text = "\n".join([f"[state.{name}]", *plain]) + "\n"
    for key, value in table.items():
        if isinstance(value, dict):
            text += "\n" + toml_of(f"{name}.{key}", value)
    return text


def _say(name: str, text: str) -> None:
    click.echo(f"{name}: {text}", err=True)


def confirmed(group: Group, file: Path, options: Options) -> str:
    """Compare the written cassette as `harness diff` does, noise included; return by which group it shows the cause.

    Raises RecordingError where it does not.
    """
    found = diff(open_recordings([file]), options, progress)
    same = [each for each in found.groups if each.id == group.id]
    alike = [each for each in found.groups if (each.aspect, each.kind) == (group.aspect, group.kind)]
    if not (same or alike):
        raise RecordingError(f"{file}: harness diff finds no such difference in it: what was followed is noise")
    shown = (same or alike)[0]
    return f"it shows {shown.id}: {shown.title}"
