"""gunicorn as it is run, for the tests of what records inside it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

LIMIT = 30  # seconds


@pytest.fixture
def gunicorn() -> Callable[..., AbstractContextManager[str]]:
    """Return what serves `target` of a folder with two workers; it yields the URL, and ends by SIGTERM."""
    return serve


@contextmanager
def serve(folder: Path, target: str, *options: str) -> Iterator[str]:
    """Start gunicorn, wait until it listens, and end it whatever happens."""
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "2", "--no-control-socket"]
    command += ["--graceful-timeout", "5"]  # a worker that is still booting does not hear that it is to end
    process = subprocess.Popen(
        [*command, *options, target], cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stderr
        for line in process.stderr:
            if found := re.search(r"Listening at: (http://\S+)", line):
                break
        else:
            raise AssertionError("gunicorn did not start")
        yield found[1]
        process.terminate()
        # To the end of the log, the keeper's included: then the archive is finished.
        process.communicate(timeout=LIMIT)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
