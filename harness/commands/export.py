"""`harness export`: turn a recording into a file of another format, and say what that could not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click

from harness.config import find_config
from harness.errors import UsageError
from harness.recording import Recording, Writer, open_recordings, replacing
from harness.redact.options import redactor_for
from harness.sources.registry import SINKS, sink_of
from harness.sources.sink import SinkWriter
from harness.store import ArchiveWriter, CassetteWriter
from harness.store.cassette import SUFFIXES

_WHOLE: dict[str, Callable[[Path, str | None], Writer]] = {"archive": ArchiveWriter, "vcr": CassetteWriter}
"""Formats that hold all of an exchange."""

EPILOG = """\b
Examples:
  harness export today.archive -o today.yaml
  harness export today.archive -o today.har
  harness export recordings/ -o all.archive"""


@click.command("export", epilog=EPILOG)
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("-o", "output", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option(
    "--format",
    "wanted",
    type=click.Choice([*_WHOLE, *(sink.name for sink in SINKS)]),
    help="Default: by the name's end; .yaml and .json are vcr, unknown ones an archive.",
)
@click.option("--redact", is_flag=True, help="Replace secrets by tokens, as a recorder would have done.")
@click.option("--key-file", type=click.Path(path_type=Path), help="With --redact: the key of the tokens.")
def command(recording: Path, output: Path, wanted: str | None, redact: bool, key_file: Path | None) -> None:
    """Write the exchanges of RECORDING (archive, cassette, or folder of one starting state) into another format.

    What the format cannot hold is said before the last line.
    """
    sources = open_recordings([recording])
    redacted = redactor_for(find_config(Path.cwd()), key_file, False) if redact or key_file else None
    state = _state(sources, recording)
    with replacing(output, state, _maker(output, wanted, state)) as writer:
        for source in sources:
            for exchange in source:
                writer.add(redacted(exchange) if redacted else exchange)
    lost: Counter[str] = writer.lost if isinstance(writer, SinkWriter) else Counter()
    for loss, count in lost.most_common():
        click.echo(f"lost: {loss} ({count} times)")
    click.echo(f"exported {writer.count} exchanges")


def _state(sources: list[Recording], recording: Path) -> str | None:
    states = {source.state for source in sources}
    if len(states) > 1:
        names = ", ".join(sorted(str(state or "unnamed") for state in states))
        raise UsageError(f"{recording}: its recordings start from different states ({names}); export them one by one")
    return states.pop()


def _maker(output: Path, wanted: str | None, state: str | None) -> Callable[[Path], Writer] | None:
    """Return what makes the writer of a format of the table; None: the name tells archive from cassette."""
    if wanted == "vcr" and output.suffix in SUFFIXES:
        return None
    if wanted in _WHOLE:
        return lambda path: _WHOLE[wanted](path, state)
    sink = sink_of(output, wanted)
    return (lambda path: SinkWriter(path, sink.style(state), output.suffix == ".gz")) if sink else None
