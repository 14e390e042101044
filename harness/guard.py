"""Keep a temporary directory, and the server working in it, from outliving us: also after SIGKILL or Ctrl-C.

A tiny process of its own session holds the read end of a pipe from us. When the pipe ends (we stopped, crashed or were
killed) it stops the server and removes the directory. `hold` is our side; run as a script this same file is the other
side, so it imports nothing outside the standard library. It knows nothing of databases: the commands are given.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PARENT_CHECK = 1.0  # seconds; a forked child of ours may hold a copy of the pipe, so its end alone is not enough
STOP_TIMEOUT = 10.0  # seconds a server gets to end after its stop signal, and a guard after its pipe's end


class GuardError(Exception):
    """The guarded server did not start; the message is what the guard, or the failed command, printed."""


class Guard:
    """Our side of a guard: close it to stop the server and remove the directory. Nothing happens in a forked child."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path) -> None:
        self._process = process
        self._owner = os.getpid()
        self.directory = directory

    @property
    def alive(self) -> bool:
        """Whether the guard (and with it the server) still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Stop the server, remove the directory, wait for both; calling it again does nothing."""
        if os.getpid() != self._owner:
            return
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        if self._process.stdout:
            self._process.stdout.close()
        try:
            self._process.wait(STOP_TIMEOUT * 2)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def hold(
    directory: Path,
    commands: Sequence[Sequence[str]] = (),
    *,
    prefix: Sequence[str] = (),
    account: tuple[int, int] | None = None,
    chown_last: tuple[int, int] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Guard:
    """Guard `directory`, run `commands` one after the other; the last is the server and stays.

    `prefix` is put before the guard itself (`unshare ...`). The commands run as the uid and gid of `account`, the last
    one as `chown_last`, to whom the directory is given first. What they print goes to DIRECTORY/log. Raises GuardError
    when a command before the last fails; whether the server is ready is for the caller to find out.
    """
    order = {
        "directory": str(directory),
        "commands": [list(command) for command in commands],
        "account": account,
        "chown_last": chown_last,
        "stop_signal": int(stop_signal),
        "parent": os.getpid(),
    }
    argv = [*prefix, sys.executable, "-I", "-S", "-B", str(Path(__file__).resolve()), json.dumps(order)]
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise GuardError(str(error)) from error
    guard = Guard(process, directory)
    try:
        said = _read_report(process)
    except BaseException:
        guard.close()
        raise
    if said[-1:] != ["started"]:
        guard.close()
        raise GuardError("; ".join(line for line in said if line) or f"{argv[0]} ended without a word")
    return guard


def _environment() -> dict[str, str]:
    """Return what a guard and its server may know of our environment: where programs and libraries are."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return {"LC_ALL": "C", "TZ": "UTC", **kept}


def _read_report(process: subprocess.Popen[bytes]) -> list[str]:
    """Read what the guard prints until it says that the server was started, or ends."""
    said: list[str] = []
    if process.stdout is None:
        return said
    for line in process.stdout:
        said.append(line.decode(errors="replace").strip())
        if said[-1] == "started":
            break
    return said


# ---- the other side: what the guard process itself does ----


class _ParentGone(Exception):
    """The pipe ended, the parent's process is gone, or somebody asks us to end."""


def _guard_directory(order: dict[str, Any]) -> int:
    """Run the commands until the parent is gone; always remove the directory. Returns the exit status."""
    wakeup = _watch_signals()
    children: list[subprocess.Popen[bytes]] = []
    try:
        _run_all(order, wakeup, children)
    except _ParentGone:
        return 0
    finally:
        for child in children:
            _stop(child, order["stop_signal"])
        _remove(order["directory"])
    return 1


def _run_all(order: dict[str, Any], wakeup: int, children: list[subprocess.Popen[bytes]]) -> None:
    *before, server = order["commands"] or [None]
    for command in before:
        children.append(_spawn(command, order["account"], order["directory"]))
        _wait_for(children[-1], wakeup, order["parent"])
        if children.pop().returncode:
            print(_log_tail(order["directory"]), flush=True)
            return
    if server is not None:
        if order["chown_last"]:
            _give_away(order["directory"], order["chown_last"])
        children.append(_spawn(server, order["chown_last"] or order["account"], order["directory"]))
    print("started", flush=True)
    _wait_for(children[-1] if children else None, wakeup, order["parent"])


def _spawn(command: list[str], account: list[int] | None, directory: str) -> subprocess.Popen[bytes]:
    user, group = account or (None, None)
    with open(os.path.join(directory, "log"), "ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            user=user,
            group=group,
            extra_groups=[] if account else None,
            cwd="/",
            preexec_fn=_end_with_parent(),  # this process is tiny and has one thread: none of the usual objections
        )


def _log_tail(directory: str) -> str:
    with open(os.path.join(directory, "log"), encoding="utf-8", errors="replace") as log:
        return "; ".join(line.strip() for line in log.readlines()[-3:])


def _end_with_parent() -> Callable[[], None] | None:
    """Return what makes a child get SIGQUIT when this guard is itself killed (prctl PR_SET_PDEATHSIG; Linux only)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def end_with_parent() -> None:
        prctl(1, int(signal.SIGQUIT), 0, 0, 0)

    return end_with_parent


def _watch_signals() -> int:
    """Make signals readable on a descriptor: the end of a child, and polite requests to end."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return read


def _wait_for(child: subprocess.Popen[bytes] | None, wakeup: int, parent: int) -> None:
    """Return when `child` has ended; raise _ParentGone when the parent has, or when a signal asks for the end."""
    while child is None or child.poll() is None:
        ready, _, _ = select.select([0, wakeup], [], [], PARENT_CHECK)
        signals = os.read(wakeup, 512) if wakeup in ready else b""
        asked = bool(set(signals) - {signal.SIGCHLD})
        if 0 in ready or asked or os.getppid() != parent:
            raise _ParentGone


def _stop(child: subprocess.Popen[bytes], stop_signal: int) -> None:
    if child.poll() is None:
        child.send_signal(stop_signal)
    try:
        child.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _remove(directory: str) -> None:
    """Remove the tree; again while a process that is just dying still writes into it."""
    for _ in range(50):
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.lexists(directory):
            return
        time.sleep(0.02)


def _give_away(directory: str, account: list[int]) -> None:
    """Give a whole tree to another account."""
    os.chown(directory, *account)
    for folder, names, files in os.walk(directory):
        for name in names + files:
            os.lchown(os.path.join(folder, name), *account)


if __name__ == "__main__":
    sys.exit(_guard_directory(json.loads(sys.argv[1])))
