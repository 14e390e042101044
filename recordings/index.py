"""A fresh old index behind a recorder: started for one scenario, stopped and gone after it.

Two processes: `python -m legacy serve` with the seed, as CGI as it was run in its time, and `harness
record` in front of it, which clients talk to.
"""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from recordings.installations import installed

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "recordings" / "seed.json"
HARNESS = Path(sys.executable).with_name("harness")
HOST = "127.0.0.1"
PORT = 18016  # one for all, so that making a cassette again changes little in it
START = 60  # seconds
STOP = 30  # seconds


class ServerError(Exception):
    """The index or the recorder did not start, or lost something."""


class TakenError(ServerError):
    """The recorder did not start because somebody else took its port."""


def free_port(wanted: int = PORT) -> int:
    """Return `wanted` if nobody listens there, else another port that is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def recorded_index(
    cassette: Path, work: Path, cgi: bool = True, index: str = "legacy", state: str = "seed"
) -> Iterator[str]:
    """Serve a fresh index and record into `cassette`; yields the address for clients (`http://HOST:PORT`).

    `cgi` is False for an index that answers within the server's process; only the old one (`legacy`) can be otherwise,
    or start from another state than the seed.
    """
    # Only what is kept has to name the same host each time; somebody else may take that port before we do.
    with ExitStack() as stack:
        try:
            port = free_port(PORT if cgi else 0)
            base, recorder = stack.enter_context(_recorder(cassette, work, cgi, port, index, state))
        except TakenError:
            base, recorder = stack.enter_context(_recorder(cassette, work, cgi, free_port(0), index, state))
        yield base
    lost = re.search(r"lost (\d+)", recorder.printed)
    if recorder.status or not lost or lost[1] != "0":
        raise ServerError(f"harness record ended with {recorder.status}: {recorder.printed}")


@contextmanager
def _recorder(
    cassette: Path, work: Path, cgi: bool, port: int, index: str, state: str
) -> Iterator[tuple[str, _Process]]:
    """Index and recorder on a port; raises TakenError if somebody listens there by now."""
    base = f"http://{HOST}:{port}"
    serve = [sys.executable, "-m", index, "serve", "--bind", f"{HOST}:0"]
    serve += ["--cgi"] if cgi else []
    serve += ["--files", str(work / "files"), "--mail", str(work / "mail")]
    environ = {**os.environ, "PYPI_BASE_URL": f"{base}/pypi"}
    with ExitStack() as stack:
        if state == "seed":
            serve += ["--seed", str(SEED)]
        else:
            database, settings = stack.enter_context(installed(state, work / "files", f"{HOST}:{port}"))
            serve += ["--database", database]
            environ.update(settings)
        upstream = stack.enter_context(_running(serve, r"Serving on (http://[^/\s]+)", environ))
        record = [str(HARNESS), "record", "--upstream", upstream.found, "--bind", f"{HOST}:{port}"]
        record += ["--no-redaction", "--state", state, "-o", str(cassette)]  # the credentials are those of the seed
        try:
            recorder = stack.enter_context(_running(record, r"Recording (http://\S+)", environ))
        except ServerError as error:
            raise TakenError(str(error)) if free_port(port) != port else error from None
        yield base, recorder


class _Process:
    """A started server: what it said when it was ready, and in the end all that it printed and its status."""

    def __init__(self, process: subprocess.Popen[str], found: str, printed: str) -> None:
        self.process = process
        self.found = found
        self.printed = printed
        self.status: int | None = None


@contextmanager
def _running(command: list[str], ready: str, environ: dict[str, str]) -> Iterator[_Process]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    try:
        reader.start()
        started = _await(process, lines, ready, command)
        yield started
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        reader.join(STOP)
        if process.stdout is not None:
            process.stdout.close()
    started.status = process.returncode
    started.printed += "".join(iter(lambda: lines.get(timeout=STOP) or "", ""))


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


def _await(process: subprocess.Popen[str], lines: queue.Queue[str | None], ready: str, command: list[str]) -> _Process:
    printed = ""
    until = time.monotonic() + START
    while True:
        try:
            line = lines.get(timeout=max(0.1, until - time.monotonic()))
        except queue.Empty:
            raise ServerError(f"{' '.join(command)} does not start; it printed:\n{printed}") from None
        if line is None:
            raise ServerError(f"{' '.join(command)} ended with {process.wait()}; it printed:\n{printed}")
        printed += line
        found = re.search(ready, line)
        if found:
            return _Process(process, found[1], printed)
