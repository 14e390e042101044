"""`harness record`, as a user runs it: processes, signals, ports."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.commands.record import command, parse_address, parse_upstream, shown
from harness.errors import UsageError
from harness.recording import open_recordings
from harness.store.archive import Archive, ArchiveWriter

APP = """
def application(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"you sent ", body]
"""
TIMEOUT = 30


@contextmanager
def record(folder: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run the command in a folder where app.py is an application."""
    (folder / "app.py").write_text(APP, encoding="utf-8")
    command = [sys.executable, "-m", "harness.cli", "record", *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def announced(process: subprocess.Popen[str]) -> str:
    """Wait until the recorder is ready and return its URL."""
    assert process.stdout
    line = process.stdout.readline()
    found = re.match(r"Recording (http://127\.0\.0\.1:\d+) -> ", line)
    assert found, line + (process.stderr.read() if process.stderr else "")
    return found[1]


def post(url: str, body: bytes) -> bytes:
    """Send a body and return the answer's."""
    with urllib.request.urlopen(url, body, timeout=TIMEOUT) as response:
        data: bytes = response.read()
    return data


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
@pytest.mark.parametrize("name", ["a.archive", "a.yaml"])
def test_records_an_application(tmp_path: Path, number: signal.Signals, name: str) -> None:
    """It announces its port, serves and records, ends on a signal with a count, and leaves a whole recording."""
    with record(tmp_path, "--app", "app:application", "-o", name, "--state", "seed") as process:
        assert post(announced(process) + "/x", b"this") == b"you sent this"
        process.send_signal(number)
        output, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, output, errors) == (0, "recorded 1 exchanges, lost 0\n", "")
    (recording,) = open_recordings([tmp_path / name])
    assert [(one.request.target, one.request.body) for one in recording] == [(b"/x", b"this")]
    assert recording.state == "seed"


def test_second_run_adds_to_an_archive(tmp_path: Path) -> None:
    """Recording again into an archive keeps what it holds."""
    for _ in range(2):
        with record(tmp_path, "--app", "app:application", "-o", "a.archive") as process:
            post(announced(process), b"x")
            process.terminate()
            process.communicate(timeout=TIMEOUT)
    assert len(Archive(tmp_path / "a.archive")) == 2


def test_killed_recorder_leaves_nothing_running(tmp_path: Path) -> None:
    """After SIGKILL the application's server ends by itself, and what was recorded can be read."""
    with record(tmp_path, "--app", "app:application", "-o", "a.archive") as process:
        post(announced(process), b"x")
        children = _children(process.pid)
        assert children
        time.sleep(1)
        process.kill()
    until = time.monotonic() + TIMEOUT
    while time.monotonic() < until and any(_runs(child) for child in children):
        time.sleep(0.05)
    assert not any(_runs(child) for child in children)
    assert len(Archive(tmp_path / "a.archive")) == 1


def _children(pid: int) -> list[int]:
    """Return the process ids of the children of a process, and of theirs."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text(encoding="latin-1").rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += [int(path.parent.name), *_children(int(path.parent.name))]
    return found


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "a.archive"), "give either --upstream URL or --app TARGET"),
        (("--upstream", "https://h/", "-o", "a.archive"), "only http can be overheard"),
        (("--upstream", "http://h", "--bind", "nonsense", "-o", "a.archive"), "--bind 'nonsense': give HOST:PORT"),
        (("--app", "missing:application", "-o", "a.archive"), "missing:application: gunicorn could not start it"),
        (("--upstream", "http://127.0.0.1:1", "-o", "no/folder/a.archive"), "no/folder/a.archive: cannot be written"),
        (("--upstream", "http://127.0.0.1:1", "-o", "no/folder/a.yaml"), "no/folder/a.yaml: cannot be written"),
        (("--upstream", "http://127.0.0.1:1", "-o", "app.py"), "app.py: not an archive"),
        (("--upstream", "http://127.0.0.1:1", "-o", "old.archive", "--state", "b"), "starts from state 'a', not 'b'"),
    ],
)
def test_what_cannot_be_recorded(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """Each obstacle ends the command with status 2 and one clear line at the end."""
    with ArchiveWriter(tmp_path / "old.archive", "a"):
        pass
    with record(tmp_path, *arguments) as process:
        output, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, output) == (2, "")
    assert message in errors.splitlines()[-1]
    # gunicorn's own account of an application that cannot be imported stands above.
    assert len(errors.splitlines()) == 1 or arguments[0] == "--app"


def test_port_in_use(tmp_path: Path) -> None:
    """A taken port is one clear line and status 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        with record(tmp_path, "--upstream", "http://127.0.0.1:1", "--bind", bind, "-o", "a.archive") as process:
            _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 2
    assert errors == f"harness: cannot listen on {bind}: Address already in use; give another --bind\n"
    assert not os.path.exists(tmp_path / "a.archive")


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:0", ("::1", 0)), (":8080", ("0.0.0.0", 8080)), ("h:1", ("h", 1))],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    """HOST:PORT is read, with IPv6 in brackets."""
    assert parse_address(text, "--bind") == address


@pytest.mark.parametrize("text", ["", "8080", "h:", "h:x", "h:65536"])
def test_bad_addresses(text: str) -> None:
    """What is not HOST:PORT is refused with the option's name."""
    with pytest.raises(UsageError, match="--bind"):
        parse_address(text, "--bind")


@pytest.mark.parametrize(
    ("url", "address"),
    [("http://h", ("h", 80)), ("http://h:81/", ("h", 81)), ("http://[::1]:8", ("::1", 8))],
)
def test_upstreams(url: str, address: tuple[str, int]) -> None:
    """An upstream is an http URL without a path."""
    assert parse_upstream(url) == address


@pytest.mark.parametrize("url", ["", "h:80", "https://h", "http://h/path", "http://h:99999", "http://[::1", "ftp://h"])
def test_bad_upstreams(url: str) -> None:
    """Anything else is refused."""
    with pytest.raises(UsageError, match="--upstream"):
        parse_upstream(url)


def test_shown() -> None:
    """IPv6 addresses stand in brackets."""
    assert (shown(("::1", 80)), shown(("1.2.3.4", 80))) == ("[::1]:80", "1.2.3.4:80")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-o", "x.har"), "harness export"),
        (("-o", "x.archive", "--keep", "3"), "give --rotate-size"),
        (("-o", "x.archive", "--bind", "localhost:9"), "--bind localhost:9 is the address of --upstream itself"),
    ],
    ids=["name of another format", "keep without rotation", "in front of itself"],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    """Before anything is recorded; what to do is said."""
    arguments = ["--upstream", "http://127.0.0.1:9", *options]
    said = CliRunner().invoke(command, arguments, standalone_mode=False).exception
    assert isinstance(said, UsageError)
    assert words in str(said)
