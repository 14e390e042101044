"""The command: what it prints, what it refuses before it binds, and a server from start to stop."""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from compat import CGIDirectory, CGIScript
from compat.apache.words import NOT_CARRIED
from compat.cli import main
from compat.commands.words import application
from compat.options import Options
from compat.server import FIXED, check_bind

COMPAT = [sys.executable, "-m", "compat.cli"]


def run(*words: str | Path) -> Result:
    """Run the command in process."""
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("command", ["serve", "explain", "check"])
def test_help(command: str) -> None:
    """Help shows examples."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"compat {command} /usr/lib/cgi-bin" in result.output


def test_explain_program(programs: Path) -> None:
    """What would run, and every variable, without running it."""
    result = run(
        "explain",
        programs / "stalls.cgi",
        "https://www.example.org/app/caf%C3%A9?q=1",
        "--mount",
        "/app",
        "--env",
        "A=b",
    )
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    assert f"program {programs / 'stalls.cgi'}" in lines
    for line in (
        "RFC 3875 4.1.13 SCRIPT_NAME=/app",
        "RFC 3875 4.1.5 PATH_INFO=/caf\u00e9",
        "RFC 3875 4.1.7 QUERY_STRING=q=1",
        "as Apache HTTPS=on",
        "RFC 3875 4.1.14 SERVER_NAME=www.example.org",
        "header, RFC 3875 4.1.18 HTTP_HOST=www.example.org",
        "--env A=b",
    ):
        assert line in lines


def test_explain_directory(programs: Path) -> None:
    """The walk through a directory, with an interpreter."""
    result = run("explain", programs, "/mapped.sh/x", "--interpreter", ".sh=/bin/sh -e")
    assert result.exit_code == 0
    assert "run by        /bin/sh -e" in result.output
    assert "SCRIPT_NAME   /mapped.sh" in result.output


@pytest.mark.parametrize(
    ("url", "says"),
    [("/missing.cgi", "404"), ("/notexecutable.cgi", "not executable"), ("/nointerpreter.cgi", "/no/such/interpreter")],
)
def test_explain_refusal(programs: Path, url: str, says: str) -> None:
    """Exit status 1, and why."""
    result = run("explain", programs, url)
    assert result.exit_code == 1
    assert says in result.output


OPTIONS = {
    "runner": ("--runner warm", "warm"),
    "mount": ("--mount /x", "/x"),
    "env": ("--env A=b --env C==", {"A": "b", "C": "="}),
    "pass_env": ("--pass-env TZ --pass-env LANG", ("TZ", "LANG")),
    "pass_authorization": ("--pass-authorization", True),
    "timeout": ("--timeout 7", 7),
    "idle_timeout": ("--idle-timeout 3", 3),
    "max_concurrency": ("--max-concurrency 4", 4),
    "queue_timeout": ("--queue-timeout 0", 0),
    "max_body": ("--max-body 2k", 2048),
    "limits": ("--limit cpu=10 --limit as=1G", {"cpu": 10, "as": 1 << 30}),
    "local_redirects": ("--no-local-redirects", False),
    "isindex": ("--isindex", True),
    "preload": ("--runner warm --preload json", ("json",)),
    "strict": ("--lenient", False),
}


def test_every_option_has_a_word() -> None:
    """What the classes take, the command line takes."""
    assert {field.name for field in dataclasses.fields(Options)} == set(OPTIONS)
    words = {parameter.name for parameter in main.commands["serve"].params}
    own = {name for made in (CGIScript, CGIDirectory) for name in inspect.signature(made).parameters} - {"options"}
    assert own - words == {"interpreter", "path_info"}  # --interpreter is one word for both; --no-path-info


@pytest.mark.parametrize("name", OPTIONS)
def test_option(programs: Path, name: str) -> None:
    """Each reaches the application with its value, and no other changes with it but those that follow from it."""
    text, value = OPTIONS[name]
    with click.Context(main.commands["explain"]) as context:
        main.commands["explain"].parse_args(context, [str(programs), "/", *text.split()])
    words = {key: given for key, given in context.params.items() if key not in {"url", "method", "headers"}}
    made = application(**words).options
    assert getattr(made, name) == value
    usual = Options(timeout=300, idle_timeout=300)
    others = {"preload": {"runner"}, "timeout": {"idle_timeout"}}.get(name, set())
    changed = {other for other in OPTIONS if getattr(made, other) != getattr(usual, other)}
    assert changed == {name} | others


def test_options_of_a_directory(programs: Path, tmp_path: Path) -> None:
    """They reach it, and are refused for a single program."""
    (tmp_path / "a.pl").symlink_to(programs / "env.cgi")
    words = [tmp_path, "/", "--index", "x.pl,a.pl", "--extensions", ".cgi,.pl", "--follow-symlinks"]
    assert f"program       {tmp_path}/a.pl" in run("explain", *words).output
    assert run("explain", tmp_path, "/a.pl/x", *words[2:], "--no-path-info").exit_code == 1
    assert run("explain", tmp_path, "/a.pl", "--extensions", ".cgi").exit_code == 1
    refused = run("explain", programs / "env.cgi", "/", "--index", "x")
    assert (refused.exit_code, "--index is for a directory" in refused.output) == (2, True)


def test_options_of_a_single_program(programs: Path) -> None:
    """The same the other way round."""
    assert "PATH_INFO     /a/../b" in run("explain", programs / "env.cgi", "/a/../b", "--raw-path").output
    refused = run("explain", programs, "/env.cgi", "--raw-path")
    assert (refused.exit_code, "--raw-path is for a single program" in refused.output) == (2, True)


def test_explain_options_and_headers(programs: Path) -> None:
    """The options that were chosen stand apart; a header becomes its variable; passed ones are named as such."""
    words = ["--header", "X-A: 1", "--header", "Content-Type: text/xml", "--method", "POST", "--timeout", "7"]
    environment = {"TZ": "UTC", "LANG": "C", "COMPAT_PASS_ENV": "LANG", "PATH": "/bin"}
    words += ["--pass-env", "TZ", "--interpreter", ".cgi=/bin/sh"]
    output = CliRunner(env=environment).invoke(main, ["explain", str(programs), "/env.cgi", *words]).output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert "options pass_env=('TZ',) timeout=7.0" in lines
    assert any(line.startswith("by default") and "idle_timeout=7.0" in line for line in lines)
    for line in (
        "header, RFC 3875 4.1.18 HTTP_X_A=1",
        "RFC 3875 4.1.3 CONTENT_TYPE=text/xml",
        "RFC 3875 4.1.12 REQUEST_METHOD=POST",
        "--pass-env TZ=UTC",
        "COMPAT_PASS_ENV LANG=C",
        "server's PATH PATH=/bin",
    ):
        assert line in lines


def test_explain_php(programs: Path, tmp_path: Path) -> None:
    """The variable that php-cgi asks for has its reason, too."""
    (tmp_path / "php-cgi").symlink_to("/bin/sh")
    result = run("explain", programs, "/env.cgi", "--interpreter", f".cgi={tmp_path}/php-cgi")
    assert re.search(r"^for php-cgi +REDIRECT_STATUS=200$", result.output, re.MULTILINE)


def test_explain_without_options(programs: Path) -> None:
    """Nothing was chosen, so nothing is shown as chosen."""
    output = run("explain", programs, "/env.cgi").output
    assert re.search(r"^options +\(none\)$", output, re.MULTILINE)


AS_TYPED = [
    ("/env.cgi/\u00e9?q=\u00e9 b", [], ["PATH_INFO=/\u00e9", "QUERY_STRING=q=%C3%A9%20b"]),
    ("/env.cgi/\u00e9?q", [], ["REQUEST_URI=/env.cgi/%C3%A9?q"]),
    ("/env.cgi/\udce9?q=%e9", [], ["PATH_INFO=/\\xe9", "QUERY_STRING=q=%e9", "REQUEST_URI=/env.cgi/%E9?q=%e9"]),
    ("/env.cgi", ["--header", "X-A: \u20ac"], ["HTTP_X_A=\u20ac"]),
    ("/env.cgi", ["--header", "Content-Length: 7"], ["CONTENT_LENGTH=7"]),
    ("/env.cgi/caf%E9/%1b[31m%0Anext", [], [r"PATH_INFO     /caf\xe9/\x1b[31m\nnext"]),
    ("/env.cgi?http://[bad/", [], ["QUERY_STRING=http://[bad/"]),
]


@pytest.mark.parametrize(("url", "words", "says"), AS_TYPED, ids=[row[0] for row in AS_TYPED])
def test_explain_as_typed(programs: Path, url: str, words: list[str], says: list[str]) -> None:
    """Letters beyond ASCII are sent as a browser sends them; what is printed has no control characters."""
    result = run("explain", programs, url, *words)
    assert result.exit_code == 0, result.output
    assert all(line in result.output for line in says), result.output
    assert "\x1b" not in result.output


def test_explain_refused_length(programs: Path) -> None:
    """A length that a server would refuse is refused here, too."""
    result = run("explain", programs, "/env.cgi", "--header", "Content-Length: \u00b2")
    assert (result.exit_code, result.output.startswith("refused       400: ")) == (1, True)


@pytest.mark.parametrize("words", [["x"], ["/x", "--header", "X-A"], ["http://[bad/"], ["ftp://x/"]])
def test_explain_refuses(programs: Path, words: list[str]) -> None:
    """A URL or a header that is none."""
    assert run("explain", programs, *words).exit_code == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["gone"], "gone does not exist"),
        (["notexecutable.cgi"], "not executable; chmod +x it"),
        (["nointerpreter.cgi"], "/no/such/interpreter"),
        (["env.cgi", "--runner", "worm"], 'neither "exec" nor "warm"'),
        (["env.cgi", "--interpreter", "no-such-program"], "no-such-program"),
        ([".", "--interpreter", "php"], ".EXT=CMD"),
        ([".", "--interpreter", ".py="], "names no command"),
        ([".", "--interpreter", ".py= "], "names no command"),
        (["env.cgi", "--interpreter", ".cgi="], "names no command"),
        ([".", "--interpreter", ".py='x"], "No closing quotation"),
        (["env.cgi", "--env", "A"], "NAME=VALUE"),
        (["env.cgi", "--mount", "app"], "mount"),
        (["env.cgi", "--timeout", "0"], "timeout"),
        (["env.cgi", "--bind", "nowhere"], "HOST:PORT"),
        (["env.cgi", "--bind", "127.0.0.1:99999"], "HOST:PORT"),
        (["env.cgi", "--bind", "unix:/no/such/folder/x"], "/no/such/folder is not a folder"),
        (["env.cgi", "--bind", "192.0.2.1:80"], "cannot listen on 192.0.2.1:80"),
        (["env.cgi", "--bind", "ho..st:80"], "cannot listen on ho..st:80"),
        (["env.cgi", "--bind", f"{'a' * 300}:80"], "cannot listen on aaa"),
        (["env.cgi", "--bind", "127.0.0.1:\u00b2"], "HOST:PORT"),
        (["env.cgi", "--bind", f"127.0.0.1:{'1' * 5000}"], "HOST:PORT"),
        (["env.cgi", "--bind", "::1:8000"], "[HOST]:PORT"),
        (["env.cgi", "--bind", "unix:"], "or unix:PATH"),
        (["env.cgi", "--bind", f"unix:/tmp/{'a' * 108}"], "path too long"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_serve_refuses(programs: Path, words: list[str], says: str) -> None:
    """Exit status 2 and one line, before anything is bound."""
    result = run("serve", programs / words[0], *words[1:])
    assert result.exit_code == 2
    assert says in result.output
    assert result.output.count("\n") == 1


def test_serve_refuses_a_taken_port(programs: Path) -> None:
    """A port that someone has is told at once."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", programs, "--bind", f"127.0.0.1:{taken.getsockname()[1]}")
    assert result.exit_code == 2
    assert "cannot listen" in result.output


def test_serve_refuses_a_taken_socket(programs: Path, tmp_path: Path) -> None:
    """Nor is a Unix socket on which a server listens taken away from it, though no file system would mind."""
    path = tmp_path / "live.sock"
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(path))
        taken.listen(0)
        refused = [run("serve", programs, "--bind", f"unix:{path}") for _ in range(3)]  # the last finds its queue full
        taken.settimeout(5)
        taken.accept()[0].close()
    assert [result.exit_code for result in refused] == [2, 2, 2]
    assert all(f"cannot listen on unix:{path}: a server listens there" in result.output for result in refused)


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_text("x"), lambda path: path.symlink_to("gone")])
def test_serve_refuses_what_is_no_socket(programs: Path, tmp_path: Path, make: Callable[[Path], object]) -> None:
    """A file, a folder or a link that leads nowhere stays, and is told at once."""
    make(tmp_path / "it")
    result = run("serve", programs, "--bind", f"unix:{tmp_path}/it")
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert "is there, and is not a socket" in result.output
    assert os.path.lexists(tmp_path / "it")


def test_a_socket_left_behind(tmp_path: Path) -> None:
    """A server that was killed leaves its socket: the next one may have the place, as one that finds nothing there."""
    path = tmp_path / "left.sock"
    check_bind(f"unix:{path}")
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    check_bind(f"unix:{path}")
    check_bind(f"unix://{path}")


def test_the_request_line() -> None:
    """What import-apache says of the longest request line is what serve takes."""
    assert f" {FIXED['limit_request_line']} bytes" in NOT_CARRIED["limitrequestline"]


def test_serve_without_gunicorn(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the message says what to install."""
    monkeypatch.setitem(sys.modules, "gunicorn", None)
    result = run("serve", programs)
    assert result.exit_code == 2
    assert "pip install 'screamtest[serve]'" in result.output


def test_serve(programs: Path, tmp_path: Path) -> None:
    """A cgi-bin behind gunicorn, from start to stop; the port is free, the environment the operator's."""
    log = tmp_path / "log"
    words = [
        "serve",
        str(programs),
        "--bind",
        "127.0.0.1:0",
        "--workers",
        "1",
        "--mount",
        "/cgi-bin",
        "--env",
        "FOO=bar",
    ]
    environment = {**os.environ, "SECRET": "x", "SCRIPT_NAME": ""}
    with log.open("wb") as stream:
        process = subprocess.Popen([*COMPAT, *words], stdout=stream, stderr=stream, env=environment)
    try:
        connection = HTTPConnection("127.0.0.1", _port(log), timeout=20)
        connection.request("GET", "/cgi-bin/env.cgi/x", headers={"X_Forwarded_For": "evil", "SCRIPT_NAME": "/cgi-bin"})
        body = connection.getresponse().read()
        connection.close()
    finally:
        process.terminate()
        assert process.wait(20) == 0
    seen = dict(item.split(b"=", 1) for item in body.split(b"\0") if item)
    assert (seen[b"SCRIPT_NAME"], seen[b"PATH_INFO"], seen[b"FOO"]) == (b"/cgi-bin/env.cgi", b"/x", b"bar")
    assert not {b"SECRET", b"HTTP_X_FORWARDED_FOR", b"HTTP_SCRIPT_NAME"} & set(seen)


def _port(log: Path) -> int:
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        found = re.search(r"Listening at: http://[^:]+:(\d+)", log.read_text())
        if found and "Booting worker" in log.read_text():
            return int(found[1])
        time.sleep(0.02)
    raise AssertionError(log.read_text())
