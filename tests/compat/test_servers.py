"""Over real sockets: gunicorn with three worker classes, waitress and wsgiref serve the tiny programs."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

import pytest

HERE = Path(__file__).resolve().parent
GUNICORN = ["sync", "gthread", "gevent"]


@dataclass
class Server:
    """A running server: its port, its worker class, where programs write their number, its log."""

    port: int
    kind: str
    pid_file: Path
    log: Path

    def connect(self) -> HTTPConnection:
        """Open a connection."""
        return HTTPConnection("127.0.0.1", self.port, timeout=20)

    def get(self, path: str, method: str = "GET", **words: object) -> tuple[HTTPResponse, bytes]:
        """Send a request and read the whole answer."""
        connection = self.connect()
        try:
            connection.request(method, path, **words)  # type: ignore[arg-type]
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


def start_gunicorn(kind: str, folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start gunicorn on a free port with its log in a file."""
    log = folder / f"{kind}.log"
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-k", kind]
    command += ["--bind", "127.0.0.1:0", "--graceful-timeout", "1"]
    threads = ["--threads", "4"] if kind == "gthread" else []
    environment = {**os.environ, "PID_FILE": str(folder / "pid")}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*command, *threads, "served:application"], cwd=HERE, env=environment, stdout=stream, stderr=stream
        )
    return process, log


def port_of(log: Path) -> int:
    """Wait until a server says where it listens and has a worker."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        text = log.read_text()
        found = re.search(r"(?:Listening at:|Serving on) http://[^:]+:(\d+)", text)
        if found and ("Booting worker" in text or "Serving on" in text):
            return int(found[1])
        time.sleep(0.02)
    raise AssertionError(f"the server did not start: {log.read_text()}")


class Quiet(WSGIRequestHandler):
    """wsgiref without a log line a request."""

    protocol_version = "HTTP/1.0"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def start_waitress(folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start waitress on a free port with its log in a file."""
    log = folder / "waitress.log"
    environment = {**os.environ, "PID_FILE": str(folder / "pid")}
    command = [sys.executable, "-m", "waitress", "--listen=127.0.0.1:0", "served:application"]
    with log.open("wb") as stream:
        return subprocess.Popen(command, cwd=HERE, env=environment, stdout=stream, stderr=stream), log


@pytest.fixture(scope="module", params=[*GUNICORN, "waitress", "wsgiref"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Each server once for all tests."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "wsgiref":
        yield from serve_wsgiref(folder)
        return
    if request.param == "waitress":
        process, log = start_waitress(folder)
    else:
        process, log = start_gunicorn(request.param, folder)
    try:
        yield Server(port_of(log), request.param, folder / "pid", log)
    finally:
        process.terminate()
        process.wait(20)


def serve_wsgiref(folder: Path) -> Iterator[Server]:
    """Serve in a thread of this process, with a validator between server and application."""
    sys.path.insert(0, str(HERE))
    from served import application

    sys.path.remove(str(HERE))
    os.environ["PID_FILE"] = str(folder / "pid")
    with make_server("127.0.0.1", 0, validator(application), WSGIServer, Quiet) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Server(httpd.server_port, "wsgiref", folder / "pid", folder / "none")
        finally:
            httpd.shutdown()
            thread.join()
            del os.environ["PID_FILE"]


def test_get(server: Server) -> None:
    """A page, with its headers."""
    response, body = server.get("/cgi/exit3.cgi")
    assert (response.status, response.reason, response.getheader("Content-Type"), body) == (
        200,
        "OK",
        "text/plain",
        b"ok\n",
    )


TWO_COOKIES = b"Set-Cookie: a=1\nConnection: x\nContent-Type: text/plain\nSet-Cookie: b=2\n\nbody"


def test_repeated_headers(server: Server) -> None:
    """Both cookies are on the wire, in order, and nothing hop-by-hop."""
    response, _ = server.get("/cgi/say.cgi", "POST", body=TWO_COOKIES)
    assert response.msg.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert response.getheader("Connection") != "x"


def test_utf8_in_a_header(server: Server, send: Callable[..., bytes]) -> None:
    """Header bytes pass as they are."""
    output = b"X-A: \xc3\xa9\nContent-Type: text/plain\n\nbody"
    head = f"POST /cgi/say.cgi HTTP/1.0\r\nContent-Length: {len(output)}\r\n\r\n".encode()
    assert b"X-A: \xc3\xa9\r\n" in send(server.port, head + output)


@pytest.mark.parametrize("path", ["/cgi/echo.cgi", "/handler"])
@pytest.mark.parametrize("size", [0, 5, 2_000_000])
def test_post(server: Server, path: str, size: int) -> None:
    """Bodies of every size come back whole."""
    response, body = server.get(path, "POST", body=b"z" * size)
    assert response.getheader("X-Length") == str(size)
    assert body == b"z" * size


@pytest.mark.parametrize("path", ["/cgi/echo.cgi", "/handler"])
def test_chunked_post(server: Server, send: Callable[..., bytes], path: str) -> None:
    """A chunked body has a true length; wsgiref cannot decode it and says so."""
    if server.kind == "wsgiref":
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert b" 411 Length Required\r\n" in send(server.port, head.encode())
        return
    pieces = [b"a" * 10, b"b" * 70_000]
    chunked = {"Transfer-Encoding": "chunked"}
    response, body = server.get(path, "POST", body=iter(pieces), headers=chunked, encode_chunked=True)
    assert response.getheader("X-Length") == "70010"
    assert body == b"".join(pieces)


def test_prints_before_it_reads(server: Server) -> None:
    """A client that sends all before it reads, and a program that prints before it reads: no deadlock."""
    started = time.monotonic()
    _, body = server.get("/cgi/flood.cgi", "POST", body=b"z" * 8_000_000)
    assert body.split() == [b"x" * 300_000, b"8000000"]
    assert time.monotonic() - started < 10


def test_unread_body_and_the_next_request(server: Server) -> None:
    """After a program that ignored a long body, the connection serves the next request or is closed: never garbage."""
    connection = server.connect()
    for _ in range(3):
        connection.request("POST", "/cgi/ignores-body.cgi", body=b"GET /evil HTTP/1.1\r\n\r\n" * 20_000)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"not read\n")
    connection.close()


@pytest.mark.parametrize("server", GUNICORN, indirect=True)
def test_error_before_the_body_is_there(server: Server) -> None:
    """The error page comes while the client still sends; then the connection is closed: nobody knows where the next
    request begins. (wsgiref cannot close a connection that something reads from, but serves no second request either.)
    """
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        head = "POST /cgi/say.cgi HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
        client.sendall(head.encode() + b"not a header\n" * 6000)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert b" 502 Bad Gateway\r\n" in answer
    assert answer.count(b"HTTP/1.") == 1


@pytest.mark.parametrize("path", ["/cgi/echo.cgi", "/handler"])
def test_head(server: Server, path: str) -> None:
    """Headers, no body."""
    response, body = server.get(path, "HEAD")
    assert (response.status, response.getheader("Content-Type"), body) == (200, "text/plain", b"")


def test_first_byte(server: Server) -> None:
    """The first line arrives half a second before the second."""
    connection = server.connect()
    connection.request("GET", "/cgi/drip.cgi")
    response = connection.getresponse()
    assert response.readline() == b"first\n"
    between = time.monotonic()
    assert response.readline() == b"second\n"
    assert time.monotonic() - between > 0.2
    connection.close()


@pytest.mark.parametrize("server", [*GUNICORN, "wsgiref"], indirect=True)
def test_streams_both_ways(server: Server) -> None:
    """A program's answer to the first half of a body arrives before the second half is sent (waitress reads
    a body whole before it calls us).
    """
    size = 200_000
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(f"POST /cgi/echo.cgi HTTP/1.0\r\nContent-Length: {size}\r\n\r\n".encode() + b"a" * (size // 2))
        received = b""
        while received.count(b"a") < 50_000:
            piece = client.recv(65536)
            assert piece
            received += piece
        client.sendall(b"b" * (size // 2))
        while piece := client.recv(65536):
            received += piece
    assert received.endswith(b"b" * (size // 2))


@pytest.mark.parametrize("server", GUNICORN, indirect=True)
@pytest.mark.parametrize(
    "path", ["/cgi/killed.cgi", "/cgi/stalls.cgi", "/handler?broken"], ids=["killed", "stalled", "raised"]
)
def test_visibly_broken_off(server: Server, path: str) -> None:
    """A program that dies in the middle leaves a response that no client takes for complete."""
    with pytest.raises(IncompleteRead):
        server.get(path)


@pytest.mark.parametrize("server", GUNICORN, indirect=True)
@pytest.mark.parametrize(
    "path", ["/cgi/killed.cgi", "/cgi/stalls.cgi", "/handler?broken"], ids=["killed", "stalled", "raised"]
)
def test_visibly_broken_off_in_http_1_0(server: Server, send: Callable[..., bytes], path: str) -> None:
    """There an answer ends with its connection: one that broke off ends with a reset, and the server goes on."""
    with pytest.raises(ConnectionResetError):
        send(server.port, f"GET {path} HTTP/1.0\r\n\r\n".encode())
    assert send(server.port, b"GET /cgi/exit3.cgi HTTP/1.0\r\n\r\n").endswith(b"ok\n")


def test_program_that_exits(server: Server) -> None:
    """sys.exit() at the end of a handler program is its end, and no worker's."""
    for _ in range(2):
        response, body = server.get("/handler?exit")
        assert (response.status, body) == (200, b"x" * 1_000_000)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/cgi/say.cgi", b"junk", 502),
        ("/cgi/missing.cgi", b"", 404),
        ("/cgi/notexecutable.cgi", b"", 403),
        ("/cgi/nointerpreter.cgi", b"", 500),
        ("/cgi/silent.cgi", b"", 504),
    ],
)
def test_error_pages(server: Server, path: str, body: bytes, status: int) -> None:
    """Each fault has its status, and a page that tells nothing of the program."""
    response, page = server.get(path, "POST", body=body)
    assert response.status == status
    assert page == f"{status} {response.reason}\n".encode()


def test_client_goes_away(server: Server, gone: Callable[..., bool]) -> None:
    """When the client leaves in the middle of an endless answer, the program is gone within a second."""
    server.pid_file.unlink(missing_ok=True)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"GET /cgi/endless.cgi HTTP/1.0\r\n\r\n")
        assert client.recv(1000)
    assert gone(int(server.pid_file.read_text()), within=1.5)


@pytest.mark.parametrize("leaves", [False, True], ids=["idle_timeout", "client gone"])
def test_a_child_that_outlives_its_program(server: Server, gone: Callable[..., bool], leaves: bool) -> None:
    """A program that ended and left a child at its output: the child ends with the request. (That the client has gone
    is seen at `idle_timeout` too, since nothing is printed.)
    """
    server.pid_file.unlink(missing_ok=True)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"GET /cgi/orphan.cgi HTTP/1.0\r\n\r\n")
        assert client.recv(1000)
        with contextlib.suppress(ConnectionResetError):
            while not leaves and client.recv(1000):
                pass
    assert gone(int(server.pid_file.read_text()), within=3)


def test_client_breaks_off_its_body(server: Server, send: Callable[..., bytes]) -> None:
    """Ten of a hundred bytes, then silence from a closed sender: an error, no hanging worker."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"POST /cgi/echo.cgi HTTP/1.0\r\nContent-Length: 100\r\n\r\n0123456789")
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    assert not answer.startswith(b"HTTP/1.1 200")
    assert server.get("/cgi/exit3.cgi")[0].status == 200


def test_http_1_0_has_no_chunks(server: Server, send: Callable[..., bytes]) -> None:
    """An HTTP/1.0 client gets a body that ends with the connection."""
    answer = send(server.port, b"GET /cgi/exit3.cgi HTTP/1.0\r\n\r\n")
    assert b"chunked" not in answer
    assert answer.endswith(b"\r\n\r\nok\n")


@pytest.mark.parametrize("server", GUNICORN, indirect=True)
def test_flat_memory(server: Server) -> None:
    """A large answer and a large body stream through; nothing is gathered."""
    before = resident(server)
    _, body = server.get("/cgi/say.cgi", "POST", body=b"A: b\n\n" + b"x" * 40_000_000)
    assert len(body) == 40_000_000
    assert resident(server) - before < 20_000_000


def resident(server: Server) -> int:
    """Return the memory of the server's worker in bytes."""
    worker = re.findall(r"Booting worker with pid: (\d+)", server.log.read_text())[-1]
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{worker}/status").read_text())[1]) * 1024  # type: ignore[index]


@pytest.mark.parametrize("server", GUNICORN, indirect=True)
def test_log(server: Server) -> None:
    """The line of a request is in the server's log, and the program's error output escaped."""
    server.get("/cgi/speaks.cgi")
    time.sleep(0.1)
    log = server.log.read_text()
    assert re.search(r"compat: \S+/speaks\.cgi: GET status=200 exit=0 duration=0\.\d{3} bytes=3", log)
    assert r"speaks.cgi: stderr: bad \x1b[31m and \xff" in log


@pytest.mark.parametrize("kind", GUNICORN)
def test_stopping_the_server_ends_its_programs(kind: str, tmp_path: Path, gone: Callable[..., bool]) -> None:
    """A server that is told to stop at once leaves no program behind."""
    process, log = start_gunicorn(kind, tmp_path)
    try:
        with socket.create_connection(("127.0.0.1", port_of(log)), timeout=20) as client:
            client.sendall(b"GET /cgi/endless.cgi HTTP/1.0\r\n\r\n")
            assert client.recv(1000)
            process.send_signal(signal.SIGINT)
            process.wait(20)
    finally:
        process.kill()
        process.wait()
    assert gone(int((tmp_path / "pid").read_text()))
