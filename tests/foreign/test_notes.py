"""Somebody else's application, from end to end: a Perl CGI program, its Python rewrite, and the commands of the README.

The Perl program (login form, session files, SQLite, uploads, mail through sendmail) is served by `compat serve` and
visited through `harness record`; the visit is replayed against itself and a rewrite that differs in three known ways.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

NOTES = Path(__file__).parent / "notes"
BIN = Path(sys.executable).parent
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")
MODULES = ("CGI", "DBI", "DBD::SQLite")


def missing_module() -> str:
    """Return which Perl module is not there, or nothing."""
    if shutil.which("perl") is None:
        return "perl"
    for module in MODULES:
        if subprocess.run(["perl", f"-M{module}", "-e1"], capture_output=True, check=False).returncode:
            return module
    return ""


PACKAGES = "libcgi-pm-perl libdbd-sqlite3-perl"
pytestmark = pytest.mark.skipif(bool(missing_module()), reason=f"Perl lacks {missing_module()} (apt: {PACKAGES})")


def run(name: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one of our commands in a folder."""
    return subprocess.run(
        [str(BIN / name), *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def running(name: str, *arguments: str, folder: Path, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run one of our servers, and yield its port once it listens."""
    process = subprocess.Popen(
        [str(BIN / name), *arguments],
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield next(int(found[1]) for line in process.stdout if (found := ADDRESS.search(line)))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


class Browser:
    """Asks one server, and keeps the cookie that it was given."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie = port, ""

    def ask(self, method: str, target: str, body: bytes = b"", kind: str = "") -> int:
        """Ask for something and return the status."""
        headers = {"User-Agent": "Mozilla/5.0 (X11) Firefox/2.0"}
        headers |= {"Cookie": self.cookie} if self.cookie else {}
        headers |= {"Content-Type": kind} if kind else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        response.read()
        self.cookie = (response.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        connection.close()
        return response.status

    def log_in(self, name: str, password: str) -> int:
        """Send the login form."""
        form = urlencode({"name": name, "password": password}).encode()
        return self.ask("POST", "/?action=login", form, "application/x-www-form-urlencoded")

    def add(self, title: str, text: str, file: str = "", content: str = "") -> int:
        """Send the form for a new note."""
        fields = [f'name="title"\r\n\r\n{title}', f'name="text"\r\n\r\n{text}']
        fields += [f'name="file"; filename="{file}"\r\nContent-Type: application/octet-stream\r\n\r\n{content}']
        parts = "".join(f"--limit\r\nContent-Disposition: form-data; {field}\r\n" for field in fields)
        body = f"{parts}--limit--\r\n".encode()
        return self.ask("POST", "/?action=add", body, "multipart/form-data; boundary=limit")


def visit(port: int) -> list[int]:
    """Use the notes as two people do, and return each status."""
    alice, bob = Browser(port), Browser(port)
    return [
        alice.ask("GET", "/"),
        alice.ask("GET", "/?action=login"),
        alice.log_in("alice", "wrong"),
        alice.log_in("alice", "tiger"),
        alice.ask("GET", "/?action=list"),
        alice.add("Käse & <Brot>", "one\r\ntwo", "C:\\Plan.TXT", "plan\n"),
        alice.ask("GET", "/?action=view&id=2"),
        alice.add(" ", "no title"),
        bob.log_in("bob", "apple"),
        bob.add("second", "bob's"),
        bob.ask("GET", "/?action=view&id=3"),
        bob.ask("GET", "/?action=view&id=99"),
        bob.ask("GET", "/?action=export"),
        bob.ask("GET", "/?action=nothing"),
        alice.ask("GET", "/?action=list"),
        alice.ask("GET", "/?action=logout"),
        alice.ask("GET", "/?action=list"),
        bob.ask("GET", "/?action=export"),
    ]


STATUSES = [302, 200, 403, 302, 200, 302, 200, 400, 302, 302, 200, 404, 200, 404, 200, 302, 302, 200]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both programs, their harness.toml, and a recording of a visit to the old one."""
    folder = shutil.copytree(NOTES, tmp_path_factory.mktemp("foreign") / "notes")
    data = folder.parent / "data"
    data.mkdir()
    subprocess.run([sys.executable, "make_data.py", str(data)], cwd=folder, check=True, timeout=60)
    sendmail = folder.parent / "sendmail"
    sendmail.write_text("#!/bin/sh\ncat > /dev/null\n")
    sendmail.chmod(0o755)
    env = {"NOTES_DATA": str(data), "NOTES_SENDMAIL": str(sendmail)}
    passed = [word for name in env for word in ("--pass-env", name)]
    bind = ("--bind", f"127.0.0.1:{free_port()}")
    with (
        running("compat", "serve", "notes.cgi", *bind, *passed, folder=folder, env=env) as port,
        running("harness", "record", "--upstream", f"http://127.0.0.1:{port}", "-o", "visit.yaml", folder=folder) as it,
    ):
        assert visit(it) == STATUSES
    return folder


def diff(folder: Path, old: str, new: str, *more: str) -> tuple[int, dict[str, Any]]:
    """Run `harness diff` on the visit, and return its exit status and report."""
    result = run("harness", "diff", "visit.yaml", "--old", old, "--new", new, "--json", "r.json", *more, folder=folder)
    assert (folder / "r.json").exists(), result.stderr
    return result.returncode, json.loads((folder / "r.json").read_text())


def test_perl_against_itself(folder: Path) -> None:
    """Sessions, times and hash order of two runs are no difference, and all exchanges are judged."""
    status, report = diff(folder, "old", "old")
    assert report["groups"] == []
    assert report["stale"] == []
    assert (status, report["counts"]["judged"]) == (0, len(STATUSES))


def test_the_rewrite_against_itself(folder: Path) -> None:
    """The same for a WSGI application."""
    status, report = diff(folder, "new", "new")
    assert (status, report["groups"], report["counts"]["judged"]) == (0, [], len(STATUSES))


def test_perl_against_its_rewrite(folder: Path) -> None:
    """The three differences are found, each as one cause in its place, and nothing else."""
    status, report = diff(folder, "old", "new")
    groups = {(group["aspect"], group["path"]): group for group in report["groups"]}
    assert set(groups) == {("header", "Content-Type"), ("mail", "Subject"), ("rows", "notes.agent")}
    assert len(report["groups"]) == 3
    assert [group["count"] for group in report["groups"]] == [2, 2, 2]
    header = groups["header", "Content-Type"]
    assert (header["old"], header["new"]) == ("text/plain; charset=utf-8", "text/plain")
    assert list(header["endpoints"]) == ["GET / ?action=export"]
    assert (status, report["stale"], report["counts"]["judged"]) == (1, [], len(STATUSES))


def test_accepted_differences(folder: Path) -> None:
    """What is accepted with a reason no longer fails the comparison, and is still told."""
    _, before = diff(folder, "old", "new")
    assert len(before["groups"]) == 3, [group["title"] for group in before["groups"]]
    accepted = run("harness", "accept", "r.json", "--all", "--reason", "as agreed", folder=folder)
    assert accepted.returncode == 0, accepted.stderr
    try:
        status, report = diff(folder, "old", "new")
    finally:
        (folder / "accepted.toml").unlink()
    assert (report["warnings"], report["groups"], len(report["accepted"])) == ([], [], 3)
    assert status == 0


def test_a_first_configuration(folder: Path) -> None:
    """`harness init` finds the action parameter, the login form and what may write, without their secrets."""
    text = run("harness", "init", "visit.yaml", "-o", "-", folder=folder).stdout
    assert 'parameters = [\n    "action",\n]' in text
    assert "POST / ?action=add" in text
    assert "[bind.secret]" in text
    assert "tiger" not in text
