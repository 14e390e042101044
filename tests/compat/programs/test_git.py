"""git's own client against `git http-backend`, and gitweb, through compat."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.compat.programs.conftest import Site, needs, run

USER = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
GITWEB = Path("/usr/share/gitweb/gitweb.cgi")


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one bare repository that may be pushed to: sixty branches, each with a commit of its own."""
    needs("git")
    root = tmp_path_factory.mktemp("repositories")
    bare = root / "project.git"
    run(["git", "init", "--quiet", "--bare", "--initial-branch=main", bare], root)
    run(["git", "-C", bare, "config", "http.receivepack", "true"], root)
    stream = "".join(map(branch, range(60))) + "reset refs/heads/main\nfrom refs/heads/b0\n\n"
    subprocess.run(["git", "-C", bare, "fast-import", "--quiet"], input=stream.encode(), check=True)
    return root


def branch(number: int) -> str:
    """Return one branch in the language of git fast-import."""
    text = f"content {number}\n"
    return (
        f"commit refs/heads/b{number}\ncommitter a <a@b> {1_700_000_000 + number} +0000\ndata 2\nc\n"
        f"M 644 inline file.txt\ndata {len(text)}\n{text}\n"
    )


@pytest.fixture(scope="module")
def backend(repositories: Path, serve: Callable[..., Site]) -> Site:
    """git http-backend as a CGI program."""
    program = Path(run(["git", "--exec-path"], repositories).strip(), "git-http-backend")
    env = {"GIT_PROJECT_ROOT": str(repositories), "GIT_HTTP_EXPORT_ALL": "1"}
    return serve(f'compat:CGIScript("{program}", env={env!r})')


@pytest.mark.parametrize("version", ["0", "2"])
def test_clone(backend: Site, tmp_path: Path, version: str) -> None:
    """A clone has every branch, in the old protocol and in version 2, which goes by a request header; its long list of
    wishes is sent compressed.
    """
    words = ["git", "-c", f"protocol.version={version}", "clone", "--quiet", f"{backend.url}/project.git", "copy"]
    trace = run(words, tmp_path, GIT_TRACE_PACKET="1", GIT_TRACE_CURL="1")
    spoken, compressed = "version 2" in trace, "send header: content-encoding: gzip" in trace.lower()
    assert spoken == (version == "2")
    assert compressed
    assert len(run(["git", "-C", "copy", "branch", "-r"], tmp_path).splitlines()) == 62


@pytest.mark.parametrize("buffer", ["100000", "100000000"], ids=["chunked", "with a length"])
def test_push(backend: Site, repositories: Path, tmp_path: Path, buffer: str) -> None:
    """More than a megabyte that does not compress arrives whole, in a chunked request and in one with a length."""
    run(["git", "clone", "--quiet", f"{backend.url}/project.git", "copy"], tmp_path)
    content = os.urandom(1_500_000)
    (tmp_path / "copy" / "large.bin").write_bytes(content)
    run(["git", "-C", "copy", "add", "large.bin"], tmp_path)
    run(["git", "-C", "copy", "commit", "--quiet", "-m", "large"], tmp_path, **USER)
    push = ["git", "-C", "copy", "-c", f"http.postBuffer={buffer}", "push", "--quiet"]
    trace = run(push, tmp_path, GIT_TRACE_CURL="1", GIT_TRACE_CURL_NO_DATA="1")
    chunked = "send header: transfer-encoding: chunked" in trace.lower()
    assert chunked == (buffer == "100000")
    run(["git", "clone", "--quiet", repositories / "project.git", "again"], tmp_path)
    assert (tmp_path / "again" / "large.bin").read_bytes() == content


def test_unknown_repository(backend: Site) -> None:
    """What the program answers reaches the client: 404 for a repository that is not there."""
    assert backend.get("/other.git/info/refs?service=git-upload-pack").status == 404


@pytest.fixture(scope="module")
def gitweb(repositories: Path, serve: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """gitweb, a Perl program of eight thousand lines."""
    if not GITWEB.is_file():
        pytest.skip("gitweb is not installed; .ci/run installs it")
    folder = tmp_path_factory.mktemp("gitweb")
    settings = ('$projectroot = "' + str(repositories) + '";', '$feature{"snapshot"}{"default"} = ["tgz"];', "1;")
    (folder / "gitweb.conf").write_text("\n".join(settings))
    env = {"GITWEB_CONFIG": str(folder / "gitweb.conf"), "HOME": str(folder)}
    return serve(f'compat:CGIScript("{GITWEB}", mount="/web", env={env!r})')


@pytest.mark.parametrize(
    ("path", "kind", "found"),
    [
        ("/web", "text/html", b"project.git"),
        ("/web?p=project.git;a=summary", "text/html", b"shortlog"),
        ("/web/project.git/shortlog/refs/heads/b7", "text/html", b"shortlog"),
        ("/web/project.git/blob_plain/refs/heads/b7:/file.txt", "text/plain", b"content 7\n"),
        ("/web?p=project.git;a=snapshot;h=refs/heads/b7;sf=tgz", "application/x-gzip", b"\x1f\x8b"),
        ("/web?p=project.git;a=atom", "application/atom+xml", b"<feed"),
    ],
)
def test_gitweb(gitweb: Site, path: str, kind: str, found: bytes) -> None:
    """Its pages, addressed by query and by extra path, with the type of each."""
    page = gitweb.get(path)
    assert page.status == 200, page.body[:500]
    assert page.all("Content-Type")[0].partition(";")[0] in {kind, kind.replace("text/html", "application/xhtml+xml")}
    assert found in page.body


def test_gitweb_error(gitweb: Site) -> None:
    """Its own error page has its own status."""
    page = gitweb.get("/web?p=nothing.git;a=summary")
    assert page.status == 404
    assert b"No such project" in page.body
