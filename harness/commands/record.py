"""`harness record`: stand before a server or an application and record what clients do."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click

from harness.errors import RecordingError, TargetError, UsageError
from harness.record.proxy import Address, RecordingProxy
from harness.record.served import serve
from harness.record.tape import Tape
from harness.recording import writer_for

EPILOG = """\b
Examples:
  harness record --upstream http://127.0.0.1:80 --bind 127.0.0.1:8001 -o today.archive
  harness record --app package.module:application -o one-visit.yaml --state seed"""


@click.command("record", epilog=EPILOG)
@click.option("--upstream", metavar="URL", help="Record in front of this running server (http://HOST:PORT).")
@click.option("--app", metavar="TARGET", help="Serve this application (module:name) under gunicorn and record it.")
@click.option("--workers", default=1, show_default=True, help="gunicorn workers for --app.")
@click.option("--bind", metavar="HOST:PORT", default="127.0.0.1:0", show_default=True, help="Where clients connect.")
@click.option("-o", "output", required=True, type=click.Path(path_type=Path), help="Archive, or cassette x.yaml.")
@click.option("--state", help="Name of the state that the exchanges start from.")
def command(upstream: str | None, app: str | None, workers: int, bind: str, output: Path, state: str | None) -> None:
    """Record until Ctrl-C or SIGTERM. An archive is added to, a cassette written anew.

    Nothing is redacted yet: passwords and cookies are recorded as clients sent them.
    """
    if (upstream is None) == (app is None):
        raise UsageError("give either --upstream URL or --app TARGET")
    address = parse_address(bind, "--bind")
    writer = writer_for(output, state)
    with _until_told() as told, contextlib.ExitStack() as stack:
        server = stack.enter_context(serve(app, workers)) if app else None
        target = server.address if server else parse_upstream(upstream or "")
        tape = Tape(writer)
        with RecordingProxy(address, target, tape) as proxy:
            _open(writer.open, output)
            click.echo(f"Recording http://{shown(proxy.address)} -> {app or upstream} into {output} (Ctrl-C ends it)")
            alive = _wait(told, lambda: server is None or server.alive)
        tape.close()
        click.echo(f"recorded {tape.recorded} exchanges, lost {tape.lost + proxy.lost}")
        if tape.unfinished:
            raise RecordingError(f"the recording could not be finished: {tape.unfinished}{_left(output)}")
        if not alive:
            raise TargetError(f"{app}: gunicorn ended while it was recorded; its log is above")


def parse_address(text: str, option: str) -> Address:
    """Read HOST:PORT ([HOST]:PORT for IPv6); raises `UsageError` naming the option."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"{option} {text!r}: give HOST:PORT, like 127.0.0.1:8080")
    return host or "0.0.0.0", int(port)  # noqa: S104 (":8080" asks for every interface)


def parse_upstream(url: str) -> Address:
    """Read http://HOST[:PORT]; raises `UsageError` for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"--upstream {url!r}: {error}") from error
    if parts.scheme == "https":
        raise UsageError(f"--upstream {url!r}: only http can be overheard; put the recorder behind what ends TLS")
    if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise UsageError(f"--upstream {url!r}: give http://HOST:PORT, without a path")
    return parts.hostname, port or 80


def shown(address: Address) -> str:
    """Write an address as it stands in a URL."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _open(opening: Callable[[], None], output: Path) -> None:
    try:
        opening()
    except OSError as error:
        raise RecordingError(f"{output}: cannot be written: {error.strerror or error}") from error


def _left(output: Path) -> str:
    """Say where the unfinished file stands, if it is not under its own name yet."""
    part = output.with_name(output.name + ".part")
    return f"; what was written stands in {part}" if part.exists() else ""


def _wait(told: threading.Event, alive: Callable[[], bool]) -> bool:
    """Wait until told to end; return False where the server ended first."""
    while not told.wait(0.5):
        if not alive():
            return False
    return True


@contextlib.contextmanager
def _until_told() -> Iterator[threading.Event]:
    """Set the event at SIGINT and SIGTERM; afterwards they are handled as before."""
    told = threading.Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
