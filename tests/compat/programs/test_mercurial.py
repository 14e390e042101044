"""Mercurial's client against hgweb.cgi through compat, beside hgweb's own WSGI front end on the same repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.compat_peers import command, free_port
from tests.compat.programs.conftest import Site, needs, program, run

CGI = """#!{python}
from mercurial import demandimport
demandimport.enable()
from mercurial.hgweb import hgweb, wsgicgi
wsgicgi.launch(hgweb({config!r}))
"""
WSGI = """
import sys
from wsgiref.simple_server import make_server
from mercurial.hgweb import hgweb
make_server("127.0.0.1", int(sys.argv[1]), hgweb({config!r})).serve_forever()
"""
CONFIG = """[paths]
project = {repository}
[web]
allow-push = *
push_ssl = no
allow-archive = gz
baseurl = http://site.test
"""


@pytest.fixture(scope="module")
def python() -> str:
    """The interpreter that hg itself runs on."""
    needs("hg")
    words = ["hg", "debuginstall", "-T", "{pythonexe}"]
    found = subprocess.run(words, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}).stdout.strip()
    if not os.path.isfile(found):
        pytest.skip(f"hg does not run on a Python that scripts can use ({found!r})")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, python: str) -> Path:
    """A repository with two changesets, hgweb's configuration, and its two front ends."""
    folder = tmp_path_factory.mktemp("hg")
    repository = folder / "project"
    run(["hg", "init", repository], folder)
    for number in range(2):
        (repository / "file.txt").write_text(f"content {number}\n")
        run(["hg", "-R", repository, "commit", "-A", "-m", f"change {number}", "-u", "a", "-d", f"{number} 0"], folder)
    (folder / "hgweb.config").write_text(CONFIG.format(repository=repository))
    config = os.fsencode(folder / "hgweb.config")
    program(folder / "hgweb.cgi", CGI.format(python=python, config=config))
    (folder / "server.py").write_text(WSGI.format(config=config))
    return folder


@pytest.fixture(scope="module")
def own(folder: Path, python: str) -> Iterator[Site]:
    """hgweb as a WSGI application in wsgiref."""
    port = free_port()
    with command([python, str(folder / "server.py"), str(port)], port, folder, as_nobody=False):
        yield Site(port)


@pytest.fixture(scope="module")
def site(folder: Path, serve: Callable[..., Site], runner: str) -> Site:
    """hgweb.cgi behind compat."""
    return serve(f'compat:CGIScript("{folder}/hgweb.cgi", runner="{runner}")')


def test_clone_and_push(site: Site, folder: Path, tmp_path: Path) -> None:
    """A clone has the history; a push of more than a megabyte arrives whole."""
    run(["hg", "clone", "--quiet", f"{site.url}/project", "copy"], tmp_path)
    content = os.urandom(1_200_000)
    (tmp_path / "copy" / "large.bin").write_bytes(content)
    run(["hg", "-R", "copy", "commit", "-A", "-m", "large", "-u", "b", "-d", "9 0"], tmp_path)
    run(["hg", "-R", "copy", "push", "--quiet"], tmp_path)
    run(["hg", "clone", "--quiet", folder / "project", "again"], tmp_path)
    assert (tmp_path / "again" / "large.bin").read_bytes() == content


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/project/",
        "/project/log?rev=0:",
        "/project/rev/0",
        "/project/file/0/file.txt",
        "/project/raw-file/0/file.txt",
        "/project/atom-log",
        "/project/archive/0.tar.gz",
        "/project?cmd=capabilities",
        "/project/rev/nothing",
        "/other/",
    ],
)
def test_pages_as_its_own_front_end(site: Site, own: Site, path: str) -> None:
    """Status, type and every byte of each page are those of hgweb as a WSGI application."""
    ours, theirs = site.get(path), own.get(path)
    assert (ours.status, ours.all("Content-Type")) == (theirs.status, theirs.all("Content-Type"))
    if path.endswith(".gz"):
        assert ours.body[:2] == theirs.body[:2] == b"\x1f\x8b"  # the time of packing stands in the header
        assert len(ours.body) == len(theirs.body)
    else:
        assert ours.body == theirs.body
