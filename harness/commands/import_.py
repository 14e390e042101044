"""`harness import`: read access logs into an archive or a cassette, counting every line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import click

from harness.errors import RecordingError
from harness.exchange import Exchange
from harness.progress import Advance, progress
from harness.recording import Writer, replacing
from harness.sources.clf import FORMATS, Unreadable, detect_format, read_log
from harness.sources.text import open_text

_SAMPLE = 100  # lines looked at to find the format
_STEP = 500  # lines between two signs of progress


@dataclass
class Tally:
    """What became of the lines read so far."""

    imported: int = 0
    unreadable: int = 0
    first: str = ""


EPILOG = """\b
Examples:
  harness import /var/log/apache2/access.log /var/log/apache2/access.log.1.gz -o yesterday.archive
  harness import odd.log --format '%h %t "%r" %>s %b' -o odd.archive"""


@click.command("import", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "output", required=True, type=click.Path(path_type=Path), help="Archive, or cassette x.yaml.")
@click.option("--format", "log_format", help=f"{', '.join(FORMATS)}, or an Apache LogFormat. Default: found by trying.")
@click.option("--state", help="Name of the state that the exchanges start from.")
def command(files: tuple[Path, ...], output: Path, log_format: str | None, state: str | None) -> None:
    """Import access logs (also .gz, .bz2, .xz) into ARCHIVE, which is written anew."""
    tally = import_logs(files, output, log_format, state)
    if tally.unreadable:
        total = tally.unreadable + tally.imported
        click.echo(f"{tally.unreadable} of {total} lines could not be parsed; the first: {tally.first}")
    click.echo(f"imported {tally.imported} exchanges")


def import_logs(
    files: tuple[Path, ...], output: Path, log_format: str | None = None, state: str | None = None
) -> Tally:
    """Import access logs and return what became of their lines; raises `RecordingError` where none could be read."""
    formats = [log_format or _detected(file) for file in files]
    tally = Tally()
    with replacing(output, state) as writer:
        for file, form in zip(files, formats, strict=True):
            with progress(file.name, file.stat().st_size) as advance:
                _import_log(file, form, writer, tally, advance)
        if not tally.imported:
            raise RecordingError(f"no line could be parsed; the first: {tally.first or 'there is none'}")
    return tally


def _import_log(file: Path, log_format: str, writer: Writer, tally: Tally, advance: Advance) -> None:
    with open_text(file) as (lines, position):
        for number, item in enumerate(read_log(lines, log_format)):
            _take(item, file, writer, tally)
            if not number % _STEP:
                advance(position(), tally.imported)


def _take(item: Exchange | Unreadable, file: Path, writer: Writer, tally: Tally) -> None:
    if isinstance(item, Exchange):
        writer.add(item)
        tally.imported += 1
    else:
        tally.unreadable += 1
        tally.first = tally.first or f"{file} line {item.number}: {item.text[:200]!r}"


def _detected(file: Path) -> str:
    with open_text(file) as (lines, _):
        sample = list(islice(lines, _SAMPLE))
    if found := detect_format(sample):
        return found
    if not sample:
        raise RecordingError(f"{file}: empty file, not a log")
    known = ", ".join(FORMATS)
    raise RecordingError(
        f"{file}: its first lines fit none of the formats {known}; name its LogFormat with --format. "
        f"The first line: {sample[0][:200].decode('latin-1').rstrip()!r}"
    )
