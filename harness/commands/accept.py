"""`harness accept`: write groups of a report into `accepted.toml`. Options in, a changed file out."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from harness.acceptance import Answer, entry_text, with_entries
from harness.accepted import FIELDS, Accepted, compared_of, growth, matches, parse_accepted
from harness.config import find_config
from harness.errors import UsageError
from harness.group import Group
from harness.report import Result, read_report

EPILOG = """\b
Examples:
  harness accept report.json 3f9a --reason "the new server sends its own Date" --owner web
  harness accept report.json --where 'aspect=header path=Date' --reason "as above" --expires 2027-06-30
  harness accept report.json --all --reason "known before the move" --dry-run
  harness accept report.json --interactive"""

WHERE = (*FIELDS, "endpoint")


@click.command("accept", epilog=EPILOG, short_help="Accept differences of a report.")
@click.argument("report", type=click.Path(path_type=Path))
@click.argument("groups", metavar="[GROUP]...", nargs=-1)
@click.option("--where", metavar="TERMS", help=f"Groups with these values, * for any text: {', '.join(WHERE)}.")
@click.option("--all", "everything", is_flag=True, help="All groups of the report.")
@click.option("--pattern", is_flag=True, help="One entry of the --where terms, for later groups that fit, too.")
@click.option("--reason", metavar="TEXT", help="Why the difference may be.")
@click.option("--owner", metavar="NAME", default="", help="Who answers for it.")
@click.option("--expires", metavar="DATE", help="Last day on which it is accepted (2027-01-31).")
@click.option("--interactive", is_flag=True, help="Ask for each group.")
@click.option("--dry-run", is_flag=True, help="Only say what would be accepted.")
@click.option("-o", "output", type=click.Path(path_type=Path), help="The file (as in harness.toml, accepted.toml).")
def command(
    report: Path,
    groups: tuple[str, ...],
    where: str | None,
    everything: bool,
    pattern: bool,
    reason: str | None,
    owner: str,
    expires: str | None,
    interactive: bool,
    dry_run: bool,
    output: Path | None,
) -> None:
    """Accept differences that REPORT (the --json of harness diff) shows: by how GROUP ids begin, or in bulk."""
    file = output or default_file()
    read = read_report(report)
    compared = compared_of(read.endpoints)
    terms = parse_where(where) if where is not None else None
    if pattern and terms is None:
        raise UsageError("--pattern goes with --where: its terms become the entry")
    chosen = choose(read, groups, terms, everything or (interactive and not groups and terms is None), report)
    if not (reason or interactive or dry_run):
        raise UsageError("give --reason TEXT: why may these differences be?")
    text = _text_of(file)
    entries = parse_accepted(text, file)
    wanted = [group for group in chosen if not _accepted_already(group, entries, compared)]
    if interactive:
        wanted = ask(wanted)
        reason = reason or (click.prompt("Reason", err=True) if wanted and not dry_run else None)
    answer = Answer(reason or "(to be given)", owner, parse_expires(expires) if expires else None)
    added, renewed = written(wanted, terms if pattern else None, entries, answer, compared)
    after = with_entries(text, file, added, renewed)
    for group in wanted:
        click.echo(f"{'would accept' if dry_run else 'accepted'} {group.id}  {_times(group.count)}  {group.title}")
    if wanted and not dry_run:
        _write(file, after)
    click.echo(_summary(wanted, file, dry_run))


def default_file() -> Path:
    """Return the file of accepted differences that `harness diff` reads here."""
    config = find_config(Path.cwd())
    return config.root / config.accepted


def parse_where(text: str) -> dict[str, str]:
    """Read `aspect=header path=Date old='a b'`. Raises UsageError for what is no such term."""
    try:
        terms = [word.partition("=") for word in shlex.split(text)]
    except ValueError as error:
        raise UsageError(f"--where {text!r}: {error}") from None
    for name, equals, _ in terms:
        if not equals or name not in WHERE:
            raise UsageError(f"--where {text!r}: {name!r} is no term; give NAME=VALUE with {', '.join(WHERE)}")
    if not terms:
        raise UsageError(f"--where needs terms: NAME=VALUE with {', '.join(WHERE)}")
    return {name: value for name, _, value in terms}


def parse_expires(text: str) -> date:
    """Read a day to come. Raises UsageError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--expires {text!r}: give a date like 2027-01-31") from None
    if day < date.today():
        raise UsageError(f"--expires {text}: is over already")
    return day


def choose(
    report: Result, prefixes: Sequence[str], terms: Mapping[str, str] | None, everything: bool, path: Path
) -> list[Group]:
    """Return the groups that the command line asks for. Raises UsageError where there are none."""
    if bool(prefixes) + (terms is not None) + everything != 1:
        raise UsageError("say which groups, in one way: GROUP ids, --where TERMS or --all")
    if terms is not None:
        found = [group for group in _all(report) if _fits(group, terms)]
        if not found:
            raise UsageError(f"{path}: no group is like that; it has {_known(report)}")
        return found
    if everything:
        return list(report.groups)
    by_id = {group.id: group for group in (_by_prefix(report, prefix, path) for prefix in prefixes)}
    return list(by_id.values())


def _all(report: Result) -> list[Group]:
    return [*report.groups, *report.accepted]


def _by_prefix(report: Result, prefix: str, path: Path) -> Group:
    found = [group for group in _all(report) if group.id.startswith(prefix)]
    if len(found) != 1:
        what = "begins several ids" if found else "begins no id of a group"
        raise UsageError(f"{path}: {prefix!r} {what}; it has {_known(report)}")
    return found[0]


def _known(report: Result) -> str:
    ids = [group.id for group in _all(report)]
    return ", ".join(ids[:10]) + (" ..." if len(ids) > 10 else "") if ids else "no groups"


def _fits(group: Group, terms: Mapping[str, str]) -> bool:
    """Tell whether a group has the values asked for; of its endpoints, one is enough."""
    endpoint = terms.get("endpoint", "*")
    others = {name: text for name, text in terms.items() if name != "endpoint"}
    return any(matches(endpoint, name) for name in group.endpoints) and all(
        matches(text, str(getattr(group, name))) for name, text in others.items()
    )


def _accepted_already(group: Group, entries: Sequence[Accepted], compared: Mapping[str, int]) -> bool:
    """Tell, and say, whether an entry in force accepts a group as it is; one that grew may be accepted anew."""
    for entry in entries:
        if entry.covers(group) and not entry.expired(date.today()) and not growth(entry, group, compared):
            click.echo(f"{group.id} is accepted already, by {entry.place}: {entry.reason}", err=True)
            return True
    return False


def ask(groups: Sequence[Group]) -> list[Group]:
    """Ask for each group whether to accept it; `q` ends the questions."""
    wanted = []
    for number, group in enumerate(groups, 1):
        click.echo(f"\n{number} of {len(groups)}: {group.title}  ({group.id}, {_times(group.count)})", err=True)
        click.echo(f"  at   {', '.join(list(group.endpoints)[:3])}", err=True)
        click.echo(f"  old  {group.old or '(none)'}\n  new  {group.new or '(none)'}", err=True)
        answer = click.prompt(
            "a(ccept), s(kip), q(uit)", type=click.Choice(["a", "s", "q"]), show_choices=False, err=True
        )
        if answer == "q":
            break
        wanted += [group] if answer == "a" else []
    return wanted


def written(
    groups: Sequence[Group],
    pattern: Mapping[str, str] | None,
    entries: Sequence[Accepted],
    answer: Answer,
    compared: Mapping[str, int],
) -> tuple[list[str], dict[int, str]]:
    """Return the texts of the entries to add, and of those to renew, by number: a group's own entry is renewed."""
    if pattern is not None:
        return ([entry_text(pattern, groups, answer, compared)] if groups else []), {}
    added, renewed = [], {}
    for group in groups:
        own = next((number for number, entry in enumerate(entries, 1) if entry.pattern == {"id": group.id}), None)
        if own is None:
            added.append(entry_text({"id": group.id}, [group], answer, compared))
        else:
            owner = answer.owner or entries[own - 1].owner
            renewed[own] = entry_text({"id": group.id}, [group], replace(answer, owner=owner), compared)
    return added, renewed


def _summary(groups: Sequence[Group], file: Path, dry_run: bool) -> str:
    number = len(groups)
    what = f"{number} group{'s' * (number != 1)}, {_times(sum(group.count for group in groups))}"
    if not groups:
        return f"nothing to accept; {file} stays as it is"
    return f"would accept {what}; nothing is written" if dry_run else f"accepted {what}, in {file}"


def _times(count: int) -> str:
    return f"{count} exchange{'s' * (count != 1)}"


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from None


def _write(file: Path, text: str) -> None:
    """Put a text in the place of a file, all of it or nothing."""
    part = file.with_name(file.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None
