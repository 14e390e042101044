"""A guarded directory, and the server in it, end with whoever holds them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.guard import GuardError, hold

HOLDER = """
import sys, time
from pathlib import Path
from harness.guard import hold
hold(Path(sys.argv[1]), [["sleep", "60"]])
print("held", flush=True)
time.sleep(60)
"""


def runs(pid: int) -> bool:
    """Whether that process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory to be guarded, with something in it."""
    path = tmp_path / "guarded"
    (path / "a" / "b").mkdir(parents=True)
    (path / "a" / "b" / "file").write_text("x")
    return path


def test_close_removes_the_directory(directory: Path) -> None:
    """Without any command a guard holds just the directory; closing twice does nothing more."""
    guard = hold(directory)
    assert guard.alive
    assert directory.exists()
    guard.close()
    guard.close()
    assert not directory.exists()
    assert not guard.alive


def test_commands_run_in_order_and_the_last_stays(directory: Path, wait_until: Callable[..., bool]) -> None:
    """What the first leaves the last finds; the last is stopped by closing."""
    script = 'read pid < "$0/first" && echo $$ > "$0/server" && exec sleep 60'
    first = ["sh", "-c", 'echo done > "$0/first"', str(directory)]
    guard = hold(directory, [first, ["sh", "-c", script, str(directory)]])
    assert wait_until(lambda: (directory / "server").exists() and (directory / "server").read_text().strip() != "")
    pid = int((directory / "server").read_text())
    assert runs(pid)
    guard.close()
    assert not runs(pid)


def test_a_failing_command_is_quoted(directory: Path) -> None:
    """The error carries what the command printed, and nothing stays."""
    with pytest.raises(GuardError, match="no room left"):
        hold(directory, [["sh", "-c", "echo no room left; exit 3"], ["sleep", "60"]])
    assert not directory.exists()


@pytest.mark.parametrize(
    "prefix", [pytest.param(["/nonexistent/unshare"], id="missing"), pytest.param(["false"], id="refuses")]
)
def test_a_failing_prefix_is_an_error(directory: Path, prefix: list[str]) -> None:
    """A namespace that cannot be made is told at once."""
    with pytest.raises(GuardError, match=prefix[0]):
        hold(directory, prefix=prefix)
    assert not directory.exists()


def test_commands_get_none_of_our_variables(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of our environment reaches a server but where programs and libraries are."""
    monkeypatch.setenv("PGOPTIONS", "-c nonsense=1")
    dump = ["sh", "-c", 'env > "$0/env"', str(directory)]
    guard = hold(directory, [dump, ["sleep", "60"]])
    names = {line.partition("=")[0] for line in (directory / "env").read_text().splitlines()}
    guard.close()
    assert names <= {"PATH", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PWD", "SHLVL", "_", "OLDPWD"}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_the_directory_goes_with_its_holder(
    directory: Path, number: signal.Signals, wait_until: Callable[..., bool]
) -> None:
    """However the holder ends, the guard ends the server and removes the directory."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    holder.stdout.close()
    os.killpg(holder.pid, number)
    holder.wait(10)
    assert wait_until(lambda: not directory.exists())
