"""`compat serve` from start to stop, over real sockets: what stands around the programs, several workers, a reload."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from click.testing import CliRunner

from compat.cli import main

LIMIT = 30.0
SAYS = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\n"


@dataclass
class Server:
    """A server at work."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Return status and body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def await_log(self, pattern: str, times: int = 1) -> None:
        """Wait until the log has it that many times."""
        wait_for(lambda: len(re.findall(pattern, self.log.read_text())) >= times, self.log.read_text)


def wait_for(ready: Callable[[], bool], tell: Callable[[], str] = lambda: "") -> None:
    """Wait with a limit."""
    limit = time.monotonic() + LIMIT
    while not ready():
        assert time.monotonic() < limit, tell()
        time.sleep(0.02)


@contextlib.contextmanager
def serving(
    log: Path,
    *words: str | Path,
    workers: int = 1,
    bind: str = "127.0.0.1:0",
    command: Sequence[str] = ("-m", "compat"),
) -> Iterator[Server]:
    """Start the command, and stop it as an operator would; it must end well."""
    command = [sys.executable, *command, "serve", *map(str, words), "--workers", str(workers)]
    with log.open("wb") as stream:
        process = subprocess.Popen([*command, "--bind", bind], stdout=stream, stderr=stream)
    try:
        server = Server(process, 0, log)
        server.await_log("Booting worker", workers)
        found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", log.read_text())
        server.port = int(found[1]) if found else 0
        yield server
    finally:
        process.terminate()
        assert process.wait(LIMIT) == 0, log.read_text()


def script(folder: Path, name: str, text: str) -> Path:
    """Write a program."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(SAYS + text + "\n")
    (folder / name).chmod(0o755)
    return folder / name


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where a server's output goes."""
    return tmp_path / "log"


def test_a_site(tmp_path: Path, log: Path) -> None:
    """Files, health, metrics and what a front end says; the log is JSON, the access log names the client."""
    script(tmp_path / "bin", "who.cgi", 'echo "$REMOTE_ADDR $REMOTE_USER $HTTPS $SERVER_NAME"; echo note >&2')
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "index.html").write_text("home")
    words = [tmp_path / "bin", "--mount", "/cgi-bin", "--static", f"/={tmp_path / 'www'}", "--trust-proxy", "127.0.0.1"]
    words += ["--remote-user-header", "X-User", "--health", "/healthz", "--metrics", "/metrics"]
    words += ["--log-format", "json", "--access-log", tmp_path / "access"]
    told = {"X-Forwarded-For": "1.1.1.1, 203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "a.example"}
    with serving(log, *words) as server:
        assert server.get("/") == (200, b"home")
        assert server.get("/healthz") == (200, b"ok\n")
        assert server.get("/cgi-bin/who.cgi", {**told, "X-User": "ann"}) == (200, b"203.0.113.9 ann on a.example\n")
        assert server.get("/cgi-bin/who.cgi")[1].startswith(b"127.0.0.1   127.0.0.1")
        counted = f'{{program="{tmp_path}/bin/who.cgi",status="200"}} 2.0'.encode()
        wait_for(lambda: counted in server.get("/metrics")[1])  # an answer is counted after its last byte
        assert server.get("/metrics", told)[0] == 404
    assert "203.0.113.9 - ann [" in (tmp_path / "access").read_text()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    runs = {line["client"]: line for line in lines if line.get("exit") == 0}  # in whichever order they were logged
    assert (runs["203.0.113.9"]["path"], runs["203.0.113.9"]["bytes"]) == ("/cgi-bin/who.cgi", 29)
    assert [line["message"] for line in lines if "stderr" in line["message"]] == [
        f"{tmp_path}/bin/who.cgi: stderr: note"
    ] * 2


def test_programs_among_the_files(tmp_path: Path, log: Path) -> None:
    """A folder of files that holds the programs sends none of them, whether they are one or a folder."""
    script(tmp_path / "bin", "who.cgi", "echo ran")
    (tmp_path / "bin" / "page.txt").write_text("page")
    for words, run, others in (
        ([tmp_path / "bin", "--mount", "/bin", "--static", f"/={tmp_path}"], "/bin/who.cgi", ["/bin/page.txt"]),
        ([tmp_path / "bin/who.cgi", "--mount", "/app", "--static", f"/={tmp_path}/bin"], "/app", ["/who.cgi"]),
    ):
        with serving(log, *words) as server:
            assert server.get(run) == (200, b"ran\n")
            for other in (f"/.{run}", f"/x/..{run}", *others):
                assert b"#!" not in server.get(other)[1]
                assert server.get(other)[0] in {200, 403, 404}


def test_without_trust(tmp_path: Path, log: Path) -> None:
    """Without --trust-proxy no header changes who asks, or how; the program sees the headers, as under Apache."""
    script(tmp_path / "bin", "who.cgi", 'echo "$REMOTE_ADDR $HTTPS $SERVER_NAME $HTTP_X_FORWARDED_FOR"')
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "a.example"}
    with serving(log, tmp_path / "bin") as server:
        assert server.get("/who.cgi", told)[1] == b"127.0.0.1  127.0.0.1 203.0.113.9\n"


@pytest.mark.parametrize(
    ("words", "seen"),
    [((), b"\r\n  http\n"), (("--trust-proxy", "unix"), b"203.0.113.9 on https\n")],
    ids=["not trusted", "trusted"],
)
def test_a_unix_socket(tmp_path: Path, log: Path, words: tuple[str, ...], seen: bytes) -> None:
    """A peer on a Unix socket is trusted if the operator says so; gunicorn's own trust in it does not count."""
    script(tmp_path / "bin", "who.cgi", 'echo "$REMOTE_ADDR $HTTPS $REQUEST_SCHEME"')
    headers = b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n"
    address = f"{tmp_path}/socket"
    with serving(log, tmp_path / "bin", *words, bind=f"unix:{address}"), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(LIMIT)
        client.connect(address)
        client.sendall(b"GET /who.cgi HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n")
        with client.makefile("rb") as answer:
            assert seen in answer.read()


def test_a_limit_for_all_workers(tmp_path: Path, log: Path) -> None:
    """All workers share one place, also the old and the new ones of a reload: no two programs run at once."""
    script(
        tmp_path / "bin", "slow.cgi", f"mkdir {tmp_path}/inside || exit 1; sleep 0.4; rmdir {tmp_path}/inside; echo ok"
    )
    words = [tmp_path / "bin", "--max-concurrency", "1", "--queue-timeout", "20"]
    answers: list[tuple[int, bytes]] = []
    with serving(log, *words, workers=2) as server:
        threads = [threading.Thread(target=lambda: answers.append(server.get("/slow.cgi"))) for _ in range(6)]
        for thread in threads[:3]:
            thread.start()
        wait_for((tmp_path / "inside").exists)
        server.process.send_signal(signal.SIGHUP)
        server.await_log("Booting worker", 4)
        for thread in threads[3:]:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
    assert answers == [(200, b"ok\n")] * 6, log.read_text()


@pytest.mark.parametrize("runner", ["exec", "warm"])
def test_reload_loses_nothing(tmp_path: Path, log: Path, runner: str) -> None:
    """SIGHUP: a request in flight ends well, those that come meanwhile are answered, and a new release is found."""
    python = f"#!{sys.executable}\nimport os, sys, time\nif 'QUERY_STRING' in os.environ:\n    time.sleep(float("
    python += "os.environ['QUERY_STRING'] or 0))\nsys.stdout.write('Content-Type: text/plain\\n\\nNAME')\n"
    for name in ("first", "second"):
        script(tmp_path / name, "it.cgi", "").write_text(python.replace("NAME", name))
    (tmp_path / "current").symlink_to("first")
    answers: list[tuple[int, bytes]] = []
    stop = threading.Event()

    def ask_on() -> None:
        while not stop.is_set():
            answers.append(server.get("/it.cgi"))

    with serving(log, tmp_path / "current", "--runner", runner, "--metrics", "/metrics", workers=2) as server:
        assert server.get("/it.cgi") == (200, b"first")
        slow: list[tuple[int, bytes]] = []
        threads = [
            threading.Thread(target=ask_on),
            threading.Thread(target=lambda: slow.append(server.get("/it.cgi?1"))),
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        (tmp_path / "next").symlink_to("second")
        (tmp_path / "next").rename(tmp_path / "current")
        server.process.send_signal(signal.SIGHUP)
        server.await_log("Booting worker", 4)
        server.await_log("Worker exiting", 2)
        stop.set()
        for thread in threads:
            thread.join(LIMIT)
        assert slow == [(200, b"first")], log.read_text()
        assert server.get("/it.cgi") == (200, b"second")
        expected = 2 + sum(body == b"first" for _, body in answers)
        wait_for(lambda: f'first/it.cgi",status="200"}} {expected}.0\n'.encode() in server.get("/metrics")[1])
    assert {status for status, _ in answers} == {200}, log.read_text()
    assert {body for _, body in answers} <= {b"first", b"second"}


def test_reload_of_what_cannot_be(tmp_path: Path, log: Path) -> None:
    """A reload that finds nothing keeps what was served, and says so."""
    script(tmp_path / "bin", "it.cgi", "echo ok")
    with serving(log, tmp_path / "bin") as server:
        (tmp_path / "bin").rename(tmp_path / "gone")
        server.process.send_signal(signal.SIGHUP)
        server.await_log("what was served before is still served")
        assert server.get("/it.cgi")[0] == 404
        (tmp_path / "gone").rename(tmp_path / "bin")
        assert server.get("/it.cgi") == (200, b"ok\n")


HOLDS = """{trap}
echo $$ > {pid}.new; mv {pid}.new {pid}
{said}
while :; do sleep 0.1; done"""


@pytest.mark.parametrize("trap", ["", "trap '' TERM"], ids=["", "ignores TERM"])
@pytest.mark.parametrize("said", ["", "echo begun"], ids=["silent", "begun"])
def test_a_program_past_the_graceful_timeout(
    tmp_path: Path, log: Path, gone: Callable[..., bool], trap: str, said: str
) -> None:
    """A program that takes longer than the server may take to stop is ended before gunicorn ends us, and logged."""
    pid = tmp_path / "pid"
    program = script(tmp_path / "bin", "it.cgi", HOLDS.format(trap=trap, pid=pid, said=said))
    if not said:  # nothing at all, not even a head
        program.write_text(program.read_text().replace(SAYS, "#!/bin/sh\n"))
    answers: list[bytes] = []
    with serving(log, tmp_path / "bin", "--graceful-timeout", "4") as server:
        thread = threading.Thread(target=lambda: answers.append(until_cut_off(server.port, "/it.cgi")))
        thread.start()
        wait_for(pid.exists)
        server.process.terminate()
        server.process.wait(LIMIT)
        thread.join(LIMIT)
    assert gone(int(pid.read_text()), within=1)
    assert "the server stops" in log.read_text()
    assert answers[0].startswith(b"HTTP/1.1 200 " if said else b"HTTP/1.1 503 ")


def until_cut_off(port: int, path: str) -> bytes:
    """Return what comes of an answer, however it ends."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as client, contextlib.suppress(OSError):
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        while piece := client.recv(65536):
            received += piece
    return received


QUICK = "import compat.worker\ncompat.worker.HEAD_LIMIT = 1\nfrom compat.cli import main\nmain()\n"


@pytest.mark.parametrize("trickles", [False, True], ids=["silent", "trickles"])
@pytest.mark.parametrize("second", [False, True], ids=["first", "kept alive"])
def test_a_head_that_does_not_come(tmp_path: Path, log: Path, trickles: bool, second: bool) -> None:
    """Clients that begin a request and do not end it are sent away, and hold no thread; others are served."""
    script(tmp_path / "bin", "it.cgi", "sleep 1.5; echo ok")  # longer than a head may take
    serve = serving(log, tmp_path / "bin", "--threads", "2", command=["-c", QUICK])
    with serve as server, contextlib.ExitStack() as opened:
        address = ("127.0.0.1", server.port)
        clients = [opened.enter_context(socket.create_connection(address, timeout=LIMIT)) for _ in range(3)]
        for client in clients:
            if second:
                client.sendall(b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
                assert client.recv(65536).startswith(b"HTTP/1.1 404 ")
            client.sendall(b"GET /it.cgi HT")
        with contextlib.suppress(OSError):
            for _ in range(15 if trickles else 0):
                time.sleep(0.1)
                clients[0].sendall(b"T")
        for client in clients:
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := client.recv(65536):
                    answer += piece
            assert b"HTTP/1.1 408 " in answer
        assert server.get("/it.cgi") == (200, b"ok\n")
    assert "Traceback" not in log.read_text()


def test_health_of_what_cannot_be(tmp_path: Path, log: Path) -> None:
    """A load balancer learns that a program cannot be started any more."""
    path = script(tmp_path / "bin", "it.cgi", "echo ok")
    with serving(log, path, "--health", "/healthz") as server:
        assert server.get("/healthz")[0] == 200
        path.chmod(0o644)
        if os.geteuid() != 0 or not os.access(path, os.X_OK):
            assert server.get("/healthz") == (503, b"not ready\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--static", "/x"], "--static '/x' must have the form URL=DIR"),
        (["--static", "/x=/no/such/folder"], "/no/such/folder is not a folder"),
        (["--static", "/=."], "two things would answer at /"),
        (["--health", "/x", "--static", "/x=."], "two things would answer at /x"),
        (["--trust-proxy", "front"], "front"),
        (["--remote-user-header", "X-User"], "needs --trust-proxy"),
        (["--metrics", "metrics"], "must be a path"),
        (["--metrics", "/x", "--health", "/x"], "two things would answer at /x"),
        (["--metrics-allow", "10.0.0.0/8"], "needs --metrics"),
        (["--access-log", "/no/such/folder/x"], "/no/such/folder cannot be written to"),
        (["--metrics", "/m", "--metrics-allow", "here"], "here"),
        (["--max-body", "10X"], "--max-body '10X'"),
        (["--limit", "cpu"], "NAME=N"),
        (["--limit", "speed=1"], "speed"),
        (["--extensions", ".c/gi"], "c/gi"),
        (["--max-concurrency", "0"], "max_concurrency"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refused(programs: Path, words: list[str], says: str) -> None:
    """Exit status 2 and one line, before anything is bound."""
    result = CliRunner().invoke(main, ["serve", str(programs), *words])
    assert (result.exit_code, result.output.count("\n")) == (2, 1), result.output
    assert says in result.output
