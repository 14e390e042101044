"""The options of commands that record: which key, and recording in clear."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from harness.config import Config
from harness.errors import UsageError
from harness.redact.options import given_key, redaction_options, redactor_for

KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_KEY", raising=False)


def test_command_has_both_options(tmp_path: Path) -> None:
    """A decorated command gets the key's file and the wish for clear text as arguments."""

    @click.command()
    @redaction_options
    def command(key_file: Path | None, no_redaction: bool) -> None:
        click.echo(f"{key_file} {no_redaction}")

    assert CliRunner().invoke(command, ["--key-file", "k", "--no-redaction"]).output == "k True\n"


def test_clear_text_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recording in clear is a wish that is told in one line on standard error."""
    assert redactor_for(Config(root=tmp_path), None, no_redaction=True) is None
    assert capsys.readouterr().err.startswith("harness: not redacted")


def test_without_a_key_one_is_made(tmp_path: Path) -> None:
    """Redaction needs no key of the user's."""
    assert redactor_for(Config(root=tmp_path), None, no_redaction=False) is not None


def test_key_of_the_file_goes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--key-file wins; blanks and line ends around the key do not count."""
    monkeypatch.setenv("HARNESS_KEY", "another-key-of-the-environment")
    (tmp_path / "key").write_bytes(KEY + b"\n")
    assert given_key(tmp_path / "key") == KEY


def test_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file, HARNESS_KEY is the key."""
    monkeypatch.setenv("HARNESS_KEY", KEY.decode())
    assert given_key(None) == KEY


def test_no_key_at_all() -> None:
    """Where neither gives a key there is none."""
    assert given_key(None) is None


@pytest.mark.parametrize("content", [b"", b"short\n"], ids=["empty", "short"])
def test_short_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """A key that could be guessed is refused, with the way to make a better one."""
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(UsageError, match="openssl rand"):
        given_key(tmp_path / "key")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_can_read_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: int) -> None:
    """It is used, with a warning that says what to do, however often a command reads it."""
    file = tmp_path / "key"
    file.write_bytes(KEY)
    file.chmod(mode)
    assert given_key(file) == given_key(file) == KEY
    told = capsys.readouterr().err
    assert told.startswith(f"harness: --key-file {file}: others can read it (mode {mode:04o})")
    assert told.endswith(f"chmod 600 {file}\n")
    assert told.count("\n") == 1


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o622])
def test_a_key_that_nobody_else_can_read_is_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: int
) -> None:
    """Nor is what comes through a pipe."""
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "key").chmod(mode)
    assert given_key(tmp_path / "key") == KEY
    reading, writing = os.pipe()
    os.write(writing, KEY)
    os.close(writing)
    assert given_key(Path(f"/dev/fd/{reading}")) == KEY
    os.close(reading)
    assert capsys.readouterr().err == ""


def test_missing_key_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is told by its name."""
    with pytest.raises(UsageError, match=r"nowhere: cannot be read"):
        given_key(tmp_path / "nowhere")


def test_key_and_clear_text_exclude_each_other(tmp_path: Path) -> None:
    """Who names a key does not want clear text."""
    with pytest.raises(UsageError, match="one of them"):
        redactor_for(Config(root=tmp_path), tmp_path / "key", no_redaction=True)
