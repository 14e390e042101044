"""`harness scream`: run real clients against the old implementation with its answers changed, and see who screams."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from harness.config import Config, find_config
from harness.errors import UsageError
from harness.group import Group
from harness.recording import open_recordings
from harness.report.reading import read_report
from harness.scream.client import PRODUCTS, parse_client
from harness.scream.lab import Plan, starting_state, survey
from harness.scream.map import write_map
from harness.scream.report import matrix, table
from harness.targets import parse_target

EPILOG = """\b
Examples:
  harness scream visit.yaml --old old --client 'list=sh list.sh {url}' -o map.json
  harness scream report.json --old old --client 'fetch=curl -sf {url}/ -o page'

Exit status: 0 nobody screams, 1 somebody does, 2 could not judge."""


@click.command("scream", epilog=EPILOG, short_help="Run real clients on changed answers: who breaks?")
@click.argument("source", metavar="ARCHIVE|REPORT", type=click.Path(path_type=Path))
@click.option(
    "--client",
    "clients",
    metavar="COMMAND",
    multiple=True,
    required=True,
    help="A client, run in a fresh folder: [NAME=]COMMAND with {url}, {host}, {home}. No shell runs it.",
)
@click.option("--old", "old_text", metavar="TARGET", required=True, help="What serves today (docs/targets.md).")
@click.option("--state", metavar="NAME", help="Begin each run from [state.NAME], whatever the recording names.")
@click.option("--env", "variables", metavar="NAME=VALUE", multiple=True, help="A variable for the clients.")
@click.option(
    "--with",
    "folder",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="What is copied into each fresh folder.",
)
@click.option(
    "--product",
    type=click.Choice(PRODUCTS),
    default="work",
    show_default=True,
    help="What is judged: files and writes, else lines printed; files by name (mirrors); lines; exit status.",
)
@click.option("--only", metavar="OPERATOR", multiple=True, help="Only changes with this in their name, like 'status'.")
@click.option("--endpoint", "endpoints", metavar="NAME", multiple=True, help="Only answers of it: 'GET /item/{}/'.")
@click.option("--timeout", metavar="S", type=click.FloatRange(min=1), default=60.0, help="Seconds a run may take [60].")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), help="Run N clients at once.")
@click.option("--resume", metavar="FILE", type=click.Path(path_type=Path), help="Keep runs there; repeat none of it.")
@click.option(
    "--allow-writes", metavar="HOST", multiple=True, help="Send unsafe methods to a URL target on HOST[:PORT]."
)
@click.option("-o", "output", metavar="FILE", type=click.Path(path_type=Path), help="Write the map there.")
@click.option("--json", "json_file", metavar="FILE", type=click.Path(path_type=Path), help="The same as -o.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Write a page, details by clients.")
def command(
    source: Path,
    clients: tuple[str, ...],
    old_text: str,
    state: str | None,
    variables: tuple[str, ...],
    folder: Path | None,
    product: str,
    only: tuple[str, ...],
    endpoints: tuple[str, ...],
    timeout: float,
    workers: int | None,
    resume: Path | None,
    allow_writes: tuple[str, ...],
    output: Path | None,
    json_file: Path | None,
    html: Path | None,
) -> None:
    """Run each client against --old with one thing about its answers changed at a time, and say what breaks it.

    ARCHIVE names the starting state; of a REPORT of harness diff the differences are tried too.
    """
    config = find_config(Path.cwd())
    named, groups = _source(source, config)
    env = dict(map(_variable, variables))
    wanted = [parse_client(text, env, folder, product, timeout) for text in clients]
    if len({client.name for client in wanted}) < len(wanted):
        raise UsageError("two clients have one name: give --client NAME=COMMAND")
    old = parse_target(old_text, config, frozenset(allow_writes), config.timeout)
    if not (state or named) and config.states and old.stateful:
        click.echo(f"no starting state is named: --state {' or --state '.join(sorted(config.states))}", err=True)
    with starting_state(state or named, config, old) as start:
        plan = Plan(old, config, start, groups, only, endpoints, workers or config.workers, resume)
        found = survey(wanted, plan, _advance)
    for path in filter(None, (output, json_file)):
        write_map(path, found)
    if html:
        html.write_text(matrix(found), encoding="utf-8")
    for line in table(found):
        click.echo(line)
    judged = [client for client in found.clients if client.judged]
    sys.exit(int(any(client.breaks for client in judged)) if judged else 2)


def _source(path: Path, config: Config) -> tuple[str | None, Sequence[Group]]:
    """Return the starting state that an archive names and no groups, or the groups of a report."""
    if path.suffix == ".json" and path.is_file():
        return config.state, read_report(path).groups
    return next((one.state for one in open_recordings([path]) if one.state), config.state), ()


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"--env {text!r}: give NAME=VALUE")
    return name, value


def _advance(runs: int, name: str) -> None:
    """Say now and then on stderr how many runs there were."""
    if not runs % 20:
        click.echo(f"{runs} runs, now {name}", err=True)
