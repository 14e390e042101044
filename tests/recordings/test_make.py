"""Whoever ends the command ends what it started."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("harness.postgres")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
import sys, time
from pathlib import Path
from recordings import make
from recordings.session import Scenario

def play(session):
    print(session.base, session.work, flush=True)
    time.sleep(600)

make.SCENARIOS = (Scenario("waiting", None, play, "a client that waits"),)
make._client_of = lambda scenario: Path(sys.executable)
sys.exit(make.main(["--try"]))
"""


def test_terminated_it_leaves_nothing_behind() -> None:
    """Index and recorder answer no more, the folder of the client is gone, and the status tells of the signal."""
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = re.fullmatch(r"http://127\.0\.0\.1:(\d+) (.*)\n", process.stdout.readline())
        assert said is not None
        assert Path(said[2]).is_dir()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    assert not Path(said[2]).exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(said[1])), 10)
