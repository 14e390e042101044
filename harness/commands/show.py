"""`harness show`: list the exchanges of a recording, one of them in full, or how many there are of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import click

from harness.clients import client
from harness.config import Config, find_config
from harness.endpoint import endpoint
from harness.errors import RecordingError, UsageError
from harness.exchange import Exchange, Headers
from harness.recording import open_recordings

COLUMNS: dict[str, Callable[[Exchange], str]] = {
    "client": lambda exchange: client(exchange.request),
    "endpoint": lambda exchange: _endpoint(exchange),
    "method": lambda exchange: exchange.request.method.decode("latin-1"),
    "peer": lambda exchange: exchange.peer or "-",
    "status": lambda exchange: str(exchange.response.status) if exchange.response else "-",
}


EPILOG = """\b
Examples:
  harness show today.archive
  harness show today.archive --by client,endpoint
  harness show recordings/ pip-26.3.yaml#3"""


@click.command("show", epilog=EPILOG)
@click.argument("recording", type=click.Path(path_type=Path))
@click.argument("identity", metavar="[ID]", required=False)
@click.option("--count", is_flag=True, help="Only how many exchanges there are.")
@click.option("--by", metavar="COLUMNS", help=f"How many of each, by {', '.join(COLUMNS)} (comma-separated).")
def command(recording: Path, identity: str | None, count: bool, by: str | None) -> None:
    """List RECORDING (archive, cassette or folder), or show the exchange ID (NAME#N, or N) in full."""
    recordings = open_recordings([recording])
    exchanges = (exchange for each in recordings for exchange in each)
    if identity:
        lines = full(_found(exchanges, identity, recording))
    elif by:
        lines = counted(exchanges, by.split(","))
    elif count:
        lines = iter([str(sum(map(len, recordings)))])
    else:
        lines = map(brief, exchanges)
    for line in lines:
        click.echo(line)


def brief(exchange: Exchange) -> str:
    """Return an exchange as one line: id, status, start line."""
    status = COLUMNS["status"](exchange)
    return f"{exchange.id}  {status}  {printable(exchange.request.start_line)}"


def full(exchange: Exchange) -> Iterator[str]:
    """Yield an exchange as it was on the wire, line by line, after a line of its facts."""
    user = f" as {exchange.user} ({exchange.user_by})" if exchange.user else ""
    yield f"{exchange.id}: from {exchange.peer or 'an unknown address'}{user}, at {exchange.started:.3f}"
    yield from _message(exchange.request.start_line, exchange.request.headers, exchange.request.body)
    yield ""
    response = exchange.response
    if response is None:
        yield "no answer"
        return
    status_line = b"%s %d %s" % (response.version, response.status, response.reason)
    yield from _message(status_line, response.headers, response.body)
    if not response.complete:
        yield "(cut off)"


def counted(exchanges: Iterable[Exchange], columns: list[str]) -> Iterator[str]:
    """Yield how many exchanges there are for each value of the columns, most first."""
    if unknown := [column for column in columns if column not in COLUMNS]:
        raise UsageError(f"--by {','.join(unknown)}: choose from {', '.join(COLUMNS)}")
    keys = [COLUMNS[column] for column in columns]
    found = Counter(tuple(key(exchange) for key in keys) for exchange in exchanges)
    for values, number in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        yield f"{number:8}  {'  '.join(printable(value.encode('latin-1', 'replace')) for value in values)}"


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


def _found(exchanges: Iterable[Exchange], identity: str, recording: Path) -> Exchange:
    for exchange in exchanges:
        if identity in (exchange.id, exchange.id.rpartition("#")[2]):
            return exchange
    raise RecordingError(f"{recording}: has no exchange {identity}")


def _endpoint(exchange: Exchange) -> str:
    config = _config()
    return endpoint(exchange.request, config.endpoints, config.parameters)


@cache
def _config() -> Config:
    return find_config(Path.cwd())
