"""What the tests with real programs share: starting compat in front of one, asking it, and what is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from benchmarks.compat_peers import gunicorn
from compat.errors import ConfigurationError
from compat.options import Options


@dataclass(frozen=True)
class Page:
    """One answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return the values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class Site:
    """A server on loopback."""

    port: int

    @property
    def url(self) -> str:
        """Return its URL without a final slash."""
        return f"http://127.0.0.1:{self.port}"

    def get(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Page:
        """Send a request, follow nothing, read the whole answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Host": "site.test", **(headers or {})})
            response = connection.getresponse()
            return Page(response.status, response.getheaders(), response.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """Start gunicorn with an application, written as gunicorn wants it; further words are its environment."""
    with ExitStack() as stack:

        def start(application: str, **env: str) -> Site:
            words = ["-k", "gthread", "--threads", "4"]
            cwd = tmp_path_factory.mktemp("server")
            return Site(stack.enter_context(gunicorn(application, cwd=cwd, options=words, env=env)))

        yield start


@pytest.fixture(scope="module", params=["exec", "warm"])
def runner(request: pytest.FixtureRequest) -> str:
    """Each runner; for programs in Python."""
    try:
        Options(runner=request.param)
    except ConfigurationError as error:
        pytest.skip(str(error))
    return str(request.param)


def needs(*programs: str) -> None:
    """Skip where a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed; .ci/run installs it")


def run(words: Sequence[str | Path], cwd: Path, **env: str) -> str:
    """Run a client with a clean environment, away from this machine's settings; its whole output. It must succeed."""
    clean = {"PATH": os.environ["PATH"], "HOME": str(cwd), "LC_ALL": "C.UTF-8"}
    quiet = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "HGPLAIN": "1", "HGRCPATH": os.devnull}
    done = subprocess.run(
        list(map(str, words)),
        cwd=cwd,
        env=clean | quiet | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
    )
    output = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, output[-3000:]
    return output


def multipart(name: str, filename: str, content: bytes) -> tuple[bytes, dict[str, str]]:
    """Return a form with one file, and the headers that go with it."""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    body = head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--b--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=b"}


def program(path: Path, text: str) -> Path:
    """Write an executable file."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path
