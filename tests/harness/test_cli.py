"""The command `harness`: what its exit status says when something goes wrong that no command foresaw."""

from __future__ import annotations

import click
import pytest

from harness import cli


def test_a_defect_is_no_verdict(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1 means differences; a traceback must not end with it."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli.harness, "main", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main(["diff"])
    assert ended.value.code == 2
    assert "defect of the harness" in capsys.readouterr().err


def test_an_interruption_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C and SIGTERM end with the status that shells expect, and with words."""

    def interrupted(*_: object, **__: object) -> None:
        raise click.exceptions.Abort

    monkeypatch.setattr(cli.harness, "main", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main(["diff"])
    assert ended.value.code == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["diff"], ["nosuch"], ["diff", "x", "--colour"], ["diff", "x", "--old", "y"]])
def test_a_wrong_command_line_ends_with_2(arguments: list[str]) -> None:
    """As everything that was not judged."""
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
