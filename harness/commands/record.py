"""`harness record`: stand before a server or an application and record what clients do."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click

from harness.config import find_config
from harness.errors import RecordingError, TargetError, UsageError
from harness.record.counts import Completeness
from harness.record.job import job_for, switch_of
from harness.record.line import Line
from harness.record.proxy import Address, RecordingProxy
from harness.record.rotation import Rotation, parse_age, parse_size
from harness.record.served import serve
from harness.record.tape import Tape
from harness.redact.options import given_key, redaction_options, redactor_for
from harness.sources.registry import check_recorded

EPILOG = """\b
Examples:
  harness record --upstream http://127.0.0.1:80 --bind 127.0.0.1:8001 -o today.archive
  harness record --app package.module:application -o one-visit.yaml --state seed"""

_HERE = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1", "::"})  # noqa: S104 (compared, not bound)


@click.command("record", epilog=EPILOG)
@click.option("--upstream", metavar="URL", help="Record in front of this running server (http://HOST:PORT).")
@click.option("--app", metavar="TARGET", help="Serve this application (module:name) under gunicorn and record it.")
@click.option("--workers", default=1, show_default=True, help="gunicorn workers for --app.")
@click.option("--bind", metavar="HOST:PORT", default="127.0.0.1:0", show_default=True, help="Where clients connect.")
@click.option("-o", "output", required=True, type=click.Path(path_type=Path), help="Archive, or cassette x.yaml.")
@click.option("--state", help="Name of the state that the exchanges start from.")
@click.option("--sample", type=click.FloatRange(0, 1), default=1.0, help="Share of the sessions to keep, like 0.1.")
@click.option("--rotate-size", metavar="SIZE", help="Begin another file at this size, like 1G.")
@click.option("--rotate-age", metavar="AGE", help="Begin another file after this time, like 24h.")
@click.option("--keep", metavar="N", type=click.IntRange(1), help="Keep only the newest N files.")
@click.option(
    "--switch", type=click.Path(path_type=Path), help="While this file exists, record nothing [ARCHIVE.stop]."
)
@redaction_options
def command(
    upstream: str | None,
    app: str | None,
    workers: int,
    bind: str,
    output: Path,
    state: str | None,
    sample: float,
    rotate_size: str | None,
    rotate_age: str | None,
    keep: int | None,
    switch: Path | None,
    key_file: Path | None,
    no_redaction: bool,
) -> None:
    """Record until Ctrl-C or SIGTERM. An archive is added to, a cassette written anew.

    Secrets are replaced by tokens as they are recorded. A name like day-%Y%m%d.archive begins a file each day (UTC).
    """
    if (upstream is None) == (app is None):
        raise UsageError("give either --upstream URL or --app TARGET")
    check_recorded(output)
    address = parse_address(bind, "--bind")
    if upstream and _is_same(address, parse_upstream(upstream)):
        raise UsageError(f"--bind {bind} is the address of --upstream itself: give one that is free")
    config = find_config(Path.cwd())
    redact = redactor_for(config, key_file, no_redaction) is not None
    rotation = Rotation(
        parse_size(rotate_size) if rotate_size else None, parse_age(rotate_age) if rotate_age else None, keep
    )
    if keep and not rotation.wanted(output):
        raise UsageError("--keep is for a rotation: give --rotate-size, --rotate-age, or -o day-%Y%m%d.archive")
    key = given_key(key_file) if redact else None
    job = job_for(output, config, redact, state, sample, rotation=rotation, key=key, private=True)
    line = Line(job)
    with _until_told() as told, contextlib.ExitStack() as stack:
        server = stack.enter_context(serve(app, workers)) if app else None
        target = server.address if server else parse_upstream(upstream or "")
        tape = Tape(line, switch=switch or switch_of(job))
        with RecordingProxy(address, target, tape) as proxy:
            line.open(tape.counters)
            click.echo(f"Recording http://{shown(proxy.address)} -> {app or upstream} into {output} (Ctrl-C ends it)")
            alive = _wait(told, lambda: server is None or server.alive)
        tape.close()
        for text in _summary(tape.completeness):
            click.echo(text)
        if tape.unfinished:
            raise RecordingError(f"the recording could not be finished: {tape.unfinished}{_left(output)}")
        if not alive:
            raise TargetError(f"{app}: gunicorn ended while it was recorded; its log is above")


def _summary(counts: Completeness) -> Iterator[str]:
    """Yield what was recorded and what was not."""
    yield f"recorded {counts.written} exchanges, lost {counts.lost}"
    yield from list(counts.lines())[1:]


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


def _is_same(bind: Address, upstream: Address) -> bool:
    """Tell whether a proxy would ask itself; a machine's own names are taken for one."""
    return bind[1] == upstream[1] and (bind[0] == upstream[0] or {bind[0], upstream[0]} <= _HERE)


def shown(address: Address) -> str:
    """Write an address as it stands in a URL."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


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
