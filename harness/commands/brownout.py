"""`harness brownout`: whom a brownout of `compat` hit, what they did next, and whether that was predicted."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from harness.brownout import brownout_json, brownout_text, expected_of, outcomes, read_record
from harness.config import find_config
from harness.errors import UsageError
from harness.impact import impact
from harness.naming import names_of
from harness.recording import open_recordings
from harness.screams import read_screams

EPILOG = """\b
Examples:
  harness brownout brownout.jsonl
  harness brownout brownout.jsonl --archive last-week.archive --scream map.json --json brownout.json"""


@click.command("brownout", epilog=EPILOG, short_help="Who screamed when a part was off.")
@click.argument("record_file", metavar="RECORD", type=click.Path(path_type=Path))
@click.option(
    "--archive", "archives", metavar="ARCHIVE", multiple=True, type=click.Path(path_type=Path), help="Expect these."
)
@click.option("--scream", metavar="MAP", type=click.Path(path_type=Path), help="What the lab foretold.")
@click.option("--json", "json_file", metavar="FILE", type=click.Path(path_type=Path), help="Write it all as JSON.")
def command(record_file: Path, archives: tuple[Path, ...], scream: Path | None, json_file: Path | None) -> None:
    """Compare the victims of a brownout, from the RECORD that compat.Brownout wrote, with those predicted."""
    record, names = read_record(record_file), names_of(find_config(Path.cwd()))
    clients = None if scream is None else read_screams(scream)
    removals = [removal for rule in record.rules.values() for removal in rule.removals()]
    expected = expected_of(impact(open_recordings(archives), removals, names)) if archives else None
    found = outcomes(record, names, time.time())
    for line in brownout_text(record, found, expected, clients):
        click.echo(line)
    if json_file is not None:
        try:
            document = brownout_json(record, found, expected, clients)
            json_file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{json_file}: cannot be written: {error.strerror}") from None
