"""`harness redact`: what was recorded in clear, or with less redaction, written anew with tokens for its secrets.

Recordings come in, a recording goes out, or a folder of as many. What is a secret is the engine's affair.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import click

from harness.config import find_config
from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange
from harness.progress import progress
from harness.recording import Recording, open_recordings, replacing
from harness.redact import Redactor
from harness.redact.options import key_option, redactor_with
from harness.store.archive import Archive
from harness.store.cassette import Cassette
from harness.store.purge import overwriting

EPILOG = """\b
Examples:
  harness redact yesterday.archive -o safe.archive
  harness redact recordings/ -o safe/ --key-file ~/.harness-key"""


@dataclass(slots=True)
class Tally:
    """What became of the exchanges: how many there are, were changed, were redacted before; secrets by kind.

    `own` are the recordings whose place was taken and whose bytes were overwritten.
    """

    exchanges: int = 0
    changed: int = 0
    before: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    own: list[Path] = field(default_factory=list)

    def note(self, exchange: Exchange, redacted: Exchange) -> None:
        """Count one exchange."""
        self.exchanges += 1
        self.changed += redacted != exchange
        self.before += bool(exchange.redactions)
        found = Counter(each.kind for each in redacted.redactions)
        self.kinds += found - Counter(each.kind for each in exchange.redactions)


@click.command("redact", epilog=EPILOG)
@click.argument("recordings", metavar="ARCHIVE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "output", required=True, help="Archive, cassette x.yaml, or FOLDER/ for as many as are read.")
@key_option
def command(recordings: tuple[Path, ...], output: str, key_file: Path | None) -> None:
    """Write ARCHIVE (archive, cassette, or folder of them) anew, with a token in the place of each secret.

    What was redacted before stays as it is. The recordings that are read are left alone: they still hold the secrets.
    One that is to take its own place is overwritten.
    """
    redactor = redactor_with(find_config(Path.cwd()), key_file)
    sources = open_recordings(recordings)
    tally = rewritten(_destinations(sources, output), redactor)
    for line in told(tally):
        click.echo(line)


def rewritten(parts: Mapping[Path, Sequence[Recording]], redactor: Redactor) -> Tally:
    """Write recordings to their places, redacted; return what was changed."""
    _learn(parts, redactor)
    tally = Tally()
    for place, sources in parts.items():
        own = any(_is_same(place, source) for source in sources)
        with overwriting(place) if own else nullcontext(), replacing(place, sources[0].state, held=own) as writer:
            for exchange in _shown("redacting", sources):
                redacted = redactor.redact(exchange)
                tally.note(exchange, redacted)
                writer.add(redacted)
        tally.own += [place] if own else []
    return tally


def told(tally: Tally) -> Iterator[str]:
    """Say what was changed, by kind, and what had been redacted before."""
    if tally.kinds:
        kinds = (f"{count} {kind}" for kind, count in sorted(tally.kinds.items(), key=lambda item: (-item[1], item[0])))
        yield f"replaced: {', '.join(kinds)}"
    if tally.before:
        yield f"{tally.before} exchanges had been redacted before: their tokens stay, whatever the key"
    for place in tally.own:
        yield f"{place}: took its own place, the bytes in clear are overwritten; copies and backups still hold them"
    yield f"redacted {tally.exchanges} exchanges, changed {tally.changed}"


def _learn(parts: Mapping[Path, Sequence[Recording]], redactor: Redactor) -> None:
    """Show the redactor all first: what is known as a secret only later is one from the beginning."""
    for sources in parts.values():
        for exchange in _shown("looking for secrets", sources):
            redactor.learn(exchange)


def _is_same(place: Path, source: Recording) -> bool:
    return isinstance(source, Archive | Cassette) and place.exists() and place.samefile(source.path)


def _shown(label: str, sources: Sequence[Recording]) -> Iterator[Exchange]:
    with progress(label, sum(map(len, sources))) as advance:
        for number, exchange in enumerate((exchange for source in sources for exchange in source), 1):
            yield exchange
            advance(number, number)


def _destinations(sources: Sequence[Recording], output: str) -> dict[Path, list[Recording]]:
    """Return which recordings go where. Raises UsageError where they cannot be one."""
    place = Path(output)
    if output.endswith("/") or place.is_dir():
        try:
            for source in sources:
                (place / source.name).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordingError(f"{error.filename}: cannot be made: {error.strerror}") from error
        return {place / source.name: [source] for source in sources}
    states = {source.state for source in sources}
    if len(states) > 1:
        names = ", ".join(sorted(str(state or "unnamed") for state in states))
        raise UsageError(f"the recordings start from different states ({names}); give a folder: -o {output}/")
    return {place: list(sources)}
