"""Interpreters are found by version, and one that is missing is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from recordings.environments import MissingError, find_interpreter


def test_a_folder_of_somebody_else_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable of another user's pyenv may have stayed in the environment (to root nothing is closed)."""

    def denied(path: Path, pattern: str) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr(Path, "glob", denied)
    with pytest.raises(MissingError, match=r"no Python 2\.99"):
        find_interpreter("2.99")


def test_finds_this_very_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program on PATH is asked for its version and for where it really is."""
    version = "{}.{}".format(*sys.version_info)
    (tmp_path / f"python{version}").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tmp_path / f"python{version}").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert find_interpreter(version) == Path(sys.executable)


def test_a_program_of_another_version_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name proves nothing: pyenv puts programs on PATH that only print an error."""
    for name, script in {
        "python9.8": "echo no such version >&2; exit 127",
        "python9.9": f'exec "{sys.executable}" "$@"',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    for version in ("9.8", "9.9"):
        with pytest.raises(MissingError, match=f"no Python {version}"):
            find_interpreter(version)
