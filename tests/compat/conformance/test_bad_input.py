"""What goes wrong on purpose: each case has its documented answer, one line in the log that names program and rule, and
never the program's source or environment in the response. (Malformed output: `test_responses`; paths: `test_paths`.)
"""

from __future__ import annotations

import io
import os
import re
import resource
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from compat import CGIDirectory, CGIScript

SECRET = "s3cret"
HEAD = "print('Content-Type: text/plain\\n', flush=True)\n"
LONG = "x" * 120_000

# name, program, options of the application, changes of the request, status, what the log says
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any], str, str]] = [
    ("a variable too long", HEAD, {}, {"HTTP_X": "x" * 140_000}, "431", "do not fit into an environment"),
    (
        "variables too long together",
        HEAD,
        {},
        {f"HTTP_X{number}": LONG for number in range(20)},
        "431",
        "do not fit into an environment",
    ),
    ("a body that is too large", HEAD, {"max_body": 10}, {"body": b"x" * 11}, "413", "max_body is 10"),
    ("a length that is none", HEAD, {}, {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "1e3"}, "400", "'1e3'"),
    (
        "a body that breaks off",
        HEAD,
        {},
        {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "100", "wsgi.input": b"0123456789"},
        "400",
        "the client sent 10 of 100 bytes",
    ),
    (
        "a chunked body that nobody decodes",
        HEAD,
        {},
        {"REQUEST_METHOD": "POST", "HTTP_TRANSFER_ENCODING": "chunked"},
        "411",
        "no wsgi.input_terminated",
    ),
    ("NUL in a header", HEAD, {}, {"HTTP_X": "a\0b"}, "400", "NUL byte in HTTP_X"),
    ("NUL in the path", HEAD, {}, {"PATH_INFO": "/a\0b"}, "404", "NUL byte in PATH_INFO"),
    ("no path", HEAD, {}, {"PATH_INFO": "*", "REQUEST_METHOD": "OPTIONS"}, "400", "'*' is not a path"),
    ("its source instead of an answer", "print(open(__file__).read())", {}, {}, "502", "is not a header line"),
    ("its environment instead of an answer", "import os\nprint(os.environ)", {}, {}, "502", "is not a header line"),
    (
        "a file instead of an answer",
        "print(open('/proc/self/limits').read())",
        {},
        {},
        "502",
        "is not a header line",
    ),
    ("a bomb of headers", "while True: print('X-A: b')", {}, {}, "502", "the header exceeds 65536 bytes"),
    ("a bomb of a header", "print('X-A: ' + 'x' * 10_000_000)", {}, {}, "502", "a header line exceeds 8192 bytes"),
    ("lines without an end", "import sys\nwhile True: sys.stdout.write('x')", {}, {}, "502", "exceeds 8192 bytes"),
    ("an exception", f"raise LookupError('{SECRET}')", {}, {}, "502", "it ended without any output"),
    ("output closed at once", "import os\nos.close(1)\nos._exit(0)", {}, {}, "502", "it ended without any output"),
    ("output closed, and no end", "import os, time\nos.close(1)\ntime.sleep(60)", {}, {}, "502", "signal=15"),
]


@pytest.mark.parametrize(
    ("source", "options", "changes", "status", "says"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_answer(
    ask: Callable[..., Any],
    script: Callable[..., Any],
    tmp_path: Path,
    source: str,
    options: dict[str, Any],
    changes: dict[str, Any],
    status: str,
    says: str,
) -> None:
    """One status, one line, nothing of the program."""
    app = script(f"# {SECRET}\n{source}", env={"PASSWORD": SECRET}, **options)
    if "wsgi.input" in changes:
        changes = {**changes, "wsgi.input": io.BytesIO(changes["wsgi.input"])}
    answer = ask(app, check=False, **changes)
    assert answer.status.startswith(status + " ")
    assert answer.body == (answer.status + "\n").encode()
    assert not any(SECRET in value for pair in answer.headers for value in pair)
    lines = [line for line in answer.log.splitlines() if "stderr:" not in line]
    assert len(lines) == 1, answer.log
    assert says in lines[0]
    assert f"status={status} " in lines[0]
    if "is not a path" not in says:  # nobody knows which program that would be
        assert str(tmp_path / "p.cgi") in lines[0]


LOGGED = [
    ("a line feed in the path", "/a%0aforged: GET status=200"),
    ("an escape sequence in the path", "/%1b[31m"),
    ("bytes that are no text", "/%ff%fe"),
    ("a line separator", "/%e2%80%a8forged"),
]


@pytest.mark.parametrize("target", [row[1] for row in LOGGED], ids=[row[0] for row in LOGGED])
def test_forged_log_lines(ask: Callable[..., Any], tmp_path: Path, target: str) -> None:
    """No client writes lines of its own into the log."""
    answer = ask(CGIDirectory(tmp_path), unquote_to_bytes(target).decode("latin-1"), check=False)
    assert answer.status == "404 Not Found"
    assert re.fullmatch(r"compat: GET status=404 \([ -~]*\)\n", answer.log)


def test_now_a_program_now_a_link(ask: Callable[..., Any], write_program: Callable[..., Path], tmp_path: Path) -> None:
    """A name that is a program now and a link out of the directory then: a link that is seen is never followed."""
    outside = write_program(tmp_path / "outside.cgi", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\noutside'\n")
    root = tmp_path / "cgi-bin"
    inside = write_program(root / "p.cgi", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\ninside'\n")
    app = CGIDirectory(root)
    statuses = set()
    for turn in range(20):
        if turn % 2 == 0:
            os.replace(inside, tmp_path / "kept")
            os.symlink(outside, inside)
        else:
            os.replace(tmp_path / "kept", inside)
        answer = ask(app, "/p.cgi")
        statuses.add((turn % 2, answer.status, answer.body))
    assert statuses == {(0, "403 Forbidden", b"403 Forbidden\n"), (1, "200 OK", b"inside")}


@pytest.fixture
def nobody() -> Iterator[None]:
    """Look at files as a user without rights."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user can enter."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.mark.parametrize("mode", [0o000, 0o644], ids=["unreadable", "not to be entered"])
def test_unreadable_directory(
    ask: Callable[..., Any], write_program: Callable[..., Path], public: Path, request: pytest.FixtureRequest, mode: int
) -> None:
    """A directory that the server may not enter is 403, and the log says which."""
    write_program(public / "closed" / "p.cgi", HEAD)
    os.chmod(public / "closed", mode)
    request.getfixturevalue("nobody")
    answer = ask(CGIDirectory(public), "/closed/p.cgi")
    assert (answer.status, answer.body) == ("403 Forbidden", b"403 Forbidden\n")
    assert f"{public}/closed/p.cgi: Permission denied" in answer.log


@pytest.mark.parametrize("interpreters", [{}, {".cgi": "/bin/sh"}], ids=["by itself", "by an interpreter"])
def test_unreadable_program(
    ask: Callable[..., Any],
    write_program: Callable[..., Path],
    public: Path,
    request: pytest.FixtureRequest,
    interpreters: dict[str, str],
) -> None:
    """So is a program that may not be run."""
    write_program(public / "p.cgi", HEAD, mode=0o600)
    app = CGIDirectory(public, interpreters=interpreters)
    request.getfixturevalue("nobody")
    assert ask(app, "/p.cgi").status == "403 Forbidden"


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 3000], ids=["a long name", "a long path"])
def test_names_that_are_too_long(ask: Callable[..., Any], tmp_path: Path, name: str) -> None:
    """What no file can be called is not there."""
    assert ask(CGIDirectory(tmp_path), f"/{name}").status == "404 Not Found"


@pytest.fixture
def small_disk() -> Iterator[None]:
    """A disk that holds 100 kB: the limit of a file's size answers as a full disk does, with an error of write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("chunked", [False, True], ids=["a known length", "chunked"])
def test_full_temporary_disk(
    ask: Callable[..., Any], script: Callable[..., Any], small_disk: None, chunked: bool
) -> None:
    """A body that cannot be kept is 503: the client may try again, and is not to blame."""
    app = script(f"import sys\nsys.stdin.read()\n{HEAD}")
    changes: dict[str, Any] = {"body": b"z" * 1_000_000}
    if chunked:
        changes |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = ask(app, check=False, **changes)
    assert (answer.status, answer.all("Retry-After")) == ("503 Service Unavailable", ["60"])
    assert "cannot be kept in the folder for temporary files (TMPDIR): File too large" in answer.log
    assert ask(app, body=b"z" * 50_000).status == "200 OK"


def test_no_temporary_folder(
    ask: Callable[..., Any], script: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same where the folder is gone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    answer = ask(script(HEAD), body=b"z" * 1_000_000, check=False)
    assert answer.status == "503 Service Unavailable"
    assert "No such file or directory" in answer.log


class Slow(io.RawIOBase):
    """A `wsgi.input` whose client sends a byte now and then, for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = threading.Event()

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:  # type: ignore[override]
        """Come back only when the test is over."""
        self.stopped.wait(60)
        return b""


@pytest.mark.parametrize("chunked", [False, True], ids=["a known length", "chunked"])
def test_body_that_takes_too_long(
    environ_for: Callable[..., dict[str, Any]], script: Callable[..., Any], chunked: bool
) -> None:
    """`timeout` counts from the first byte of the body: 408, and no program is started."""
    source = Slow()
    framing = (
        {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True} if chunked else {"CONTENT_LENGTH": "9"}
    )
    environ = environ_for("/", REQUEST_METHOD="POST", **{"wsgi.input": source}, **framing)
    seen: list[str] = []
    response = script(HEAD, timeout=0.3)(environ, lambda status, headers, exc_info=None: seen.append(status))
    source.stopped.set()
    assert seen == ["408 Request Timeout"]
    assert "took longer than timeout = 0.3 s" in environ["wsgi.errors"].getvalue()
    assert b"".join(response) == b"408 Request Timeout\n"


@pytest.fixture(scope="module")
def impatient(start_server: Callable[..., Any]) -> Any:
    """A server with threads whose `idle_timeout` is short."""
    return start_server("--bind", "127.0.0.1:0", "-k", "gthread", "--threads", "4", workers=1, idle=2)


@pytest.mark.parametrize("framing", ["Content-Length: 100", "Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_client_falls_silent(impatient: Any, runner: str, framing: str) -> None:
    """Ten bytes and no more, with the connection held open: told so after `idle_timeout`, and cut off."""
    with impatient.connect() as client:
        head = f"POST /{runner}/upload.cgi HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n"
        client.sendall(head.encode() + (b"9\r\n01234" if "chunked" in framing else b"0123456789"))
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert impatient.ask(f"/{runner}/echo.cgi").status == 200


def test_client_takes_nothing(impatient: Any, runner: str, gone: Callable[..., bool]) -> None:
    """A client that never reads an endless answer cannot hold its program for longer than `idle_timeout`."""
    impatient.pid_file.unlink(missing_ok=True)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", impatient.port))
        client.sendall(f"GET /{runner}/endless.cgi HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        limit = time.monotonic() + 10
        while not (impatient.pid_file.exists() and impatient.pid_file.read_text()) and time.monotonic() < limit:
            time.sleep(0.02)
        assert gone(int(impatient.pid_file.read_text()), within=15)
    assert impatient.ask(f"/{runner}/echo.cgi").status == 200


@pytest.mark.parametrize(
    "line",
    [
        b"GET /exec/env.cgi\x00 HTTP/1.1",
        b"GET /exec/env.cgi?\xc3\xa9 HTTP/1.1",
        b"GET /exec/\xc3\xa9.cgi HTTP/1.1",
        b"GET  /exec/env.cgi HTTP/1.1",
        b"GET /exec/env.cgi HTTP/9.9",
        b"G\xe9T /exec/env.cgi HTTP/1.1",
        b"GET /exec/" + b"x" * 10_000 + b" HTTP/1.1",
    ],
    ids=["NUL", "8-bit query", "8-bit path", "two blanks", "version", "8-bit method", "long"],
)
def test_request_lines(wire: Any, line: bytes) -> None:
    """What is no HTTP is refused by gunicorn, and the server serves on."""
    with wire.connect() as client:
        client.sendall(line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert b"GATEWAY_INTERFACE" not in answer
    assert re.match(rb"HTTP/1\.1 (4|5)\d\d ", answer)
    assert wire.ask("/exec/echo.cgi").status == 200


def test_8_bit_path_in_process(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """Behind a server that lets them pass, bytes above 127 arrive as they were sent."""
    source = f"import os\n{HEAD}os.write(1, os.environb[b'PATH_INFO'] + os.environb[b'REQUEST_URI'])"
    answer = ask(script(source), PATH_INFO="/\xc3\xa9\xff", RAW_URI="/\xc3\xa9\xff")
    assert answer.body == b"/\xc3\xa9\xff" * 2


def test_vanished(ask: Callable[..., Any], tmp_path: Path, write_program: Callable[..., Path], runner: str) -> None:
    """A program that goes away, or whose folder does, is 404."""
    path = write_program(tmp_path / "sub" / "p.cgi", HEAD)
    app = CGIScript(path, runner=runner)
    assert ask(app).status == "200 OK"
    path.unlink()
    assert ask(app).status == "404 Not Found"
    path.parent.rmdir()
    assert ask(app).status == "404 Not Found"
