"""`harness import`: make a recording of files of other formats, counting all that is in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from harness.config import find_config
from harness.errors import RecordingError
from harness.exchange import Exchange
from harness.interpreter import processors, unhurried
from harness.progress import Advance, progress
from harness.recording import Writer, replacing
from harness.redact.options import redaction_options, redactor_for
from harness.sources.fidelity import Fidelity, by_frequency, counted
from harness.sources.registry import SOURCES, check_recorded, source_named, source_of
from harness.sources.source import Input, Item, Note, Options, Read, Skipped, Source, Unreadable, out_of_range
from harness.sources.text import open_text, shape
from harness.store.apart import ApartWriter
from harness.store.cassette import SUFFIXES

_PORT = re.compile(r":\d*$")
_SHOWN = 200  # characters of a line that cannot be parsed
_STEP = 500  # items between two signs of progress
_LONG = 1_000_000  # bytes of files from which on two processes are quicker

Redact = Callable[[Exchange], Exchange]

EPILOG = """\b
Examples:
  harness import /var/log/apache2/access.log /var/log/apache2/access.log.1.gz -o yesterday.archive
  harness import visit.har packets.pcap --host shop.example -o visit.archive --state seed
  harness import odd.log --format '%h %t "%r" %>s %b' -o odd.archive"""


@dataclass
class Tally:
    """What became of all that was read so far."""

    fidelity: Fidelity = field(default_factory=Fidelity)
    unreadable: int = 0
    first: str = ""
    unit: str = "line"
    skipped: Counter[str] = field(default_factory=Counter)
    notes: dict[str, dict[Path, None]] = field(default_factory=dict)
    files: int = 0

    @property
    def imported(self) -> int:
        """How many exchanges were imported."""
        return self.fidelity.exchanges

    def lines(self) -> Iterator[str]:
        """Yield what a person should know of the import; the last line is the number of exchanges."""
        for text, files in self.notes.items():
            more = f" and {len(files) - 1} more files" if len(files) > 1 else ""
            yield f"{next(iter(files))}{more}: {text}"
        if self.files > 1 and not self.fidelity.timed:
            yield f"{self.files} files without times: they follow one another here, from one starting state"
        if self.unreadable:
            total = self.unreadable + self.imported
            yield f"{self.unreadable} of {total} {self.unit}s could not be parsed; the first: {self.first}"
        if self.skipped:
            yield f"not imported: {counted(by_frequency(self.skipped))}"
        yield from self.fidelity.lines()
        yield f"imported {self.imported} exchanges"


@click.command("import", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "output", required=True, type=click.Path(path_type=Path), help="Archive, or cassette x.yaml.")
@click.option(
    "--format", "wanted", help=f"{', '.join(source.name for source in SOURCES)}, or a LogFormat. Default: by content."
)
@click.option("--host", "hosts", multiple=True, help="Only exchanges with this Host (with its port or without).")
@click.option("--state", help="Name of the state that the exchanges start from.")
@redaction_options
def command(
    files: tuple[Path, ...],
    output: Path,
    wanted: str | None,
    hosts: tuple[str, ...],
    state: str | None,
    key_file: Path | None,
    no_redaction: bool,
) -> None:
    """Import FILES (also .gz, .bz2, .xz; several formats together) into ARCHIVE, which is written anew.

    Before the last line stands what the recording holds, and so what it can judge.
    """
    check_recorded(output)
    redact = redactor_for(find_config(Path.cwd()), key_file, no_redaction)
    tally = import_files(files, output, wanted, state, hosts, redact)
    for line in tally.lines():
        click.echo(line)


def import_files(
    files: tuple[Path, ...],
    output: Path,
    wanted: str | None = None,
    state: str | None = None,
    hosts: tuple[str, ...] = (),
    redact: Redact | None = None,
) -> Tally:
    """Import files and return what became of what is in them; raises `RecordingError` where no exchange is."""
    if wanted:
        source_named(wanted)
    sources = [source_of(file, wanted) for file in files]
    tally = Tally(files=len(files))
    with unhurried(), replacing(output, state, _maker(files, output, state)) as writer:
        sink = _Importing(writer, output, tally, frozenset(map(str.lower, hosts)), redact)
        for file, source in zip(files, sources, strict=True):
            with progress(file.name, file.stat().st_size) as advance:
                sink.read(file, source, Options(wanted), advance)
        if not tally.imported:
            raise RecordingError(_nothing(tally, files))
    return tally


def _maker(files: tuple[Path, ...], output: Path, state: str | None) -> Callable[[Path], Writer] | None:
    """Return what writes a long import in a process of its own, where there is a processor for it."""
    if output.suffix in SUFFIXES or processors() < 2 or sum(file.stat().st_size for file in files) < _LONG:
        return None
    return lambda part: ApartWriter(part, state)


class _Importing:
    """Puts what sources yield into a writer, and counts it."""

    def __init__(
        self, writer: Writer, output: Path, tally: Tally, hosts: frozenset[str], redact: Redact | None
    ) -> None:
        self._writer, self._output = writer, output
        self._tally = tally
        self._hosts = hosts
        self._redact = redact

    def read(self, file: Path, source: Source, options: Options, advance: Advance) -> None:
        with open_text(file) as (stream, position):
            for number, item in enumerate(source.read(Input(file, stream), options)):
                self._take(item, file, source)
                if not number % _STEP:
                    advance(position(), self._tally.imported)

    def _take(self, item: Item, file: Path, source: Source) -> None:
        if isinstance(item, Exchange):
            self._add(item, source.guesses, file)
        elif isinstance(item, Read):
            self._add(item.exchange, item.guesses, file)
        elif isinstance(item, Skipped):
            self._tally.skipped[item.reason] += 1
        elif isinstance(item, Note):
            self._tally.notes.setdefault(item.text, {})[file] = None
        else:
            # Nothing of it is known, a password least of all.
            text = item.text[:_SHOWN] if self._redact is None else shape(item.text[:_SHOWN])
            self._unreadable(replace(item, text=text), file)

    def _add(self, exchange: Exchange, guesses: frozenset[str], file: Path) -> None:
        if self._hosts and not self._hosts & _names(exchange.host):
            self._tally.skipped["other host"] += 1
            return
        if wrong := out_of_range(exchange):
            self._unreadable(Unreadable(self._tally.imported + self._tally.unreadable + 1, wrong, "exchange"), file)
            return
        if self._redact is not None:
            try:
                exchange = self._redact(exchange)
            except Exception:  # whatever it was: nothing is written in clear
                self._tally.skipped["could not be redacted"] += 1
                return
        try:
            self._writer.add(exchange)
        except OSError as error:  # else the file that is read would be blamed
            raise RecordingError(f"{self._output}: cannot be written: {error.strerror or error}") from error
        self._tally.fidelity.add(exchange, guesses)

    def _unreadable(self, item: Unreadable, file: Path) -> None:
        tally = self._tally
        tally.unreadable += 1
        if not tally.first:
            tally.first = f"{file} {item.unit} {item.number}: {item.text!r}"
            tally.unit = item.unit


def _names(host: str) -> frozenset[str]:
    """Return what a Host may be called: with its port and without."""
    return frozenset({host.lower(), _PORT.sub("", host.lower())})


def _nothing(tally: Tally, files: tuple[Path, ...]) -> str:
    """Say why nothing was imported."""
    names = ", ".join(map(str, files))
    if tally.unreadable:
        return f"{names}: no {tally.unit} could be parsed; the first: {tally.first}"
    left = f": all that is there was left out: {counted(by_frequency(tally.skipped))}" if tally.skipped else ""
    return f"{names}: holds no exchange{left}"
