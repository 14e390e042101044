"""The warm runner behind gunicorn, with each worker class: requests at once, a reload, and nothing left at the end."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the warm runner is for Linux")
SCRIPT = """
import os, sys
print("Content-Type: text/plain\\n")
print(os.getppid(), os.environ["QUERY_STRING"], sys.stdin.read())
"""


class Server:
    """gunicorn with one script, warm."""

    def __init__(self, folder: Path, kind: str) -> None:
        script = folder / "x.py"
        script.write_text(f"#!{sys.executable}\n{SCRIPT}")
        script.chmod(0o755)
        self.log = folder / "log"
        words = ["--no-control-socket", "-w", "2", "-k", kind, "--bind", "127.0.0.1:0", "--graceful-timeout", "2"]
        words += ["--threads", "4"] if kind == "gthread" else []
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *words, f'compat:CGIScript("{script}", runner="warm")'],
                stdout=log,
                stderr=log,
            )
        self.port = int(self.await_log(r"Listening at: http://127.0.0.1:(\d+)")[0])
        self.await_log(r"Booting worker with pid: (\d+)", 2)

    def await_log(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until the log has a line so many times; return what it caught."""
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            found = re.findall(pattern, self.log.read_text())
            if len(found) >= times:
                return found
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def ask(self, word: str) -> int:
        """Send one request; return the number of the zygote that served it."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", f"/?{word}", body=f"body-{word}")
            response = connection.getresponse()
            answer = response.read().split()
        finally:
            connection.close()
        assert response.status == 200
        assert answer[1:] == [word.encode(), b"body-" + word.encode()]
        return int(answer[0])


@pytest.fixture(params=["sync", "gthread", "gevent"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server of each kind."""
    if request.param == "gevent":
        pytest.importorskip("gevent")
    running = Server(tmp_path, request.param)
    yield running
    running.process.kill()
    running.process.wait()


def test_warm_behind_gunicorn(server: Server, gone: Callable[..., bool]) -> None:
    """Eight clients at once never mix; old zygotes go with a reload, all of them with the server; exec is not used."""
    with ThreadPoolExecutor(8) as pool:
        first = set(pool.map(server.ask, (f"word{number}" for number in range(48))))
    server.process.send_signal(signal.SIGHUP)
    server.await_log(r"Booting worker with pid: (\d+)", 4)
    assert all(gone(zygote, 10) for zygote in first)
    second = {server.ask(f"again{number}") for number in range(4)}
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(30)
    assert all(gone(zygote, 10) for zygote in second)
    assert "by exec" not in server.log.read_text()
