"""Which files of a target are read for literals."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.config import Config, TargetConfig
from harness.fuzz import literals, sources_of

FILES = {
    "shop.py": "q == 'module'",
    "src/market/__init__.py": "q == 'src'",
    "old/shop.py": "q == 'cwd'",
    "cgi-bin/count": "#!/usr/bin/perl\n$q eq 'directory'",
    "hello.cgi": "#!/bin/sh\n[ \"$q\" = 'script' ]",
    "other.txt": "'other'",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with applications of several kinds, as the current one."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(text: str, config: Config) -> list[str]:
    """The literals of a target's own sources."""
    with sources_of(text, config) as files:
        return literals(files)[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("shop:app", ["module"]),
        ("market.wsgi:app", ["src"]),
        ("elsewhere", ["cwd"]),
        ('compat:CGIDirectory("cgi-bin")', ["directory"]),
        ("compat:CGIDirectory('cgi-bin', timeout=3)", ["directory"]),
        ('compat:CGIScript("hello.cgi")', ["script"]),
        ('compat:CGIDirectory(".")', ["cwd", "directory", "module", "script", "src"]),
        ("installed.somewhere:app", []),
        ("http://127.0.0.1:1", []),
    ],
)
def test_what_is_a_targets_own(folder: Path, text: str, wanted: list[str]) -> None:
    """Modules, packages below src, folders of their own, CGI programs; nothing where the module is not there."""
    config = Config(folder, {"elsewhere": TargetConfig("shop:app", cwd="old")})
    assert compared(text, config) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("git:HEAD:shop:app", ["committed"]),
        ("named", ["inner"]),
        ('git:HEAD:compat:CGIDirectory("cgi-bin")', ["perl"]),
    ],
)
def test_a_revision_has_its_own_literals(folder: Path, text: str, wanted: list[str]) -> None:
    """Not those of the working tree, whatever that holds now; the folder goes afterwards."""
    for name, source in (
        ("shop.py", "q == 'committed'"),
        ("old/shop.py", "q == 'inner'"),
        ("cgi-bin/count", "#!/usr/bin/perl\n$q eq 'perl'"),
    ):
        (folder / name).write_text(source)
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    for name in FILES:
        (folder / name).write_text(FILES[name])
    config = Config(folder, {"named": TargetConfig("git:HEAD:shop:app", cwd="old")})
    assert compared(text, config) == wanted
    with sources_of(text, config) as files:
        assert all(file.exists() for file in files)
    assert not any(file.exists() for file in files)
