"""`harness export`: turn an archive into a cassette, or the reverse."""

from __future__ import annotations

from pathlib import Path

import click

from harness.errors import UsageError
from harness.recording import open_recordings, replacing

EPILOG = """\b
Examples:
  harness export today.archive -o today.yaml
  harness export recordings/ -o all.archive"""


@click.command("export", epilog=EPILOG)
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("-o", "output", required=True, type=click.Path(path_type=Path), help="x.yaml or x.json, else an archive.")
def command(recording: Path, output: Path) -> None:
    """Write the exchanges of RECORDING (archive, cassette, or folder of one starting state) into another format."""
    sources = open_recordings([recording])
    states = {source.state for source in sources}
    if len(states) > 1:
        names = ", ".join(sorted(str(state or "unnamed") for state in states))
        raise UsageError(f"{recording}: its recordings start from different states ({names}); export them one by one")
    with replacing(output, states.pop()) as writer:
        for source in sources:
            for exchange in source:
                writer.add(exchange)
    click.echo(f"exported {writer.count} exchanges")
