"""Process control over real sockets, with both runners: nothing left behind, flat memory, nothing held back."""

from __future__ import annotations

import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from benchmarks import compat_transfer as transfer
from benchmarks.compat_chaos import KINDS, chaos, served, worker_of
from benchmarks.compat_peers import folder_for_all, gunicorn
from compat import CGIScript

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
RUNNERS = ("exec", "warm")
FLAT = 20_000_000
CROWDED = """
from compat import CGIScript
application = CGIScript({script!r}, runner={runner!r}, max_concurrency=1, queue_timeout=0.3, limits={{"nofile": 50}})
"""
WAITS = """#!{python}
import os, resource, time
time.sleep(float(os.environ["QUERY_STRING"]))
print("Content-Type: text/plain\\n\\nnofile %d %d" % resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize("runner", RUNNERS)
def test_random_kills(runner: str) -> None:
    """Programs are killed and abandoned at random: every other request is answered, and nothing is left behind."""
    with served(runner) as port:
        right, wrong, before, after = chaos(port, 300, seed=7)
    assert wrong == []
    assert set(right) == set(KINDS)
    assert after.zombies == 0
    assert after.processes <= before.processes
    assert after.descriptors <= before.descriptors


@pytest.fixture(scope="module", params=RUNNERS)
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A server with the programs that give, take and drip."""
    with folder_for_all() as folder:
        programs = transfer.write_programs(folder, sys.executable)
        with transfer.compat(request.param, programs) as port:
            yield port


@pytest.mark.parametrize("move", [transfer.down, transfer.up], ids=["down", "up"])
def test_flat_memory(port: int, move: Callable[[int, int], None]) -> None:
    """A hundred megabytes either way arrive whole and are never in memory."""
    found = transfer.measured(port, move, 100_000_000, ours=True)
    assert found.memory is not None
    assert found.memory < FLAT


def test_lines_arrive_as_they_are_written(port: int) -> None:
    """No line waits for the next, which comes a tenth of a second later."""
    assert median(transfer.delays(port, 8)) < 0.1


@pytest.mark.parametrize("runner", RUNNERS)
def test_first_byte(environ_for: Callable[..., dict[str, Any]], tmp_path: Path, runner: str) -> None:
    """Each write of the program is a piece of the iterator at once, while the program goes on."""
    programs = transfer.write_programs(tmp_path, sys.executable)
    response = CGIScript(programs / "drips.cgi", runner=runner)(
        environ_for("/?6"), lambda *arguments: lambda data: None
    )
    late = []
    try:
        for piece in response:
            late += [time.monotonic() - float(at) for at in re.findall(rb"at ([0-9.]+)\n", piece)]
    finally:
        response.close()  # type: ignore[attr-defined]
    assert len(late) == 6
    assert median(late) < 0.05


def test_slow_client_holds_the_program_back(port: int) -> None:
    """While a client reads nothing the program stands still, and its output does not pile up in the server."""
    before = transfer.highest(worker_of(port))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.settimeout(20)
        client.connect(("127.0.0.1", port))
        client.sendall(b"GET /cgi-bin/gives.cgi?200000000 HTTP/1.0\r\n\r\n")
        head = client.recv(20)
        time.sleep(1)
        piled = transfer.highest(worker_of(port)) - before
        received = len(head)
        while piece := client.recv(1 << 20):
            received += len(piece)
    assert piled < FLAT
    assert received > 200_000_000


@pytest.mark.parametrize("runner", RUNNERS)
def test_queue_and_limits(tmp_path: Path, runner: str) -> None:
    """With one place, the request that waits too long is told when to come back; each program has its limits."""
    script = tmp_path / "waits.cgi"
    script.write_text(WAITS.format(python=sys.executable))
    script.chmod(0o755)
    (tmp_path / "crowded.py").write_text(CROWDED.format(script=str(script), runner=runner))

    def ask(port: int, seconds: float) -> tuple[int, str | None, bytes]:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", f"/?{seconds}")
        response = connection.getresponse()
        answer = response.status, response.getheader("Retry-After"), response.read()
        connection.close()
        return answer

    with gunicorn("crowded", cwd=tmp_path, options=["-k", "gthread", "--threads", "4"]) as port:
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda number: ask(port, 2), range(3)))
        after = ask(port, 0)
    assert sorted(answer[0] for answer in answers) == [200, 503, 503]
    assert [answer[1] for answer in answers if answer[0] == 503] == ["1", "1"]
    assert after == (200, None, b"nofile 50 50\n")
