"""Catalogue, PROCESS CONTROL: error output, exits, signals, deadlines, limits, and what a server leaves behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compat import CGIScript, ConfigurationError
from compat.errors import ResponseAborted

HEAD = "print('Content-Type: text/plain\\n', flush=True)\n"
PID = "import os\nopen(os.environ['PID_FILE'], 'w').write(str(os.getpid()))\n"
OK = ("200 OK", b"ok\n", None)

# name, program, what the log holds: the answer is `ok`
GOOD: list[tuple[str, str, str]] = [
    (
        "184 180 kB of error output first",
        f"import sys\nsys.stderr.write(('e' * 999 + '\\n') * 180)\nsys.stderr.flush()\n{HEAD}print('ok')",
        "p.cgi: stderr: eee",
    ),
    ("185 closes its error output", f"import os, time\nos.close(2)\ntime.sleep(0.1)\n{HEAD}print('ok')", "exit="),
    (
        "188 error output that is no text",
        f"import os\nos.write(2, b'a\\xff\\xc3')\nos.write(2, b'\\xa9\\x1b[31m')\n{HEAD}print('ok')",
        "stderr: a\\xff\u00e9\\x1b[31m",
    ),
    ("191 exit status 3", f"import sys\n{HEAD}print('ok', flush=True)\nsys.exit(3)", "status=200 exit=3"),
    ("191a a last word", f"import sys\n{HEAD}print('ok', flush=True)\nsys.exit('bad end')", "stderr: bad end"),
    ("191b an exception after it all", f"{HEAD}print('ok', flush=True)\n1/0", "stderr: ZeroDivisionError"),
    (
        "197 a grandchild holds the output open",
        f"import os, time\n{HEAD}\nif os.fork() == 0:\n    time.sleep(0.3)\n    os.write(1, b'ok\\n')\n    os._exit(0)",
        "exit=0",
    ),
    (
        "203 SIGPIPE does what it does by default",
        f"import subprocess\n{HEAD}subprocess.run('yes ok | head -n 1', shell=True)",
        "exit=0",
    ),
    (
        "203a and no signal is blocked or ignored",
        "import re, signal\nstatus = open('/proc/self/status').read()\n"
        "assert re.search('SigBlk:\\t0+\\n', status), status\n"
        "assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL\n"
        f"{HEAD}print('ok')",
        "exit=0",
    ),
]


@pytest.mark.parametrize(("source", "says"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_good(ask: Callable[..., Any], script: Callable[..., Any], source: str, says: str) -> None:
    """What happens beside a good answer does not spoil it, and stands in the log."""
    answer = ask(script(source), check=False)
    assert (answer.status, answer.body, answer.error) == OK, answer.log
    assert says in answer.log


def test_184_all_of_it(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """Each line of the error output is in the log, with the program's name."""
    source = f"import sys\nfor n in range(5000): sys.stderr.write(f'line {{n}} {'e' * 20}\\n')\n{HEAD}"
    answer = ask(script(source))
    assert re.findall(r"p\.cgi: stderr: line (\d+)", answer.log) == [str(number) for number in range(5000)]


def test_187_nothing_between_the_lines(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """Error output between two header lines is in the log, and not in the answer."""
    source = "import os\nos.write(1, b'HTTP/1.1 200 OK\\r\\nX-A: b\\r\\n')\nos.write(2, b'e' * 8192)\n"
    answer = ask(script(source + "os.write(1, b'X-B: c\\r\\n\\r\\nok')", "nph-p.cgi"), check=False)
    assert (answer.status, answer.headers, answer.body) == ("200 OK", [("X-A", "b"), ("X-B", "c")], b"ok")


def test_190_ten_megabytes_of_error_output(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """The log is bounded, and says how much is missing."""
    source = f"import os\nfor _ in range(160): os.write(2, b'e' * 65536)\n{HEAD}print('ok')"
    answer = ask(script(source))
    assert (answer.status, answer.body, answer.error) == OK
    assert len(answer.log) < 1_200_000
    assert f"stderr: {160 * 65536 - (1 << 20)} more bytes not shown" in answer.log


# name, program, what the log says
BROKEN_OFF = [
    ("193 SIGKILL", f"import os\n{HEAD}print('part', flush=True)\nos.kill(os.getpid(), 9)", "killed by signal 9"),
    ("193a SIGSEGV", f"import os\n{HEAD}print('part', flush=True)\nos.kill(os.getpid(), 11)", "killed by signal 11"),
    ("193b too short", "print('Content-Length: 9\\n\\npart')", "promised Content-Length: 9 and sent 5 bytes"),
    (
        "195 silent in the middle",
        f"import time\n{HEAD}print('part', flush=True)\ntime.sleep(60)",
        "idle_timeout = 2 s",
    ),
]


@pytest.mark.parametrize(("source", "says"), [row[1:] for row in BROKEN_OFF], ids=[row[0] for row in BROKEN_OFF])
def test_broken_off(ask: Callable[..., Any], script: Callable[..., Any], source: str, says: str) -> None:
    """An answer that breaks off never looks complete."""
    answer = ask(script(source, idle_timeout=2), check=False)
    assert (answer.status, answer.body) == ("200 OK", b"part\n")
    assert isinstance(answer.error, ResponseAborted)
    assert says in answer.log
    assert answer.log.count("GET status=200") == 1


def test_193c_killed_after_a_whole_answer(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """Once the promised length is there the answer is complete, however the program ends."""
    source = "import os\nprint('Content-Length: 3\\n\\nok', flush=True)\nos.kill(os.getpid(), 11)"
    answer = ask(script(source), check=False)
    assert (answer.status, answer.body, answer.error) == OK
    assert "signal=11" in answer.log


def test_193d_on_the_wire(wire: Any, runner: str) -> None:
    """A client of HTTP/1.1 can tell that something is missing."""
    reply = wire.ask(f"/{runner}/killed.cgi")
    assert (reply.status, reply.body) == (200, b"part\n")
    assert reply.error is not None


# name, program, options, status, what the log says
REFUSED: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("194 silent", PID + "import time\ntime.sleep(60)", {"timeout": 0.5}, 504, "ran longer than timeout = 0.5 s"),
    (
        "194a idle",
        PID + "import time\ntime.sleep(60)",
        {"idle_timeout": 0.5},
        504,
        "nothing moved for idle_timeout = 0.5",
    ),
    ("194c silent after its headers", f"{HEAD}import time\ntime.sleep(60)", {"timeout": 2}, 504, "timeout = 2 s"),
    ("193e killed after its headers", f"{HEAD}import os\nos.kill(os.getpid(), 9)", {}, 502, "signal 9 before the body"),
    ("130 no output", "", {}, 502, "exit=0 "),
    ("130a no output, status 7", "import os\nos._exit(7)", {}, 502, "exit=7 "),
    ("130b no output, killed", "import os\nos.kill(os.getpid(), 9)", {}, 502, "signal=9 "),
    ("209 more than a second of the processor", PID + "while True: pass", {"limits": {"cpu": 1}}, 502, "signal=24 "),
    ("209a too much memory", "x = 'x' * (1 << 30)", {"limits": {"as": 300 << 20}}, 502, "stderr: MemoryError"),
]


@pytest.mark.parametrize(
    ("source", "options", "status", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(
    ask: Callable[..., Any],
    script: Callable[..., Any],
    gone: Callable[..., bool],
    tmp_path: Path,
    source: str,
    options: dict[str, Any],
    status: int,
    says: str,
) -> None:
    """A program that gives no answer gets an error page, one line with the reason, and is gone."""
    file = tmp_path / "pid"
    answer = ask(script(source, env={"PID_FILE": str(file)}, **options))
    assert answer.status.startswith(str(status)), answer.log
    assert says in answer.log
    assert len(re.findall(r"p\.cgi: GET status=", answer.log)) == 1
    assert not file.exists() or gone(int(file.read_text()))


def test_195a_endless_output(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """A program that prints for ever is ended by `timeout`, and the answer visibly cut off."""
    answer = ask(script(f"import os, time\n{HEAD}while True: os.write(1, b'x') and time.sleep(0.01)", timeout=2))
    assert isinstance(answer.error, ResponseAborted)
    assert "ran longer than timeout = 2 s" in answer.log


FAMILY = """import os, signal, sys, time
signal.signal(signal.SIGTERM, {handler})
pids = [os.getpid()]
child = os.fork()
if child:
    open(os.environ["PID_FILE"], "w").write(f"{{os.getpid()}} {{child}}")
while True: time.sleep(0.1)
"""


@pytest.mark.parametrize(
    ("handler", "ended_by"),
    [("signal.SIG_DFL", 15), ("signal.SIG_IGN", 9)],
    ids=["194b its children", "196 ignores TERM"],
)
def test_whole_group(
    ask: Callable[..., Any],
    script: Callable[..., Any],
    gone: Callable[..., bool],
    tmp_path: Path,
    handler: str,
    ended_by: int,
) -> None:
    """At the deadline the whole group ends: by TERM, or after a time of grace by KILL."""
    file = tmp_path / "pid"
    started = time.monotonic()
    answer = ask(script(FAMILY.format(handler=handler), timeout=2, env={"PID_FILE": str(file)}))
    assert answer.status == "504 Gateway Timeout"
    assert f"signal={ended_by} " in answer.log
    assert time.monotonic() - started < 10
    pids = [int(pid) for pid in file.read_text().split()]
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_199_client_leaves(wire: Any, runner: str, gone: Callable[..., bool]) -> None:
    """When the client leaves in the middle of an endless answer, the program is gone within a second."""
    wire.pid_file.unlink(missing_ok=True)
    with wire.connect() as client:
        client.sendall(f"GET /{runner}/endless.cgi HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert client.recv(1000)
    assert gone(int(wire.pid_file.read_text()), within=5)


def test_200_client_leaves_a_silent_program(
    start_server: Callable[..., Any], runner: str, gone: Callable[..., bool]
) -> None:
    """WSGI does not say that a client left: the program ends by `idle_timeout`."""
    server = start_server("--bind", "127.0.0.1:0", workers=1, idle=2)
    with server.connect() as client:
        client.sendall(f"GET /{runner}/silent.cgi HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        limit = time.monotonic() + 10
        while not (server.pid_file.exists() and server.pid_file.read_text()) and time.monotonic() < limit:
            time.sleep(0.02)
    assert gone(int(server.pid_file.read_text()), within=15)


CHILD_SIGNAL = """import io, json, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
from compat import CGIScript
app = CGIScript(sys.argv[1], runner=sys.argv[2])
seen = []
for _ in range(3):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "h", "SERVER_PORT": "1",
               "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr}
    response = app(environ, lambda status, headers, exc_info=None: seen.append(status))
    seen.append(b"".join(response).decode())
    response.close()
print(json.dumps(seen))
"""


def test_202_the_server_ignores_its_children(write_program: Callable[..., Path], tmp_path: Path, runner: str) -> None:
    """Where SIGCHLD is ignored the kernel reaps programs: still 200, and no traceback."""
    path = write_program(tmp_path / "p.cgi", f"{HEAD}print('ok')")
    command = [sys.executable, "-c", CHILD_SIGNAL, str(path), runner]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert json.loads(done.stdout) == ["200 OK", "ok\n"] * 3, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["sh", "elf"], ids="205 {}".format)
def test_text_file_busy(ask: Callable[..., Any], cgi_bin: Path, tmp_path: Path, kind: str) -> None:
    """A program that is still open for writing is tried again, and is there a moment later."""
    path = tmp_path / "p.cgi"
    source = cgi_bin / ("env-c.cgi" if kind == "elf" else "env-sh.cgi")
    if not source.exists():
        pytest.skip("no C compiler")
    shutil.copy(source, path)
    writer = open(path, "ab")  # noqa: SIM115 - closed by the timer
    timer = threading.Timer(0.1, writer.close)
    timer.start()
    answer = ask(CGIScript(path), check=False)
    timer.join()
    assert answer.status == "200 OK", answer.log


def test_205a_busy_for_long(ask: Callable[..., Any], tmp_path: Path) -> None:
    """If it stays open for writing: 503, to be tried again."""
    path = tmp_path / "p.cgi"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    with path.open("ab"):
        answer = ask(CGIScript(path))
    assert (answer.status, answer.all("Retry-After")) == ("503 Service Unavailable", ["1"])
    assert "p.cgi: cannot be started now: Text file busy" in answer.log


# name, file, what the log says
CANNOT_START = [
    ("206 a missing interpreter", b"#!/no/such/program\nsecret", "names /no/such/program, which is not there"),
    ("206a carriage returns", b"#!/bin/sh\r\necho secret\r\n", "carriage return; save the file with Unix line ends"),
    ("206b no first line", b"echo secret\n", "it has no #! line"),
    ("206c empty", b"", "the file is empty"),
    ("206d a shebang of nothing", b"#!\nsecret", "names no interpreter"),
    ("206e env finds nothing", b"#!/usr/bin/env no-such-program\nsecret", "no-such-program"),
    ("206f a directory for an interpreter", b"#!/etc\nsecret", "names /etc, which is a directory"),
    ("206g bytes of another machine", b"\x7fELFsecret", "cannot be started"),
]


@pytest.mark.parametrize(("content", "says"), [row[1:] for row in CANNOT_START], ids=[row[0] for row in CANNOT_START])
def test_cannot_start(ask: Callable[..., Any], tmp_path: Path, runner: str, content: bytes, says: str) -> None:
    """The log names the cause, the client sees neither that nor the source."""
    path = tmp_path / "p.cgi"
    path.write_bytes(content)
    path.chmod(0o755)
    answer = ask(CGIScript(path, runner=runner))
    assert answer.status[:3] in ({"502"} if b"env" in content else {"500"})
    assert answer.body == (answer.status + "\n").encode()
    assert says in answer.log


HOLDS = f"""import os, time
{HEAD}print('begun', flush=True)
if os.environ['QUERY_STRING']: time.sleep(60)
"""


def test_208_too_many_at_once(
    environ_for: Callable[..., dict[str, Any]], ask: Callable[..., Any], script: Callable[..., Any]
) -> None:
    """Beyond max_concurrency a request waits, then is told to come back; the place is free again afterwards."""
    app = script(HOLDS, max_concurrency=1, queue_timeout=0.2)
    holding = app(environ_for("/?hold"), lambda status, headers, exc_info=None: lambda data: None)
    try:
        assert next(iter(holding)) == b"begun\n"
        refused = ask(app)
    finally:
        holding.close()
    assert (refused.status, refused.all("Retry-After")) == ("503 Service Unavailable", ["1"])
    assert "all 1 places were taken for 0.2 s (max_concurrency)" in refused.log
    assert ask(app).status == "200 OK"


def test_208a_patience(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """Who waits long enough is answered."""
    app = script(f"import time\ntime.sleep(0.2)\n{HEAD}", max_concurrency=1, queue_timeout=60)
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(app))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == ["200 OK"] * 3


@pytest.mark.parametrize("option", ["user", "group", "chroot"], ids="211 {}".format)
def test_what_is_not_offered(script: Callable[..., Any], option: str) -> None:
    """Another user for programs is the service manager's work: asking us for it fails at the start, not later."""
    with pytest.raises((TypeError, ConfigurationError), match=option):
        script("", **{option: "nobody"})


@pytest.mark.parametrize("limits", [{"speed": 1}, {"cpu": -1}, {"cpu": "1"}], ids="209b {}".format)
def test_limits_that_cannot_be(script: Callable[..., Any], limits: dict[str, Any]) -> None:
    """So does a limit that does not exist."""
    with pytest.raises(ConfigurationError, match="limits"):
        script("", limits=limits)


def test_201_nothing_but_three_descriptors(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """A program is given its three standard files and no other: no listening socket, no other client's connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        os.set_inheritable(listening.fileno(), False)
        source = "import os\nopened = sorted(map(int, os.listdir('/proc/self/fd')))\n"
        answer = ask(script(f"{source}{HEAD}print(opened[:3], len(opened))"))
    assert answer.body == b"[0, 1, 2] 4\n"  # the fourth is the listing itself
