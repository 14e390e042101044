"""What the tests of compat share: the tiny programs, one request in process, and one over a socket."""

from __future__ import annotations

import io
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import pytest

PROGRAMS = Path(__file__).resolve().parent.parent / "programs"


@dataclass
class Answer:
    """What an application answered in process. `error` is what its iterator raised, `log` what it wrote to
    wsgi.errors.
    """

    status: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    log: str = ""
    error: Exception | None = None

    def all(self, name: str) -> list[str]:
        """Return the values of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


def environ_for(path: str = "/", **changes: Any) -> dict[str, Any]:
    """Return the environ of a GET, as a server would make it."""
    path, _, query = path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "bound.example",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ.update(changes)
    body = environ.pop("body", None)
    if body is not None:
        environ["wsgi.input"] = io.BytesIO(body)
        environ.setdefault("CONTENT_LENGTH", str(len(body)))
        environ["REQUEST_METHOD"] = changes.get("REQUEST_METHOD", "POST")
    return environ


def ask(app: Any, path: str = "/", *, check: bool = True, **changes: Any) -> Answer:
    """Send one request to an application in process, under wsgiref's validator, and read the whole answer."""
    answer = Answer()
    written: list[bytes] = []
    environ = environ_for(path, **changes)
    log = environ["wsgi.errors"]

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        answer.status, answer.headers = status, headers
        return written.append

    iterable = (validator(app) if check else app)(environ, start_response)
    try:
        for piece in iterable:
            written.append(piece)
    except Exception as error:
        answer.error = error
    finally:
        if hasattr(iterable, "close"):
            iterable.close()
    answer.body = b"".join(written)
    answer.log = log.getvalue()
    return answer


def send(port: int, data: bytes, timeout: float = 20) -> bytes:
    """Send raw bytes to a local server and return all it answers until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as client:
        client.sendall(data)
        received = []
        while piece := client.recv(65536):
            received.append(piece)
    return b"".join(received)


def gone(pid: int, within: float = 3.0) -> bool:
    """Whether a process ends within some seconds. A zombie has ended (`no_new_descriptors` looks for ours)."""
    limit = time.monotonic() + within
    while time.monotonic() < limit:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except ProcessLookupError:
            return True
        except FileNotFoundError:
            pass  # gone in between, or a system without /proc: the next turn tells
        time.sleep(0.02)
    return False


@pytest.fixture
def programs() -> Path:
    """The directory of tiny CGI programs."""
    return PROGRAMS


@pytest.fixture(name="ask")
def ask_fixture() -> Callable[..., Answer]:
    """One request in process."""
    return ask


@pytest.fixture(name="environ_for")
def environ_fixture() -> Callable[..., dict[str, Any]]:
    """The environ of one request."""
    return environ_for


@pytest.fixture(name="send", scope="session")
def send_fixture() -> Callable[..., bytes]:
    """One raw request over a socket."""
    return send


@pytest.fixture(name="gone")
def gone_fixture() -> Callable[..., bool]:
    """Whether a process has ended."""
    return gone


@pytest.fixture
def no_new_descriptors() -> Any:
    """Fail where the test leaves a descriptor open or a child unreaped."""
    before = set(os.listdir("/dev/fd"))
    yield
    after = set(os.listdir("/dev/fd"))
    assert len(after) <= len(before), f"descriptors left open: {after - before}"
    try:
        assert os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None, "a zombie"
    except ChildProcessError:
        pass  # no child at all
