"""Catalogue, REDIRECTS: Location, answered by the client or by the server itself (RFC 3875 section 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compat import CGIDirectory
from compat.redirect import take_redirects

Fields = list[tuple[str, str]]

# name, output, status, headers, body
BY_THE_CLIENT: list[tuple[str, bytes, str, Fields, bytes]] = [
    (
        "160 no status",
        b"Location: http://x.test/\nContent-Type: text/html\nSet-Cookie: a=1\nX-A: b\n\n<a>",
        "302 Found",
        [("Location", "http://x.test/"), ("Content-Type", "text/html"), ("Set-Cookie", "a=1"), ("X-A", "b")],
        b"<a>",
    ),
    ("160a nothing else", b"Location: http://x.test/\n\n", "302 Found", [("Location", "http://x.test/")], b""),
    (
        "161 301",
        b"Status: 301 Gone\nLocation: http://x.test/\n\n<a>",
        "301 Gone",
        [("Location", "http://x.test/")],
        b"<a>",
    ),
    ("161a 303", b"Status: 303\nLocation: http://x.test/\n\n", "303 See Other", [("Location", "http://x.test/")], b""),
    ("163 200", b"Status: 200 OK\nLocation: http://x.test/\n\nx", "302 Found", [("Location", "http://x.test/")], b"x"),
    ("163a 201", b"Status: 201\nLocation: /made\n\nx", "201 Created", [("Location", "/made")], b"x"),
    ("170 a path with a status", b"Status: 302 Go\nLocation: /path\n\n", "302 Go", [("Location", "/path")], b""),
    ("170a a relative reference", b"Location: next\n\n", "302 Found", [("Location", "next")], b""),
    ("170b a query alone", b"Location: ?a=b\n\n", "302 Found", [("Location", "?a=b")], b""),
    ("173 a fragment", b"Location: http://x.test/a#b\n\n", "302 Found", [("Location", "http://x.test/a#b")], b""),
    ("173a a path with a fragment", b"Location: {say}#b\n\n", "302 Found", [("Location", "{say}#b")], b""),
    (
        "167a another application's path",
        b"Location: /elsewhere\nSet-Cookie: a\n\n",
        "302 Found",
        [("Location", "/elsewhere"), ("Set-Cookie", "a")],
        b"",
    ),
    ("163b an empty Location", b"Location:\nX-A: b\n\nx", "200 OK", [("Location", ""), ("X-A", "b")], b"x"),
]


@pytest.mark.parametrize(
    ("output", "status", "headers", "body"), [row[1:] for row in BY_THE_CLIENT], ids=[row[0] for row in BY_THE_CLIENT]
)
def test_by_the_client(wire: Any, way: Any, output: bytes, status: str, headers: Fields, body: bytes) -> None:
    """The client is told where to go, and everything else that the program said."""
    url = way.url("say")
    reply = wire.ask(url, method="POST", body=output.replace(b"{say}", url.encode()))
    own = [pair for pair in reply.headers if pair[0] not in {"Server", "Date", "Connection", "Transfer-Encoding"}]
    assert (f"{reply.status} {reply.reason}", reply.body) == (status, body)
    assert own == [(name, value.replace("{say}", url)) for name, value in headers]


@pytest.mark.parametrize("method", ["POST", "PUT"], ids=["164", "164a"])
def test_by_the_server(wire: Any, way: Any, variables: Callable[..., Any], method: str) -> None:
    """A path alone is answered by what stands there: as GET, without the body, at once."""
    output = f"Location: {way.url('env')}/pi%20x?q=1\n\n".encode()
    reply = wire.ask(way.url("say"), "Content-Type: a/b", "X-Kept: yes", method=method, body=output)
    assert (reply.status, reply.all("Location")) == (200, [])
    seen = variables(reply.body)
    expected = {
        b"REQUEST_METHOD": b"GET",
        b"PATH_INFO": b"/pi x",
        b"QUERY_STRING": b"q=1",
        b"SCRIPT_NAME": way.url("env").encode(),
        b"REQUEST_URI": f"{way.url('env')}/pi%20x?q=1".encode(),
        b"HTTP_X_KEPT": b"yes",
    }
    assert {name: seen.get(name) for name in expected} == expected
    assert not {b"CONTENT_LENGTH", b"CONTENT_TYPE"} & set(seen)


def test_166_from_head(wire: Any, way: Any) -> None:
    """From HEAD the target runs as GET, and nothing of its body is sent."""
    output = f"Location: {way.url('echo')}\n\n".encode()
    reply = wire.ask(way.url("say"), method="HEAD", body=output)
    assert (reply.status, reply.all("X-Method"), reply.body) == (200, ["GET"], b"")


def test_167_other_headers(wire: Any, way: Any) -> None:
    """Cookies and other headers of the first program are in the answer of the second."""
    output = f"Set-Cookie: a=1\nLocation: {way.url('echo')}\nContent-Type: a/b\nX-A: b\n\nbody".encode()
    reply = wire.ask(way.url("say"), method="POST", body=output)
    assert reply.all("Set-Cookie") + reply.all("X-A") == ["a=1", "b"]
    assert reply.all("Content-Type") == ["text/plain"]
    assert b"body" not in reply.body


GOES_ON = """import os, sys, time
sys.stdout.write("Location: /done.cgi\\n\\n")
sys.stdout.flush()
time.sleep(0.1)
open(os.environ["MARK"], "w").close()
"""


def test_167b_what_the_first_program_does_after_it(
    ask: Callable[..., Any], write_program: Callable[..., Path], runner: str, tmp_path: Path
) -> None:
    """A program that redirects comes to its own end before the next one runs: it may have something to save."""
    write_program(tmp_path / "goes-on.cgi", GOES_ON)
    done = "import os\nprint('X-Mark:', os.path.exists(os.environ['MARK']), end='\\n\\n')"
    write_program(tmp_path / "done.cgi", done)
    app = CGIDirectory(tmp_path, runner=runner, env={"MARK": str(tmp_path / "mark")})
    assert ask(app, "/goes-on.cgi", check=False).all("X-Mark") == ["True"]


def test_169_to_itself(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """A circle ends: 502, after the first run and five more."""
    source = "import os, sys\nsys.stderr.write('run\\n')\nprint('Location: ' + os.environ['REQUEST_URI'] + '\\n')"
    answer = ask(script(source), "/a")
    assert answer.status == "502 Bad Gateway"
    assert answer.log.count("stderr: run") == 6
    assert "more than 5 local redirects, the last to '/a'" in answer.log


@pytest.mark.parametrize("mount", ["", "/m"], ids=["172", "172a behind a mount"])
@pytest.mark.parametrize("location", ["//evil.test/x", "/\\evil.test/x", "///evil.test/x"])
def test_never_another_host(
    ask: Callable[..., Any], write_program: Callable[..., Path], runner: str, tmp_path: Path, mount: str, location: str
) -> None:
    """What looks like a path to the program and like a host to the client is no redirect."""
    write_program(tmp_path / "go.cgi", f"print({'Location: ' + location!r} + '\\n')")
    answer = ask(CGIDirectory(tmp_path, runner=runner, mount=mount), f"{mount}/go.cgi")
    assert (answer.status, answer.all("Location")) == ("404 Not Found", [])


@pytest.mark.parametrize(
    ("location", "status"),
    [("/missing.cgi", "404"), ("/plain.txt", "403"), ("/%2e%2e/x", "404"), ("/a%00b", "404"), ("/../p.cgi/x", "200")],
    ids=["164b missing", "164c no program", "164d encoded dots", "164e NUL", "164f dots"],
)
def test_bad_targets(
    ask: Callable[..., Any], write_program: Callable[..., Path], tmp_path: Path, runner: str, location: str, status: str
) -> None:
    """The target is found as any other URL is, with the same refusals."""
    write_program(tmp_path / "go.cgi", f"print({'Location: ' + location!r} + '\\n')")
    write_program(tmp_path / "p.cgi", "print('Content-Type: text/plain\\n')")
    (tmp_path / "plain.txt").write_text("secret")
    assert ask(CGIDirectory(tmp_path, runner=runner), "/go.cgi").status.startswith(status)


def test_175_switched_off(ask: Callable[..., Any], directory: Callable[..., Any], way: Any) -> None:
    """Without local redirects the client gets the Location."""
    app = directory(way.runner, local_redirects=False)
    answer = ask(app, "/" + way.file("say"), check=False, body=b"Location: /env.cgi?a=b\n\n")
    assert (answer.status, answer.headers) == ("302 Found", [("Location", "/env.cgi?a=b")])


class Guard:
    """Middleware that protects one program."""

    def __init__(self, app: Any, closed: str) -> None:
        self.app, self.closed, self.asked = app, closed, list[str]()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Refuse what is closed; have redirects come here again."""
        environ["compat.application"] = self
        self.asked.append(environ["PATH_INFO"])
        if environ["PATH_INFO"].startswith(self.closed):
            start_response("401 Unauthorized", [("Content-Type", "text/plain"), ("Content-Length", "2")])
            return [b"no"]
        return self.app(environ, start_response)


@pytest.mark.parametrize(
    ("method", "closed", "status", "body"),
    [
        ("POST", "/echo", "401 Unauthorized", b"no"),
        ("POST", "/none", "200 OK", b""),
        ("HEAD", "/none", "200 OK", b""),
        ("HEAD", "/echo", "401 Unauthorized", b""),
    ],
    ids=["176 closed", "176a open", "176b HEAD", "176c HEAD and closed"],
)
def test_through_the_middleware(
    ask: Callable[..., Any],
    directory: Callable[..., Any],
    way: Any,
    method: str,
    closed: str,
    status: str,
    body: bytes,
) -> None:
    """With `compat.application` in the environ a redirect passes the checks of the application around us."""
    guard = Guard(directory(way.runner), closed)
    output = f"Location: /{way.file('echo')}\nSet-Cookie: a=1\n\n".encode()
    answer = ask(guard, "/" + way.file("say"), check=False, body=output, REQUEST_METHOD=method)
    assert (answer.status, answer.body, answer.all("Set-Cookie")) == (status, body, ["a=1"])
    assert guard.asked == [f"/{way.file('say')}", f"/{way.file('echo')}"]


class Mounted:
    """Middleware that moves a part of the path into SCRIPT_NAME, as dispatchers do."""

    def __init__(self, app: Any, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Move it."""
        assert environ["PATH_INFO"].startswith(self.prefix + "/")
        info = environ["PATH_INFO"].removeprefix(self.prefix)
        return self.app(
            {**environ, "SCRIPT_NAME": environ["SCRIPT_NAME"] + self.prefix, "PATH_INFO": info}, start_response
        )


@pytest.mark.parametrize("outer", ["", "/outer"], ids=["176e", "176f below another application"])
def test_through_a_dispatcher(
    ask: Callable[..., Any], directory: Callable[..., Any], way: Any, variables: Callable[..., Any], outer: str
) -> None:
    """What stands between may have moved the path: the application around us is asked for the whole of it."""
    between = Mounted(directory(way.runner), "/moved")

    def around(environ: dict[str, Any], start_response: Any) -> Any:
        take_redirects(environ, around)
        return between(environ, start_response)

    location = f"Location: {outer}/moved/{way.file('env')}/pi\n\n"
    answer = ask(around, f"/moved/{way.file('say')}", check=False, body=location.encode(), SCRIPT_NAME=outer)
    seen = variables(answer.body)
    assert (answer.status, seen[b"SCRIPT_NAME"].decode()) == ("200 OK", f"{outer}/moved/{way.file('env')}")
    assert seen[b"PATH_INFO"] == b"/pi"


def test_176d_a_circle_through_the_middleware(ask: Callable[..., Any], script: Callable[..., Any]) -> None:
    """The count goes on across the application around us."""
    guard = Guard(script("print('Location: /again\\n')"), "/none")
    assert ask(guard, "/again", check=False).status == "502 Bad Gateway"
    assert len(guard.asked) == 6
