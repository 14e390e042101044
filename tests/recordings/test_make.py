"""A recording made again is the same, and whoever ends the command ends what it started."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from recordings.index import PORT, free_port
from recordings.make import SCENARIOS, make

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


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on PATH")
def test_made_again_it_is_the_same(tmp_path: Path) -> None:
    """Every request has a partner in the recording that is there, though boundaries and times are others."""
    if free_port() != PORT:
        pytest.skip(f"port {PORT}, which the recordings name, is taken")
    name = "curl-passwords"
    make(next(one for one in SCENARIOS if one.name == name), tmp_path)
    command = [str(Path(sys.executable).with_name("harness")), "diff", str(ROOT / "recordings" / f"{name}.yaml")]
    command += ["--old", "recorded", "--new", f"{tmp_path}/", "--accepted", "/dev/null"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"judged (\d+) of \1 .* 0 groups\n", done.stdout), done.stdout
