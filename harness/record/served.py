"""A WSGI application served by gunicorn on a free loopback port, for as long as it is recorded.

An application's name comes in, an address to connect to goes out. gunicorn imports this module as its configuration:
through a socket it is told when a worker has loaded the application, so that nothing need be asked of it, and gunicorn
notices when we are gone, so that it does not outlive us.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from harness.errors import TargetError, UsageError

_DESCRIPTOR = "HARNESS_DESCRIPTOR"
_START = 60.0  # seconds an application may take to load
_STOP = 10.0  # seconds gunicorn may take to end


class Served:
    """A running gunicorn: where it listens, and whether it still runs."""

    def __init__(self, process: subprocess.Popen[bytes], address: tuple[str, int]) -> None:
        self.address = address
        self._process = process

    @property
    def alive(self) -> bool:
        """Whether gunicorn has not ended."""
        return self._process.poll() is None


@contextlib.contextmanager
def serve(target: str, workers: int = 1) -> Iterator[Served]:
    """Serve `module:name` while the block runs.

    Raises `UsageError` where gunicorn is not installed, `TargetError` where it cannot start the application.
    """
    if importlib.util.find_spec("gunicorn") is None:
        raise UsageError("--app needs gunicorn: pip install 'screamtest[serve]', or give --upstream URL")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = _started(target, workers, listener.fileno(), theirs.fileno())
            try:
                _wait(target, process, ours)
                yield Served(process, listener.getsockname()[:2])
            finally:
                _stop(process)


def _started(target: str, workers: int, listener: int, line: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "gunicorn", "--config", f"python:{__name__}", "--bind", f"fd://{listener}",
        "--workers", str(workers), "--no-control-socket", "--log-level", "warning", target,
    ]  # fmt: skip
    environment = {**os.environ, _DESCRIPTOR: str(line)}
    # Its own group: Ctrl-C is for the recorder, which ends gunicorn when the last answer is recorded.
    return subprocess.Popen(command, env=environment, pass_fds=(listener, line), start_new_session=True)


def post_worker_init(worker: object) -> None:
    """Tell who waits that a worker has loaded the application (called by gunicorn in each worker)."""
    with contextlib.suppress(OSError):
        os.write(int(os.environ[_DESCRIPTOR]), b"+")


def when_ready(server: object) -> None:
    """End gunicorn when who started it has ended, killed perhaps (called by gunicorn in its first process)."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            os.read(int(os.environ[_DESCRIPTOR]), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _wait(target: str, process: subprocess.Popen[bytes], line: socket.socket) -> None:
    """Return when a worker is ready: then a byte comes; an end means that all have ended."""
    line.settimeout(0.2)
    until = time.monotonic() + _START
    while time.monotonic() < until:
        try:
            if line.recv(1):
                return
            process.wait(_STOP)
        except TimeoutError:
            pass
        if process.poll() is not None:
            status = process.returncode
            raise TargetError(f"{target}: gunicorn could not start it (exit status {status}); its log is above")
    raise TargetError(f"{target}: not ready after {_START:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
