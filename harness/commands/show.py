"""`harness show`: list the exchanges of a recording or some of them, count them, check the file, show one in full."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from harness.commands.selecting import selecting
from harness.config import find_config
from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange, Headers
from harness.find import find, found_in, whole
from harness.naming import Names, names_of
from harness.record.counts import completeness
from harness.recording import Recording, open_recordings
from harness.redact.privacy import report
from harness.report.curl import curl
from harness.selection import EVERYTHING, Selection
from harness.sources.har import HAR_SINK
from harness.store.archive import Archive
from harness.store.inspection import inspected
from harness.tally import COLUMNS, tally

EPILOG = """\b
Examples:
  harness show today.archive --by client,endpoint
  harness show today.archive --status 5xx --since 2026-11-23T06:00
  harness show today.archive 17 --curl
  harness show today.archive --session 17
  harness show today.archive --check
  harness show today.archive --privacy"""

Exchanges = Iterable[Exchange]


@click.command("show", epilog=EPILOG)
@click.argument("recording", type=click.Path(path_type=Path))
@click.argument("identity", metavar="[ID]", required=False)
@selecting
@click.option("--count", is_flag=True, help="Only how many exchanges there are, and how complete the capture was.")
@click.option("--by", metavar="COLUMNS", help=f"How many of each, by {', '.join(COLUMNS)} (comma-separated).")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many lines.")
@click.option("--curl", "form", flag_value="curl", help="The requests as curl commands.")
@click.option("--har", "form", flag_value="har", help="The exchanges as a HAR file.")
@click.option("--json", "form", flag_value="json", help="One JSON object a line, for scripts.")
@click.option("--privacy", is_flag=True, help="Which fields are in clear, what they look like, and what was redacted.")
@click.option("--check", "checking", is_flag=True, help="Read every byte; exit 2 if anything is damaged, saying what.")
def command(
    recording: Path,
    identity: str | None,
    count: bool,
    by: str | None,
    limit: int | None,
    form: str | None,
    privacy: bool,
    checking: bool,
    **options: Any,
) -> None:
    """List RECORDING (archive, cassette or folder), or show the exchange ID (NAME#N, or N) in full."""
    if limit and (checking or form == "har"):
        raise UsageError(f"--limit counts lines: {'--check looks at all' if checking else 'a HAR file cannot be cut'}")
    recordings = open_recordings([recording], empty=checking)
    names, selection = names_of(find_config(Path.cwd())), Selection(**options)
    if selection.session:
        find(recordings, selection.session)  # or else say that there is none
    if checking:
        lines = checked(recordings)
    elif privacy:
        lines = report(whole(each, selection, names) for each in recordings)
    elif identity:
        lines = FORMS[form or "full"]([find(recordings, identity)], names)
    elif by:
        lines = counted(tally(recordings, by.split(","), selection, names), by.split(","), form)
    elif count:
        lines = totals(recordings, selection, names)
    else:
        lines = FORMS[form or "brief"](_meant(recordings, selection, names, form), names)
    shown = False
    for line in islice(lines, limit):
        click.echo(line)
        shown = True
    if not shown:
        click.echo(f"none of {sum(map(len, recordings))} exchanges is meant by these options", err=True)


def _meant(recordings: Sequence[Recording], selection: Selection, names: Names, form: str | None) -> Iterator[Exchange]:
    """Yield the exchanges that are meant, without the answers' bodies where the form does not show them."""
    for recording in recordings:
        if form in ("har", "curl"):
            yield from whole(recording, selection, names)
        else:
            yield from (exchange for _, exchange in found_in(recording, selection, names))


def totals(recordings: Sequence[Recording], selection: Selection, names: Names) -> Iterator[str]:
    """Yield how many exchanges are meant, and for whole archives how complete the capture was."""
    if selection != EVERYTHING:
        yield str(tally(recordings, ["status"], selection, names).total())
        return
    yield str(sum(map(len, recordings)))
    for recording in recordings:
        if isinstance(recording, Archive) and (capture := completeness(recording.path)):
            yield from capture.lines()


def checked(recordings: Sequence[Recording]) -> Iterator[str]:
    """Yield for each recording that it is whole; raises `RecordingError` for one that is not."""
    for recording in recordings:
        if not isinstance(recording, Archive):
            yield f"{recording.name}: {sum(1 for _ in recording)} exchanges, all can be read"
            continue
        found = inspected(recording.path)
        if found.damage:
            unreadable = f"; the first that cannot: {', '.join(found.unreadable)}" if found.unreadable else ""
            readable = f"{found.readable} of {found.exchanges} exchanges can still be read{unreadable}"
            raise RecordingError("\n  ".join([f"{recording.path}: damaged", *found.damage, readable]))
        yield f"{recording.name}: {found.exchanges} exchanges, all whole"


def brief(exchanges: Exchanges, _: Names) -> Iterator[str]:
    """Yield each exchange as one line: id, status, start line."""
    for exchange in exchanges:
        yield f"{exchange.id}  {_status(exchange)}  {printable(exchange.request.start_line)}"


def _when(started: float) -> str:
    """Return a time as people read it: in UTC, to the millisecond."""
    try:
        return f"{datetime.fromtimestamp(started, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC"
    except (ValueError, OverflowError, OSError):  # no year of our calendar
        return f"{started:.3f}"


def full(exchanges: Exchanges, _: Names) -> Iterator[str]:
    """Yield exchanges as they were on the wire, line by line, after a line of their facts."""
    for exchange in exchanges:
        user = f" as {exchange.user} ({exchange.user_by})" if exchange.user else ""
        yield f"{exchange.id}: from {exchange.peer or 'an unknown address'}{user}, at {_when(exchange.started)}"
        yield from (f"redacted: {printable(each.place.encode())}, {each.kind}" for each in exchange.redactions)
        yield from _message(exchange.request.start_line, exchange.request.headers, exchange.request.body)
        yield ""
        response = exchange.response
        if response is None:
            yield "no answer"
            continue
        status_line = b"%s %d %s" % (response.version, response.status, response.reason)
        yield from _message(status_line, response.headers, response.body)
        if not response.complete:
            yield "(cut off)"


def as_curl(exchanges: Exchanges, _: Names) -> Iterator[str]:
    """Yield requests as commands for a shell."""
    return (curl(each.request, f"{each.scheme}://{each.host or 'localhost:8000'}") for each in exchanges)


def as_har(exchanges: Exchanges, _: Names) -> Iterator[str]:
    """Yield the parts of a HAR file."""
    style = HAR_SINK.style(None)
    number = -1
    yield style.opening().decode()
    for number, exchange in enumerate(exchanges):
        yield style.item(exchange, number).decode()
    yield style.closing(number + 1).decode()


def as_json(exchanges: Exchanges, names: Names) -> Iterator[str]:
    """Yield each exchange's facts as a JSON object."""
    for exchange in exchanges:
        request, response, who = exchange.request, exchange.response, names.client(exchange.request)
        facts = {
            "id": exchange.id,
            "time": datetime.fromtimestamp(exchange.started, UTC).isoformat(),
            "duration": exchange.duration,
            "method": request.method.decode("latin-1"),
            "target": request.target.decode("latin-1"),
            "endpoint": names.endpoint(request),
            "status": response.status if response else None,
            "size": response.size if response else None,
            "client": who.family,
            "version": who.version,
            "audience": who.audience,
            "peer": exchange.peer,
            "user": exchange.user,
        }
        yield json.dumps(facts)


FORMS: dict[str, Callable[[Exchanges, Names], Iterator[str]]] = {
    "brief": brief,
    "full": full,
    "curl": as_curl,
    "har": as_har,
    "json": as_json,
}


def counted(found: Counter[tuple[str, ...]], columns: Sequence[str], form: str | None) -> Iterator[str]:
    """Yield how many exchanges there are for each value of the columns and their share, most first."""
    if form not in (None, "json"):
        raise UsageError(f"--by cannot be shown as --{form}")
    total = found.total()
    for values, number in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        if form == "json":
            yield json.dumps({"count": number, "share": number / total, **dict(zip(columns, values, strict=True))})
        else:
            shown = "  ".join(printable(value.encode("latin-1", "replace")) for value in values)
            yield f"{number:8} {number / total:6.1%}  {shown}"


def printable(data: bytes) -> str:
    """Return bytes as text in which nothing can move the cursor of a terminal."""
    text = data.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode-escape").decode("ascii") for char in text)


def _message(first: bytes, headers: Headers, body: bytes | None) -> Iterator[str]:
    yield printable(first)
    for name, value in headers:
        yield printable(name + b": " + value)
    yield ""
    if body is None:
        yield "(body not recorded)"
    elif body:
        yield from (printable(line) for line in body.split(b"\n"))


def _status(exchange: Exchange) -> str:
    return str(exchange.response.status) if exchange.response else "-"
