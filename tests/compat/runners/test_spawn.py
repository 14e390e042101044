"""Starting a program by the C library: what it gets, what it does not get, and how a failure is told."""

from __future__ import annotations

import errno
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from compat.body import Body
from compat.runners import exec as runner
from compat.runners.exec import execute
from compat.runners.spawn import library, spawn, suits
from compat.types import Command

pytestmark = [
    pytest.mark.skipif(library() is None, reason="this C library has not all of posix_spawn"),
    pytest.mark.usefixtures("no_new_descriptors"),
]
AT_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from compat.body import Body
from compat.runners.exec import execute
from compat.types import Command
running = execute(Command((sys.argv[1],), "/", {}, "tty"), Body(), sys.stderr.buffer.write)
sys.stdout.write(running.read().decode())
running.finish()
"""


def script(folder: Path, text: str) -> Command:
    """Write a shell script and return the command that runs it."""
    path = folder / "script.sh"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return Command((str(path),), str(folder), {b"PATH": os.environ["PATH"].encode(), b"GIVEN": b"\xff="}, "script")


def answer(command: Command) -> bytes:
    """Run a command to its end and return its output."""
    running = execute(command, Body(), lambda data: None)
    output = b""
    while piece := running.read():
        output += piece
    running.finish()
    return output


@pytest.mark.parametrize("way", ["spawn", "Popen"])
def test_what_a_program_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Its folder, its variables, empty input, a group of its own and SIGPIPE as by default, whatever starts it."""
    if way == "Popen":
        monkeypatch.setattr(runner, "suits", lambda descriptors: False)
    lines = ["pwd", 'echo "$GIVEN"', "wc -c", "ps -o pgid= -p $$", "echo $$", "grep SigIgn /proc/self/status"]
    folder, given, read, group, pid, ignored = answer(script(tmp_path, "\n".join(lines))).splitlines()
    assert (folder, given, read) == (os.fsencode(tmp_path), b"\xff=", b"0")
    assert group.strip() == pid
    assert int(ignored.split()[1], 16) & (1 << signal.SIGPIPE - 1) == 0


def test_no_terminal(tmp_path: Path) -> None:
    """A program cannot reach the terminal that the server was started at."""
    command = script(tmp_path, "if (: < /dev/tty) 2>&-; then echo reached; else echo none; fi")
    ours, theirs = pty.openpty()
    try:
        words = [sys.executable, "-c", AT_A_TERMINAL, command.argv[0]]
        done = subprocess.run(words, stdin=theirs, capture_output=True, start_new_session=True, timeout=30, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    assert (done.stdout, done.stderr) == (b"none\n", b"")


@pytest.mark.parametrize(
    ("path", "cwd", "number"),
    [("/nowhere", "/", errno.ENOENT), ("/bin/true", "/nowhere", errno.ENOENT), ("/etc/passwd", "/", errno.EACCES)],
    ids=["no file", "no folder", "not executable"],
)
def test_failure(path: str, cwd: str, number: int) -> None:
    """What exec refuses is told by its number."""
    with pytest.raises(OSError, match=r"\[Errno") as caught:
        spawn([path], {}, cwd, (None, 2, 2))
    assert caught.value.errno == number


@pytest.mark.parametrize(("argv", "variables"), [(["/bin/true", "a\0b"], {}), (["/bin/true"], {b"A": b"a\0b"})])
def test_nul(argv: list[str], variables: dict[bytes, bytes]) -> None:
    """The C library would take a NUL for the end: it is refused instead."""
    with pytest.raises(ValueError, match="NUL"):
        spawn(argv, variables, "/", (None, 2, 2))


@pytest.mark.parametrize("descriptors", [(0, 5, 6), (None, 5, 2)])
def test_standard_numbers(descriptors: tuple[int | None, int, int]) -> None:
    """Pipes that have the numbers of the standard streams are left to subprocess: one would overwrite another."""
    assert not suits(descriptors)


def test_other_popen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another library waits for children, they are left to it."""
    assert suits((None, 5, 6))
    monkeypatch.setattr(subprocess.Popen, "__module__", "gevent.subprocess")
    assert not suits((None, 5, 6))


def test_output_after_the_end(tmp_path: Path) -> None:
    """A program ends at once and leaves a child that goes on writing: its output counts, too."""
    assert answer(script(tmp_path, "echo first\n(sleep 0.2; echo second) &")) == b"first\nsecond\n"
