"""Requests as curl commands: what a real curl, through a real shell, then sends."""

import shutil
import socket
import subprocess
import threading

import pytest

from harness.exchange import Request
from harness.report import curl

AGENT = (b"User-Agent", b"x/1")
REQUESTS = {
    "get": Request(b"GET /simple/a/?x=[1]&y={2} HTTP/1.1", (AGENT, (b"Accept", b"*/*"))),
    "no headers": Request(b"GET /../a HTTP/1.0"),
    "head": Request(b"HEAD /a HTTP/1.1", (AGENT,)),
    "quotes": Request(b"GET / HTTP/1.1", (AGENT, (b"X", b'it\'s $HOME `id` "x" \\'))),
    "repeats and an empty value": Request(b"GET / HTTP/1.1", (AGENT, (b"A", b"1"), (b"A", b""), (b"a", b"2"))),
    "delete": Request(b"DELETE /a HTTP/1.1", (AGENT,)),
    "form": Request(b"POST /a HTTP/1.1", (AGENT, (b"Content-Type", b"text/xml")), b"<a>it's</a>\n"),
    "body like a file name": Request(b"POST /a HTTP/1.1", (AGENT, (b"Content-Type", b"t/t")), b"@/etc/passwd"),
    "bytes": Request(b"PUT /a HTTP/1.1", (AGENT, (b"Content-Type", b"t/t")), bytes(range(256))),
    "bytes in a header": Request(b"GET / HTTP/1.1", (AGENT, (b"X", b"caf\xe9 \x1b[31m 100% $x '\\"), (b"Y", b"a\tb"))),
    "odd target": Request(b"GET /a b#c HTTP/1.1", (AGENT,)),
}


@pytest.fixture
def server():
    """Yield an address that answers one request, and what it received."""
    received = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)

    def answer():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(10)
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
            )
            while len(body) < length:
                body += connection.recv(65536)
            received.append((head.split(b"\r\n"), body))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    thread = threading.Thread(target=answer)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
    listener.close()
    thread.join(10)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("base64")), reason="needs curl and base64")
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_the_command_sends_the_request(server, request_):
    """Start line, headers and body arrive as recorded, apart from what belongs to the connection."""
    base, received = server
    subprocess.run(["sh", "-c", curl(request_, base)], check=True, capture_output=True, timeout=20)
    ((start, *lines), body) = received[0]
    pairs = [tuple(line.split(b": ", 1)) if b": " in line else (line.rstrip(b":"), b"") for line in lines]
    assert start == request_.start_line
    own = (b"host", b"content-length")
    assert [pair for pair in pairs if pair[0].lower() not in own] == list(request_.headers)
    assert body == request_.body


def test_a_large_body_is_not_written_out():
    """A command stays short enough to read; it says what is missing."""
    command = curl(Request(b"POST / HTTP/1.1", (AGENT,), b"a" * 100_000))
    assert command.endswith("--data-binary @body  # a body of 100000 bytes, not shown")


def test_a_command_is_printable():
    """Nothing in it commands the terminal that it is pasted into."""
    command = curl(Request(b"GE\x1bT /\xe9 HTTP/1.1", ((b"X\x07", b"\x1b]0;x\x07\r\n\xff"),), b"\x00\x1b"))
    assert command.isascii()
    assert command.isprintable()
