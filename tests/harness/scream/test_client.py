"""One run of a client: what it is given, what is kept of what it left, and that nothing of it lives on."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from harness.scream.client import TIMEOUT, Client, parse_client, run

HOST = "127.0.0.1:4711"


def shell(script: str, **options: object) -> Client:
    """Return a client that runs a script."""
    return Client("a", ("/bin/sh", "-c", script, "sh", "{url}", "{host}", "{home}"), **options)  # type: ignore[arg-type]


def test_it_gets_the_address_and_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words are filled in; of our environment it has PATH and the language alone."""
    monkeypatch.setenv("SECRET", "leaks")
    monkeypatch.setenv("http_proxy", "http://elsewhere")
    ran = run(
        shell('echo "$1 $2 $3"; echo "$SECRET$http_proxy:$MINE"; pwd', env={"MINE": "{host}"}), HOST, tmp_path / "h"
    )
    assert ran.output == ("http://HOST HOST HOME", ":HOST", "HOME")


def test_what_varies_by_itself_is_left_out(tmp_path: Path) -> None:
    """Times, rates, addresses and colours of lines; logs and caches of files; names of the folder and the port."""
    printed = "printf '\\033[1mdone\\033[0m in 0.3s at 10:11:12 0x7f00aabbcc 12 kB/s\\n'"
    script = f"{printed}; echo $2 > kept; touch a.log; mkdir cache; touch cache/x"
    first, second = (run(shell(script), host, tmp_path / host) for host in (HOST, "127.0.0.1:99"))
    assert first == second
    assert (first.output, list(first.files)) == (("done in # at # # #",), ["kept"])


@pytest.mark.parametrize(("year", "text", "same"), [(1999, "a", True), (1990, "b", False)])
def test_an_archive_is_what_is_in_it(tmp_path: Path, year: int, text: str, same: bool) -> None:
    """Not when it was packed, which installers that build an egg do anew."""
    script = "import zipfile as z; z.ZipFile('a.egg', 'w').writestr(z.ZipInfo('m', ({}, 1, 1, 1, 1, 0)), '{}')"
    clients = [Client("a", (sys.executable, "-c", script.format(*values))) for values in ((1990, "a"), (year, text))]
    first, second = (run(client, HOST, tmp_path / "h").files for client in clients)
    assert list(first) == ["a.egg"]
    assert (first == second) is same


def test_each_run_begins_with_a_fresh_folder(tmp_path: Path) -> None:
    """That holds what it was to be given."""
    (tmp_path / "with").mkdir()
    (tmp_path / "with" / "given").write_text("x")
    client = shell("ls; touch made", folder=tmp_path / "with")
    assert [run(client, HOST, tmp_path / "h").output for _ in range(2)] == [("given",)] * 2


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    """Also what it left behind in the background."""
    started = time.monotonic()
    ran = run(shell("sleep 60 & echo $! > pid; exit 3"), HOST, tmp_path / "h")
    assert ran.exit == 3
    assert time.monotonic() - started < 30
    pid = int((tmp_path / "h" / "pid").read_text())
    assert not alive(pid)


def test_one_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """And that is its exit status; what it printed is kept."""
    ran = run(shell("echo begun; sleep 60", timeout=1.0), HOST, tmp_path / "h")
    assert (ran.exit, ran.output) == (TIMEOUT, ("begun",))


def alive(pid: int) -> bool:
    """Tell whether a process runs on; one that nobody has waited for does not."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
            os.kill(pid, 0)
        except (OSError, ProcessLookupError):
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(
    ("text", "name", "command"),
    [
        ("sh -c 'a b' {url}", "sh", ("sh", "-c", "a b", "{url}")),
        ("list=sh list.sh", "list", ("sh", "list.sh")),
        ("sh -c A=b", "sh", ("sh", "-c", "A=b")),
    ],
)
def test_reads_a_command(text: str, name: str, command: tuple[str, ...]) -> None:
    """As a shell would part it, with a name or without."""
    client = parse_client(text, {}, None, "work", 60)
    assert (client.name, client.command) == (name, command)
