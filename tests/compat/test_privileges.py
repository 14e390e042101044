"""Who starts programs as root is told so, and what to do instead; nothing else changes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from compat.cli import main
from tests.compat.test_serve import LIMIT, script, serving, wait_for

AS = "from types import SimpleNamespace as Fake; from compat import cli, privileges"
AS += "; privileges.os = Fake(geteuid=lambda: {}); cli.main()"


@pytest.mark.parametrize("user", [0, 1000])
@pytest.mark.parametrize("form", ["text", "json"])
def test_serve(tmp_path: Path, user: int, form: str) -> None:
    """One line in the server's log, in its form, however many workers and reloads; it serves all the same."""
    log = tmp_path / "log"
    cgi = script(tmp_path / "cgi", "a.cgi", "echo fine")
    with serving(log, cgi.parent, "--log-format", form, workers=2, command=("-c", AS.format(user))) as server:
        server.port = server.port or int(log.read_text().partition("127.0.0.1:")[2].partition(" ")[0])
        assert server.get("/a.cgi") == (200, b"fine\n")
        server.process.send_signal(1)
        wait_for(lambda: log.read_text().count("Booting worker") >= 4, log.read_text)
    lines = [line for line in log.read_text().splitlines() if "as root" in line]
    assert len(lines) == (user == 0)
    assert all("User= in the systemd unit" in line and "runuser -u USER" in line for line in lines)
    assert all(json.loads(line)["level"] == "warning" for line in lines if form == "json")


@pytest.mark.parametrize("user", [0, 1000])
def test_check(tmp_path: Path, user: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside what it says of the programs; the exit status is theirs."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    result = CliRunner().invoke(main, ["check", str(script(tmp_path, "a.cgi", "echo fine")), "--timeout", str(LIMIT)])
    assert result.exit_code == 0
    assert result.stderr.count("programs run as root") == (user == 0)
    assert "as root" not in result.stdout
