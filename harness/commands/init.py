"""`harness init`: a first harness.toml for somebody's application, and a first comparison of a few exchanges."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import click

from harness.config import FILE, Config, parse_config, read_config
from harness.errors import HarnessError, UsageError
from harness.exchange import Exchange
from harness.pipeline import Options, diff
from harness.recording import Recording, open_recordings
from harness.report import terminal_report
from harness.start import Apache, Guess, Mount, app_of, document, read_apache, survey
from harness.start.survey import ACTIONS, SAFE
from harness.start.unsafe import unsafe_read
from harness.store.cassette import SUFFIXES
from harness.store.database import is_archive
from harness.targets import parse_target

EXCHANGES = 20_000
"""Exchanges that are looked at: enough to know an application by."""
FIRST = 10
"""Exchanges of the first comparison."""

EPILOG = """\b
Examples:
  harness init today.archive
  harness init today.archive --cgi-bin /usr/lib/cgi-bin
  harness init today.archive --old http://127.0.0.1:8080 --new package.module:application
  harness init /etc/apache2/sites-enabled/000-default.conf"""


@click.command("init", epilog=EPILOG, short_help="Write a first harness.toml for an application.")
@click.argument("sources", metavar="ARCHIVE|APACHE.conf...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--old", metavar="TARGET", help="What serves today: URL, MODULE:APP, recorded.")
@click.option("--new", metavar="TARGET", help="What is to replace it.")
@click.option(
    "--cgi-bin",
    metavar="DIR|PROGRAM",
    type=click.Path(path_type=Path),
    help="The CGI programs themselves are a target.",
)
@click.option("-o", "output", metavar="FILE", default=FILE, show_default=True, help="What to write; - prints it.")
@click.option("--force", is_flag=True, help="Write over an earlier file.")
def command(
    sources: tuple[Path, ...], old: str | None, new: str | None, cgi_bin: Path | None, output: str, force: bool
) -> None:
    """Write a commented harness.toml of what a recording, or an Apache configuration, tells of an application.

    With --old and --new, or --cgi-bin, ten safe requests of the recording (GET, HEAD, OPTIONS) are compared at once.
    """
    file = Path(output)
    if output != "-" and file.exists() and not force:
        raise UsageError(f"{file}: is there already; -o FILE writes another, --force writes over it, -o - prints")
    recordings, apache = opened(sources)
    seen = survey(lambda: looked_at(recordings), (recording.state for recording in recordings if recording.state))
    guess = Guess(
        source=" ".join(map(str, sources)),
        survey=seen,
        apache=apache,
        mounts=mounts_of(cgi_bin, apache, recordings),
        old=old,
        new=new,
    )
    text = document(guess)
    if output == "-":
        click.echo(text, nl=False)
        config = parse_config_text(text)
    else:
        config = _written(file, text)
        click.echo(f"{file}: written, from {guess.source} ({seen.exchanges:,} exchanges)", err=True)
    first = first_targets(guess)
    if first is not None and recordings:
        try_out(recordings, *first, config)
    for line in what_next(guess, file if output != "-" else Path(FILE), config):
        click.echo(line, err=True)


def opened(sources: Sequence[Path]) -> tuple[list[Recording], Apache | None]:
    """Open recordings, and read an Apache configuration. Raises `RecordingError`, or `UsageError` for two of those."""
    configurations = [source for source in sources if _is_text(source)]
    recordings = open_recordings([source for source in sources if source not in configurations])
    if len(configurations) > 1:
        raise UsageError(
            f"give one Apache configuration, not {len(configurations)}: {', '.join(map(str, configurations))}"
        )
    if not configurations:
        return recordings, None
    apache = read_apache(configurations[0].read_text(encoding="utf-8", errors="replace"))
    if not apache.mounts:
        raise UsageError(
            f"{configurations[0]}: is no recording, and as Apache's configuration it has no ScriptAlias and no "
            "Options +ExecCGI"
        )
    return recordings, apache


def _is_text(source: Path) -> bool:
    """Tell whether a file is no recording by its name and first bytes: then it is read as Apache's."""
    return source.is_file() and source.suffix not in SUFFIXES and not is_archive(source) and source.suffix != ".archive"


def looked_at(recordings: Sequence[Recording]) -> Iterator[Exchange]:
    """Yield the exchanges that are looked at."""
    return islice(chain.from_iterable(recordings), EXCHANGES)


def mounts_of(folder: Path | None, apache: Apache | None, recordings: Sequence[Recording]) -> Sequence[Mount]:
    """Return where programs are, and the URLs before them: as Apache says, or as the recorded paths suggest.

    The only program there is, which no path names, answers all of them: it was recorded as the whole site.
    """
    if folder is None:
        return apache.mounts if apache else ()
    files = [path for path in sorted(folder.iterdir() if folder.is_dir() else [folder]) if path.is_file()]
    programs = [path for path in files if os.access(path, os.X_OK)]
    if not folder.is_dir() and not programs:
        raise UsageError(f"--cgi-bin {folder}: is not a folder of programs, and no program (chmod +x makes it one)")
    paths = (exchange.request.path.decode("latin-1") for exchange in looked_at(recordings))
    mount = mounted_at(paths, {program.name for program in programs or files})
    if len(programs) == 1 and (mount is None or not folder.is_dir()):
        url = "" if mount is None else f"{mount}/{programs[0].name}"
        return [Mount(url, str(programs[0].absolute()), single=True)]
    return [Mount(mount or "", str(folder.absolute()))]


def mounted_at(paths: Iterable[str], names: set[str]) -> str | None:
    """Return what stands before the name of a program in the first path that has one; None where none has."""
    for path in paths:
        segments = path.split("/")
        for number, segment in enumerate(segments[1:], 1):
            if segment in names:
                return "/".join(segments[:number])
    return None


def first_targets(guess: Guess) -> tuple[str, str] | None:
    """Return the two sides of the first comparison; None where the user did not say what may be run."""
    programs = app_of(guess.mounts[0]) if guess.mounts and guess.apache is None else None
    new = guess.new or programs
    if new is None:
        return None
    if guess.old is None and guess.new is not None:
        return (programs, new) if programs else None
    return guess.old or "recorded", new


class Sample:
    """The first safe exchanges of recordings, as one recording: of reads none that looks as if it wrote."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.name, self.state = "first", None
        self._exchanges = list(islice(filter(_is_safe, chain.from_iterable(recordings)), FIRST))

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)


def _is_safe(exchange: Exchange) -> bool:
    return exchange.request.method in SAFE and not unsafe_read(exchange, ACTIONS)


def try_out(recordings: Sequence[Recording], old: str, new: str, config: Config) -> None:
    """Compare a few exchanges, without a starting state, and show what was found."""
    sample = Sample(recordings)
    if not len(sample):
        return
    click.echo(f"comparing {len(sample)} exchanges (GET, HEAD, OPTIONS): {old} against {new}", err=True)
    try:
        result = diff(
            [sample], Options(old=parse_target(old, config), new=parse_target(new, config), config=config, noise_runs=0)
        )
    except HarnessError as error:
        raise type(error)(f"{error}\n  (the file is written; only this first comparison could not be made)") from None
    click.echo(terminal_report(result, colour=sys.stdout.isatty()), nl=False)


def what_next(guess: Guess, file: Path, config: Config) -> Iterator[str]:
    """Yield what is left to do, as numbered lines."""
    steps = [f"Read {file}: every line in it is a guess."]
    steps += [f"Say in [target.{name}] what that is." for name in ("old", "new") if name not in config.targets]
    if guess.survey.unsafe:
        steps.append("Give it a [state.start], so that writes go to copies and both sides start alike.")
    if guess.survey.users or guess.survey.cookies:
        steps.append("Say in [[login]] as whom to log in.")
    archive = guess.source if guess.survey.exchanges else "today.archive"
    if not guess.survey.exchanges:
        upstream = f"http://127.0.0.1:{guess.apache.port if guess.apache else 80}"
        steps.append(f"harness record --upstream {upstream} --bind 127.0.0.1:8001 -o today.archive")
    steps.append(f"harness diff {archive} --old old --new new --html report.html")
    yield "Next:"
    yield from (f"  {number}. {step}" for number, step in enumerate(steps, 1))


def parse_config_text(text: str) -> Config:
    """Return what a text says as the harness.toml of this folder."""
    return parse_config(tomllib.loads(text), Path.cwd() / FILE)


def _written(file: Path, text: str) -> Config:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None
    return read_config(file)
