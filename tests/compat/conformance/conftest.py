"""What the conformance tests share: a cgi-bin with programs in three languages, the ways to run them, one server.

A test's name, or the name of its row, begins with the number of its catalogue case; `test_catalogue` looks that none is
missing. A letter after the number marks a case that is ours.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from compat import CGIDirectory, CGIScript, ConfigurationError
from compat.options import Options

HERE = Path(__file__).resolve().parent
SHEBANGS = {".py": f"#!{sys.executable}\n", ".sh": "#!/bin/sh\n"}


@dataclass(frozen=True)
class Way:
    """One way to run a program: the runner, and the language as it stands in the file's name."""

    name: str
    runner: str
    suffix: str = ""

    def file(self, stem: str) -> str:
        """Return the name of the program in the cgi-bin."""
        return f"{stem}{self.suffix}.cgi"

    def url(self, stem: str) -> str:
        """Return the program's URL on the conformance server."""
        return f"/{self.runner}/{self.file(stem)}"


WAYS = (Way("exec", "exec"), Way("warm", "warm"), Way("sh", "exec", "-sh"), Way("c", "exec", "-c"))
HANDLER = Way("handler", "handler")


@dataclass
class Reply:
    """An answer from the wire. `error` is set where it broke off."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    error: Exception | None = None

    def all(self, name: str) -> list[str]:
        """Return the values of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass
class Wire:
    """The conformance server: sends raw requests."""

    port: int
    pid_file: Path
    log: Path
    _read: int = field(default=0, repr=False)

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def talk(self, request: bytes) -> Reply:
        """Send a request as it stands, and read the answer."""
        with self.connect() as client:
            client.sendall(request)
            return receive(client, request.split(b" ", 1)[0].decode("latin-1"))

    def ask(self, target: str, *fields: str, method: str = "GET", body: bytes | None = None) -> Reply:
        """Send a request of HTTP/1.1 with these header lines."""
        length = () if body is None else (f"Content-Length: {len(body)}",)
        host = () if any(line.lower().startswith("host:") for line in fields) else ("Host: www.example",)
        lines = (f"{method} {target} HTTP/1.1", *host, *fields, *length, "Connection: close", "", "")
        return self.talk("\r\n".join(lines).encode("latin-1") + (body or b""))

    def logged(self, text: str, within: float = 10) -> str:
        """Return the server's log once it holds `text`, at the latest after `within` seconds."""
        limit = time.monotonic() + within
        while text not in (log := self.log.read_text(errors="replace")) and time.monotonic() < limit:
            time.sleep(0.02)
        return log


def receive(client: socket.socket, method: str = "GET") -> Reply:
    """Read one answer."""
    response = HTTPResponse(client, method=method)
    response.begin()
    try:
        body, error = response.read(), None
    except Exception as caught:
        body, error = getattr(caught, "partial", b""), caught
    return Reply(response.status, response.reason, response.msg.items(), body, error)


def variables(body: bytes) -> dict[bytes, bytes]:
    """Parse what `env` printed."""
    return dict(item.split(b"=", 1) for item in body.split(b"\0") if item)


def available(runner: str) -> bool:
    """Whether this version has a runner."""
    try:
        Options(runner=runner)
    except ConfigurationError:
        return False
    return True


def skip_if_missing(way: Way) -> Way:
    """Skip the test where its runner or its compiler is missing."""
    if way.runner == "warm" and not available("warm"):
        pytest.skip("this version has no warm runner")
    if way.suffix == "-c" and shutil.which("cc") is None:
        pytest.skip("no C compiler")
    return way


@pytest.fixture(autouse=True)
def bare_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that did not configure logging: messages go to wsgi.errors, where the tests look."""
    monkeypatch.setattr(logging.getLogger("compat"), "hasHandlers", lambda: False)


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def way(request: pytest.FixtureRequest) -> Way:
    """Each runner with a Python program; exec with one in sh and one in C too."""
    return skip_if_missing(request.param)


@pytest.fixture(params=(*WAYS, HANDLER), ids=lambda way: way.name)
def every_way(request: pytest.FixtureRequest) -> Way:
    """The same, and HandlerApp."""
    return skip_if_missing(request.param)


@pytest.fixture(params=["exec", "warm"])
def runner(request: pytest.FixtureRequest) -> str:
    """Each runner."""
    return skip_if_missing(Way(request.param, request.param)).runner


def write_program(path: Path, source: str, mode: int = 0o755) -> Path:
    """Write a script in Python, with the line that makes it run, unless `source` brings its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        (source if source.startswith("#!") else SHEBANGS[".py"] + source).encode("utf-8", "surrogateescape")
    )
    path.chmod(mode)
    return path


def install_programs(folder: Path) -> Path:
    """Make the cgi-bin: programs/STEM.py becomes STEM.cgi, .sh STEM-sh.cgi, .c STEM-c.cgi; `say` is nph- too."""
    folder.mkdir()
    for source in sorted((HERE / "programs").iterdir()):
        if source.suffix == ".c":
            if shutil.which("cc"):
                subprocess.run(["cc", "-o", folder / f"{source.stem}-c.cgi", source], check=True, timeout=60)
        elif source.suffix in SHEBANGS:
            name = source.stem + ("" if source.suffix == ".py" else "-sh") + ".cgi"
            write_program(folder / name, SHEBANGS[source.suffix] + source.read_text())
    for path in sorted(folder.glob("say*.cgi")):
        shutil.copy(path, folder / f"nph-{path.name}")
    return folder


@pytest.fixture(scope="session")
def cgi_bin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of programs; tests do not change it."""
    return install_programs(tmp_path_factory.mktemp("conformance") / "cgi-bin")


@pytest.fixture(scope="session")
def directory(cgi_bin: Path) -> Callable[..., CGIDirectory]:
    """Applications of the cgi-bin by runner and options, made once each, so that a warm one stays warm."""
    made: dict[tuple[Any, ...], CGIDirectory] = {}

    def make(runner: str, **options: Any) -> CGIDirectory:
        key = (runner, repr(sorted(options.items())))
        if key not in made:
            made[key] = CGIDirectory(cgi_bin, runner=runner, **options)
        return made[key]

    return make


@pytest.fixture
def script(tmp_path: Path, runner: str) -> Callable[..., CGIScript]:
    """Make a script of this text behind the test's runner."""

    def make(source: str, name: str = "p.cgi", **options: Any) -> CGIScript:
        return CGIScript(write_program(tmp_path / name, source), runner=runner, **options)

    return make


@pytest.fixture(name="write_program", scope="session")
def write_program_fixture() -> Callable[..., Path]:
    """Write a script."""
    return write_program


@pytest.fixture(name="variables")
def variables_fixture() -> Callable[[bytes], dict[bytes, bytes]]:
    """Parse what `env` printed."""
    return variables


@pytest.fixture(name="receive")
def receive_fixture() -> Callable[..., Reply]:
    """Read one answer from a socket."""
    return receive


@pytest.fixture(scope="session")
def start_server(cgi_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Wire]]:
    """Start gunicorn, by default on a free port with sync workers."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, workers: int = 2, idle: float = 30) -> Wire:
        folder = tmp_path_factory.mktemp("server")
        settings = {"CONFORMANCE_BIN": str(cgi_bin), "PID_FILE": str(folder / "pid"), "CONFORMANCE_IDLE": str(idle)}
        command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--workers", str(workers)]
        command += ["--graceful-timeout", "1", *(arguments or ("--bind", "127.0.0.1:0")), "served:application"]
        log = folder / "log"
        with log.open("wb") as stream:
            started.append(
                subprocess.Popen(command, cwd=HERE, env={**os.environ, **settings}, stdout=stream, stderr=stream)
            )
        return Wire(_port(log), folder / "pid", log)

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(20)


def _port(log: Path) -> int:
    """Wait until the server listens; 0 for a socket without a port."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        text = log.read_text()
        if "Booting worker" in text:
            found = re.search(r"Listening at: http://[^:]+:(\d+)", text)
            return int(found[1]) if found else 0
        time.sleep(0.02)
    raise AssertionError(f"the server did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def wire(start_server: Callable[..., Wire]) -> Wire:
    """The conformance server, one for all tests of a process."""
    return start_server()
