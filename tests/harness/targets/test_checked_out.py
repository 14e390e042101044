"""`git:REV:module:name` end to end: the application of a revision answers, and never with modules of the work tree."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from harness.config import Config, TargetConfig
from harness.errors import TargetError, UsageError
from harness.exchange import Exchange, Request, Response
from harness.targets import Answer, Side, parse_target

APP = """
import os
import {library}

def application(environ, start_response):
    start_response("200 OK", [("X-Folder", os.path.basename(os.getcwd()))])
    return [{library}.VALUE.encode()]
"""


def git(folder: Path, *words: str) -> None:
    """Run git as somebody with a name."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def revisions(folder: Path, *versions: dict[str, str]) -> Path:
    """Commit each version (files by path), tagged v1, v2, ... and return the folder."""
    folder.mkdir(exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    for number, files in enumerate(versions, 1):
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(textwrap.dedent(text))
        git(folder, "add", "--all")
        git(folder, "commit", "-q", "-m", f"version {number}")
        git(folder, "tag", f"v{number}")
    return folder


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which we stand."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def answer_of(text: str, config: Config | None = None) -> Answer:
    """Start a target, ask it one thing, end it."""
    side: Side = parse_target(text, config or Config(root=Path.cwd()), timeout=10).open()
    try:
        side.start({})
        exchange = Exchange("t#1", Request(b"GET / HTTP/1.1"))
        assert side.refusal(exchange) is None
        side.send(exchange)
        return side.receive()
    finally:
        side.close()


def body_of(text: str, config: Config | None = None) -> bytes:
    """The body of its answer."""
    answer = answer_of(text, config)
    assert isinstance(answer, Response)
    return answer.body or b""


def test_each_revision_answers_as_it_did(checkout: Path) -> None:
    """Beside the work tree's own answer."""
    app = {"app.py": APP.format(library="lib")}
    revisions(checkout, {**app, "lib.py": "VALUE = 'one'"}, {"lib.py": "VALUE = 'two'"})
    (checkout / "lib.py").write_text("VALUE = 'not committed'")
    answers = [body_of(text) for text in ("git:v1:app:application", "git:main:app", "app:application")]
    assert answers == [b"one", b"two", b"not committed"]


def test_the_working_directory_is_the_same_folder_of_the_revision(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stands in `site` asks for modules of `site`."""
    revisions(checkout, {"site/app.py": APP.format(library="lib"), "site/lib.py": "VALUE = 'one'"})
    monkeypatch.chdir(checkout / "site")
    answer = answer_of("git:v1:app")
    assert isinstance(answer, Response)
    assert (answer.header(b"x-folder"), answer.body) == (b"site", b"one")


def test_a_path_into_the_work_tree_leads_into_the_revision(checkout: Path) -> None:
    """An editable install of the src layout: a folder of the checkout on the import path."""
    app = {"src/app.py": APP.format(library="lib"), "src/lib.py": "VALUE = 'one'"}
    revisions(checkout, app, {"src/lib.py": "VALUE = 'two'"})
    env = {"PYTHONPATH": str(checkout / "src")}
    config = Config(root=checkout, targets={"before": TargetConfig("git:v1:app:application", env=env)})
    assert body_of("before", config) == b"one"


FINDER = """
import importlib.util, sys

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in {mapping!r}:
            return importlib.util.spec_from_file_location(name, {mapping!r}[name])

sys.meta_path.{how}
"""


def installed_editable(
    place: Path, checkout: Path, mapping: dict[str, str], how: str = "append(Finder)"
) -> dict[str, str]:
    """Make what an editable install with a finder leaves, and return the variables that put it on the import path."""
    info = place / "thing-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
    (info / "direct_url.json").write_text(f'{{"url": "file://{checkout}", "dir_info": {{"editable": true}}}}')
    (info / "top_level.txt").write_text("\n".join(mapping))
    (place / "sitecustomize.py").write_text(FINDER.format(mapping=mapping, how=how))
    return {"PYTHONPATH": str(place)}


def test_modules_installed_editable_are_those_of_the_revision(checkout: Path, tmp_path: Path) -> None:
    """Also where a finder, not the path, leads to the work tree, and for modules that are not the application's own."""
    app = {"src/app.py": APP.format(library="lib"), "libs/lib.py": "VALUE = 'one'"}
    revisions(checkout, app, {"libs/lib.py": "VALUE = 'two'"})
    mapping = {"app": str(checkout / "src/app.py"), "lib": str(checkout / "libs/lib.py")}
    env = installed_editable(tmp_path / "installed", checkout, mapping)
    config = Config(root=checkout, targets={"before": TargetConfig("git:v1:app", env=env)})
    assert body_of("before", config) == b"one"


def test_a_module_that_stays_the_work_trees_is_refused(checkout: Path, tmp_path: Path) -> None:
    """A finder that goes before every path cannot be led elsewhere: better no answer than one of mixed revisions."""
    revisions(checkout, {"app.py": APP.format(library="lib"), "lib.py": "VALUE = 'one'"})
    mapping = {"lib": str(checkout / "lib.py")}
    env = installed_editable(tmp_path / "installed", checkout, mapping, "insert(0, Finder)")
    config = Config(root=checkout, targets={"before": TargetConfig("git:v1:app", env=env)})
    with pytest.raises(TargetError, match=r"target git:v1:app: the module lib would be imported from .*checkout"):
        body_of("before", config)


def test_an_application_that_the_revision_does_not_have_is_named(checkout: Path) -> None:
    """It does not start, and nothing of the work tree starts in its place."""
    revisions(checkout, {"other.py": ""}, {"app.py": APP.format(library="os")})
    with pytest.raises(TargetError, match=r"does not start: ModuleNotFoundError: No module named 'app'"):
        body_of("git:v1:app")


def test_a_folder_that_the_revision_does_not_have_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """We stand where there was nothing yet."""
    revisions(checkout, {"other.py": ""}, {"site/app.py": ""})
    monkeypatch.chdir(checkout / "site")
    with pytest.raises(TargetError, match="has no folder site"):
        body_of("git:v1:app")


def test_nothing_remains(checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither after an answer nor after a failed start."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    revisions(checkout, {"app.py": APP.format(library="lib"), "lib.py": "VALUE = ''"}, {"app.py": "raise OSError"})
    body_of("git:v1:app")
    with pytest.raises(TargetError):
        body_of("git:v2:app")
    assert list(place.iterdir()) == []


def test_a_bad_revision_is_refused_before_anything_starts(checkout: Path) -> None:
    """When the command line is read."""
    revisions(checkout, {"app.py": ""})
    with pytest.raises(UsageError, match="git knows no revision 'v9'; nearest are v1"):
        parse_target("git:v9:app:application", Config(root=checkout))
    with pytest.raises(UsageError, match=r"'1x' is not MODULE:NAME"):
        parse_target("git:v1:1x", Config(root=checkout))


def test_an_interpreter_is_found_from_where_the_configuration_stands(checkout: Path) -> None:
    """Not from the folder of the revision, which holds no virtual environment."""
    revisions(checkout, {"app.py": APP.format(library="lib"), "lib.py": "VALUE = 'one'"})
    (checkout / "venv").mkdir()
    (checkout / "venv" / "python").symlink_to(sys.executable)
    config = Config(root=checkout, targets={"before": TargetConfig("git:v1:app", python="venv/python")})
    assert body_of("before", config) == b"one"


def test_an_interpreter_that_cannot_be_asked_is_named(checkout: Path) -> None:
    """With what it says; nothing is started that might import from the work tree."""
    revisions(checkout, {"app.py": ""})
    (checkout / "broken").write_text("#!/bin/sh\necho too old >&2\nexit 1\n")
    (checkout / "broken").chmod(0o755)
    config = Config(root=checkout, targets={"before": TargetConfig("git:v1:app", python="./broken")})
    with pytest.raises(TargetError, match="broken does not tell where it imports from: too old"):
        body_of("before", config)
