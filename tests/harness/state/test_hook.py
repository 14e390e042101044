"""A state that the user's own commands keep, here on a folder of text files; real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.effects import NO_EFFECTS
from harness.errors import StateError
from harness.exchange import Exchange, Request, Response
from harness.state import SideState, State, Stateless, open_state, read_spec
from harness.store.archive import ArchiveWriter

LOG = "open('log', 'a').write(' '.join(sys.argv[1:]) + '\\n')"
RESTORE = f"import sys; {LOG}; open('store-' + sys.argv[2], 'w').write('ann 1\\n')"
DUMP = """
import json, sys
for line in open('store-' + sys.argv[1]):
    name, count = line.split()
    print(json.dumps({"table": "person", "key": ["name"], "row": {"name": name, "count": int(count), "none": None}}))
"""
HOOK: dict[str, Any] = {
    "snapshot": ["python3", "-c", f"import sys; {LOG}", "snapshot"],
    "restore": ["python3", "-c", RESTORE, "restore", "{side}", "{worker}"],
    "dump": ["python3", "-c", DUMP, "{side}"],
    "clock": ["python3", "-c", f"import sys; {LOG}", "clock", "{side}", "{time}"],
}


def open_hook(root: Path, **changed: Any) -> State:
    """A state with these commands, some replaced or (None) left out."""
    hook = {name: command for name, command in {**HOOK, **changed}.items() if command is not None}
    return open_state(read_spec("seed", {"hook": hook}, root))


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A state with all four commands, run in the folder of harness.toml."""
    with open_hook(tmp_path) as made:
        yield made


@pytest.fixture
def side(state: State) -> SideState:
    """A side that a scenario begins on."""
    made = state.side(0, "old")
    made.restore()
    return made


def person(name: str, count: str) -> tuple[tuple[str, str | None], ...]:
    """A row that `dump` prints."""
    return (("name", name), ("count", count), ("none", None))


def log(root: Path) -> list[str]:
    """The commands that were run."""
    return (root / "log").read_text().splitlines()


def test_commands_run_with_side_and_worker(side: SideState, tmp_path: Path) -> None:
    """`snapshot` once, `restore` and `clock` for each scenario of each side."""
    side.clock(1451606400.0)
    assert log(tmp_path) == ["snapshot", "restore old 0", "clock old 2016-01-01T00:00:00Z"]


def test_what_dump_prints_otherwise_is_what_was_written(side: SideState, tmp_path: Path) -> None:
    """Lines that came and went are rows, told once, with their keys."""
    (tmp_path / "store-old").write_text("ann 2\nbob 1\n")
    effects = side.changes(unsafe=True)
    assert effects.rows == {"person": {person("ann", "1"): -1, person("ann", "2"): 1, person("bob", "1"): 1}}
    assert effects.keys == {"person": ("name",)}
    assert side.changes(unsafe=True) == NO_EFFECTS
    side.restore()
    assert (tmp_path / "store-old").read_text() == "ann 1\n"
    assert side.changes(unsafe=True) == NO_EFFECTS


def test_restore_is_not_run_where_dump_shows_that_nothing_was_written(side: SideState, tmp_path: Path) -> None:
    """After safe requests alone one `dump` is enough; one that wrote all the same is undone."""
    side.restore()
    assert log(tmp_path).count("restore old 0") == 1
    (tmp_path / "store-old").write_text("")
    side.restore()
    assert log(tmp_path).count("restore old 0") == 2


def test_without_dump_every_scenario_begins_with_restore(tmp_path: Path) -> None:
    """Nobody can say then that nothing was written; and no rows are told."""
    with open_hook(tmp_path, dump=None, snapshot=None, clock=None) as state:
        side = state.side(0, "old")
        side.restore()
        side.clock(0.0)
        (tmp_path / "store-old").write_text("")
        assert side.changes(unsafe=True) == NO_EFFECTS
        side.restore()
        assert log(tmp_path) == ["restore old 0"] * 2


def test_only_a_hook_can_put_a_running_server_back(state: State, tmp_path: Path) -> None:
    """A server may be sent writes where the user's commands undo them."""
    assert state.restores_servers
    with open_state(read_spec("plain", {}, tmp_path)) as plain:
        assert not plain.restores_servers
        plain.side(0, "old").clock(0.0)
    Stateless().clock(0.0)


PYTHON = ["python3", "-c"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param(
            {"restore": [*PYTHON, "raise SystemExit('first\\nno such tablespace')"]},
            r"\[state.seed.hook\] restore ended with 1: no such tablespace",
            id="failed",
        ),
        pytest.param({"restore": [*PYTHON, "raise SystemExit(3)"]}, "ended with 3: it printed nothing", id="silent"),
        pytest.param({"restore": ["/none/x"]}, "restore: /none/x cannot be run: No such file", id="missing"),
        pytest.param(
            {"restore": [*PYTHON, "import time; time.sleep(9)"], "timeout": 1.0, "snapshot": None},
            "restore: python3 took more than 1 s",
            id="slow",
        ),
        pytest.param({"dump": [*PYTHON, "print('x;y')"]}, "dump: line 1 is not .*: x;y", id="not JSON"),
        pytest.param({"dump": [*PYTHON, f"print({json.dumps('[1]')!r})"]}, "dump: line 1 is not", id="not an object"),
        pytest.param({"dump": [*PYTHON, 'print(\'\\n{"table": "t"}\')']}, "dump: line 2 is not", id="no row"),
    ],
)
def test_a_command_that_fails_is_named(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    """In one line: which command, how it ended, and the last that it said."""
    with open_hook(tmp_path, **changed) as state:
        side = state.side(0, "old")
        with pytest.raises(StateError, match=message) as raised:
            side.restore()
        assert "\n" not in str(raised.value)


def test_a_snapshot_that_fails_stops_the_run(tmp_path: Path) -> None:
    """Nothing is replayed on a state that is not there."""
    with pytest.raises(StateError, match=r"\[state.seed.hook\] snapshot ended with 1: no"):
        open_hook(tmp_path, snapshot=[*PYTHON, "raise SystemExit('no')"])


CONFIG = """
default_state = "servers"
[state.servers.hook]
restore = ["python3", "-c", "import sys; open('store-' + sys.argv[1], 'w').close()", "{side}"]
dump = ["python3", "-c", "import json, sys; [print(json.dumps({'table': 't', 'row': {'w': w}})) for w in \
open('store-' + sys.argv[1]).read().split()]", "{side}"]
"""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[str]]:
    """Two running servers that keep each word posted to them in a file; the second in capitals."""
    running = []
    for side, change in (("old", str), ("new", str.upper)):

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20
            store, alter = tmp_path / f"store-{side}", staticmethod(change)

            def do_POST(self) -> None:
                word = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with self.store.open("a") as file:
                    file.write(self.alter(word) + "\n")
                count = str(len(self.store.read_text().split())).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(count)))
                self.end_headers()
                self.wfile.write(count)

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
    yield [f"http://127.0.0.1:{server.server_address[1]}" for server in running]
    for server in running:
        server.shutdown()
        server.server_close()


def test_running_servers_are_sent_writes_where_a_hook_restores_them(servers: list[str], tmp_path: Path) -> None:
    """Each scenario starts on restored servers, and what they wrote is compared."""
    report = compared(servers, tmp_path, 2)
    assert report["counts"]["judged"] == 2
    told = sorted((group["aspect"], group["path"], group["kind"], group["count"]) for group in report["groups"])
    assert told == [("rows", "t", "added", 2), ("rows", "t", "missing", 2)]
    assert not any("worker" in note for note in report["notes"])


def test_servers_that_all_workers_would_share_are_asked_by_one(servers: list[str], tmp_path: Path) -> None:
    """A second worker would restore the servers while the first one's scenario runs; the report says what was done."""
    report = compared(servers, tmp_path, 12, "--workers", "4")
    assert report["counts"]["judged"] == 12
    told = sorted((group["aspect"], group["path"], group["kind"], group["count"]) for group in report["groups"])
    assert told == [("rows", "t", "added", 12), ("rows", "t", "missing", 12)], "no scenario saw another one's words"
    assert "one worker, not 4: a hook puts running servers back, and all workers would share them" in report["notes"]


def compared(servers: list[str], folder: Path, scenarios: int, *arguments: str) -> dict[str, Any]:
    """Replay scenarios, in each of which a word is posted, at both servers; return the report."""
    (folder / "harness.toml").write_text(CONFIG)
    names = [f"{number:02}" for number in range(scenarios)]
    for name in names:
        with ArchiveWriter(folder / f"{name}.archive") as writer:
            head = ((b"Host", b"h"), (b"Content-Length", b"1"))
            request = Request(b"POST / HTTP/1.1", head, b"a")
            writer.add(Exchange(f"{name}#1", request, Response(200, b"OK", (), b"1"), started=1.0))
    (folder / "store-old").write_text("left from before\n")
    options = ["--noise-runs", "0", "--json", "report.json", "--old", servers[0], "--new", servers[1], *arguments]
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "diff", *(f"{name}.archive" for name in names), *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return report
