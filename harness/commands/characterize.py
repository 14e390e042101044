"""`harness characterize`: recorded exchanges, a report's group or a curl command as tests. Options in, files out."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import click

from harness.characterize.curl_command import curl_request
from harness.characterize.needed import Needed, Part, needed
from harness.characterize.own_seed import seed_of
from harness.characterize.rows import Kept, is_within, kept_rows
from harness.characterize.shell import is_curl
from harness.characterize.steady import settled
from harness.characterize.write import beside, check_places, write
from harness.commands.finding import group_of, recordings_of
from harness.commands.selecting import selecting
from harness.config import Config, find_config
from harness.errors import UsageError
from harness.exchange import Exchange
from harness.find import find, number_of, whole
from harness.naming import names_of
from harness.pipeline import Options
from harness.recording import Recording, open_recordings
from harness.redact.options import redactor_for
from harness.renewed import Renewing
from harness.report.model import FORMAT
from harness.report.reading import read_report
from harness.selection import Selection
from harness.targets import parse_target
from harness.verdicts import verdicts

MOST = 50
"""Tests written at once; a whole recording is a test already (docs/characterization.md)."""
EPILOG = """\b
Examples:
  harness characterize today.archive --path '/feeds/*' --target package.module:application -o tests/test_feeds.py
  harness characterize today.archive 12 15 --target package.module:application -o tests/test_login.py
  harness characterize report.json --group 3f9a -o tests/test_header.py
  harness characterize "curl -I http://localhost:8000/about" --target package.module:application -o tests/test_about.py

Exit status: 0 written, 2 nothing was."""


@click.command("characterize", epilog=EPILOG, short_help="Turn recorded exchanges into tests that pin them.")
@click.argument("source", metavar="ARCHIVE|REPORT|CURL")
@click.argument("numbers", metavar="[NUMBER...]", nargs=-1, type=click.IntRange(min=1))
@click.option("-o", "output", metavar="FILE", required=True, type=click.Path(path_type=Path), help="tests/test_*.py")
@click.option(
    "--target", "target_text", metavar="TARGET", help="What is pinned. Default: harness.toml's, or old of REPORT."
)
@click.option("--group", metavar="ID", help="Of a report: the group whose example is pinned.")
@click.option("--state", metavar="NAME", help="Of a curl command: [state.NAME] of harness.toml that it starts from.")
@click.option("--no-redaction", is_flag=True, help="Write the secrets of answers of now, and of a curl command, too.")
@click.option("--recording", "recordings", metavar="ARCHIVE", multiple=True, type=click.Path(path_type=Path),
              help="Of a report: what it is about. Default: files below this folder, by name.")  # fmt: skip
@click.option("--rows/--no-rows", default=None, help="Start from only the rows needed, where one file holds them. "
              "Default: where it lies beside or below harness.toml: they are written beside the tests.")  # fmt: skip
@selecting
def command(
    source: str,
    numbers: tuple[int, ...],
    output: Path,
    target_text: str | None,
    group: str | None,
    state: str | None,
    no_redaction: bool,
    recordings: tuple[Path, ...],
    rows: bool | None,
    **selection: Any,
) -> None:
    """Write tests that pass as long as TARGET answers as recorded, and a cassette of what they need, beside each other.

    Exchanges are chosen by NUMBER or by the options below; those before them that they build on are kept too. What
    TARGET answers otherwise than recorded is pinned as it is answered now, and told.
    """
    config = find_config(Path.cwd())
    check_places(output)
    names = names_of(config)
    is_report = not is_curl(source) and Path(source).suffix == ".json" and _is_report(Path(source))
    if (group or recordings) and not is_report:
        raise UsageError(f"--group and --recording are for a report of harness diff (--json), which {source} is not")
    if is_curl(source):
        target = _target(target_text, config)
        recording: Recording = _asked(source, target, state, config, no_redaction)
        chosen = list(recording)
    elif is_report:
        recording, chosen, old = _of_report(Path(source), group, recordings)
        target = target_text or old
    else:
        (recording,) = _one(open_recordings([Path(source)]))
        target = _target(target_text, config)
        chosen = _chosen(recording, numbers, Selection(**selection), names)
    found = needed(recording, chosen, _options(target, config), output.with_suffix(".yaml").name)
    exchanges = found.as_of_now(Renewing(found.exchanges, config, redacting=not no_redaction))
    pinned = Part(output.with_suffix(".yaml").name, recording.state, exchanges)
    kept = None
    if rows or (rows is None and is_within(pinned.state, config)):
        kept = kept_rows(pinned, found.chosen, _options(target, config), _say)
    cassette = write(output, exchanges, found.chosen, recording.state, target, names)
    try:
        told = _with_seed(kept, cassette)
        settling = settled(cassette, [number_of(one) for one in exchanges if one.id in found.chosen], target, config)
    except BaseException:
        for file in (output, cassette, *beside(cassette)):
            file.unlink(missing_ok=True)
        raise
    for line in (*_told(found, output, cassette), *told, *settling):
        click.echo(line)


def _target(given: str | None, config: Config) -> str:
    target = given or config.pytest.get("target")
    if not target:
        raise UsageError("which target is pinned? Give --target TARGET, or target under [pytest] of harness.toml")
    return str(target)


def _options(target: str, config: Config) -> Options:
    return Options(parse_target("recorded", config), parse_target(target, config), config)


def _one(recordings: Sequence[Recording]) -> Sequence[Recording]:
    if len(recordings) != 1:
        raise UsageError(f"{len(recordings)} recordings: give one, since the cassette starts from one state")
    return recordings


def _chosen(recording: Recording, numbers: Sequence[int], selection: Selection, names: Any) -> list[Exchange]:
    """Return the exchanges meant. Raises UsageError for none and for too many, RecordingError for one not there."""
    if numbers:
        return [find([recording], f"{recording.name}#{number}") for number in sorted(set(numbers))]
    found = list(islice(whole(recording, selection, names), MOST + 1))
    if not found:
        raise UsageError(f"{recording.name}: no exchange is meant by these options; harness show lists them all")
    if len(found) > MOST:
        raise UsageError(
            f"{recording.name}: more than {MOST} exchanges are meant; choose by NUMBER or by options. A whole "
            "recording needs no tests: pytest runs it as it is, with --harness-target"
        )
    return found


def _is_report(path: Path) -> bool:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False  # whoever reads it says why
    return isinstance(document, dict) and document.get("format") == FORMAT


def _of_report(path: Path, text: str | None, given: Sequence[Path]) -> tuple[Recording, list[Exchange], str]:
    """Return the smallest example of a group, its recording, and the old target. Raises UsageError."""
    result = read_report(path)
    if text is None and len(result.groups) != 1:
        listed = "; ".join(f"{group.id} {group.title}" for group in result.groups[:10]) or "none"
        raise UsageError(f"{path}: which group? Give --group ID, of: {listed}")
    group = group_of(result, text or result.groups[0].id)
    recordings = {one.name: one for one in recordings_of(group, Path.cwd(), given)}
    example = next(one for one in group.examples if one.name in recordings)
    recording = recordings[example.name]
    return recording, [find([recording], f"{example.name}#{example.number}")], result.old


def _asked(text: str, target: str, state: str | None, config: Config, no_redaction: bool) -> Part:
    """Return what the target answers to a curl command now, redacted."""
    exchange = Exchange("curl#1", curl_request(text), started=time.time())
    options = Options(parse_target(target, config), parse_target(target, config), config, state=state)
    shown = verdicts([Part("curl", state, [exchange])], options)[exchange.id]
    if shown.answer is None:
        raise UsageError(f"{target} gave no answer to the curl command: {shown.reason or shown.kind}")
    redact: Callable[[Exchange], Exchange] = redactor_for(config, None, no_redaction) or (lambda one: one)
    return Part("curl", state, [redact(replace(exchange, response=shown.answer))])


def _say(text: str) -> None:
    click.echo(text, err=True)


def _with_seed(kept: Kept | None, cassette: Path) -> list[str]:
    """Write the rows that are needed beside a cassette; say how many they are. Raises UsageError."""
    if kept is None or kept.left == kept.whole:
        return []
    file = seed_of(cassette, kept.seed.file.suffix)
    try:
        kept.seed.write(kept.document, file)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"{file}: cannot be written: {error}") from None
    finished = "" if kept.finished else "; perhaps not all are needed: there was no time to try without each"
    return [f"wrote {file}: {kept.left} of the {kept.whole:,} entries of {kept.seed.part}{finished}"]


def _told(found: Needed, output: Path, cassette: Path) -> list[str]:
    tests, more = len(found.chosen), len(found.exchanges) - len(found.chosen)
    lines = [f"wrote {output}: {tests} test{'s' * (tests != 1)}"]
    built = f", {more} of them built upon" if more else ""
    finished = "" if found.finished else "; perhaps not all: there was no time to try all without each"
    lines += [f"wrote {cassette}: {len(found.exchanges)} exchange{'s' * (len(found.exchanges) != 1)}{built}{finished}"]
    for its in found.changed:
        shown, name = found.shown[its], found.known[its]
        if shown.kind != "judged":
            lines.append(f"{name}: was not judged ({shown.reason or shown.kind}): its test will say so")
        else:
            told = "; ".join(dict.fromkeys(re.sub(r"\s+", " ", group.title) for group in shown.groups))
            lines.append(f"{name}: pinned as answered now, which is not what was recorded: {told}")
    if found.untried:
        lines.append(f"{found.untried} exchanges before were too many to be replayed: it may build upon them")
    return lines
