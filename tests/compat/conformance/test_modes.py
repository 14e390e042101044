"""Catalogue, IN-PROCESS AND WARM MODES: no request sees what another one did, whatever the runner."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compat import CGIDirectory, CGIScript, HandlerApp
from compat.errors import ResponseAborted

HEAD = "print('Content-Type: text/plain\\n', flush=True)\n"


def bodies(ask: Callable[..., Any], app: Any, times: int = 3, **changes: Any) -> list[str]:
    """Return the bodies of several requests, one after the other."""
    answers = [ask(app, check=False, **changes) for _ in range(times)]
    assert all(answer.status == "200 OK" for answer in answers), [answer.log for answer in answers]
    return [answer.body.decode() for answer in answers]


# name, program: what it prints must be the same each time
PRISTINE: list[tuple[str, str]] = [
    ("212 module globals", "import string\nstring.count = getattr(string, 'count', 0) + 1\nprint(string.count)"),
    ("212a its own globals", "count = globals().get('count', 0) + 1\nprint(count, sorted(globals()))"),
    ("212b builtins", "import builtins\nprint(hasattr(builtins, 'mark'))\nbuiltins.mark = 1"),
    ("220 sys.path", "import sys\nprint(sys.path)\nsys.path.insert(0, '/x')\nsys.path_hooks.clear()"),
    ("220a working directory", "import os\nprint(os.getcwd())\nos.chdir('/')"),
    ("220b umask", "import os\nprint(os.umask(0o77))"),
    ("220c locale", "from locale import *\nprint(setlocale(LC_ALL))\nsetlocale(LC_ALL, 'C.UTF-8')"),
    (
        "220d signal handlers",
        "import signal\nprint(signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT) is not None)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGINT, signal.SIG_DFL)",
    ),
    ("220e warning filters", "import warnings\nprint(warnings.filters)\nwarnings.simplefilter('error')"),
    ("220f decimal context", "import decimal\nprint(decimal.getcontext())\ndecimal.getcontext().prec = 3"),
    ("220g logging", "from logging import root, basicConfig\nprint(root.handlers, root.level)\nbasicConfig(level=10)"),
    ("220h variables", "import os\nprint(sorted(os.environ))\nos.environ['MARK'] = 'x'\nos.environ.pop('PATH')"),
    ("220i imported modules", "import sys\nprint('colorsys' in sys.modules, len(sys.modules))\nimport colorsys"),
    ("220j limits", "from resource import *\nprint(getrlimit(7))\nsetrlimit(7, (20, 20))"),
    ("220k its name", "import sys\nprint(__name__, __file__, sys.argv)\nsys.argv.append('x')"),
    ("220l recursion", "import sys\nprint(sys.getrecursionlimit())\nsys.setrecursionlimit(5000)"),
    ("220m hooks", "import sys\nprint(sys.excepthook, sys.gettrace())\nsys.excepthook = print"),
    ("220n priority", "import os\nprint(os.nice(0))\nos.nice(1)"),
    ("220o timers", "import signal, time\nprint(signal.getitimer(signal.ITIMER_REAL))\nsignal.alarm(30)"),
    ("220p the time zone", "import os, time\nprint(time.tzname)\nos.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()"),
    ("220q garbage collection", "import gc\nprint(gc.isenabled(), gc.get_threshold())\ngc.disable()"),
    ("220r closed files", "import sys\nprint(sys.stdin.closed, sys.stdin.read())\nsys.stdin.close()"),
]  # fmt: skip


@pytest.mark.parametrize("source", [row[1] for row in PRISTINE], ids=[row[0] for row in PRISTINE])
def test_pristine(ask: Callable[..., Any], script: Callable[..., Any], source: str) -> None:
    """What one request does to its process is not there in the next."""
    first, second, third = bodies(ask, script(HEAD + source), body=b"")
    assert first.strip()
    assert first == second == third


# What both runners must agree on: not the modules loaded in advance, nor the addresses of functions.
AGREED = [row for row in PRISTINE if "sys.modules" not in row[1] and "hook" not in row[1]]


@pytest.mark.parametrize("source", [row[1] for row in AGREED], ids=[row[0] + " the same" for row in AGREED])
def test_both_runners_agree(
    ask: Callable[..., Any], write_program: Callable[..., Path], tmp_path: Path, source: str
) -> None:
    """What a program sees of its process is the same behind both runners."""
    path = write_program(tmp_path / "p.cgi", HEAD + source)
    seen = {runner: bodies(ask, CGIScript(path, runner=runner), 2, body=b"") for runner in ("exec", "warm")}
    assert seen["exec"] == seen["warm"]


@pytest.mark.parametrize("module", ["random", "uuid", "secrets"], ids="220s {}".format)
def test_random_numbers(ask: Callable[..., Any], script: Callable[..., Any], module: str) -> None:
    """Chance is new for each request, also where the module was loaded in advance."""
    call = {"random": "random.random()", "uuid": "uuid.uuid4()", "secrets": "secrets.token_hex()"}[module]
    assert len(set(bodies(ask, script(f"import {module}\n{HEAD}print({call})"), 5))) == 5


def test_212c_each_request_has_its_own_process(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """No process answers twice, and none is the server."""
    pids = bodies(ask, script(f"import os\n{HEAD}print(os.getpid(), os.getppid())"), 4)
    assert len({text.split()[0] for text in pids}) == 4
    assert str(os.getpid()) not in {text.split()[0] for text in pids}


def test_212d_warm_is_warm(ask: Callable[..., Any], write_program: Callable[..., Path], tmp_path: Path) -> None:
    """With the warm runner a program's parent is no longer the server: nothing here was measured on a fallback."""
    path = write_program(tmp_path / "p.cgi", f"import os\n{HEAD}print(os.getppid())")
    parents = {runner: bodies(ask, CGIScript(path, runner=runner), 1)[0] for runner in ("exec", "warm")}
    assert int(parents["exec"]) == os.getpid() != int(parents["warm"])


# name, program, status, body, what the log holds
RAISES = [
    ("214 before its headers", "raise LookupError('secret')", "502 Bad Gateway", b"502 Bad Gateway\n"),
    ("214a after its headers", f"{HEAD}print('part', flush=True)\nraise LookupError('secret')", "200 OK", b"part\n"),
    ("214b it cannot be compiled", "if True print('secret')", "502 Bad Gateway", b"502 Bad Gateway\n"),
    ("214c a module is missing", "import no_such_module_secret", "502 Bad Gateway", b"502 Bad Gateway\n"),
]


@pytest.mark.parametrize(("source", "status", "body"), [row[1:] for row in RAISES], ids=[row[0] for row in RAISES])
def test_raises(ask: Callable[..., Any], script: Callable[..., Any], source: str, status: str, body: bytes) -> None:
    """The traceback is in the log, in no answer."""
    answer = ask(script(source))
    assert (answer.status, answer.body) == (status, body)
    assert "exit=1" in answer.log
    assert "secret" in answer.log
    assert answer.log.rstrip().count("stderr:") >= 3


CGITB = "import warnings\nwarnings.simplefilter('ignore')\nimport cgitb\ncgitb.enable()\n"


def test_214d_cgitb(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """cgitb's page is the program's own wish: after its header it is an answer like any other."""
    answer = ask(script(f"{CGITB}{HEAD}raise LookupError('shown')"))
    assert answer.status == "200 OK"
    assert b"LookupError" in answer.body


def test_214e_cgitb_without_a_header(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """Before any header the cgitb of Python 3.12 and older begins with a comment that hides a header: no CGI answer,
    and its page is not sent.
    """
    answer = ask(script("print('<!--: spam\\nContent-Type: text/html\\n\\n<b>LookupError: secret</b>')"))
    assert (answer.status, answer.body) == ("502 Bad Gateway", b"502 Bad Gateway\n")
    assert "b'<!--: spam' is not a header line" in answer.log


def test_215_cgi_module(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """`import cgi, cgitb` works on each Python that runs the tests, removed module or not."""
    source = "import warnings\nwarnings.simplefilter('ignore')\nimport cgi, cgitb\n"
    assert ask(script(f"{source}{HEAD}print(cgi.FieldStorage()['a'].value)"), QUERY_STRING="a=b%20c").body == b"b c\n"


WRITERS = """import os, subprocess, sys
sys.stdout.write("Content-Type: text/plain\\n\\n1")
sys.stdout.flush()
sys.stdout.buffer.write(b"2")
sys.stdout.buffer.flush()
os.write(1, b"3")
subprocess.run(["/bin/echo", "-n", "4"])
os.system("printf 5")
print(6, end="")
"""


def test_217_ways_to_write(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """print, buffer, descriptor and children: all arrive, in order, and what is buffered comes at the end."""
    assert ask(script(WRITERS)).body == b"123456"


@pytest.mark.parametrize(
    ("source", "env", "expected"),
    [
        ("print('\\xe9')", {}, b"\xc3\xa9\n"),
        ("print('\\xe9')", {"LC_ALL": "C"}, b"\xc3\xa9\n"),
        ("print('\\xe9')", {"PYTHONIOENCODING": "latin-1"}, b"\xe9\n"),
        ("import sys\nsys.stdout.reconfigure(encoding='utf-16-le')\nprint('\\xe9')", {}, b"\xe9\x00\n\x00"),
        ("import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'cp1252')\nprint('\\u20ac')", {}, b"\x80\n"),
        ("import sys\nprint(sys.stdout.encoding, sys.getfilesystemencoding())", {}, b"utf-8 utf-8\n"),
    ],
    ids=["218", "218a C locale", "218b by a variable", "218c changed", "218d opened again", "218e by default"],
)
def test_encodings(
    ask: Callable[..., Any], script: Callable[..., Any], source: str, env: dict[str, str], expected: bytes
) -> None:
    """Bytes go out as the program encoded them."""
    assert ask(script(HEAD + source, env=env)).body == expected


def test_221_alarm(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """An alarm fires in the program, not in the server."""
    source = "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: print('rang', flush=True) or exit(0))\n"
    app = script(f"{source}{HEAD}signal.setitimer(signal.ITIMER_REAL, 0.1)\ntime.sleep(30)")
    assert bodies(ask, app, 2) == ["rang\n", "rang\n"]


@pytest.mark.parametrize("how", ["223 same size", "223a same time, another file", "223b another size"])
def test_replaced(
    ask: Callable[..., Any], script: Callable[..., Any], write_program: Callable[..., Path], tmp_path: Path, how: str
) -> None:
    """The next request runs the new file."""
    app = script(f"{HEAD}print('version 1')")
    assert bodies(ask, app, 2) == ["version 1\n"] * 2
    path = tmp_path / "p.cgi"
    before = path.stat()
    new = write_program(tmp_path / "new.cgi", f"{HEAD}print('version 2')" + ("#" if "another size" in how else ""))
    if "same time" in how:
        os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
        new.rename(path)
    else:
        path.write_bytes(new.read_bytes())
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert bodies(ask, app, 2) == ["version 2\n"] * 2


def test_223c_in_flight(
    environ_for: Callable[..., dict[str, Any]], ask: Callable[..., Any], script: Callable[..., Any], tmp_path: Path
) -> None:
    """A request that has begun ends with the program that it began with."""
    app = script(f"import time\n{HEAD}print('one', flush=True)\ntime.sleep(0.5)\nprint('end of one')")
    path = tmp_path / "p.cgi"
    response = iter(app(environ_for(), lambda status, headers, exc_info=None: lambda data: None))
    first = next(response)
    path.write_text(path.read_text().replace("one", "two"))
    assert ask(app).body == b"two\nend of two\n"
    assert first + b"".join(response) == b"one\nend of one\n"
    response.close()  # type: ignore[attr-defined]


def test_224_a_module_of_the_program(ask: Callable[..., Any], script: Callable[..., Any], tmp_path: Path) -> None:
    """A changed module is loaded anew."""
    module = tmp_path / "part.py"
    module.write_text("value = 1")
    app = script(f"import part\n{HEAD}print(part.value)")
    assert bodies(ask, app, 2) == ["1\n"] * 2
    module.write_text("value = 'two'")
    os.utime(module, (1, 1))
    assert bodies(ask, app, 2) == ["two\n"] * 2


def test_226_at_once(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """Twenty requests in four threads: each has its own variables and its own output."""
    app = script(f"import os, sys\n{HEAD}print(os.environ['QUERY_STRING'], sys.stdin.read())")
    seen: dict[int, bytes] = {}

    def run(first: int) -> None:
        for number in range(first, 20, 4):
            seen[number] = ask(app, QUERY_STRING=f"q{number}", body=f"b{number}".encode()).body

    threads = [threading.Thread(target=run, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {number: f"q{number} b{number}\n".encode() for number in range(20)}


@pytest.mark.parametrize("kind", ["gthread", "gevent"], ids="226a {}".format)
def test_servers_with_threads(start_server: Callable[..., Any], runner: str, kind: str) -> None:
    """Behind a server with threads, and one with greenlets, each client has its own answer, however long."""
    threads = () if kind == "gevent" else ("--threads", "4")
    server = start_server("--bind", "127.0.0.1:0", "-k", kind, *threads, workers=1)
    seen: dict[int, bytes] = {}

    def run(first: int) -> None:
        for number in range(first, 12, 4):
            body = bytes([number]) * (number * 20_000)
            reply = server.ask(f"/{runner}/echo.cgi", method="POST", body=body)
            seen[number] = reply.body if reply.error is None else repr(reply).encode()

    clients = [threading.Thread(target=run, args=(first,)) for first in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert {number: len(body) for number, body in seen.items()} == {number: number * 20_000 for number in range(12)}
    assert all(set(body) <= {number} for number, body in seen.items())


@pytest.mark.parametrize("number", [11, 9, 6], ids="227 signal {}".format)
def test_crash(ask: Callable[..., Any], script: Callable[..., Any], number: int) -> None:
    """A program that crashes costs its own request: the next is answered."""
    app = script(f"import os\nif os.environ['QUERY_STRING']: os.kill(os.getpid(), {number})\n{HEAD}print('ok')")
    for query, status in (("", "200"), ("crash", "502"), ("", "200"), ("crash", "502"), ("", "200")):
        answer = ask(app, QUERY_STRING=query, check=False)
        assert answer.status.startswith(status)
        assert (f"signal={number}" in answer.log) == bool(query)


def test_227a_the_parent_dies(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """A program that ends what it was forked from costs its own request at most."""
    kill = "import os, signal\nif os.environ['QUERY_STRING']: os.kill(os.getppid(), signal.SIGKILL)\n"
    app = script(f"{kill}{HEAD}print('ok')")
    assert bodies(ask, app, 2) == ["ok\n"] * 2
    if app.options.runner == "warm":  # the parent of the other is the server: this process
        ask(app, QUERY_STRING="kill", check=False)
    assert bodies(ask, app, 2) == ["ok\n"] * 2


class Monolith:
    """A handler program that does what its query says."""

    def __init__(self, handler: Any, env: dict[str, str]) -> None:
        self.handler, self.env = handler, env

    def run(self) -> None:
        """Dispatch."""
        getattr(self, self.env["QUERY_STRING"])()

    def fine(self) -> None:
        """Two headers of one name, and a body."""
        self.handler.send_response(200, "Fine")
        self.handler.send_header("X-A", "1")
        self.handler.send_header("X-A", "2")
        self.handler.end_headers()
        self.handler.wfile.write(b"ok")

    def early(self) -> None:
        """The body before the end of the headers."""
        self.handler.wfile.write(b"ok")
        self.fine()

    def never(self) -> None:
        """No end of the headers."""
        self.handler.send_response(200)
        self.handler.wfile.write(b"secret")

    def nothing(self) -> None:
        """Nothing at all."""

    def raises(self) -> None:
        """An exception after the end of the headers, before anything went out."""
        self.fine()
        raise LookupError("secret")

    def raises_late(self) -> None:
        """An exception after something went out."""
        self.fine()
        self.handler.wfile.write(b"x" * 70_000)
        raise LookupError("secret")

    def counts(self) -> None:
        """Changes its configuration."""
        self.handler.config["count"] += 1
        self.handler.send_response(self.handler.config["count"])
        self.handler.end_headers()


# query, status, headers of the program, body
HANDLED = [
    ("229", "fine", "200 Fine", [("X-A", "1"), ("X-A", "2")], b"ok"),
    ("230", "early", "200 Fine", [("X-A", "1"), ("X-A", "2")], b"okok"),
    ("230a", "never", "500 Internal Server Error", None, b"500 Internal Server Error\n"),
    ("230b", "nothing", "500 Internal Server Error", None, b"500 Internal Server Error\n"),
    ("232", "raises", "500 Internal Server Error", None, b"500 Internal Server Error\n"),
    ("212e", "counts", "201 Created", [], b""),
]


@pytest.mark.parametrize(
    ("query", "status", "headers", "body"), [row[1:] for row in HANDLED], ids=[f"{row[0]} {row[1]}" for row in HANDLED]
)
def test_handler(ask: Callable[..., Any], query: str, status: str, headers: Any, body: bytes) -> None:
    """The handler's calls become the answer; what is not ended is no answer. Twice the same."""
    app = HandlerApp(Monolith, config=lambda: {"count": 200})
    for _ in range(2):
        answer = ask(app, QUERY_STRING=query, check=False)
        assert (answer.status, answer.body, answer.error) == (status, body, None)
        assert headers is None or answer.headers == headers
        assert b"secret" not in answer.body


def test_232a_raises_after_something_went_out(ask: Callable[..., Any]) -> None:
    """Then the answer is visibly cut off, and the log has the traceback."""
    log = io.StringIO()
    with pytest.raises(ResponseAborted):
        ask(HandlerApp(Monolith), QUERY_STRING="raises_late", check=False, **{"wsgi.errors": log})
    assert "LookupError: secret" in log.getvalue()


def test_232b_client_leaves(wire: Any) -> None:
    """When the client leaves, the program's next write fails, and the worker serves on."""
    with wire.connect() as client:
        client.sendall(b"GET /handler/large.cgi HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(1000)
    started = time.monotonic()
    assert [wire.ask("/handler/env.cgi").status for _ in range(4)] == [200] * 4
    assert time.monotonic() - started < 15


def pythons() -> list[Path]:
    """Return other interpreters on this machine."""
    found = [Path(path) for name in ("python2.7", "python2", "python3") if (path := shutil.which(name))]
    return [*found, *sorted(Path.home().glob(".pyenv/versions/2.7.*/bin/python"))]


def test_233_another_python(ask: Callable[..., Any], runner: str, tmp_path: Path) -> None:
    """A script of Python 2.7 by the interpreter map, on a server of 3.x, with the same variables."""
    chosen = None
    for python in pythons():
        version = subprocess.run(
            [python, "-c", "import sys; print(sys.version_info[0])"], capture_output=True, check=False
        )
        if version.stdout.strip() == b"2":
            chosen = python
            break
    if chosen is None:
        pytest.skip("no Python 2.7")
    (tmp_path / "p.py2").write_text(
        "import os, sys\nprint 'Content-Type: text/plain\\n'\n"
        "sys.stdout.write('%d %s %s' % (sys.version_info[0], os.environ['PATH_INFO'], sys.stdin.read()))\n"
    )
    app = CGIDirectory(tmp_path, interpreters={".py2": str(chosen)}, runner=runner)
    answers = [ask(app, check=False, PATH_INFO="/p.py2/caf\xc3\xa9\xff", body=b"body") for _ in range(2)]
    assert [answer.body for answer in answers] == [b"2 /caf\xc3\xa9\xff body"] * 2


def test_233a_the_tests_own_python(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """A script without a map is run by the interpreter of its first line."""
    assert bodies(ask, script(f"import sys\n{HEAD}print(sys.executable)"), 2) == [sys.executable + "\n"] * 2
