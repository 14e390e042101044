"""Clients that every machine with Python 3 has do their job against the old index, as CGI and under one server process.

The others need interpreters and packages of their own: `make clients` runs those.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recordings.projects import Project, write_project
from recordings.session import BUILDING, SCRIPTS, ClientError, Session

pytest.importorskip("harness.postgres")

ROOT = Path(__file__).resolve().parents[2]
STOP = 60  # seconds


@pytest.fixture(scope="module", params=[pytest.param(["--cgi"], id="cgi"), pytest.param([], id="process")])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an old index that is served like this."""
    command = [sys.executable, "-m", "legacy", "serve", "--bind", "127.0.0.1:0", *request.param]
    command += ["--files", str(tmp_path_factory.mktemp("files"))]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        serving = re.fullmatch(r"Serving on (http://[^/]+)/pypi\n", process.stdout.readline())
        assert serving is not None
        yield serving[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOP)


@pytest.fixture
def session(base: str, tmp_path: Path) -> Session:
    """A session of this Python's, in a folder of its own."""
    # Not resolved: the interpreter that stands behind the environment's link knows no pip of its own.
    return Session(base, tmp_path, Path(os.path.abspath(sys.executable)))


def pip(session: Session, *words: str, says: str, status: int = 0) -> None:
    """Run pip with the index and without anything kept from before."""
    index = ("-i", f"{session.base}/simple/", "--no-cache-dir", "--no-deps")
    session.client("-m", "pip", words[0], *index, *words[1:], says=says, status=status)


def test_pip_installs(session: Session) -> None:
    """The version asked for is there afterwards and can be imported."""
    pip(session, "install", "--target", "site", "demo==1.0", says="Successfully installed demo-1.0")
    session.client("-c", "import demo; print(demo.__version__)", env={"PYTHONPATH": "site"}, says=r"^1\.0$")


def test_pip_finds_a_respelled_name_and_checks_its_digest(session: Session) -> None:
    """The page's redirect is followed, the newest file taken, and its MD5 is that of the link."""
    pip(session, "download", "Under.Score", says=r"Saved .*under_score-0\.5.*\.whl")


def test_pip_is_told_that_there_is_none(session: Session) -> None:
    """A 404 of /simple/ ends as pip's own error."""
    pip(session, "download", "No_Such.Project", says="No matching distribution found", status=1)


def test_a_digest_of_another_file_is_refused(session: Session) -> None:
    """The verdict is the client's: with a wrong digest wanted, pip does not take what the index gives."""
    session.write("wanted.txt", f"demo==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(ClientError, match="DO NOT MATCH THE HASHES"):
        pip(session, "download", "-r", "wanted.txt", says="Saved")


def test_xmlrpc_client_calls_every_method(session: Session) -> None:
    """Each call returns what a script can go on with, or a fault it can catch."""
    says = r"(?s)list_packages \(\) list 1\d.*package_roles \('demo',\) list 2.*multicall 2.*done"
    session.client(SCRIPTS / "calls.py", session.base, "demo", says=says)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="distutils left Python with 3.12")
def test_distutils_registers_and_uploads(session: Session) -> None:
    """The oldest publisher: each command says what the index answered, and pip then finds what was published."""
    session.pypirc("bob", "bobpw")
    folder = write_project(session, Project("published"), module="distutils.core")
    for commands in (("register",), ("sdist", "upload")):
        session.client(
            "setup.py", *commands, "-r", "local", cwd=folder, says=r"Server response \(200\): OK",
            env={**BUILDING, "SETUPTOOLS_USE_DISTUTILS": "stdlib"},
        )  # fmt: skip
    pip(session, "download", "--no-build-isolation", "published", says=r"Saved .*published-1\.0\.tar\.gz")
