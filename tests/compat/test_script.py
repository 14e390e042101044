"""CGIScript in process, under wsgiref's validator: from the request to the whole answer."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compat import CGIScript, ConfigurationError
from compat.errors import ResponseAborted

pytestmark = pytest.mark.usefixtures("no_new_descriptors")


@pytest.fixture(autouse=True)
def bare_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that did not configure logging: messages go to wsgi.errors, where the tests look."""
    monkeypatch.setattr(logging.getLogger("compat"), "hasHandlers", lambda: False)


def variables(body: bytes) -> dict[bytes, bytes]:
    """Parse what env.cgi printed."""
    return dict(item.split(b"=", 1) for item in body.split(b"\0") if item)


def test_get(ask: Callable[..., Any], programs: Path) -> None:
    """Status, headers and body reach the client, and one line the log."""
    answer = ask(CGIScript(programs / "exit3.cgi"))
    assert (answer.status, answer.headers, answer.body) == ("200 OK", [("Content-Type", "text/plain")], b"ok\n")
    assert "exit3.cgi: GET status=200 exit=3 duration=" in answer.log
    assert "bytes=3" in answer.log
    assert answer.log.count("\n") == 1


def test_whole_environment(ask: Callable[..., Any], programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program's environment is exactly this; nothing of the server's is inherited."""
    monkeypatch.setenv("SECRET", "s3cret")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("TZ", "UTC")
    before = dict(os.environ)
    app = CGIScript(programs / "env.cgi", mount="/app", env={"FOO": "bar"}, pass_env=["TZ"])
    seen = variables(ask(app, "/app/x?y=%20", HTTP_COOKIE="a=1,b=2", HTTP_HOST="h.example").body)
    for shell in (b"PWD", b"OLDPWD", b"SHLVL", b"_"):
        seen.pop(shell, None)
    assert seen == {
        b"GATEWAY_INTERFACE": b"CGI/1.1",
        b"REQUEST_METHOD": b"GET",
        b"QUERY_STRING": b"y=%20",
        b"SERVER_PROTOCOL": b"HTTP/1.1",
        b"SERVER_SOFTWARE": b"compat",
        b"SERVER_NAME": b"h.example",
        b"SERVER_PORT": b"80",
        b"REMOTE_ADDR": b"192.0.2.7",
        b"REQUEST_SCHEME": b"http",
        b"REQUEST_URI": b"/app/x?y=%20",
        b"SCRIPT_NAME": b"/app",
        b"PATH_INFO": b"/x",
        b"SCRIPT_FILENAME": os.fsencode(programs / "env.cgi"),
        b"HTTP_COOKIE": b"a=1; b=2",
        b"HTTP_HOST": b"h.example",
        b"PATH": b"/usr/bin:/bin",
        b"FOO": b"bar",
        b"TZ": b"UTC",
    }
    assert dict(os.environ) == before


def test_passed_variables_are_read_at_each_request(
    ask: Callable[..., Any], programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pass_env` and COMPAT_PASS_ENV take the value of now, not that of the start."""
    app = CGIScript(programs / "env.cgi", pass_env=("ONE",))
    monkeypatch.setenv("COMPAT_PASS_ENV", "TWO")
    for value in ("1", "2"):
        monkeypatch.setenv("ONE", value)
        monkeypatch.setenv("TWO", value * 2)
        seen = variables(ask(app).body)
        assert (seen[b"ONE"], seen[b"TWO"]) == (value.encode(), value.encode() * 2)


@pytest.mark.parametrize(
    ("mount", "outer", "path", "name", "info"),
    [
        ("", "", "/a/b", b"", b"/a/b"),
        ("", "/out", "/a", b"/out", b"/a"),
        ("", "", "/", b"", b"/"),
        ("/m", "", "/m", b"/m", None),
        ("/m", "", "/m/", b"/m", b"/"),
        ("/m", "/out", "/m/x", b"/out/m", b"/x"),
        ("/m/", "", "/m/x", b"/m", b"/x"),
        ("/m/n", "", "/m/n/x+y;z", b"/m/n", b"/x+y;z"),
        ("/m", "", "/m/caf\xc3\xa9/\xe9", b"/m", b"/caf\xc3\xa9/\xe9"),
        ("/m", "", "/M/x", None, None),
        ("/m", "", "/mx", None, None),
        ("/m", "", "/", None, None),
    ],
)
def test_mount(
    ask: Callable[..., Any], programs: Path, mount: str, outer: str, path: str, name: bytes | None, info: bytes | None
) -> None:
    """SCRIPT_NAME ends with the mount and PATH_INFO is the rest; what is not under it is 404."""
    answer = ask(CGIScript(programs / "env.cgi", mount=mount), path, SCRIPT_NAME=outer)
    if name is None:
        assert answer.status == "404 Not Found"
        return
    seen = variables(answer.body)
    assert seen[b"SCRIPT_NAME"] == name
    assert seen.get(b"PATH_INFO") == info


@pytest.mark.parametrize("size", [0, 3, 65536, 65537, 2_000_000])
def test_post(ask: Callable[..., Any], programs: Path, size: int) -> None:
    """The body arrives whole, with its length."""
    body = b"z" * size
    answer = ask(CGIScript(programs / "echo.cgi"), body=body)
    assert answer.all("X-Length") == [str(size)]
    assert answer.body == body


def test_chunked_post(ask: Callable[..., Any], programs: Path) -> None:
    """A chunked body has a true CONTENT_LENGTH for the program."""
    changes = {
        "body": b"hello",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": "",
    }
    answer = ask(CGIScript(programs / "echo.cgi"), check=False, **changes)
    assert (answer.all("X-Length"), answer.body) == (["5"], b"hello")


def test_prints_before_it_reads(ask: Callable[..., Any], programs: Path) -> None:
    """300 kB out before 2 MB in: done at once, and complete."""
    started = time.monotonic()
    answer = ask(CGIScript(programs / "flood.cgi"), body=b"z" * 2_000_000)
    assert answer.body.split() == [b"x" * 300_000, b"2000000"]
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("output", "status", "headers", "body"),
    [
        (b"Status: 404 Not Here\nA: b\n\nx", "404 Not Here", [("A", "b")], b"x"),
        (b"Set-Cookie: a\nSet-Cookie: b\n\n", "200 OK", [("Set-Cookie", "a"), ("Set-Cookie", "b")], b""),
        (b"Location: http://x/\n\nbody", "302 Found", [("Location", "http://x/")], b"body"),
        (b"Content-Length: 2\n\n12345678", "200 OK", [("Content-Length", "2")], b"12"),
        (b"Status: 304\nETag: x\n\nbody", "304 Not Modified", [("ETag", "x")], b""),
        (b"no header", "502 Bad Gateway", None, b"502 Bad Gateway\n"),
        (b"", "502 Bad Gateway", None, b"502 Bad Gateway\n"),
        (b"A: b\rSet-Cookie: x\n\n", "502 Bad Gateway", None, b"502 Bad Gateway\n"),
        (b"Status: 101\n\n", "502 Bad Gateway", None, b"502 Bad Gateway\n"),
    ],
)
def test_output(
    ask: Callable[..., Any],
    programs: Path,
    output: bytes,
    status: str,
    headers: list[tuple[str, str]] | None,
    body: bytes,
) -> None:
    """What a program prints becomes the answer; what is not CGI becomes 502, and none of it is sent."""
    answer = ask(CGIScript(programs / "say.cgi"), check=False, body=output)
    assert (answer.status, answer.body, answer.error) == (status, body, None)
    if headers is not None:
        assert answer.headers == headers
    else:
        assert "say.cgi: POST status=502 " in answer.log
        assert answer.log.count("\n") == 1


def test_lenient(ask: Callable[..., Any], programs: Path) -> None:
    """`strict=False` repairs what Apache repairs."""
    answer = ask(CGIScript(programs / "say.cgi", strict=False), check=False, body=b"X-A: a\rb\n\nok")
    assert (answer.status, answer.headers, answer.body) == ("200 OK", [("X-A", "ab")], b"ok")


def test_nph(ask: Callable[..., Any], programs: Path) -> None:
    """An nph- program's own status line is parsed, and its hop-by-hop headers dropped."""
    output = (
        b"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 201 Made\r\nSet-Cookie: a\r\nConnection: close\r\nSet-Cookie: b\r\n\r\nx"
    )
    answer = ask(CGIScript(programs / "nph-say.cgi"), check=False, body=output)
    assert (answer.status, answer.headers, answer.body) == (
        "201 Made",
        [("Set-Cookie", "a"), ("Set-Cookie", "b")],
        b"x",
    )


def test_head(ask: Callable[..., Any], programs: Path) -> None:
    """HEAD gives the headers of GET and no body; the program knows that it is HEAD, and runs to its end."""
    answer = ask(CGIScript(programs / "echo.cgi"), REQUEST_METHOD="HEAD")
    assert (answer.status, answer.all("X-Method"), answer.body) == ("200 OK", ["HEAD"], b"")
    assert "exit=0" in answer.log


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("notexecutable.cgi", 403, "not executable"),
        ("crlf.cgi", 500, "carriage return"),
        ("nointerpreter.cgi", 500, "/no/such/interpreter, which is not there"),
        ("noshebang.cgi", 500, "no #! line"),
    ],
)
def test_cannot_run(ask: Callable[..., Any], programs: Path, name: str, status: int, says: str) -> None:
    """What stops a program from running is named in the log; the client sees neither that nor its source."""
    answer = ask(CGIScript(programs / name))
    assert answer.status.startswith(str(status))
    assert answer.body == (answer.status + "\n").encode()
    assert says in answer.log


def test_removed_after_start(ask: Callable[..., Any], tmp_path: Path) -> None:
    """A script that goes away while the server runs is 404."""
    path = tmp_path / "a.cgi"
    path.write_text("#!/bin/sh\n")
    app = CGIScript(path)
    path.unlink()
    assert ask(app).status == "404 Not Found"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "3x"}, "400 Bad Request"),
        ({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "100"}, "400 Bad Request"),
        ({"REQUEST_METHOD": "POST", "HTTP_TRANSFER_ENCODING": "chunked"}, "411 Length Required"),
        ({"body": b"x" * 101}, "413 Request Entity Too Large"),
        ({"PATH_INFO": "/a\0b"}, "404 Not Found"),
        ({"HTTP_X": "x" * 140_000}, "431 Request Header Fields Too Large"),
    ],
    ids=["senseless length", "broken off", "undecoded chunks", "too large", "NUL", "does not fit an environment"],
)
def test_bad_requests(ask: Callable[..., Any], programs: Path, changes: dict[str, Any], status: str) -> None:
    """The client's mistakes are answered without running anything."""
    answer = ask(CGIScript(programs / "echo.cgi", max_body=100), check=False, **changes)
    assert answer.status.split()[0] == status.split()[0]
    assert "exit=" not in answer.log


def test_timeout_before_the_answer(ask: Callable[..., Any], programs: Path, tmp_path: Path) -> None:
    """Too slow before the first byte: 504."""
    app = CGIScript(programs / "silent.cgi", timeout=0.3, env={"PID_FILE": str(tmp_path / "pid")})
    answer = ask(app)
    assert answer.status == "504 Gateway Timeout"
    assert "status=504 signal=15" in answer.log


@pytest.mark.parametrize(
    ("name", "says"), [("stalls.cgi", "idle_timeout"), ("killed.cgi", "killed by signal 9")], ids=["stalled", "killed"]
)
def test_broken_off(ask: Callable[..., Any], programs: Path, tmp_path: Path, name: str, says: str) -> None:
    """What breaks off after its first byte raises out of the iterator, so that it never looks complete."""
    app = CGIScript(programs / name, idle_timeout=0.3, env={"PID_FILE": str(tmp_path / "pid")})
    answer = ask(app)
    assert answer.status == "200 OK"
    assert isinstance(answer.error, ResponseAborted)
    assert says in answer.log


def test_promise_not_kept(ask: Callable[..., Any], programs: Path) -> None:
    """Less than the promised Content-Length is broken off too."""
    answer = ask(CGIScript(programs / "say.cgi"), check=False, body=b"Content-Length: 9\n\nshort")
    assert isinstance(answer.error, ResponseAborted)
    assert answer.body == b"short"


def test_client_goes_away(
    environ_for: Callable[..., dict[str, Any]], programs: Path, tmp_path: Path, gone: Callable[..., bool]
) -> None:
    """When the server closes the response, the program is gone within a second."""
    file = tmp_path / "pid"
    app = CGIScript(programs / "endless.cgi", env={"PID_FILE": str(file)})
    response = app(environ_for(), lambda status, headers, exc_info=None: lambda data: None)
    next(iter(response))
    started = time.monotonic()
    response.close()
    assert time.monotonic() - started < 1
    assert gone(int(file.read_text()), within=1)


def test_never_iterated(environ_for: Callable[..., dict[str, Any]], programs: Path) -> None:
    """A server that closes without reading leaves nothing behind (the fixture looks)."""
    CGIScript(programs / "drip.cgi")(environ_for(), lambda status, headers, exc_info=None: lambda data: None).close()


def test_error_output(ask: Callable[..., Any], programs: Path) -> None:
    """Error output is logged with the program's name, escaped, and never sent."""
    answer = ask(CGIScript(programs / "speaks.cgi"))
    assert answer.body == b"ok\n"
    assert r"speaks.cgi: stderr: bad \x1b[31m and \xff" in answer.log


@pytest.mark.parametrize(
    ("wait", "second"), [(0.05, "503 Service Unavailable"), (10, "200 OK")], ids=["impatient", "patient"]
)
def test_queue(programs: Path, ask: Callable[..., Any], wait: float, second: str) -> None:
    """Beyond max_concurrency a request waits for its place, then is told to come back; the place gets free again."""
    app = CGIScript(programs / "drip.cgi", max_concurrency=1, queue_timeout=wait)
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(app))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == ["200 OK", second]
    assert all(answer.all("Retry-After") == ["1"] for answer in answers if answer.status.startswith("503"))
    assert ask(app).status == "200 OK"


def test_place_is_given_back_after_a_failed_start(ask: Callable[..., Any], programs: Path) -> None:
    """A program that cannot start does not keep its place."""
    app = CGIScript(programs / "nointerpreter.cgi", max_concurrency=1, queue_timeout=0)
    assert [ask(app).status for _ in range(3)] == ["500 Internal Server Error"] * 3


@pytest.mark.parametrize(("isindex", "words"), [(False, []), (True, [b"word=one", b"word=two x", b"word=-d"])])
def test_isindex(ask: Callable[..., Any], programs: Path, isindex: bool, words: list[bytes]) -> None:
    """Query words reach the command line only where asked for; and a program runs in its own directory."""
    lines = ask(CGIScript(programs / "args.cgi", isindex=isindex), "/?one+two%20x+%2Dd").body.splitlines()
    assert lines == [*words, b"cwd=" + os.fsencode(programs)]


def test_isindex_never_for_an_interpreter(ask: Callable[..., Any], programs: Path) -> None:
    """An interpreter would take the words for its own options."""
    app = CGIScript(programs / "args.cgi", isindex=True, interpreter="/bin/sh")
    assert b"word=" not in ask(app, "/?-c+id").body


def test_interpreter(ask: Callable[..., Any], programs: Path) -> None:
    """With an interpreter, no execute permission is needed, and the script is its first argument."""
    body = ask(CGIScript(programs / "mapped.sh", interpreter=["/bin/sh", "-e"])).body
    assert body == b"ran  " + os.fsencode(programs / "mapped.sh") + b" \n"


def test_limits(ask: Callable[..., Any], tmp_path: Path) -> None:
    """Resource limits hold for the program."""
    path = tmp_path / "limit.cgi"
    path.write_text("#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nulimit -n\n")
    path.chmod(0o755)
    assert ask(CGIScript(path, limits={"nofile": 37})).body == b"37\n"


@pytest.mark.parametrize(
    ("options", "status", "location", "name"),
    [
        ({}, "200 OK", [], b"/m"),
        ({"local_redirects": False}, "302 Found", ["/m/env?q=1"], None),
    ],
)
def test_local_redirect(
    ask: Callable[..., Any],
    tmp_path: Path,
    options: dict[str, Any],
    status: str,
    location: list[str],
    name: bytes | None,
) -> None:
    """A local Location is answered by what stands there, as GET without a body, cookies kept; or left to the client."""
    path = tmp_path / "both.cgi"
    path.write_text(
        '#!/bin/sh\nif [ "$PATH_INFO" = /env ]; then printf "Content-Type: text/plain\\n\\n"; exec env -0; fi\n'
        'printf "Location: /m/env?q=1\\nSet-Cookie: a=1\\n\\n"\n'
    )
    path.chmod(0o755)
    answer = ask(CGIScript(path, mount="/m", **options), "/m/start?x=2", check=False, body=b"form")
    assert (answer.status, answer.all("Location"), answer.all("Set-Cookie")) == (status, location, ["a=1"])
    if name is not None:
        seen = variables(answer.body)
        assert (seen[b"REQUEST_METHOD"], seen[b"QUERY_STRING"], seen[b"PATH_INFO"]) == (b"GET", b"q=1", b"/env")
        assert b"CONTENT_LENGTH" not in seen
        assert seen[b"REQUEST_URI"] == b"/m/env?q=1"


@pytest.mark.parametrize(
    ("mount", "location", "status"),
    [
        ("/m", "/elsewhere", "302 Found"),
        ("/m", "//evil.test/x", "404 Not Found"),
        ("/m", "/\\evil.test/x", "404 Not Found"),
        ("/m", "/m", "502 Bad Gateway"),
        ("/m", "http://h/", "302 Found"),
    ],
    ids=["outside", "not a host", "nor this", "itself", "absolute"],
)
def test_local_redirect_leads(ask: Callable[..., Any], programs: Path, mount: str, location: str, status: str) -> None:
    """Outside the application the client is sent; a path never becomes another host; a circle ends."""
    app = CGIScript(programs / "redirect.cgi", mount=mount, env={"QUERY_STRING": location})
    assert ask(app, "/m", check=False).status == status


def test_authorization(ask: Callable[..., Any], programs: Path) -> None:
    """Credentials are shown only where asked for."""
    for shown in (False, True):
        app = CGIScript(programs / "env.cgi", pass_authorization=shown)
        seen = variables(ask(app, HTTP_AUTHORIZATION="Basic eA==", HTTP_PROXY="http://evil/").body)
        assert (b"HTTP_AUTHORIZATION" in seen) == shown
        assert b"HTTP_PROXY" not in seen


@pytest.mark.parametrize(
    "options",
    [
        {"runner": "x"},
        {"preload": ["json"]},
        {"pass_env": "HOME"},
        {"mount": "cgi"},
        {"timeout": 0},
        {"idle_timeout": -1},
        {"max_concurrency": 0},
        {"max_body": "1"},
        {"queue_timeout": -1},
        {"env": {"A": 1}},
        {"env": {"A=B": ""}},
        {"env": {"A": "\0"}},
        {"limits": {"speed": 1}},
        {"interpreter": "no-such-program"},
    ],
    ids=str,
)
def test_refused_options(programs: Path, options: dict[str, Any]) -> None:
    """What cannot be is refused when the application is made, with a message that names the option."""
    with pytest.raises(ConfigurationError) as caught:
        CGIScript(programs / "env.cgi", **options)
    assert next(iter(options)) in str(caught.value)


def test_missing_script(tmp_path: Path) -> None:
    """So is a script that is not there."""
    with pytest.raises(ConfigurationError, match=r"gone\.cgi does not exist"):
        CGIScript(tmp_path / "gone.cgi")
