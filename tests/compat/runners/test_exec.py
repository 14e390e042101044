"""The exec runner: full duplex, deadlines, process groups, nothing left behind."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from compat.body import Body
from compat.errors import ProgramError, RequestError
from compat.pump import PumpedBody, asked
from compat.runners import duplex
from compat.runners.duplex import Running
from compat.runners.exec import Child, execute
from compat.types import Command

pytestmark = pytest.mark.usefixtures("no_new_descriptors")


class Program:
    """Starts a tiny program, gathers its error output, and closes it in the end."""

    def __init__(self, folder: Path) -> None:
        self.errors = bytearray()
        self._folder = folder
        self._running: list[Running] = []

    def start(self, name: str, body: Body | bytes | None = None, **options: float) -> Running:
        """Start the program of a name."""
        path = str(self._folder / name)
        environment = {b"PATH": os.environ["PATH"].encode(), b"PID_FILE": os.environ.get("PID_FILE", "").encode()}
        held = body if isinstance(body, Body) else Body() if body is None else Body(body, len(body))
        command = Command((path,), str(self._folder), environment, path)
        running = execute(command, held, self.errors.extend, **options)
        self._running.append(running)
        return running

    def close(self) -> None:
        """Close all."""
        for running in self._running:
            running.close()


@pytest.fixture
def program(programs: Path) -> Program:
    """A starter of tiny programs."""
    starter = Program(programs)
    yield starter
    starter.close()


@pytest.fixture
def pid_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Where a program writes its process numbers; returns a function that waits for them."""
    file = tmp_path / "pid"
    monkeypatch.setenv("PID_FILE", str(file))

    def read() -> list[int]:
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            if file.exists() and file.read_text().endswith("\n"):
                return [int(word) for word in file.read_text().split()]
            time.sleep(0.01)
        raise AssertionError("the program did not start")

    return read


def output(running: Running) -> bytes:
    """Read to the end."""
    pieces = []
    while piece := running.read():
        pieces.append(piece)
    return b"".join(pieces)


def test_output_and_exit(program: Program) -> None:
    """Output in full, then how it ended."""
    running = program.start("exit3.cgi")
    assert output(running) == b"Content-Type: text/plain\n\nok\n"
    assert str(running.finish()) == "exit=3"


def test_no_body_is_end_of_file(program: Program) -> None:
    """A program that reads without a body being there does not hang."""
    assert output(program.start("say.cgi")) == b""


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 3_000_000])
def test_body(program: Program, size: int) -> None:
    """The body arrives whole, then end of file, whatever fits into the pipe at once."""
    body = os.urandom(size)
    assert output(program.start("say.cgi", body)) == body


@pytest.mark.parametrize("name", ["flood.cgi", "noisy.cgi"])
def test_full_duplex(program: Program, name: str) -> None:
    """A program that prints much before it reads much is no deadlock, on either of its outputs."""
    started = time.monotonic()
    assert output(program.start(name, b"z" * 2_000_000, timeout=20)).split()[-1] == b"2000000"
    assert time.monotonic() - started < 5


def test_error_output_is_complete(program: Program) -> None:
    """All error output is handed on."""
    output(program.start("noisy.cgi", b""))
    program.close()
    assert bytes(program.errors) == b"e" * 180_000


def test_unread_body(program: Program) -> None:
    """A program need not read its body."""
    assert output(program.start("ignores-body.cgi", b"z" * 2_000_000)).endswith(b"not read\n")


def test_first_byte_straight_through(program: Program) -> None:
    """Output is handed on when it is written, not when the program ends."""
    running = program.start("drip.cgi")
    first = running.read()
    while b"first" not in first:
        first += running.read()
    between = time.monotonic()
    assert b"second" not in first
    assert output(running) == b"second\n"
    assert time.monotonic() - between > 0.2


@pytest.mark.parametrize(
    ("options", "says"), [({"timeout": 0.3}, "timeout = 0.3"), ({"idle_timeout": 0.3}, "idle_timeout = 0.3")]
)
def test_too_slow(
    program: Program, pid_file: Callable[[], list[int]], gone: Callable[..., bool], options: dict[str, float], says: str
) -> None:
    """Past a deadline comes 504, and the whole group ends with the program."""
    running = program.start("silent.cgi", **options)
    pids = pid_file()
    with pytest.raises(ProgramError, match=says) as caught:
        output(running)
    assert caught.value.status == 504
    running.close()
    assert running.exit.signal == signal.SIGTERM
    assert all(gone(pid) for pid in pids)


def test_activity_holds_off_the_idle_timeout(program: Program) -> None:
    """A program that keeps printing is not idle."""
    assert output(program.start("drip.cgi", idle_timeout=0.9)).endswith(b"second\n")


def test_more_time_than_poll_takes(program: Program) -> None:
    """A program may be given months, though poll(2) waits for 24 days at most."""
    assert output(program.start("drip.cgi", timeout=2**31 - 1)).endswith(b"second\n")


@pytest.mark.parametrize("name", ["silent.cgi", "say.cgi", "endless.cgi"])
def test_client_breaks_off_its_body(
    programs: Path, pid_file: Callable[[], list[int]], name: str, program: Program
) -> None:
    """Half a long body ends the program, whether it reads, waits or answers; it never sees an end of file."""
    body = PumpedBody(asked(io.BytesIO(b"x" * 70_000), 200_000), 200_000)
    running = program.start(name, body, timeout=20)
    with pytest.raises(RequestError, match="70000 of 200000"):
        output(running)
    running.close()
    assert running.exit.signal == signal.SIGTERM
    body.close()


def test_body_breaks_off_while_the_program_is_being_ended(program: Program, pid_file: Callable[[], list[int]]) -> None:
    """Even then everything is released (the fixture looks)."""
    held = threading.Event()

    class Slow:
        def read(self, size: int) -> bytes:
            held.wait(10)
            return b""

    body = PumpedBody(asked(Slow(), 200_000), 200_000)
    running = program.start("stubborn.cgi", body)
    pid_file()
    threading.Timer(0.2, held.set).start()
    running.close()
    body.close()


def test_input_closed_as_more_arrives(program: Program) -> None:
    """Both in one turn of the loop: nothing is written to the closed descriptor."""
    more = threading.Event()

    class Halting:
        left = 200_000

        def read(self, size: int) -> bytes:
            if self.left <= 100_000:
                more.wait(10)
            self.left -= 10_000
            return b"x" * 10_000

    body = PumpedBody(asked(Halting(), 200_000), 200_000)
    while len(body.peek(100_000)) < 100_000:
        time.sleep(0.001)
    running = program.start("ignores-body.cgi", body)
    assert os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
    more.set()
    time.sleep(0.05)
    assert output(running).endswith(b"not read\n")
    assert running.finish().status == 0
    body.close()


def test_close_survives_a_broken_log(program: Program) -> None:
    """A log that cannot be written must not leave a program running."""

    def broken(data: bytes) -> None:
        raise OSError("disk full")

    program.errors = SimpleNamespace(extend=broken)  # type: ignore[assignment]
    running = program.start("noisy.cgi", b"")
    time.sleep(0.1)
    with pytest.raises(OSError, match="disk full"):
        running.close()
    assert running.exit.signal is not None


def test_stubborn_program_is_killed(
    program: Program, pid_file: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who ignores TERM gets KILL after the grace period."""
    monkeypatch.setattr(duplex, "GRACE", 0.3)
    running = program.start("stubborn.cgi")
    pid_file()
    started = time.monotonic()
    running.close()
    assert running.exit.signal == signal.SIGKILL
    assert 0.2 < time.monotonic() - started < 2


def test_close_ends_an_endless_program(
    program: Program, pid_file: Callable[[], list[int]], gone: Callable[..., bool]
) -> None:
    """When the client goes, the program goes, at once."""
    running = program.start("endless.cgi")
    running.read()
    started = time.monotonic()
    running.close()
    assert time.monotonic() - started < 1
    assert gone(pid_file()[0])


def test_grandchild_holds_the_output(program: Program) -> None:
    """As under Apache, output ends when the last holder closes it."""
    running = program.start("grandchild.cgi")
    assert output(running).endswith(b"parent\nchild\n")
    assert str(running.finish()) == "exit=0"


IGNORES = """#!/bin/sh
# Leaves a child that ignores TERM and holds the output.
trap '' TERM
{ echo child; while :; do sleep 0.1; done; } &
echo "$!" > "$PID_FILE"
"""
SAYS_MORE = """#!/bin/sh
# Leaves a child that prints for ever.
yes &
echo "$!" > "$PID_FILE"
"""


@pytest.mark.parametrize("source", ["", IGNORES, SAYS_MORE], ids=["sleeps", "ignores TERM", "prints"])
@pytest.mark.parametrize("how", ["at a deadline", "client gone", "unread"])
def test_a_child_that_outlives_its_program(
    program: Program,
    pid_file: Callable[[], list[int]],
    gone: Callable[..., bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    how: str,
) -> None:
    """Whoever holds the output of a program that has ended belongs to its request, and ends with it."""
    monkeypatch.setattr(duplex, "GRACE", 0.3)
    (tmp_path / "leaves").write_text(source)
    (tmp_path / "leaves").chmod(0o755)
    running = program.start(str(tmp_path / "leaves") if source else "orphan.cgi", timeout=1)
    child = pid_file()[0]
    assert os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
    if how == "at a deadline":
        with pytest.raises(ProgramError, match="timeout = 1"):
            output(running)
    elif how == "client gone":
        assert running.read()
    running.close()
    assert gone(child, within=1)
    assert str(running.exit) == "exit=0"


def test_a_child_outlives_its_program_where_children_are_not_waited_for(
    program: Program, pid_file: Callable[[], list[int]], gone: Callable[..., bool]
) -> None:
    """The same in a server that lets the kernel reap its children: the group's number is its own while somebody is in
    it.
    """
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        running = program.start("orphan.cgi")
        child = pid_file()[0]
        assert gone(running.pid)
        running.close()
        assert gone(child, within=1)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_no_signal_to_a_number_that_is_somebody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a program is reaped its number may be another's; so long as it is, nobody is signalled."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "killpg", lambda *words: sent.append(words))
    stranger = Child(os.getppid())
    stranger.signal_group(signal.SIGTERM)
    assert sent == []


def test_killed_program(program: Program) -> None:
    """Death by signal is told apart from an exit status, and from our own doing."""
    running = program.start("killed.cgi")
    output(running)
    assert str(running.finish()) == "signal=9"
    assert not running.killed


def test_sigpipe_is_default(program: Program) -> None:
    """Python ignores SIGPIPE; a program must not inherit that, or `yes | head` never ends."""
    assert output(program.start("pipe.cgi", timeout=10)).endswith(b"y\n")


def test_no_descriptor_leaks_in(program: Program) -> None:
    """A program gets its three descriptors, and none of the server's."""
    held = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        lines = output(program.start("fds.cgi")).split(b"\n\n", 1)[1].split()
    finally:
        os.close(held)
    assert [line for line in lines if b"fds.cgi" not in line and not line.startswith(b"/proc/")] == []


def test_ignored_sigchld(program: Program) -> None:
    """A server that lets the kernel reap its children still gets answers."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        running = program.start("exit3.cgi")
        assert output(running).endswith(b"ok\n")
        running.finish()
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_without_pidfd(program: Program, monkeypatch: pytest.MonkeyPatch, pid_file: Callable[[], list[int]]) -> None:
    """Where the system has no pidfd (macOS), the same ends the same."""
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    running = program.start("exit3.cgi")
    output(running)
    assert str(running.finish()) == "exit=3"
    silent = program.start("silent.cgi")
    pid_file()
    silent.close()
    assert silent.exit.signal == signal.SIGTERM


def test_file_just_written(tmp_path: Path) -> None:
    """A script that another thread is still writing is tried again for a moment (ETXTBSY)."""
    path = tmp_path / "busy"
    path.write_bytes(Path("/bin/true").resolve().read_bytes())
    path.chmod(0o755)
    writer = os.open(path, os.O_WRONLY)
    threading.Timer(0.08, os.close, [writer]).start()
    running = execute(Command((str(path),), str(tmp_path), {}, "busy"), Body(), lambda data: None)
    assert output(running) == b""
    assert str(running.finish()) == "exit=0"


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads and descriptors in /proc")
def test_many_at_once(programs: Path) -> None:
    """Two hundred programs from eight threads: all answer, nothing is left."""
    failed: list[object] = []

    def work() -> None:
        starter = Program(programs)
        for _ in range(25):
            running = starter.start("say.cgi", b"hello")
            if output(running) != b"hello" or running.finish().status != 0:
                failed.append(running.exit)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
