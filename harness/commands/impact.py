"""`harness impact`: who is hit when an endpoint, parameter, header, method or field of an answer goes away."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness.config import find_config
from harness.errors import UsageError
from harness.impact import impact, impact_json, impact_text, read_removal
from harness.naming import names_of
from harness.recording import open_recordings
from harness.screams import read_screams

EPILOG = """\b
Examples:
  harness impact today.archive --remove 'endpoint:/item/*/json'
  harness impact today.archive --remove 'parameter:action=show@/shop' --remove method:HEAD
  harness impact today.archive --remove 'field:json:info.price@/item/*/json' --scream map.json --json impact.json

A rule limited to a path ends in @/PATH; * stands for any text."""


@click.command("impact", epilog=EPILOG, short_help="Who is hit when a part goes away.")
@click.argument("recordings", metavar="ARCHIVE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--remove",
    "rules",
    metavar="RULE",
    multiple=True,
    required=True,
    help="endpoint:/PATH, parameter:NAME[=VALUE], header:NAME, method:NAME, field:json|header|text:NAME.",
)
@click.option("--scream", metavar="MAP", type=click.Path(path_type=Path), help="What the lab knows of clients.")
@click.option("--json", "json_file", metavar="FILE", type=click.Path(path_type=Path), help="Write it all as JSON.")
def command(recordings: tuple[Path, ...], rules: tuple[str, ...], scream: Path | None, json_file: Path | None) -> None:
    """Say which clients of ARCHIVEs used what RULE removes: requests, sessions, and when last."""
    removals = [read_removal(rule) for rule in rules]
    clients = None if scream is None else read_screams(scream)
    found = impact(open_recordings(recordings), removals, names_of(find_config(Path.cwd())))
    for line in impact_text(found, clients):
        click.echo(line)
    if json_file is not None:
        try:
            json_file.write_text(json.dumps(impact_json(found, clients), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{json_file}: cannot be written: {error.strerror}") from None
